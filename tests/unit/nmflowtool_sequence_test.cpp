#include <gtest/gtest.h>

#include "decode/sequence.hpp"

namespace {

nm::FlowStats after(std::initializer_list<std::uint32_t> numbers) {
    nmflowtool::SequenceTracker tracker;
    nm::FlowStats stats;
    for (const std::uint32_t number : numbers) tracker.see(number, stats);
    return stats;
}

TEST(Sequence, Trap12IsQuietWithoutLossAlsoAcrossTheWrap) {
    const auto stats = after({0xFFFFFFFE, 0xFFFFFFFF, 0, 1});
    EXPECT_EQ(stats.sequence_gaps + stats.datagrams_lost + stats.sequence_resets, 0u);
}

TEST(Sequence, CountsHolesAndWhatIsMissingInThem) {
    const auto stats = after({1, 2, 5, 6, 8});
    EXPECT_EQ(stats.sequence_gaps, 2u);
    EXPECT_EQ(stats.datagrams_lost, 3u);
}

TEST(Sequence, Trap12ALateDatagramFillsItsHole) {
    const auto stats = after({1, 3, 2, 4});
    EXPECT_EQ(stats.sequence_gaps, 0u);
    EXPECT_EQ(stats.datagrams_lost, 0u);
    EXPECT_EQ(stats.datagrams_reordered, 1u);
}

TEST(Sequence, Trap12ALateDatagramInTheMiddleOfAHoleSplitsIt) {
    EXPECT_EQ(after({1, 5, 3}).sequence_gaps, 2u);
    EXPECT_EQ(after({1, 5, 3, 2}).sequence_gaps, 1u);
    EXPECT_EQ(after({1, 5, 3, 2, 4}).sequence_gaps, 0u);
    EXPECT_EQ(after({1, 5, 3, 2, 4}).datagrams_lost, 0u);
}

TEST(Sequence, CountsADuplicateAsOne) {
    const auto stats = after({1, 2, 2, 3});
    EXPECT_EQ(stats.datagrams_duplicate, 1u);
    EXPECT_EQ(stats.sequence_gaps, 0u);
}

TEST(Sequence, Trap12AJumpThatNoLossExplainsIsAReset) {
    const auto stats = after({1, 2, 500'000'000, 500'000'001});
    EXPECT_EQ(stats.sequence_resets, 1u);
    EXPECT_EQ(stats.datagrams_lost, 0u);
}

TEST(Sequence, Trap12GoingBackForGoodIsAReset) {
    nmflowtool::SequenceTracker tracker;
    nm::FlowStats stats;
    for (std::uint32_t number = 1000; number < 1100; ++number) tracker.see(number, stats);
    for (std::uint32_t number = 0; number < 100; ++number) tracker.see(number, stats);
    EXPECT_EQ(stats.sequence_resets, 1u);
    EXPECT_EQ(stats.datagrams_lost, 0u);
    EXPECT_LT(stats.datagrams_reordered, 10u);
}

}  // namespace
