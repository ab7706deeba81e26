// Holes in a stream of sequence numbers, modulo 2^32, by each protocol's own rule: NetFlow v9 (per source id,
// RFC 3954 section 5.1) and sFlow (per agent and sub-agent) count datagrams; v5 and v7 count flows (per
// engine) and IPFIX data records (per domain, RFC 7011 section 3.1), so that a datagram fills as many numbers
// as it holds records. A datagram that comes late fills its hole instead of making two.
// Proof: tests/unit/nmflowtool_sequence_test.cpp.
#pragma once

#include <array>
#include <cstdint>

#include "record/flow_stats.hpp"

namespace nmflowtool {

class SequenceTracker {
  public:
    // A datagram of a protocol that counts datagrams.
    void see(std::uint32_t number, nm::FlowStats& stats) {
        see(number, most_datagrams, stats, stats.datagrams_lost);
        advance(1, 0, stats.datagrams_lost, stats);
    }
    // A datagram of a protocol that counts records; end_records() tells how many it held. slack: at most so
    // many more may have been in what could not be decoded.
    void begin_records(std::uint32_t number, nm::FlowStats& stats) {
        see(number, most_records, stats, stats.records_lost);
    }
    void end_records(std::uint32_t count, std::uint32_t slack, nm::FlowStats& stats) {
        advance(count, slack, stats.records_lost, stats);
    }
    // The exporter started again: the next number is taken as it comes.
    void restart() { started_ = false; }
    // Whether number lies behind what was seen last.
    bool is_behind(std::uint32_t number) const {
        return started_ && static_cast<std::int32_t>(number - expected_) < 0;
    }

  private:
    // A jump further than this is another numbering, not loss.
    static constexpr std::uint32_t most_datagrams = 1'000'000;
    static constexpr std::uint32_t most_records = 100'000'000;

    struct Hole {
        std::uint32_t begin = 0;
        std::uint32_t size = 0;  // 0: none
    };
    enum class Place : std::uint8_t { in_order, in_hole, elsewhere };

    void see(std::uint32_t number, std::uint32_t largest_gap, nm::FlowStats& stats, std::uint64_t& lost);
    void advance(std::uint32_t count, std::uint32_t slack, std::uint64_t& lost, nm::FlowStats& stats);
    void begin(std::uint32_t number);
    void see_ahead(std::uint32_t number, std::uint32_t largest_gap, nm::FlowStats& stats,
                   std::uint64_t& lost);
    void see_late(std::uint32_t number, nm::FlowStats& stats);
    void reset(std::uint32_t number, nm::FlowStats& stats);
    void count_late(std::uint32_t count, nm::FlowStats& stats);
    Hole* hole_of(std::uint32_t number);
    void fill(std::uint32_t number, std::uint32_t count, std::uint64_t& lost, nm::FlowStats& stats);
    void remember(std::uint32_t begin, std::uint32_t size);

    bool started_ = false;
    Place place_ = Place::in_order;
    std::uint32_t expected_ = 0;
    std::uint32_t slack_ = 0;
    std::uint32_t number_ = 0;  // of the datagram being read
    std::uint32_t last_count_ = 1;
    std::array<Hole, 8> holes_{};  // the most recent ones
    std::uint8_t next_hole_ = 0;
    std::uint32_t late_next_ = 0;
    unsigned late_run_ = 0;
    unsigned run_duplicates_ = 0;  // what the datagrams of this run were counted as
    unsigned run_reordered_ = 0;
};

}  // namespace nmflowtool
