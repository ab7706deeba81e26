// The round-trip times of one target, or one hop, over a run that has no end: in constant room.
// Proof: tests/unit/probe_live_test.cpp.
#pragma once

#include <cstdint>
#include <vector>

namespace nm {

class RunningRtt {
  public:
    // Percentiles are over so many of the last times; all else is over the whole run.
    static constexpr std::size_t recent = 120;

    void add(std::int64_t rtt_ns);

    std::uint64_t count() const { return count_; }
    // The rest is known when count() > 0.
    double last_ns() const { return last_ns_; }
    double best_ns() const { return best_ns_; }
    double worst_ns() const { return worst_ns_; }
    double mean_ns() const { return mean_ns_; }
    double deviation_ns() const;  // standard, of the whole
    // The mean change from one answer to the next (as mtr's "Javg").
    double jitter_ns() const;
    // Nearest rank: a value that was measured.
    double percentile_ns(double q) const;

  private:
    std::uint64_t count_ = 0;
    double last_ns_ = 0, best_ns_ = 0, worst_ns_ = 0, mean_ns_ = 0;
    double squares_ = 0;  // of the distances from the mean, summed (Welford)
    double changes_ns_ = 0;
    std::vector<float> recent_ns_;  // a ring, once it is full
};

}  // namespace nm
