#include "options.hpp"

#include "app/cli.hpp"
#include "info/info.hpp"
#include "ping/ping.hpp"
#include "record/error.hpp"
#include "record/probe_trace.hpp"
#include "record/tcp_info.hpp"
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

void define_info(nm::Tool& tool) {
    nm::Verb& verb = tool.add_verb("info", "this host's TCP sockets: round-trip times, losses, rates, bytes");
    const auto options = std::make_shared<InfoOptions>();
    CLI::App& cli = *verb.cli;
    cli.add_option(
           "--state", options->states,
           "states, separated by commas: established, listen, time_wait...; connected is any but listen,"
           " close, time_wait and syn_recv; all")
        ->type_name("STATES")
        ->capture_default_str();
    cli.add_option("--port", options->ports, "only sockets with this port at either end; repeatable")
        ->type_name("PORT")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    cli.add_option("--peer", options->peers, "only sockets whose peer is in this prefix; repeatable")
        ->type_name("PREFIX")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    cli.add_option("--local", options->locals, "only sockets whose own address is in this prefix; repeatable")
        ->type_name("PREFIX")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    CLI::Option* v4 = cli.add_flag("-4,--ipv4", options->only_v4, "IPv4 sockets only");
    cli.add_flag("-6,--ipv6", options->only_v6, "IPv6 sockets only")->excludes(v4);
    cli.add_option(
           "--by", options->by,
           "one record for all sockets that have these in common, separated by commas: peer, local"
           " (peer/24 or peer/24/48 cuts them to networks), port, local_port, peer_port, state, cgroup,"
           " uid, congestion_control, interface")
        ->type_name("KEYS");
    nm::add_duration(cli, "--every", options->every_ns,
                     "list them each DURATION, for ever, with what was added since");
    cli.add_option("--rounds", options->rounds, "end after this many lists, with --every")
        ->type_name("NUMBER")
        ->capture_default_str();
    cli.add_option("--netns", options->netns, "in this network namespace (ip-netns(8)); needs CAP_SYS_ADMIN")
        ->type_name("NAME");
    verb.emits = {&nm::record_type<nm::TcpInfo>, &nm::record_type<nm::TcpGroup>,
                  &nm::record_type<nm::TcpInfoSummary>};
    verb.examples = {
        {"nmtcp info", "every connection of this host"},
        {"nmtcp info --port 443 --by peer/24,cgroup", "who talks HTTPS to whom, and how well"},
        {"nmtcp info --every 10s --by port | jq -c 'select(.delta_retrans > 0)'",
         "each ten seconds, the services that had to send again"},
        {"nmtcp info --state listen --fields local_ip,local_port,backlog",
         "what listens, and how full it is"},
    };
    verb.has_table = true;
    verb.run = [options](nm::Context& context) { return run_info(*options, context); };
}

}  // namespace

void define(nm::Tool& tool) {
    define_ping(tool);
    define_trace(tool);
    define_info(tool);
    tool.add_later({"diagnose"});
}

}  // namespace nmtcp
