#include "decode/sequence.hpp"

namespace nmflowtool {
namespace {

// A jump further than this is another numbering, not loss.
constexpr std::uint32_t largest_gap = 1'000'000;
// That many datagrams in a row behind the window, in order: the numbering went back and stays there.
constexpr unsigned run_of_a_reset = 8;

}  // namespace

void SequenceTracker::begin(std::uint32_t number) {
    started_ = true;
    expected_ = number + 1;
    history_ = ~std::uint64_t{0};
    late_run_ = 0;
}

void SequenceTracker::see(std::uint32_t number, nm::FlowStats& stats) {
    if (!started_) {
        begin(number);
        return;
    }
    const std::uint32_t ahead = number - expected_;
    if (static_cast<std::int32_t>(ahead) < 0) {
        see_late(number, stats);
        return;
    }
    if (ahead > largest_gap) {
        ++stats.sequence_resets;
        begin(number);
        return;
    }
    if (ahead > 0) {
        ++stats.sequence_gaps;
        stats.datagrams_lost += ahead;
    }
    history_ = ahead + 1 < window ? history_ << (ahead + 1) | 1u : 1u;
    expected_ = number + 1;
    late_run_ = 0;
}

void SequenceTracker::see_late(std::uint32_t number, nm::FlowStats& stats) {
    const std::uint32_t behind = expected_ - 1 - number;
    if (behind < window && !seen(behind)) {
        ++stats.datagrams_reordered;
        if (stats.datagrams_lost > 0) --stats.datagrams_lost;
        // A hole of one closes; a larger one shrinks from its edge or is split in two.
        const bool newer = seen(behind - 1), older = seen(behind + 1);
        if (newer && older && stats.sequence_gaps > 0) --stats.sequence_gaps;
        if (!newer && !older) ++stats.sequence_gaps;
        history_ |= std::uint64_t{1} << behind;
        return;
    }
    late_run_ = late_run_ > 0 && number == late_next_ ? late_run_ + 1 : 1;
    late_next_ = number + 1;
    if (late_run_ >= run_of_a_reset) {
        ++stats.sequence_resets;
        begin(number);
    } else if (behind < window) {
        ++stats.datagrams_duplicate;
    } else {
        ++stats.datagrams_reordered;
    }
}

}  // namespace nmflowtool
