#include "options.hpp"

#include "app/cli.hpp"
#include "ping/ping.hpp"
#include "record/error.hpp"
#include "record/probe_trace.hpp"
#include "record/tcp_probe.hpp"
#include "trace/trace.hpp"

namespace nmtcp {
namespace {

void define_ping(nm::Tool& tool) {
    nm::Verb& verb = tool.add_verb("ping", "time from SYN to SYN/ACK, any number of targets at once");
    const auto options = std::make_shared<PingOptions>();
    nm::add_probe_options(*verb.cli, *options, nm::PortRule::required);
    nm::add_word(*verb.cli, "--method", options->method, method_words,
                 "syn: half-open, the kernel resets it, needs CAP_NET_RAW; connect: unprivileged, time from "
                 "TCP_INFO, with"
                 " CAP_NET_RAW from the packets;"
                 " auto: syn where allowed");
    verb.cli->add_option("--window", options->window, "connections in flight (connect)")
        ->type_name("NUMBER")
        ->check(CLI::Range(1, 100'000).description(""))
        ->capture_default_str();
    verb.emits = {&nm::record_type<nm::TcpProbe>, &nm::record_type<nm::TcpReply>,
                  &nm::record_type<nm::TcpError>, &nm::record_type<nm::ErrorRecord>,
                  &nm::record_type<nm::ProbeSummary>};
    verb.examples = {
        {"nmtcp ping db1.example:5432 [2001:db8::1]:443", "two services, one handshake each"},
        {"nmtcp ping -f targets.yaml -c 5 -i 200ms", "five handshakes with each service of a file"},
        {"nmtcp ping --method connect web.example:443 --every 10s",
         "without privileges, a round each ten seconds"},
    };
    verb.has_table = true;
    verb.run = [options](nm::Context& context) { return run_ping(*options, context); };
}

void define_trace(nm::Tool& tool) {
    nm::Verb& verb = tool.add_verb("trace", "the path that SYNs to a service take, hop by hop");
    const auto options = std::make_shared<nm::TraceOptions>();
    options->method = nm::TraceMethod::tcp;
    nm::add_trace_options(*verb.cli, *options, nm::PortRule::required);
    verb.emits = {&nm::record_type<nm::Trace>, &nm::record_type<nm::TraceHopRow>,
                  &nm::record_type<nm::TraceProbe>, &nm::record_type<nm::ErrorRecord>,
                  &nm::record_type<nm::ProbeSummary>};
    verb.examples = {
        {"nmtcp trace web.example:443", "each hop up to the server, which is open or closed"},
        {"nmtcp trace --mda [2001:db8::1]:443", "every equal-cost branch on the way"},
        {"nmtcp trace -f targets.yaml --every 1m | jq 'select(.path_changed)'",
         "a round each minute; those in which a path has changed"},
    };
    verb.has_table = true;
    verb.run = [options](nm::Context& context) {
        return nm::run_trace(*options, nm::PortRule::required, context);
    };
}

}  // namespace

void define(nm::Tool& tool) {
    define_ping(tool);
    define_trace(tool);
    tool.add_later({"info", "diagnose"});
}

}  // namespace nmtcp
