#include "trace/trace.hpp"

#include <algorithm>

#include "app/cli.hpp"
#include "probe/session.hpp"
#include "trace/trace_planner.hpp"
#include "trace/trace_report.hpp"
#include "trace/trace_watch.hpp"

namespace nm {
namespace {

constexpr std::uint64_t probes_of_hop = 3;

}  // namespace

void add_trace_options(CLI::App& cli, TraceOptions& options, PortRule rule) {
    options.count = 0;
    options.interval_ns = 20 * ns_per_ms;
    add_probe_options(cli, options, rule);
    // A trace sets the TTL itself, and hears all that is to come before it reports.
    for (const char* name : {"--ttl", "--linger"}) cli.remove_option(cli.get_option(name));
    cli.get_option("--count")
        ->description("probes of each hop in a round, 1 with --watch; --mda sends as many as it needs")
        ->check(CLI::Range(1, 255).description(""))
        ->default_str("3");
    cli.get_option("--interval")->description("time between two probes of one hop");
    const auto add_ttl = [&cli](const char* name, std::uint32_t& value, const char* doc) {
        cli.add_option(name, value, doc)
            ->type_name("NUMBER")
            ->check(CLI::Range(1, 255).description(""))
            ->capture_default_str();
    };
    add_ttl("--first-ttl", options.first_ttl, "TTL or hop limit of the first hop");
    add_ttl("--max-ttl", options.max_ttl, "the farthest hop");
    add_ttl("--gap", options.gap, "give up behind this many silent hops in a row");
    CLI::Option* watch = cli.add_flag(
        "--watch", options.watch,
        "rounds for ever, each second or --every, with one table of what all of them showed on a terminal");
    cli.add_flag("-n,--no-dns", options.no_dns, "addresses without their names, for which only --watch asks");
    CLI::Option* mda =
        cli.add_flag("--mda", options.mda, "vary the flow to find every equal-cost branch of the path");
    cli.add_option("--confidence", options.confidence_pct,
                   "--mda: percent of certainty that a node has no further successor")
        ->type_name("NUMBER")
        ->check(CLI::Range(50.0, 99.9).description(""))
        ->needs(mda)
        ->capture_default_str();
    mda->excludes(watch);
}

namespace {

TraceOptions settled(TraceOptions options) {
    if (options.count == 0) options.count = options.watch ? 1 : probes_of_hop;
    if (options.watch && options.every_ns == 0) options.every_ns = ns_per_s;
    return options;
}

}  // namespace

Exit run_trace(const TraceOptions& given, PortRule rule, Context& context) {
    const TraceOptions options = settled(given);
    if (options.first_ttl > options.max_ttl)
        throw UserError(Exit::usage, "--first-ttl is behind --max-ttl: nothing to probe");
    TraceProtocol protocol(options);
    drop_capabilities();
    BadInput bad(context, "stdin");
    TargetList targets = collect_targets(options, rule, bad);
    TraceRecorder recorder(context.out, options, protocol);
    const std::unique_ptr<TraceWatch> watch = TraceWatch::open(options, recorder, context);
    TracePlanner planner(options, protocol, watch ? static_cast<TraceReporter&>(*watch) : recorder);
    // To the session a trace is one probe of its target; how many packets that takes is the planner's
    // business.
    TraceOptions rounds = options;
    rounds.count = 1;
    rounds.interval_ns = 0;
    rounds.each = true;
    // The rounds of a watched path need not wait for each other.
    if (options.watch) rounds.timeout_ns = std::min(rounds.timeout_ns, rounds.every_ns);
    ProbeSession session(rounds, rule, context, planner);
    planner.attach(session);
    session.show(watch.get());
    session.expect_any_number();
    TraceEngine engine({options.timeout_ns, 0, options.rate_pps}, session.loop(), protocol, planner,
                       session.board(), context.out);
    return session.run(engine, std::move(targets), bad,
                       [&](Family family) { return protocol.why_not(family); });
}

}  // namespace nm
