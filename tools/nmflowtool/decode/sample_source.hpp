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
    void see(std::uint32_t sequence, std::optional<std::uint32_t> drops, nm::FlowStats& stats) {
        // A step further than this, either way, is another numbering.
        constexpr std::int32_t largest_step = 1'000'000;
        if (started_) {
            const auto ahead = static_cast<std::int32_t>(sequence - expected_);
            if (ahead > 0 && ahead <= largest_step) {
                stats.samples_lost += static_cast<std::uint32_t>(ahead);
            } else if (ahead < 0 && ahead >= -late_window) {
                // Late: it was taken for lost before.
                if (stats.samples_lost > 0) --stats.samples_lost;
                return;
            }
            if (drops && ahead >= 0 && *drops > drops_) stats.agent_drops += *drops - drops_;
        }
        started_ = true;
        expected_ = sequence + 1;
        drops_ = drops.value_or(0);
    }

  private:
    static constexpr std::int32_t late_window = 64;

    bool started_ = false;
    std::uint32_t expected_ = 0;
    std::uint32_t drops_ = 0;
};

}  // namespace nmflowtool
