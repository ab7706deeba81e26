#include "decode/sequence.hpp"

#include <algorithm>

namespace nmflowtool {
namespace {

// That many datagrams in a row behind, in order: the numbering went back and stays there.
constexpr unsigned run_of_a_reset = 8;
// Further behind than so many datagrams like the last, it is no duplicate of something just seen.
constexpr std::uint32_t window = 64;

}  // namespace

void SequenceTracker::begin(std::uint32_t number) {
    started_ = true;
    expected_ = number;
    slack_ = 0;
    late_run_ = 0;
    holes_ = {};
}

void SequenceTracker::see(std::uint32_t number, std::uint32_t largest_gap, nm::FlowStats& stats,
                          std::uint64_t& lost) {
    number_ = number;
    place_ = Place::in_order;
    if (!started_)
        begin(number);
    else if (static_cast<std::int32_t>(number - expected_) < 0)
        see_late(number, stats);
    else
        see_ahead(number, largest_gap, stats, lost);
}

void SequenceTracker::see_ahead(std::uint32_t number, std::uint32_t largest_gap, nm::FlowStats& stats,
                                std::uint64_t& lost) {
    const std::uint32_t ahead = number - expected_;
    late_run_ = 0;
    if (ahead == 0) return;
    if (ahead > largest_gap) {
        ++stats.sequence_resets;
        begin(number);
    } else if (ahead <= slack_) {
        ++stats.sequence_unknown;
        expected_ = number;
    } else {
        ++stats.sequence_gaps;
        lost += ahead - slack_;
        remember(expected_ + slack_, ahead - slack_);
        expected_ = number;
    }
    slack_ = 0;
}

void SequenceTracker::see_late(std::uint32_t number, nm::FlowStats& stats) {
    if (hole_of(number)) {
        place_ = Place::in_hole;
        ++stats.datagrams_reordered;
        return;
    }
    place_ = Place::elsewhere;
    late_run_ = late_run_ > 0 && number == late_next_ ? late_run_ + 1 : 1;
    if (late_run_ == 1) run_duplicates_ = run_reordered_ = 0;
    // Exporters begin with 0.
    const bool is_begin = number == 0 && expected_ > window * std::max(last_count_, 1u);
    if (late_run_ >= run_of_a_reset || is_begin) reset(number, stats);
}

// The datagrams of the run were neither late nor duplicates.
void SequenceTracker::reset(std::uint32_t number, nm::FlowStats& stats) {
    ++stats.sequence_resets;
    stats.datagrams_duplicate -= run_duplicates_;
    stats.datagrams_reordered -= run_reordered_;
    begin(number);
    place_ = Place::in_order;
}

// Without records nothing tells a duplicate from a datagram that came late.
void SequenceTracker::count_late(std::uint32_t count, nm::FlowStats& stats) {
    const bool is_near = expected_ - number_ <= window * std::max(last_count_, 1u);
    if (is_near && count > 0) {
        ++stats.datagrams_duplicate;
        ++run_duplicates_;
    } else {
        ++stats.datagrams_reordered;
        ++run_reordered_;
    }
}

void SequenceTracker::advance(std::uint32_t count, std::uint32_t slack, std::uint64_t& lost,
                              nm::FlowStats& stats) {
    switch (place_) {
        case Place::in_order:
            expected_ = number_ + count;
            slack_ = slack;
            break;
        case Place::in_hole:
            fill(number_, count, lost, stats);
            if (slack > 0) ++stats.sequence_unknown;
            fill(number_ + count, slack, lost, stats);
            break;
        case Place::elsewhere:
            late_next_ = number_ + count;
            count_late(count, stats);
            break;
    }
    last_count_ = count;
}

SequenceTracker::Hole* SequenceTracker::hole_of(std::uint32_t number) {
    for (Hole& hole : holes_) {
        if (number - hole.begin < hole.size) return &hole;
    }
    return nullptr;
}

void SequenceTracker::remember(std::uint32_t begin, std::uint32_t size) {
    holes_[next_hole_] = {begin, size};
    next_hole_ = static_cast<std::uint8_t>((next_hole_ + 1u) % holes_.size());
}

// A hole that is filled closes; otherwise it shrinks from its edge or is split in two.
void SequenceTracker::fill(std::uint32_t number, std::uint32_t count, std::uint64_t& lost,
                           nm::FlowStats& stats) {
    Hole* const hole = hole_of(number);
    if (hole == nullptr || count == 0) return;
    const Hole whole = *hole;
    const std::uint32_t before = number - whole.begin;
    const std::uint32_t filled = std::min(count, whole.size - before);
    const std::uint32_t after = whole.size - before - filled;
    lost -= std::min<std::uint64_t>(lost, filled);
    *hole = before > 0 ? Hole{whole.begin, before} : Hole{number + filled, after};
    if (before > 0 && after > 0) {
        remember(number + filled, after);
        ++stats.sequence_gaps;
    } else if (before == 0 && after == 0 && stats.sequence_gaps > 0) {
        --stats.sequence_gaps;
    }
}

}  // namespace nmflowtool
