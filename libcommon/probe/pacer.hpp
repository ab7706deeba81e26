// Packets per second on an absolute schedule: slots do not drift, and a delay (a descheduled process, a
// suspended machine) is caught up by at most catch_up_ns worth of packets, never as one burst (trap T27).
// Time is a parameter. Proof: tests/unit/probe_test.cpp.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "base/clock.hpp"

namespace nm {

class Pacer {
  public:
    static constexpr std::int64_t catch_up_ns = 4 * ns_per_ms;

    // 0: no limit.
    explicit Pacer(std::uint64_t rate_pps)
        : spacing_ns_(rate_pps == 0 ? 0 : 1e9 / static_cast<double>(rate_pps)),
          together_(rate_pps == 0 ? 1 : std::max<std::uint64_t>(1, rate_pps * together_ns / ns_per_s)) {}

    // How many packets may leave at now_ns, at most `wanted`.
    std::size_t allowed(std::int64_t now_ns, std::size_t wanted) {
        if (spacing_ns_ == 0) return wanted;
        const auto now = static_cast<double>(now_ns);
        next_ns_ = std::max(next_ns_, now - static_cast<double>(catch_up_ns));
        if (next_ns_ > now) return 0;
        const std::size_t may = static_cast<std::size_t>((now - next_ns_) / spacing_ns_) + 1;
        return may < std::min(together_, wanted) ? 0 : std::min(wanted, may);
    }
    void sent(std::size_t packets) { next_ns_ += spacing_ns_ * static_cast<double>(packets); }
    // When the next packets may leave.
    std::int64_t next_ns() const {
        return static_cast<std::int64_t>(next_ns_ + spacing_ns_ * static_cast<double>(together_ - 1)) + 1;
    }

  private:
    // Above 10,000 a second packets leave together, as many as are due in 100 us: a system call for each, and
    // a sleep between them, would cost more than the packets.
    static constexpr std::uint64_t together_ns = 100'000;

    double spacing_ns_;
    std::size_t together_;
    double next_ns_ = 0;
};

}  // namespace nm
