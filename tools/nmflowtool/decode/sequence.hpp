// Holes in a stream of sequence numbers that count datagrams, modulo 2^32 (NetFlow v9 per source id, RFC 3954
// section 5.1; sFlow per agent and sub-agent). A datagram that comes late fills its hole instead of making
// two. Proof: tests/unit/nmflowtool_sequence_test.cpp.
#pragma once

#include <cstdint>

#include "record/flow_stats.hpp"

namespace nmflowtool {

class SequenceTracker {
  public:
    void see(std::uint32_t number, nm::FlowStats& stats);
    // The exporter started again: the next number is taken as it comes.
    void restart() { started_ = false; }
    // Whether number lies behind what was seen last, as after a restart or reordering.
    bool is_behind(std::uint32_t number) const {
        return started_ && static_cast<std::int32_t>(number - expected_) < 0;
    }

  private:
    static constexpr std::uint32_t window = 64;

    void begin(std::uint32_t number);
    void see_late(std::uint32_t number, nm::FlowStats& stats);
    bool seen(std::uint32_t behind) const { return behind >= window || (history_ >> behind & 1u); }

    bool started_ = false;
    std::uint32_t expected_ = 0;
    std::uint64_t history_ = 0;  // bit i: number expected_ - 1 - i was seen
    std::uint32_t late_next_ = 0;
    unsigned late_run_ = 0;
};

}  // namespace nmflowtool
