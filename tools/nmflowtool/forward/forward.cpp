#include "forward/forward.hpp"

#include "app/signals.hpp"

namespace nmflowtool {
namespace {

// When the datagrams of a capture are due: at their distance from the first one, divided by the speed.
class Timetable {
  public:
    explicit Timetable(std::optional<double> speed) : speed_(speed) {}

    // Waits until the datagram is due; false when a signal asked to stop.
    bool wait_for(nm::Time ts) {
        if (!speed_ || ts.ns == 0) return true;
        if (first_ts_.ns == 0) {
            first_ts_ = ts;
            started_ns_ = nm::monotonic_ns();
        }
        // A capture that goes back in time does not wait.
        const auto distance_ns = static_cast<double>(ts.ns - first_ts_.ns);
        return sleep_until(started_ns_ + static_cast<std::int64_t>(distance_ns / *speed_));
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
    summary.fragments = read.fragments;
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
    FlowInput input(from, context);
    Destinations destinations(options.destinations);
    input.when_idle([&destinations] {
        destinations.flush();
        return -1;
    });
    Timetable timetable(is_live ? std::nullopt : options.speed);
    const std::int64_t started_ns = nm::monotonic_ns();
    std::uint64_t datagrams = 0, forwarded = 0, not_flow = 0;
    const auto summary_so_far = [&] {
        nm::ForwardSummary summary = summary_of(input);
        summary.ts = nm::now();
        summary.datagrams = datagrams + input.not_allowed().value_or(0);
        summary.not_flow = not_flow;
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
    while (!context.out.closed() && input.next(datagram)) {
        ++datagrams;
        if (!protocol_of(datagram.payload)) {
            ++not_flow;
            continue;
        }
        if (!timetable.wait_for(datagram.ts)) break;
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
