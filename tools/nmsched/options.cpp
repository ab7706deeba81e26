#include "options.hpp"

#include "app/cli.hpp"
#include "record/plan.hpp"
#include "verbs.hpp"

namespace nmsched {
namespace {

void define_plan(nm::Tool& tool) {
    nm::Verb& verb = tool.add_verb("plan", "place apps on nodes and their tests in time");
    verb.may_change = true;
    const auto options = std::make_shared<PlanOptions>();
    verb.cli
        ->add_option("input", options->inputs,
                     "files of config, node, app, placement and slot records; - or none reads stdin")
        ->type_name("FILE");
    verb.cli->add_option("--seed", options->seed, "seed of the random numbers")
        ->type_name("NUMBER")
        ->check(CLI::Range(std::uint64_t{0}, std::uint64_t{1} << 53).description(""))
        ->capture_default_str();
    nm::add_duration(
        *verb.cli, "--time-limit", options->time_limit_ns,
        "when to stop, reading included; 0 gives the greedy plan; the default is 5s, or none with "
        "--iterations")
        ->default_str("5s");
    verb.cli
        ->add_option("--iterations", options->iterations,
                     "rounds of the search; alone, equal input and seed give equal bytes")
        ->type_name("NUMBER")
        ->check(CLI::Range(std::int64_t{0}, std::int64_t{1} << 53).description(""));
    verb.emits = {&nm::record_type<nm::Placement>, &nm::record_type<nm::Slot>,
                  &nm::record_type<nm::Migration>, &nm::record_type<nm::Reject>,
                  &nm::record_type<nm::Bound>,     &nm::record_type<nm::PlanSummary>};
    verb.examples = {
        {"nmsched plan fleet.jsonl >plan.jsonl", "five seconds of search"},
        {"nmsched plan --seed 7 --iterations 50 fleet.jsonl", "the same bytes each time"},
        {"nmdeploy state | cat fleet.jsonl - | nmsched plan | nmdeploy apply", "move as little as possible"},
        {"nmsched plan fleet.jsonl | nmsched check - fleet.jsonl", "plan, and have it checked"},
    };
    verb.run = [options](nm::Context& context) { return run_plan(*options, context); };
}

void define_check(nm::Tool& tool) {
    nm::Verb& verb = tool.add_verb("check", "is a plan valid for its input? exit 0 yes, 1 no");
    const auto options = std::make_shared<CheckOptions>();
    verb.cli->add_option("plan", options->plan, "what nmsched plan printed; - reads stdin")
        ->type_name("PLAN")
        ->required();
    verb.cli->add_option("input", options->input, "what it was planned from; - reads stdin")
        ->type_name("INPUT")
        ->required();
    verb.emits = {&nm::record_type<nm::PlanViolation>, &nm::record_type<nm::PlanCheck>};
    verb.examples = {{"nmsched check plan.jsonl fleet.jsonl", "every promise of the plan, one by one"}};
    verb.run = [options](nm::Context& context) { return run_check(*options, context); };
}

}  // namespace

void define(nm::Tool& tool) {
    define_plan(tool);
    define_check(tool);
    tool.add_later({"explain"});
}

}  // namespace nmsched
