#include "probe/options.hpp"

#include <unistd.h>

#include "app/cli.hpp"

namespace nm {

void add_packet_options(CLI::App& cli, ProbeOptions& options) {
    cli.add_option("--source", options.source, "source address")->type_name("ADDRESS");
    cli.add_option("--interface", options.interface, "interface to send from")->type_name("NAME");
    cli.add_option("--tos", options.tos, "TOS or traffic class byte")
        ->type_name("NUMBER")
        ->check(CLI::Range(0, 255).description(""));
    cli.add_option("--ttl", options.ttl, "TTL or hop limit")
        ->type_name("NUMBER")
        ->check(CLI::Range(1, 255).description(""));
    CLI::Option* v4 = cli.add_flag("-4,--ipv4", options.only_v4, "IPv4 only");
    cli.add_flag("-6,--ipv6", options.only_v6, "IPv6 only")->excludes(v4);
    add_size(cli, "--receive-buffer", options.receive_buffer,
             "bytes of socket buffer to ask for; the packets in flight are capped to what it holds");
}

void add_probe_options(CLI::App& cli, ProbeOptions& options, PortRule rule) {
    const bool ports = rule == PortRule::required;
    cli.add_option("TARGET", options.targets,
                   "what to probe; - or none reads JSON lines with a target from stdin")
        ->type_name(ports ? "HOST:PORT..." : "TARGET...");
    cli.add_option("-f,--file", options.file, "targets in YAML; SIGHUP reads it again")->type_name("FILE");
    cli.add_option("-c,--count", options.count, "probes of each target in a round")
        ->type_name("NUMBER")
        ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000'000}).description(""))
        ->capture_default_str();
    add_duration(cli, "-i,--interval", options.interval_ns, "time between two probes of one target");
    add_duration(cli, "-t,--timeout", options.timeout_ns, "time to wait for an answer");
    add_duration(
        cli, "--linger", options.linger_ns,
        "wait this long after the last answer for duplicates and late ones, and report targets only then");
    add_duration(cli, "--every", options.every_ns,
                 "begin a round each DURATION, for ever, on an absolute schedule");
    cli.add_option("--rounds", options.rounds, "end after this many rounds, with --every")
        ->type_name("NUMBER")
        ->capture_default_str();
    add_size(cli, "--rate", options.rate_pps,
             "packets per second of all targets together; 0 for as fast as nothing is lost");
    cli.add_flag("--each", options.each, "one record for each packet too");
    add_packet_options(cli, options);
    add_word(cli, "--addresses", options.addresses, address_choice_words,
             "which addresses of a name to probe");
}

void add_live_options(CLI::App& cli, ProbeOptions& options) {
    CLI::Option* every = cli.get_option("--every");
    every->description(every->get_description() + "; on a terminal as one table that is kept up to date");
    cli.add_flag(
           "--worst-first", options.worst_first,
           "--every on a terminal: the worst targets come first, not only where there is no room for all")
        ->needs(every);
}

void check_timeout(std::int64_t timeout_ns) {
    if (timeout_ns <= 0)
        throw UserError(Exit::usage, "--timeout: nothing can answer in no time: write 200ms, 5s or 1m");
}

void check_rounds(const ProbeOptions& options) {
    check_timeout(options.timeout_ns);
    const std::int64_t round_ns =
        static_cast<std::int64_t>(options.count - 1) * options.interval_ns + options.timeout_ns;
    if (options.every_ns > 0 && options.every_ns < round_ns)
        throw UserError(Exit::usage, "--every " + duration_text(options.every_ns) +
                                         " is shorter than a round: count, interval and timeout take " +
                                         duration_text(round_ns));
}

TargetList collect_targets(const ProbeOptions& options, PortRule rule, BadInput& bad) {
    TargetList targets;
    bool from_stdin = options.targets.empty() && options.file.empty();
    for (const std::string& argument : options.targets) {
        if (argument == "-")
            from_stdin = true;
        else
            targets.add(target_of_argument(argument, rule));
    }
    if (!options.file.empty()) read_targets_file(options.file, rule, targets);
    if (from_stdin) {
        if (Console::stdin_is_terminal())
            throw UserError(Exit::usage, "no target: name one, or use -f FILE, or pipe JSON lines");
        read_targets_stream(STDIN_FILENO, rule, bad, targets);
    }
    return targets;
}

}  // namespace nm
