#include "options.hpp"

#include "app/cli.hpp"
#include "diagnose/diagnose.hpp"
#include "info/info.hpp"
#include "ping/ping.hpp"
#include "record/error.hpp"
#include "record/probe_trace.hpp"
#include "record/tcp_diagnosis.hpp"
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
    nm::add_live_options(*verb.cli, *options);
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
        {"nmtcp trace --watch web.example:443", "the path and its losses, kept up to date until interrupted"},
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

void add_path_options(CLI::App& cli, DiagnoseOptions& options) {
    PingOptions& probe = options.probe;
    cli.add_option("TARGET", probe.targets, "the service")->type_name("HOST:PORT...")->required();
    cli.add_option("-c,--count", probe.count, "pings and handshakes")
        ->type_name("NUMBER")
        ->check(CLI::Range(1, 1000).description(""))
        ->capture_default_str();
    nm::add_duration(cli, "-i,--interval", probe.interval_ns, "time between two of them");
    nm::add_duration(cli, "-t,--timeout", probe.timeout_ns, "time to wait for the answer to each");
    nm::add_word(cli, "--method", probe.method, method_words,
                 "handshakes by syn (half-open, needs CAP_NET_RAW) or connect; auto: syn where allowed");
    cli.add_option("--source", probe.source, "source address")->type_name("ADDRESS");
    cli.add_option("--interface", probe.interface, "interface to send from")->type_name("NAME");
    CLI::Option* v4 = cli.add_flag("-4,--ipv4", probe.only_v4, "IPv4 only");
    cli.add_flag("-6,--ipv6", probe.only_v6, "IPv6 only")->excludes(v4);
    nm::add_word(cli, "--addresses", probe.addresses, nm::address_choice_words,
                 "which addresses of a name to diagnose; one that this host has no way to is told, but is no"
                 " fault where another can be tried");
}

void add_service_options(CLI::App& cli, DiagnoseOptions& options) {
    CLI::Option* http =
        cli.add_flag("--http", options.http, "ask the service by HTTP; the default of port 80");
    cli.add_option("--path", options.http_path, "what to ask for, with --http")
        ->type_name("PATH")
        ->needs(http);
    CLI::Option* tls =
        cli.add_flag("--tls", options.tls, "greet the service by TLS; the default of port 443");
    CLI::Option* send = cli.add_option("--send", options.send, "send this; C escapes in it are bytes");
    send->type_name("TEXT");
    CLI::Option* banner = cli.add_flag("--expect-banner", options.expect_banner,
                                       "the service speaks first, as SSH and SMTP do");
    tls->excludes(http);
    send->excludes(http)->excludes(tls);
    banner->excludes(http)->excludes(tls)->excludes(send);
    cli.add_option("--tries", options.tries, "connections to the service")
        ->type_name("NUMBER")
        ->check(CLI::Range(1, 100).description(""))
        ->capture_default_str();
    nm::add_duration(cli, "--service-timeout", options.service_timeout_ns, "time to wait for its first byte");
    nm::add_duration(cli, "--max-resolve", options.limits.resolve_ns, "a name that takes longer is slow");
    nm::add_duration(cli, "--max-rtt", options.limits.rtt_ns, "a path that takes longer is slow");
    nm::add_duration(cli, "--max-first-byte", options.limits.first_byte_ns,
                     "a service that takes longer, beyond the path, is slow");
}

void define_diagnose(nm::Tool& tool) {
    nm::Verb& verb = tool.add_verb("diagnose", "is it the network, the service, the name, or this host?");
    const auto options = std::make_shared<DiagnoseOptions>();
    add_path_options(*verb.cli, *options);
    add_service_options(*verb.cli, *options);
    verb.emits = {&nm::record_type<nm::TcpDiagnosisStep>, &nm::record_type<nm::TcpDiagnosis>,
                  &nm::record_type<nm::TcpDiagnosisSummary>};
    verb.examples = {
        {"nmtcp diagnose www.example:443", "whose fault is it? each address of the name, IPv4 and IPv6"},
        {"nmtcp diagnose db1.example:5432 --max-first-byte 50ms", "a database that should be quick"},
        {"nmtcp diagnose app.example:9000 --http --path /health", "HTTP on a port of its own"},
        {"nmtcp diagnose www.example:443 | jq -r 'select(.verdict) | [.address, .verdict] | join(\" \")'",
         "one word for each address, for a script"},
    };
    verb.has_table = true;
    verb.run = [options](nm::Context& context) { return run_diagnose(*options, context); };
}

}  // namespace

void define(nm::Tool& tool) {
    define_ping(tool);
    define_trace(tool);
    define_info(tool);
    define_diagnose(tool);
}

}  // namespace nmtcp
