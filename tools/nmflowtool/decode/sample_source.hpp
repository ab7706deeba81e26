// What the samples of one sFlow source tell of their own loss: their sequence numbers, which each source
// counts by itself, and the agent's count of samples that it had to drop.
// Proof: tests/unit/nmflowtool_sflow5_test.cpp.
#pragma once

#include <cstdint>
#include <optional>

#include "record/flow_stats.hpp"

namespace nmflowtool {

class SampleSource {
  public:
    // start: of the agent, above 0; when it started again the next number is taken as it comes.
    void see(std::uint32_t start, std::uint32_t sequence, std::optional<std::uint32_t> drops,
             nm::FlowStats& stats) {
        // A step further than this, either way, is another numbering.
        constexpr std::int32_t largest_step = 1'000'000;
        const auto ahead = static_cast<std::int32_t>(sequence - expected_);
        if (start != start_ || ahead > largest_step || ahead < -late_window) {
            begin(start, sequence, drops);
        } else if (ahead < 0) {
            see_late(static_cast<unsigned>(-ahead) - 1, stats);
        } else {
            stats.samples_lost += static_cast<std::uint32_t>(ahead);
            if (drops && *drops > drops_) stats.agent_drops += *drops - drops_;
            missing_ = ahead == 0 ? missing_ << 1 : after(ahead);
            expected_ = sequence + 1;
            drops_ = drops.value_or(0);
        }
    }

  private:
    static constexpr std::int32_t late_window = 64;

    void begin(std::uint32_t start, std::uint32_t sequence, std::optional<std::uint32_t> drops) {
        start_ = start;
        expected_ = sequence + 1;
        drops_ = drops.value_or(0);
        missing_ = 0;
    }
    // One that was taken for lost fills its hole, once; any other came twice.
    void see_late(unsigned back, nm::FlowStats& stats) {
        const std::uint64_t place = std::uint64_t{1} << back;
        if ((missing_ & place) != 0 && stats.samples_lost > 0) --stats.samples_lost;
        missing_ &= ~place;
    }
    // The numbers that miss when so many do before the next one.
    std::uint64_t after(std::int32_t gap) const {
        if (gap >= late_window - 1) return ~std::uint64_t{1};
        return missing_ << (gap + 1) | ((std::uint64_t{1} << gap) - 1) << 1;
    }

    std::uint32_t start_ = 0;
    std::uint32_t expected_ = 0;
    std::uint32_t drops_ = 0;
    std::uint64_t missing_ = 0;  // bit n: the number n + 1 before expected_ was taken for lost
};

}  // namespace nmflowtool
