#include "options.hpp"

#include "app/cli.hpp"
#include "ping/ping.hpp"
#include "record/error.hpp"
#include "record/probe_icmp.hpp"
#include "record/probe_trace.hpp"
#include "trace/trace.hpp"

namespace nmprobe {
namespace {

void define_ping(nm::Tool& tool) {
    nm::Verb& verb = tool.add_verb("ping", "ICMP echo, IPv4 and IPv6, any number of targets at once");
    const auto options = std::make_shared<PingOptions>();
    nm::add_probe_options(*verb.cli, *options, nm::PortRule::none);
    verb.cli
        ->add_option("--size", options->size,
                     "payload bytes; 16 carry the mark that tells our replies from others'")
        ->type_name("NUMBER")
        ->check(CLI::Range(16, 65'000).description(""))
        ->capture_default_str();
    nm::add_word(*verb.cli, "--socket", options->socket, nm::socket_choice_words,
                 "raw needs CAP_NET_RAW; dgram needs net.ipv4.ping_group_range to hold your group");
    verb.emits = {&nm::record_type<nm::IcmpProbe>, &nm::record_type<nm::IcmpReply>,
                  &nm::record_type<nm::IcmpError>, &nm::record_type<nm::ErrorRecord>,
                  &nm::record_type<nm::ProbeSummary>};
    verb.examples = {
        {"nmprobe ping 192.0.2.1 db1.example", "two targets, one probe each"},
        {"nmprobe ping -f targets.yaml -c 5 -i 200ms", "five probes of each target of a file"},
        {"nmprobe ping -f targets.yaml --every 10s --format influx",
         "a round each ten seconds, for Telegraf"},
        {"echo '{\"target\":\"192.0.2.1\"}' | nmprobe ping | jq .rtt_avg_us", "targets from a pipe"},
    };
    verb.has_table = true;
    verb.run = [options](nm::Context& context) { return run_ping(*options, context); };
}

void define_trace(nm::Tool& tool) {
    nm::Verb& verb = tool.add_verb("trace", "the path to any number of targets at once, hop by hop");
    const auto options = std::make_shared<nm::TraceOptions>();
    nm::add_trace_options(*verb.cli, *options, nm::PortRule::none);
    nm::add_word(*verb.cli, "--method", options->method, nm::enum_words<nm::TraceMethod>,
                 "what to send: icmp echo, udp datagrams or tcp SYNs; all packets of a flow take one path");
    verb.cli->add_option("--port", options->port, "destination port; 0: 33434 for udp, 80 for tcp")
        ->type_name("NUMBER")
        ->check(CLI::Range(0, 65'535).description(""))
        ->capture_default_str();
    verb.emits = {&nm::record_type<nm::Trace>, &nm::record_type<nm::TraceHopRow>,
                  &nm::record_type<nm::TraceProbe>, &nm::record_type<nm::ErrorRecord>,
                  &nm::record_type<nm::ProbeSummary>};
    verb.examples = {
        {"nmprobe trace db1.example", "each hop on the way, three probes to each"},
        {"nmprobe trace --mda 192.0.2.1", "every equal-cost branch, found with 95 % confidence"},
        {"nmprobe trace -f targets.yaml -c 1 --every 1m | jq 'select(.path_changed)'",
         "a round each minute; those in which a path has changed"},
        {"nmprobe trace --method tcp --port 443 192.0.2.1", "the way that packets to a web server take"},
    };
    verb.has_table = true;
    verb.run = [options](nm::Context& context) {
        return nm::run_trace(*options, nm::PortRule::none, context);
    };
}

}  // namespace

void define(nm::Tool& tool) {
    define_ping(tool);
    define_trace(tool);
    tool.add_later({"sweep", "dns", "http"});
}

}  // namespace nmprobe
