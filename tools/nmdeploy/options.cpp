#include "options.hpp"

#include "app/cli.hpp"
#include "apply.hpp"
#include "record/deploy.hpp"
#include "record/error.hpp"
#include "record/plan.hpp"
#include "state.hpp"

namespace nmdeploy {
namespace {

void add_engine_options(CLI::App& cli, EngineOptions& options) {
    cli.add_option("--engine", options.engine, "what runs the containers")
        ->type_name("podman")
        ->check([](const std::string& text) {
            if (text == "podman") return std::string();
            const bool designed = text == "ansible" || text == "kubectl";
            return nm::in_quotes(text) + (designed ? " is not in this version; there is podman"
                                                   : " is not an engine; there is podman");
        })
        ->capture_default_str();
    cli.add_option("--owner", options.owner,
                   "whose containers these are: those of other owners are neither seen nor touched")
        ->type_name("NAME")
        ->capture_default_str();
    cli.add_option("--dir", options.directory, "storage of the engine, copies of files, the lock")
        ->type_name("DIR")
        ->capture_default_str();
    cli.add_option("--run-dir", options.run_directory,
                   "state of the engine that a restart of the machine must clear; the default is below /run, "
                   "one for each --dir")
        ->type_name("DIR");
    cli.add_option("--records", options.records_directory,
                   "where the apps' records go, APP@NODE.jsonl; the default is records in --dir")
        ->type_name("DIR");
}

void define_apply(nm::Tool& tool) {
    nm::Verb& verb =
        tool.add_verb("apply", "start and stop containers until what runs is what the plan says");
    verb.may_change = true;
    const auto options = std::make_shared<ApplyOptions>();
    verb.cli->add_option("PLAN", options->plan, "what nmsched plan printed; - or nothing: stdin")
        ->type_name("PLAN");
    verb.cli->add_option("-f,--file", options->catalog, "YAML: what the plan's apps and nodes are")
        ->type_name("FILE")
        ->required();
    add_engine_options(*verb.cli, options->engine);
    verb.cli->add_flag("--dry-run", options->dry_run, "print what would be done, do nothing");
    verb.cli->add_flag("--allow-remove", options->allow_remove,
                       "remove apps even if they are more than one and more than 20 % of what runs");
    nm::add_duration(*verb.cli, "--settle", options->settle_ns,
                     "a container that ends within this time of its start has failed");
    verb.emits = {&nm::record_type<nm::DeployStep>, &nm::record_type<nm::DeploySummary>,
                  &nm::record_type<nm::ErrorRecord>};
    verb.examples = {
        {"nmsched plan lab.jsonl | nmdeploy apply -f catalog.yaml", "bring this machine to the plan"},
        {"nmdeploy apply -f catalog.yaml plan.jsonl --dry-run", "what would be done"},
        {"nmdeploy apply -f catalog.yaml plan.jsonl --detailed-exitcode",
         "exit 2 when something was changed"},
    };
    verb.has_table = true;
    verb.run = [options](nm::Context& context) { return run_apply(*options, context); };
}

void define_state(nm::Tool& tool) {
    nm::Verb& verb = tool.add_verb("state", "what runs, and how it differs from a plan");
    const auto options = std::make_shared<StateOptions>();
    verb.cli->add_option("PLAN", options->plan, "compare with this plan: exit 1 where it differs; - is stdin")
        ->type_name("PLAN");
    verb.cli->add_option("-f,--file", options->catalog, "YAML: what the plan's apps and nodes are")
        ->type_name("FILE");
    add_engine_options(*verb.cli, options->engine);
    verb.cli->add_flag("--placements", options->placements,
                       "print placement records, as nmsched plan reads them, in place of deploy.state");
    verb.emits = {&nm::record_type<nm::DeployState>, &nm::record_type<nm::Placement>,
                  &nm::record_type<nm::DeploySummary>};
    verb.examples = {
        {"nmdeploy state", "the containers of this machine"},
        {"nmdeploy state -f catalog.yaml plan.jsonl", "how they differ from the plan"},
        {"nmdeploy state --placements | cat fleet.jsonl - | nmsched plan",
         "a new plan that moves as little as possible"},
        {"nmdeploy state | jq -r 'select(.status == \"exited\").app'", "apps that have ended"},
    };
    verb.has_table = true;
    verb.run = [options](nm::Context& context) { return run_state(*options, context); };
}

}  // namespace

void define(nm::Tool& tool) {
    define_apply(tool);
    define_state(tool);
    tool.add_later({"check", "catalog", "render", "diff", "reset", "vault"});
}

}  // namespace nmdeploy
