#include "options.hpp"

#include "app/cli.hpp"
#include "dns/dns.hpp"
#include "http/http.hpp"
#include "ping/ping.hpp"
#include "record/error.hpp"
#include "record/probe_dns.hpp"
#include "record/probe_http.hpp"
#include "record/probe_icmp.hpp"
#include "record/probe_sweep.hpp"
#include "record/probe_trace.hpp"
#include "sweep/sweep.hpp"
#include "trace/trace.hpp"

namespace nmprobe {
namespace {

void add_echo_options(CLI::App& cli, PingOptions& options) {
    cli.add_option("--size", options.size,
                   "payload bytes; 16 carry the mark that tells our replies from others'")
        ->type_name("NUMBER")
        ->check(CLI::Range(16, 65'000).description(""))
        ->capture_default_str();
    nm::add_word(cli, "--socket", options.socket, nm::socket_choice_words,
                 "raw needs CAP_NET_RAW; dgram needs net.ipv4.ping_group_range to hold your group");
}

void define_ping(nm::Tool& tool) {
    nm::Verb& verb = tool.add_verb("ping", "ICMP echo, IPv4 and IPv6, any number of targets at once");
    const auto options = std::make_shared<PingOptions>();
    nm::add_probe_options(*verb.cli, *options, nm::PortRule::none);
    add_echo_options(*verb.cli, *options);
    nm::add_live_options(*verb.cli, *options);
    verb.emits = {&nm::record_type<nm::IcmpProbe>, &nm::record_type<nm::IcmpReply>,
                  &nm::record_type<nm::IcmpError>, &nm::record_type<nm::ErrorRecord>,
                  &nm::record_type<nm::ProbeSummary>};
    verb.examples = {
        {"nmprobe ping 192.0.2.1 db1.example", "two targets, one probe each"},
        {"nmprobe ping -f targets.yaml -c 5 -i 200ms", "five probes of each target of a file"},
        {"nmprobe ping -f targets.yaml --every 1s", "a live table of how they do, until interrupted"},
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
    nm::add_word(*verb.cli, "--socket", options->socket, nm::socket_choice_words,
                 "raw needs CAP_NET_RAW; dgram needs no right, for --method udp without --mda; auto: raw if"
                 " allowed");
    verb.emits = {&nm::record_type<nm::Trace>, &nm::record_type<nm::TraceHopRow>,
                  &nm::record_type<nm::TraceProbe>, &nm::record_type<nm::ErrorRecord>,
                  &nm::record_type<nm::ProbeSummary>};
    verb.examples = {
        {"nmprobe trace db1.example", "each hop on the way, three probes to each"},
        {"nmprobe trace --watch db1.example", "the path and its losses, kept up to date until interrupted"},
        {"nmprobe trace --mda 192.0.2.1", "every equal-cost branch, found with 95 % confidence"},
        {"nmprobe trace -f targets.yaml -c 1 --every 1m | jq 'select(.path_changed)'",
         "a round each minute; those in which a path has changed"},
        {"nmprobe trace --method tcp --port 443 192.0.2.1", "the way that packets to a web server take"},
        {"nmprobe trace --method udp db1.example", "as any user, without privileges"},
    };
    verb.has_table = true;
    verb.run = [options](nm::Context& context) {
        return nm::run_trace(*options, nm::PortRule::none, context);
    };
}

void define_dns(nm::Tool& tool) {
    nm::Verb& verb = tool.add_verb("dns", "questions to one or all of a list of DNS servers");
    const auto options = std::make_shared<DnsOptions>();
    CLI::App& cli = *verb.cli;
    nm::add_probe_options(cli, *options, nm::PortRule::none);
    cli.remove_option(cli.get_option("--each"));  // every query has its record
    cli.get_option("TARGET")
        ->description(
            "names to ask for, and @SERVER to ask; - or no name reads JSON lines with a target from stdin")
        ->type_name("NAME...");
    cli.get_option("--file")->description("names in YAML, or lines of NAME [TYPE]; SIGHUP reads it again");
    cli.get_option("--count")->description("queries of each question in a round");
    cli.get_option("--addresses")->description("which addresses of a server's name to ask");
    cli.add_option(
           "--server", options->servers,
           "server to ask, as @SERVER; each is asked everything; the default is those of /etc/resolv.conf")
        ->type_name("HOST[:PORT]");
    cli.add_option("--type", options->types, "record types to ask for: A, AAAA, MX, TYPE65...")
        ->type_name("TYPE")
        ->delimiter(',')
        ->default_str("A");
    nm::add_size(cli, "--window", options->window, "queries that may wait for their answers at once");
    cli.add_option("--edns-size", options->edns_size, "bytes of answer by UDP that the query allows")
        ->type_name("NUMBER")
        ->check(CLI::Range(512, 65'000).description(""))
        ->capture_default_str();
    cli.add_flag("--no-edns", options->no_edns, "no EDNS: 512 bytes by UDP");
    cli.add_flag("--dnssec", options->dnssec, "ask for signatures (DO bit)");
    cli.add_flag("--nsid", options->nsid, "ask for the server's identity (RFC 5001)");
    cli.add_flag("--no-recursion", options->no_recursion,
                 "clear the RD bit: only what the server knows itself");
    cli.add_flag("--checking-disabled", options->checking_disabled,
                 "set the CD bit: take what fails validation");
    cli.add_flag("--random-case", options->random_case,
                 "mix the case of the name's letters, which an answer must repeat");
    CLI::Option* tcp = cli.add_flag("--tcp", options->tcp, "ask by TCP from the start");
    cli.add_flag("--no-tcp", options->no_tcp, "do not ask by TCP after a truncated answer")->excludes(tcp);
    verb.emits = {&nm::record_type<nm::DnsProbe>, &nm::record_type<nm::ErrorRecord>,
                  &nm::record_type<nm::DnsSummary>};
    verb.examples = {
        {"nmprobe dns www.example.org", "one question to each server of /etc/resolv.conf"},
        {"nmprobe dns www.example.org --type A,AAAA @192.0.2.53 @192.0.2.54 --nsid",
         "two questions to two servers, and which machine answered"},
        {"nmprobe dns -f names.yaml @ns1.example --every 30s --format influx", "rounds for Telegraf"},
        {"nmprobe dns -f names.txt @192.0.2.53 --rate 0 --window 100 --format json | tail -n 1 | jq "
         ".rate_qps",
         "how fast a server is"},
    };
    verb.has_table = true;
    verb.run = [options](nm::Context& context) { return run_dns(*options, context); };
}

void add_request_options(CLI::App& cli, HttpOptions& options) {
    cli.add_option("-X,--method", options.method,
                   "method of the request; the default is GET, or POST with --data")
        ->type_name("WORD");
    cli.add_option("-H,--header", options.headers,
                   "header of the request, or @FILE with such lines: secrets do not belong into arguments")
        ->type_name("NAME:VALUE");
    cli.add_option("-d,--data", options.data, "body of the request, or @FILE that has it")->type_name("TEXT");
    nm::add_size(cli, "--redirects", options.redirects,
                 "redirects to follow, each told as a request of its own");
    nm::add_size(cli, "--max-bytes", options.max_bytes, "end a transfer whose body, unpacked, is larger");
    cli.add_option("--expect-status", options.expect_status,
                   "statuses that are good: 200, 2xx or 200,404; the default is all below 400")
        ->type_name("LIST");
    cli.add_option("--expect-body", options.expect_body,
                   "extended regular expression that the body must match")
        ->type_name("REGEX");
    cli.add_option("--ca-file", options.ca_file, "certificates to trust instead of the system's")
        ->type_name("FILE");
    cli.add_flag("--insecure", options.insecure, "take any certificate");
    cli.add_flag("--compressed", options.compressed, "ask for a packed body, and unpack it");
    cli.add_flag("--http1", options.http1, "HTTP/1.1 also where the server offers HTTP/2");
    CLI::Option* reuse = cli.add_flag("--reuse", options.reuse,
                                      "keep connections: then most requests have no connect_ms and tls_ms");
    cli.add_flag("--reset", options.reset,
                 "close connections by RST: thousands to one server use up no ports in TIME_WAIT")
        ->excludes(reuse);
}

void define_http(nm::Tool& tool) {
    nm::Verb& verb = tool.add_verb("http", "HTTP requests, with the time of each of their phases");
    const auto options = std::make_shared<HttpOptions>();
    CLI::App& cli = *verb.cli;
    nm::add_probe_options(cli, *options, nm::PortRule::none);
    for (const char* name : {"--each", "--linger", "--receive-buffer"})
        cli.remove_option(cli.get_option(name));
    cli.get_option("TARGET")
        ->description("what to request; - or none reads JSON lines with a target from stdin")
        ->type_name("URL...");
    cli.get_option("--count")->description("requests of each target in a round");
    cli.get_option("--timeout")->description("time for a whole request, each redirect anew");
    cli.get_option("--rate")->description(
        "requests per second of all targets together; 0 for as fast as it goes");
    nm::add_size(cli, "--window", options->window, "requests that may be under way at once");
    add_request_options(cli, *options);
    verb.emits = {&nm::record_type<nm::HttpProbe>, &nm::record_type<nm::ErrorRecord>,
                  &nm::record_type<nm::HttpSummary>};
    verb.needs = {curl_library_name, trusted_certificates};
    verb.examples = {
        {"nmprobe http https://www.example.org/",
         "one request: where its time went, and the certificate's days"},
        {"nmprobe http https://www.example.org/ --expect-status 200 --expect-body 'Example'",
         "exit 1 unless the page is as it should be"},
        {"nmprobe http -f sites.yaml --every 30s --format influx", "rounds for Telegraf"},
        {"nmprobe http www.example.org --addresses all --format json | jq .address,.first_byte_ms",
         "every server behind a name"},
    };
    verb.has_table = true;
    verb.run = [options](nm::Context& context) { return run_http(*options, context); };
}

void add_sweep_options(CLI::App& cli, SweepOptions& options) {
    cli.add_option("PREFIX", options.targets,
                   "prefix, range or address; - or none reads them from stdin, one in a line")
        ->type_name("PREFIX...");
    cli.add_option("-f,--file", options.file, "prefixes, one in a line or a list in YAML")->type_name("FILE");
    cli.add_option("--exclude", options.excludes, "prefix, range or address to leave out, or a file of them")
        ->type_name("PREFIX|FILE")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    cli.add_flag("--all", options.all,
                 "network, broadcast, multicast and reserved addresses too, which are skipped else");
    nm::add_size(cli, "--max-addresses", options.max_addresses, "refuse to sweep more addresses than this");
    cli.add_option("-c,--count", options.count, "requests to an address until it answers")
        ->type_name("NUMBER")
        ->check(CLI::Range(1, 100).description(""))
        ->capture_default_str();
    nm::add_duration(cli, "-t,--timeout", options.timeout_ns,
                     "time to wait for an answer, from when the request left this host");
    nm::add_size(cli, "--rate", options.rate_pps,
                 "packets per second of the whole sweep; 0 for as fast as nothing is lost");
    nm::add_size(cli, "--prefix-rate", options.prefix_rate_pps,
                 "packets per second into each /24, or /64 of IPv6; 0 for no limit");
    cli.add_flag("--each-silent", options.each_silent, "a record for each silent address too");
    cli.add_option("--seed", options.seed, "of the order; the same seed gives the same order")
        ->type_name("NUMBER");
    cli.add_option("--shard", options.shard, "sweep only this part, such as 2/5; needs --seed")
        ->type_name("NUMBER/OF");
    cli.add_option("--state", options.state,
                   "keep the place in this file and go on from there; removed when the sweep is complete")
        ->type_name("FILE");
    nm::add_packet_options(cli, options);
    add_echo_options(cli, options);
}

void define_sweep(nm::Tool& tool) {
    nm::Verb& verb = tool.add_verb("sweep", "which addresses of a prefix answer, in a permuted order");
    const auto options = std::make_shared<SweepOptions>();
    add_sweep_options(*verb.cli, *options);
    verb.emits = {&nm::record_type<nm::SweepProbe>, &nm::record_type<nm::ErrorRecord>,
                  &nm::record_type<nm::SweepSummary>};
    verb.examples = {
        {"nmprobe sweep 192.0.2.0/24", "who is there"},
        {"nmprobe sweep 10.1.0.0/16 --exclude 10.1.7.0/24 -c 2 --prefix-rate 50",
         "up to two requests each, no network gets more than 50 a second"},
        {"nmprobe sweep 10.0.0.0/12 --state sweep.state >>up.jsonl",
         "a long one: run it again after a stop and it goes on"},
        {"nmprobe sweep -f v6-list.txt --shard 1/2 --seed 7", "half of a list of IPv6 addresses"},
        {"nmprobe sweep 192.0.2.0/24 | jq -c '{target: .address}' | nmprobe ping -c 10",
         "measure what answers"},
    };
    verb.has_table = true;
    verb.run = [options](nm::Context& context) { return run_sweep(*options, context); };
}

}  // namespace

void define(nm::Tool& tool) {
    define_ping(tool);
    define_trace(tool);
    define_dns(tool);
    define_http(tool);
    define_sweep(tool);
}

}  // namespace nmprobe
