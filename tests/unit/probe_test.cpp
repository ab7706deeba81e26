// The parts of the probing engine that need no network: pacing, rounds, packets in flight, own drops, books.
#include <gtest/gtest.h>

#include "probe/flight.hpp"
#include "probe/own_drops.hpp"
#include "probe/pacer.hpp"
#include "probe/schedule.hpp"
#include "probe/scoreboard.hpp"

namespace {

using nm::Fate;
using nm::Flight;
using nm::InFlight;
using nm::ns_per_ms;
using nm::ns_per_s;
using nm::ns_per_us;
using nm::Pacer;
using nm::Schedule;

constexpr std::int64_t begin = 1'000 * ns_per_s;

// --- Pacer ---

TEST(Pacer, WithoutARateEverythingMayLeave) {
    Pacer pacer(0);
    EXPECT_EQ(pacer.allowed(begin, 64), 64U);
    pacer.sent(64);
    EXPECT_EQ(pacer.allowed(begin, 64), 64U);
}

TEST(Pacer, SlotsDoNotDrift) {
    Pacer pacer(10'000);
    std::size_t sent = 0;
    // Looked at every 130 us, which is no multiple of the spacing of 100 us.
    for (std::int64_t now = begin; now < begin + ns_per_s; now += 130 * ns_per_us) {
        const std::size_t allowed = pacer.allowed(now, 64);
        pacer.sent(allowed);
        sent += allowed;
    }
    EXPECT_NEAR(static_cast<double>(sent), 10'000, 45);  // the first look may catch up 4 ms
}

TEST(Pacer, ALongDelayIsCaughtUpByFourMillisecondsOnly) {
    Pacer pacer(10'000);
    pacer.sent(pacer.allowed(begin, 1'000));
    std::size_t burst = 0;
    for (int i = 0; i < 10; ++i) {  // at the same moment
        const std::size_t allowed = pacer.allowed(begin + 500 * ns_per_ms, 64);
        pacer.sent(allowed);
        burst += allowed;
    }
    EXPECT_EQ(burst, 41U);
}

TEST(Pacer, TellsWhenTheNextMayLeave) {
    Pacer pacer(1'000);
    pacer.sent(pacer.allowed(begin, 1'000));
    EXPECT_EQ(pacer.allowed(begin, 1), 0U);
    EXPECT_GT(pacer.next_ns(), begin);
    EXPECT_LE(pacer.next_ns(), begin + ns_per_ms + 1'000);
    EXPECT_EQ(pacer.allowed(pacer.next_ns(), 64), 1U);
}

// --- Schedule ---

std::vector<Schedule::Due> take_all(Schedule& schedule, std::int64_t now) {
    std::vector<Schedule::Due> all;
    while (const auto due = schedule.take(now)) all.push_back(*due);
    return all;
}

TEST(Schedule, NothingBeforeTheStart) {
    Schedule schedule(0, 0);
    schedule.add_target(1, ns_per_s);
    EXPECT_FALSE(schedule.take(begin));
    EXPECT_EQ(schedule.next_ns(), Schedule::never);
    EXPECT_FALSE(schedule.exhausted());
}

TEST(Schedule, OneRoundInOrderThenExhausted) {
    Schedule schedule(0, 0);
    for (int i = 0; i < 3; ++i) schedule.add_target(1, ns_per_s);
    schedule.start(begin);
    const auto all = take_all(schedule, begin);
    ASSERT_EQ(all.size(), 3U);
    for (std::uint32_t i = 0; i < 3; ++i) {
        EXPECT_EQ(all[i].target, i);
        EXPECT_EQ(all[i].seq, 0U);
        EXPECT_TRUE(all[i].is_last());
    }
    EXPECT_TRUE(schedule.exhausted());
    EXPECT_EQ(schedule.next_ns(), Schedule::never);
}

TEST(Schedule, RepeatsKeepTheirIntervalHoweverLateTheyAreTaken) {
    Schedule schedule(0, 0);
    schedule.add_target(4, 100 * ns_per_ms);
    schedule.start(begin);
    EXPECT_TRUE(schedule.take(begin));
    EXPECT_EQ(schedule.next_ns(), begin + 100 * ns_per_ms);
    EXPECT_TRUE(schedule.take(begin + 170 * ns_per_ms));  // 70 ms late
    EXPECT_EQ(schedule.next_ns(), begin + 200 * ns_per_ms);
    EXPECT_TRUE(schedule.take(begin + 200 * ns_per_ms));
    const auto last = schedule.take(begin + 300 * ns_per_ms);
    ASSERT_TRUE(last);
    EXPECT_TRUE(last->is_last());
    EXPECT_EQ(last->seq, 3U);
    EXPECT_TRUE(schedule.exhausted());
}

TEST(Schedule, RoundsAreOnAnAbsoluteGrid) {
    Schedule schedule(ns_per_s, 3);
    schedule.add_target(1, ns_per_s);
    schedule.start(begin);
    EXPECT_EQ(take_all(schedule, begin).size(), 1U);
    EXPECT_EQ(schedule.next_ns(), begin + ns_per_s);
    const auto late = take_all(schedule, begin + ns_per_s + 300 * ns_per_ms);
    ASSERT_EQ(late.size(), 1U);
    EXPECT_EQ(late.front().round, 1U);
    EXPECT_EQ(schedule.next_ns(), begin + 2 * ns_per_s);
    EXPECT_FALSE(schedule.exhausted());
    EXPECT_EQ(take_all(schedule, begin + 2 * ns_per_s).size(), 1U);
    EXPECT_TRUE(schedule.exhausted());
    EXPECT_EQ(schedule.rounds_begun(), 3U);
}

TEST(Schedule, ATargetThatComesLaterJoinsTheRunningRound) {
    Schedule schedule(ns_per_s, 0);
    schedule.add_target(1, ns_per_s);
    schedule.start(begin);
    EXPECT_EQ(take_all(schedule, begin).size(), 1U);
    schedule.add_target(1, ns_per_s);
    const auto joined = take_all(schedule, begin + 200 * ns_per_ms);
    ASSERT_EQ(joined.size(), 1U);
    EXPECT_EQ(joined.front().target, 1U);
    EXPECT_EQ(joined.front().round, 0U);
    EXPECT_EQ(take_all(schedule, begin + ns_per_s).size(), 2U);
}

TEST(Schedule, APostponedProbeComesOnceAndItsRepeatsAsPlanned) {
    Schedule schedule(0, 0);
    schedule.add_target(2, 100 * ns_per_ms);
    schedule.start(begin);
    const auto first = schedule.take(begin);
    schedule.postpone(*first, begin + ns_per_ms);
    const auto again = schedule.take(begin + ns_per_ms);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->seq, 0U);
    EXPECT_FALSE(schedule.take(begin + 50 * ns_per_ms));
    EXPECT_EQ(schedule.take(begin + 100 * ns_per_ms)->seq, 1U);
    EXPECT_TRUE(schedule.exhausted());
}

TEST(Schedule, ClearingKeepsTheGrid) {
    Schedule schedule(ns_per_s, 0);
    schedule.add_target(1, ns_per_s);
    schedule.start(begin);
    take_all(schedule, begin);
    take_all(schedule, begin + ns_per_s);
    schedule.clear();
    schedule.add_target(1, ns_per_s);
    EXPECT_TRUE(take_all(schedule, begin + ns_per_s + 500 * ns_per_ms).empty());
    EXPECT_EQ(take_all(schedule, begin + 2 * ns_per_s).size(), 1U);
}

// --- Flight ---

TEST(Flight, AnIndexIsNotReusedWhileAnswersMayCome) {
    Flight flight(ns_per_s);
    constexpr std::uint32_t many = 200'000;
    for (std::uint32_t i = 0; i < many; ++i) flight.launch(begin).target = i;
    EXPECT_EQ(flight.waiting(), many);
    for (std::uint32_t i = 0; i < many; ++i) {
        const InFlight* entry = flight.find(i);
        ASSERT_NE(entry, nullptr);
        EXPECT_EQ(entry->target, i);
    }
    EXPECT_EQ(flight.find(many), nullptr);
}

TEST(Flight, OldEntriesMakeRoom) {
    Flight flight(ns_per_s);
    for (int i = 0; i < 100'000; ++i) {
        InFlight& entry = flight.launch(begin + i * 10 * ns_per_ms);
        flight.end(entry, InFlight::State::answered);
    }
    EXPECT_EQ(flight.find(0), nullptr);
    EXPECT_NE(flight.find(99'999), nullptr);
    EXPECT_EQ(flight.waiting(), 0U);
}

TEST(Flight, LowBitsNameTheNewestPacketThatHasThem) {
    Flight flight(ns_per_s);
    for (int i = 0; i < 70'000; ++i) flight.launch(begin);
    EXPECT_EQ(flight.find_low(69'999U & 0xFFFF, 16)->index, 69'999U);
    EXPECT_EQ(flight.find_low(0, 16)->index, 65'536U);
    EXPECT_EQ(flight.find_low(65'535, 16)->index, 65'535U);
    EXPECT_EQ(flight.find_low(5'000, 16)->index, 5'000U);  // 70,536 is not there yet
    EXPECT_EQ(flight.find_low(0xFFFFF, 20), nullptr);
}

TEST(Flight, NothingIsFoundInAnEmptyOne) {
    Flight flight(ns_per_s);
    EXPECT_EQ(flight.find(0), nullptr);
    EXPECT_EQ(flight.find_low(0, 16), nullptr);
    EXPECT_EQ(flight.find_low(0xFFFF, 16), nullptr);
    EXPECT_EQ(flight.oldest_waiting(), nullptr);
}

TEST(Flight, TheOldestIsTheFirstThatStillWaits) {
    Flight flight(ns_per_s);
    for (int i = 0; i < 5; ++i) flight.launch(begin);
    flight.end(*flight.find(0), InFlight::State::answered);
    flight.end(*flight.find(2), InFlight::State::expired);
    EXPECT_EQ(flight.oldest_waiting()->index, 1U);
    flight.end(*flight.find(1), InFlight::State::answered);
    EXPECT_EQ(flight.oldest_waiting()->index, 3U);
    EXPECT_EQ(flight.waiting(), 2U);
}

// --- OwnDrops ---

TEST(OwnDrops, AsManyPacketsAsWereDroppedAreLostByUs) {
    nm::OwnDrops drops;
    drops.add(2, begin);
    int charged = 0;
    for (int packet = 0; packet < 5; ++packet) {
        drops.settle(begin - ns_per_ms + packet);
        charged += drops.take() ? 1 : 0;
    }
    EXPECT_EQ(charged, 2);
}

TEST(OwnDrops, APacketSentBehindTheLastDropIsNotChargedNorAnyLaterOne) {
    nm::OwnDrops drops;
    drops.add(2, begin);
    drops.settle(begin + 1);
    EXPECT_FALSE(drops.take());
    drops.settle(begin - 1);
    EXPECT_FALSE(drops.take());
}

// --- Scoreboard ---

struct Books : nm::ProbeReporter {
    void packet(const nm::TargetReport&, const nm::PacketEvent& event) override {
        packets.push_back(event.fate);
    }
    void target_done(const nm::TargetReport& target, nm::Time ts) override {
        nm::IcmpProbe record;
        nm::set_common(record, target, ts);
        records.push_back(record);
    }
    void round_done() override { ++rounds; }

    std::vector<Fate> packets;
    std::vector<nm::IcmpProbe> records;
    int rounds = 0;
};

// A board over 192.0.2.1, 192.0.2.2, ..., with its books.
struct Board : Books {
    Board(std::size_t targets, bool each, bool hold) : board(specs, *this, each, hold) {
        for (std::size_t i = 0; i < targets; ++i) {
            const std::string host = "192.0.2." + std::to_string(i + 1);
            specs.add(host, 0, {});
            board.add(static_cast<std::uint32_t>(i), *nm::parse_ip(host));
        }
    }
    nm::TargetList specs;
    nm::Scoreboard board;
};

nm::PacketEvent event_of(std::uint32_t target, Fate fate, std::int64_t rtt_ns = -1) {
    nm::PacketEvent event;
    event.target = target;
    event.fate = fate;
    event.rtt_ns = rtt_ns;
    return event;
}

TEST(Scoreboard, EveryFateHasItsColumnAndTheSumHolds) {
    Board books(1, true, false);
    nm::Scoreboard& board = books.board;
    for (int i = 0; i < 5; ++i) board.begin(0, 0, 5);
    board.fate(event_of(0, Fate::reply, 3'000));
    board.fate(event_of(0, Fate::dup, 9'000));
    board.fate(event_of(0, Fate::corrupt));
    board.fate(event_of(0, Fate::icmp_error));
    board.fate(event_of(0, Fate::lost));
    board.fate(event_of(0, Fate::lost_self));
    board.fate(event_of(0, Fate::late, 5'000'000));
    board.fate(event_of(0, Fate::wrong_source));
    EXPECT_TRUE(books.records.empty());
    board.fate(event_of(0, Fate::send_error));
    ASSERT_EQ(books.records.size(), 1U);
    const nm::IcmpProbe& record = books.records.front();
    EXPECT_EQ(record.sent, 5U);
    EXPECT_EQ(record.received, 1U);
    EXPECT_EQ(record.errors, 1U);
    EXPECT_EQ(record.lost, 1U);
    EXPECT_EQ(record.lost_self, 2U);
    EXPECT_EQ(record.dup, 1U);
    EXPECT_EQ(record.late, 1U);
    EXPECT_EQ(record.corrupt, 1U);
    EXPECT_DOUBLE_EQ(record.loss_pct, 80);
    EXPECT_DOUBLE_EQ(*record.rtt_max_us, 3);  // neither the duplicate's nor the late one's time
    EXPECT_EQ(books.packets.size(), 9U);
    EXPECT_EQ(books.rounds, 1);
    const nm::ProbeSummary& totals = board.totals();
    EXPECT_EQ(totals.sent, totals.received + totals.errors + totals.lost + totals.lost_self);
    EXPECT_EQ(totals.wrong, 1U);
    EXPECT_EQ(board.answered(), 1U);
}

TEST(Scoreboard, WithoutAReplyThereAreNoTimes) {
    Board books(1, false, false);
    nm::Scoreboard& board = books.board;
    board.begin(0, 0, 1);
    board.fate(event_of(0, Fate::lost));
    const nm::IcmpProbe& record = books.records.at(0);
    EXPECT_FALSE(record.rtt_min_us || record.rtt_avg_us || record.rtt_max_us || record.rtt_p99_us);
    EXPECT_DOUBLE_EQ(record.loss_pct, 100);
    EXPECT_EQ(board.answered(), 0U);
    EXPECT_EQ(board.verdict(), nm::Exit::no);
}

TEST(Scoreboard, TheVerdictNamesWhatIsWrongIfItIsOneThing) {
    const auto verdict = [](const std::vector<Fate>& fates) {
        Board books(fates.size(), false, false);
        for (std::uint32_t id = 0; id < fates.size(); ++id) {
            books.board.begin(id, 0, 1);
            books.board.fate(event_of(id, fates[id], fates[id] == Fate::reply ? 1'000 : -1));
        }
        return books.board.verdict();
    };
    using nm::Exit;
    EXPECT_EQ(verdict({Fate::reply, Fate::reply}), Exit::ok);
    EXPECT_EQ(verdict({Fate::reply, Fate::lost}), Exit::no);
    EXPECT_EQ(verdict({Fate::reply, Fate::icmp_error, Fate::icmp_error}), Exit::unreachable);
    EXPECT_EQ(verdict({Fate::send_error, Fate::reply}), Exit::unsent);
    EXPECT_EQ(verdict({Fate::icmp_error, Fate::lost}), Exit::no);
}

TEST(Scoreboard, StoppedInMidRoundOnlyWhatHasAFateIsToldAndTheRestIsUnfinished) {
    Board books(2, false, false);
    nm::Scoreboard& board = books.board;
    board.begin(0, 0, 3);
    board.begin(0, 0, 3);
    board.begin(1, 0, 3);
    board.fate(event_of(0, Fate::reply, 1'000));
    board.close({});
    ASSERT_EQ(books.records.size(), 1U);
    EXPECT_EQ(books.records.front().sent, 1U);
    EXPECT_EQ(board.totals().unfinished, 2U);
    EXPECT_EQ(board.totals().sent, 3U);
}

TEST(Scoreboard, HeldTargetsAreToldWithTheirNextRoundDuplicatesIncluded) {
    Board books(1, false, true);
    nm::Scoreboard& board = books.board;
    board.begin(0, 0, 1);
    board.fate(event_of(0, Fate::reply, 1'000));
    EXPECT_TRUE(books.records.empty());
    EXPECT_TRUE(board.may_begin(0, 1));
    board.fate(event_of(0, Fate::dup, 2'000));
    board.begin(0, 1, 1);
    ASSERT_EQ(books.records.size(), 1U);
    EXPECT_EQ(books.records.front().dup, 1U);
    EXPECT_EQ(books.records.front().round, 0U);
    board.fate(event_of(0, Fate::lost));
    board.close({});
    ASSERT_EQ(books.records.size(), 2U);
    EXPECT_EQ(books.records.back().round, 1U);
    EXPECT_EQ(books.records.back().lost, 1U);
    EXPECT_EQ(books.records.back().dup, 0U);
}

TEST(Scoreboard, ARoundDoesNotBeginWhileTheLastIsOnTheWay) {
    Board books(1, false, false);
    nm::Scoreboard& board = books.board;
    board.begin(0, 0, 1);
    EXPECT_FALSE(board.may_begin(0, 1));
    board.fate(event_of(0, Fate::lost));
    EXPECT_TRUE(board.may_begin(0, 1));
}

TEST(RttSummary, PercentilesAreMeasuredValues) {
    EXPECT_FALSE(nm::summarize({}));
    std::vector<std::int64_t> times;
    for (int i = 100; i > 0; --i) times.push_back(i * 1'000);
    const auto summary = *nm::summarize(times);
    EXPECT_DOUBLE_EQ(summary.min_us, 1);
    EXPECT_DOUBLE_EQ(summary.avg_us, 50.5);
    EXPECT_DOUBLE_EQ(summary.p50_us, 50);
    EXPECT_DOUBLE_EQ(summary.p95_us, 95);
    EXPECT_DOUBLE_EQ(summary.p99_us, 99);
    EXPECT_DOUBLE_EQ(summary.max_us, 100);
    EXPECT_NEAR(summary.mdev_us, 28.866, 0.001);
    const auto single = *nm::summarize({7'000});
    EXPECT_DOUBLE_EQ(single.p99_us, 7);
    EXPECT_DOUBLE_EQ(single.mdev_us, 0);
}

}  // namespace
