#include "forward/forward.hpp"

#include "app/signals.hpp"

namespace nmflowtool {
namespace {

// When the datagrams of a capture are due: at their distance from the first one, divided by the speed.
class Timetable {
  public:
    explicit Timetable(std::optional<double> speed) : speed_(speed) {}

    // Waits until the datagram is due, and calls while_waiting() before, and at each signal that does not end
    // the run. False when one asked to stop.
    template <class WhileWaiting>
    bool wait_for(nm::Time ts, WhileWaiting&& while_waiting) {
        if (!speed_ || ts.ns == 0) return true;
        if (first_ts_.ns == 0) {
            first_ts_ = ts;
            started_ns_ = nm::monotonic_ns();
        }
        // A capture that goes back in time does not wait.
        const auto distance_ns = static_cast<double>(ts.ns - first_ts_.ns);
        const std::int64_t due_ns = started_ns_ + static_cast<std::int64_t>(distance_ns / *speed_);
        if (due_ns > nm::monotonic_ns()) while_waiting();
        return sleep_until(due_ns, while_waiting);
    }

  private:
    std::optional<double> speed_;
    nm::Time first_ts_;
    std::int64_t started_ns_ = 0;
};

nm::ForwardSummary summary_of(const FlowInput& input) {
    nm::FlowSummary read;
    input.add_to(read);
    nm::ForwardSummary summary;
    summary.packets = read.packets;
    summary.not_udp = read.not_udp;
    summary.unknown_link = read.unknown_link;
    summary.fragments = read.fragments;
    summary.reassembled = read.reassembled;
    summary.fragments_lost = read.fragments_lost;
    summary.cut = read.cut;
    summary.kernel_drops = read.kernel_drops;
    summary.not_allowed = read.not_allowed;
    return summary;
}

}  // namespace

nm::Exit run_forward(const ForwardOptions& options, nm::Context& context) {
    const bool is_live = !options.input.listen.empty();
    InputOptions from = options.input;
    from.outputs = capture_files(options.destinations);
    refuse_loops(options.destinations, options.input.listen);
    FlowInput input(from, context);
    Destinations destinations(options.destinations, context.console);
    input.when_idle([&destinations] {
        destinations.flush();
        return -1;
    });
    Timetable timetable(is_live ? std::nullopt : options.speed);
    const std::int64_t started_ns = nm::monotonic_ns();
    std::uint64_t datagrams = 0, forwarded = 0, not_flow = 0;
    std::optional<std::uint64_t> not_due;
    const auto summary_so_far = [&] {
        nm::ForwardSummary summary = summary_of(input);
        summary.ts = nm::now();
        summary.datagrams = datagrams + input.not_allowed().value_or(0);
        summary.not_flow = not_flow;
        summary.not_due = not_due;
        summary.forwarded = forwarded;
        summary.send_errors = destinations.send_errors();
        summary.source_kept = destinations.keeps_source();
        summary.duration_s = static_cast<double>(nm::monotonic_ns() - started_ns) / 1e9;
        return summary;
    };
    input.when_asked([&] {
        const nm::ForwardSummary summary = summary_so_far();
        return nm::sentence_of(nm::record_type<nm::ForwardSummary>, &summary);
    });
    Datagram datagram;
    while (!context.out.closed() && !destinations.are_dead() && input.next(datagram)) {
        ++datagrams;
        if (!protocol_of(datagram.payload)) {
            ++not_flow;
            continue;
        }
        const auto while_waiting = [&] {
            destinations.flush();
            input.answer_signals();
        };
        if (!timetable.wait_for(datagram.ts, while_waiting)) {
            not_due = 1;
            break;
        }
        destinations.send(
            {datagram.ts, datagram.sender, datagram.sender_port, datagram.payload, std::nullopt});
        ++forwarded;
    }
    destinations.finish(nm::now(), context);
    const nm::ForwardSummary summary = summary_so_far();
    context.out.write(summary);
    const bool all_left = summary.send_errors == 0 && (forwarded > 0 || is_live);
    return input.exit_or(destinations.exit_or(all_left ? nm::Exit::ok : nm::Exit::no));
}

}  // namespace nmflowtool
