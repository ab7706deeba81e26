#include "options.hpp"

#include "app/cli.hpp"
#include "ping/ping.hpp"
#include "record/error.hpp"
#include "record/tcp_probe.hpp"

namespace nmtcp {
namespace {

void define_ping(nm::Tool& tool) {
    nm::Verb& verb = tool.add_verb("ping", "time from SYN to SYN/ACK, any number of targets at once");
    const auto options = std::make_shared<PingOptions>();
    nm::add_probe_options(*verb.cli, *options, nm::PortRule::required);
    nm::add_word(
        *verb.cli, "--method", options->method, method_words,
        "syn: half-open, the kernel resets it, needs CAP_NET_RAW; connect: unprivileged, time from TCP_INFO, with"
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

}  // namespace

void define(nm::Tool& tool) {
    define_ping(tool);
    tool.add_later({"trace", "info", "diagnose"});
}

}  // namespace nmtcp
