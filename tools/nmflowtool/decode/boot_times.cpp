#include "decode/boot_times.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace nmflowtool {
namespace {

// Datagrams are sent and arrive with delays, and headers tell whole seconds. With a sequence that went back
// as well less is enough: no datagram is on its way for so long.
constexpr std::int64_t usual_tolerance_ms = 60'000;
constexpr std::int64_t tolerance_behind_ms = 10'000;
constexpr std::int64_t wrap_ms = std::int64_t{1} << 32;
constexpr unsigned run_of_a_return = 8;

// One of the clocks is enough: the exporter's may be set, and ours runs at another speed while a capture is
// replayed. An uptime that wraps moves the boot time by 2^32 ms exactly.
bool is_same(const BootTime& left, const BootTime& right, std::int64_t tolerance_ms) {
    const std::int64_t moved_ms = std::abs(right.by_exporter_ms - left.by_exporter_ms);
    const auto received_ms = static_cast<std::int32_t>(right.by_receiver_ms - left.by_receiver_ms);
    return moved_ms < tolerance_ms || std::abs(moved_ms - wrap_ms) < tolerance_ms ||
           std::abs(std::int64_t{received_ms}) < tolerance_ms;
}

}  // namespace

BootTimes::Seen BootTimes::see(const ExportClock& clock, nm::Time received, bool is_behind) {
    const BootTime boot{std::int64_t{clock.unix_s} * 1000 - clock.uptime_ms,
                        static_cast<std::uint32_t>(received.ns / nm::ns_per_ms) - clock.uptime_ms,
                        clock.uptime_ms};
    const auto take = [&](Seen seen) {
        others_in_a_row_ = 0;
        current_ = boot;
        is_adopted_ = false;
        number_ += seen == Seen::restarted;
        return seen;
    };
    const std::int64_t tolerance_ms = is_behind ? tolerance_behind_ms : usual_tolerance_ms;
    if (!current_ || is_same(*current_, boot, tolerance_ms)) return take(Seen::current);
    const auto known = std::ranges::find_if(
        earlier_, [&](const auto& earlier) { return earlier && is_same(*earlier, boot, tolerance_ms); });
    if (known == earlier_.end()) {
        if (boot.uptime_ms >= current_->uptime_ms && !is_behind && !is_adopted_) return take(Seen::current);
        earlier_[oldest_] = current_;
        oldest_ = static_cast<std::uint8_t>((oldest_ + 1u) % earlier_.size());
        return take(Seen::restarted);
    }
    *known = boot;
    if (++others_in_a_row_ < run_of_a_return) return Seen::other;
    std::swap(current_, *known);
    others_in_a_row_ = 0;
    ++number_;
    return Seen::returned;
}

}  // namespace nmflowtool
