#include "top/top.hpp"

#include "decode/decode.hpp"
#include "filter/gate.hpp"
#include "flow_lines.hpp"
#include "record/key_of.hpp"

namespace nmflowtool {
namespace {

// Milliseconds until the open window ends, rounded up; -1 when none is open.
int idle(Ranking& ranking) {
    const std::int64_t now_ns = nm::now().ns;
    const std::int64_t end_ns = ranking.close_window_at(now_ns);
    return end_ns == 0 ? -1 : static_cast<int>((end_ns - now_ns) / nm::ns_per_ms + 1);
}

// What of a flow is looked at.
std::vector<std::string_view> keys_of(const Ranking& ranking, const FlowGate& gate) {
    std::vector<std::string_view> keys = ranking.keys();
    for (const std::string_view key : gate.keys()) keys.push_back(key);
    return keys;
}

// The columns of a table: the window where there are several, the rank, and what flows are grouped by.
nm::FieldChoice leading_columns(const RankOptions& rank, const Ranking& ranking) {
    nm::FieldChoice columns;
    if (rank.every_ns > 0) columns.emplace_back(nm::key_of<nm::FlowTop>(&nm::FlowTop::window_start));
    columns.emplace_back(nm::key_of<nm::FlowTop>(&nm::FlowTop::rank));
    for (const std::string_view key : ranking.shown_keys()) columns.emplace_back(key);
    return columns;
}

// scaled_already: records of nfcapd files, which no rate comes with.
void tell_doubts(const Ranking& ranking, const RankOptions& options, std::uint64_t scaled_already,
                 nm::Context& context) {
    if (ranking.lacks_smallest()) {
        context.console.warn("--order smallest: there are more than --max-keys " +
                             std::to_string(options.max_keys) +
                             " groups, and the smallest were given up: a larger --max-keys keeps them");
    }
    const std::uint64_t count = ranking.rate_unknown() - scaled_already;
    if (count == 0) return;
    context.console.warn("--scaled: " + std::to_string(count) +
                         " records have no sampling rate: they count as they are");
}

nm::Exit top_of_datagrams(const TopOptions& options, nm::Context& context) {
    Ranking ranking(options.rank, context.out);
    context.out.lead_with(nm::record_type<nm::FlowTop>, leading_columns(options.rank, ranking));
    if (ranking.wants_names() && !options.names) {
        throw nm::UserError(nm::Exit::usage,
                            "--by: the names that exporters tell beside their flows are kept with --names");
    }
    FlowGate gate(options.input.filter);
    FlowInput input(options.input, context);
    input.when_idle([&ranking] { return idle(ranking); });
    Decoder decoder(limits_for(options.input), FlowMembers::of(keys_of(ranking, gate)),
                    options.input.template_scope);
    if (options.names) decoder.keep_names();
    std::uint64_t scaled_already = 0;
    read_flows(input, decoder, context, [&](Decoder::Got got, const Records& records) {
        if (got == Decoder::Got::flow && gate.admits(records.flow, records.wire, records.labels)) {
            const std::uint64_t before = ranking.rate_unknown();
            ranking.add(records.flow);
            if (input.is_stored()) scaled_already += ranking.rate_unknown() - before;
        }
        if (got == Decoder::Got::sample && gate.admits(records.sample)) ranking.add(records.sample);
    });
    nm::FlowSummary summary;
    ranking.finish(summary);
    input.add_to(summary);
    gate.add_to(summary);
    write_books(decoder, ranking.latest(), summary, context.out);
    context.out.write(summary);
    tell_doubts(ranking, options.rank, scaled_already, context);
    return input.exit_or(ranking.any() || !options.input.listen.empty() ? nm::Exit::ok : nm::Exit::no);
}

nm::Exit top_of_lines(const TopOptions& options, nm::Context& context) {
    Ranking ranking(options.rank, context.out);
    context.out.lead_with(nm::record_type<nm::FlowTop>, leading_columns(options.rank, ranking));
    FlowGate gate(options.input.filter);
    FlowLines lines(context, keys_of(ranking, gate));
    SamplingRule sampling_rule(options.input.sampling_rate);
    while (lines.next() != FlowLines::Got::end) {
        sampling_rule.apply(lines.record());
        if (gate.admits(lines.record(), lines.line())) ranking.add(lines.record());
    }
    nm::FlowSummary summary;
    ranking.finish(summary);
    lines.add_to(summary);
    sampling_rule.add_to(summary);
    gate.add_to(summary);
    summary.ts = ranking.latest().ns != 0 ? ranking.latest() : nm::now();
    context.out.write(summary);
    tell_doubts(ranking, options.rank, 0, context);
    return lines.exit_or(ranking.any() ? nm::Exit::ok : nm::Exit::no);
}

}  // namespace

nm::Exit run_top(const TopOptions& options, nm::Context& context) {
    if (options.input.sampling_rate && !options.rank.scaled) {
        throw nm::UserError(nm::Exit::usage, "--sampling-rate changes nothing here without --scaled");
    }
    if (options.input.is_given()) return top_of_datagrams(options, context);
    if (nm::Console::stdin_is_terminal()) {
        throw nm::UserError(nm::Exit::usage,
                            "stdin is a terminal: give records in a pipe, -r FILE or -l ADDR:PORT");
    }
    refuse_options_of_datagrams(options.input);
    return top_of_lines(options, context);
}

}  // namespace nmflowtool
