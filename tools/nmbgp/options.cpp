#include "options.hpp"

#include "annotate.hpp"
#include "app/cli.hpp"
#include "lookup.hpp"
#include "mrt.hpp"
#include "record/error.hpp"
#include "record/route.hpp"

namespace nmbgp {
namespace {

void add_mrt_files(CLI::App& cli, std::vector<std::string>& files) {
    cli.add_option("--mrt", files, "MRT table file (TABLE_DUMP_V2), packed or not; may be repeated")
        ->type_name("FILE")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->required();
}

// The other sources of routes that the design has.
const std::vector<std::string> later_sources{"--peer", "--bmp", "--routes"};

void define_mrt(nm::Tool& tool) {
    nm::Verb& verb = tool.add_verb("mrt", "MRT table files to route records");
    const auto options = std::make_shared<MrtOptions>();
    verb.cli
        ->add_option("FILE", options->files, "MRT file (TABLE_DUMP_V2), packed or not; none or - reads stdin")
        ->type_name("FILE...");
    verb.emits = {&nm::record_type<nm::Route>, &nm::record_type<nm::ErrorRecord>,
                  &nm::record_type<nm::RouteSummary>};
    verb.examples = {
        {"nmbgp mrt bview.20261122.0000.gz", "all routes of a collector's dump"},
        {"birdc 'mrt dump table \"master*\" to \"/tmp/t.mrt\"' && nmbgp mrt /tmp/t.mrt",
         "the tables of a BIRD"},
        {"nmbgp mrt dump.mrt | jq -r 'select(.type==\"route\") | .prefix' | sort -u | wc -l",
         "how many prefixes"},
    };
    verb.has_table = true;
    verb.run = [options](nm::Context& context) { return run_mrt(*options, context); };
}

void define_annotate(nm::Tool& tool) {
    nm::Verb& verb =
        tool.add_verb("annotate", "adds the routes of src_ip and dst_ip to flow records on stdin");
    const auto options = std::make_shared<AnnotateOptions>();
    add_mrt_files(*verb.cli, options->mrt_files);
    verb.later_options = later_sources;
    verb.json_only = true;
    verb.emits = {&nm::record_type<nm::FlowRoute>, &nm::record_type<nm::RouteSummary>};
    verb.examples = {
        {"nmflowtool decode -r flows.pcap | nmbgp annotate --mrt table.mrt | nmflowtool top --by dst_as",
         "traffic by destination AS"},
        {"echo '{\"dst_ip\":\"192.0.2.1\"}' | nmbgp annotate --mrt table.mrt", "any record with an address"},
    };
    verb.run = [options](nm::Context& context) { return run_annotate(*options, context); };
}

void define_lookup(nm::Tool& tool) {
    nm::Verb& verb = tool.add_verb("lookup", "the route to each address, with all its attributes");
    const auto options = std::make_shared<LookupOptions>();
    verb.cli->add_option("ADDR", options->addresses, "IPv4 or IPv6 address")
        ->type_name("ADDR...")
        ->required();
    add_mrt_files(*verb.cli, options->mrt_files);
    verb.later_options = later_sources;
    verb.emits = {&nm::record_type<nm::Route>, &nm::record_type<nm::ErrorRecord>,
                  &nm::record_type<nm::RouteSummary>};
    verb.examples = {{"nmbgp lookup 192.0.2.1 2001:db8::1 --mrt table.mrt", "two addresses"}};
    verb.has_table = true;
    verb.run = [options](nm::Context& context) { return run_lookup(*options, context); };
}

}  // namespace

void define(nm::Tool& tool) {
    define_mrt(tool);
    define_annotate(tool);
    define_lookup(tool);
    tool.add_later({"listen", "top", "arm"});
}

}  // namespace nmbgp
