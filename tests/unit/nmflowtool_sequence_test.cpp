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

TEST(Sequence, Trap12WhatARunBeforeAResetWasCountedAsIsTakenBack) {
    nmflowtool::SequenceTracker tracker;
    nm::FlowStats stats;
    for (std::uint32_t number = 1000; number < 1100; ++number) tracker.see(number, stats);
    for (std::uint32_t number = 1; number < 100; ++number) tracker.see(number, stats);
    EXPECT_EQ(stats.sequence_resets, 1u);
    EXPECT_EQ(stats.datagrams_reordered + stats.datagrams_duplicate, 0u);
}

TEST(Sequence, Trap12ZeroIsWhereExportersBegin) {
    nmflowtool::SequenceTracker tracker;
    nm::FlowStats stats;
    for (const std::uint32_t number : {1000u, 1001u, 0u, 1u}) tracker.see(number, stats);
    EXPECT_EQ(stats.sequence_resets, 1u);
    EXPECT_EQ(stats.datagrams_reordered + stats.datagrams_duplicate + stats.datagrams_lost, 0u);
}

// A datagram of so many records and so many bytes that may hold others.
void take(nmflowtool::SequenceTracker& tracker, nm::FlowStats& stats, std::uint32_t number,
          std::uint32_t records, std::uint32_t slack = 0) {
    tracker.begin_records(number, stats);
    tracker.end_records(records, slack, stats);
}

TEST(Sequence, Trap12AnOutageOfAMillionRecordsIsLoss) {
    nmflowtool::SequenceTracker tracker;
    nm::FlowStats stats;
    take(tracker, stats, 10, 10);
    take(tracker, stats, 1'200'020, 10);
    EXPECT_EQ(stats.records_lost, 1'200'000u);
    EXPECT_EQ(stats.sequence_resets, 0u);
}

TEST(Sequence, Trap12ALateDatagramWithoutRecordsIsNoDuplicate) {
    nmflowtool::SequenceTracker tracker;
    nm::FlowStats stats;
    take(tracker, stats, 10, 10);
    take(tracker, stats, 20, 10);
    take(tracker, stats, 20, 0);
    EXPECT_EQ(stats.datagrams_duplicate, 0u);
    EXPECT_EQ(stats.datagrams_reordered, 1u);
}

TEST(Sequence, Trap12ALateDatagramThatCouldNotBeDecodedMayExplainItsHole) {
    nmflowtool::SequenceTracker tracker;
    nm::FlowStats stats;
    take(tracker, stats, 10, 10);
    take(tracker, stats, 25, 5);
    EXPECT_EQ(stats.records_lost, 5u);
    take(tracker, stats, 20, 0, 40);
    EXPECT_EQ(stats.records_lost, 0u);
    EXPECT_EQ(stats.sequence_unknown, 1u);
}

}  // namespace
