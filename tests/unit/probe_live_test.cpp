// The live table of targets: what of many rounds is shown, and that it fits the window.
#include <gtest/gtest.h>

#include "base/clock.hpp"
#include "probe/live_table.hpp"
#include "probe/live_view.hpp"

namespace nm {
namespace {

constexpr std::int64_t ms = ns_per_ms;

TEST(RunningRtt, KnowsWhatAllTimesHadInCommon) {
    RunningRtt rtt;
    EXPECT_EQ(rtt.count(), 0U);
    for (const std::int64_t v : {10 * ms, 14 * ms, 12 * ms, 20 * ms}) rtt.add(v);
    EXPECT_DOUBLE_EQ(rtt.last_ns(), 20e6);
    EXPECT_DOUBLE_EQ(rtt.best_ns(), 10e6);
    EXPECT_DOUBLE_EQ(rtt.worst_ns(), 20e6);
    EXPECT_DOUBLE_EQ(rtt.mean_ns(), 14e6);
    EXPECT_NEAR(rtt.deviation_ns(), 3.7417e6, 100);
    EXPECT_NEAR(rtt.jitter_ns(), (4 + 2 + 8) / 3.0 * 1e6, 1);
    EXPECT_DOUBLE_EQ(rtt.percentile_ns(0.95), 20e6);
    EXPECT_DOUBLE_EQ(rtt.percentile_ns(0.5), 12e6);
}

TEST(RunningRtt, PercentilesForgetWhatIsLongAgo) {
    RunningRtt rtt;
    for (std::size_t i = 0; i < RunningRtt::recent; ++i) rtt.add(500 * ms);
    for (std::size_t i = 0; i < RunningRtt::recent; ++i) rtt.add(10 * ms);
    EXPECT_DOUBLE_EQ(rtt.percentile_ns(0.95), 10e6);
    EXPECT_DOUBLE_EQ(rtt.worst_ns(), 500e6);
}

struct Rounds {
    LiveTable table;
    explicit Rounds(LiveStyle style) : table(style) {}

    void up(std::size_t row, std::vector<std::int64_t> rtts_ns, std::uint64_t sent = 1) {
        table.add_round(row, {"up", sent, rtts_ns.size(), rtts_ns, ""});
    }
    void lost(std::size_t row) { table.add_round(row, {"lost", 1, 0, {}, ""}); }
    void unreachable(std::size_t row) {
        table.add_round(row, {"unreachable", 1, 0, {}, "host unreachable from 192.0.2.9"});
    }
};

TEST(LiveTable, ARowForEachTargetAsGiven) {
    Rounds rounds({false, true, false});
    const std::size_t b = rounds.table.add(1, "db2", "");
    const std::size_t a = rounds.table.add(0, "db1", "");
    const std::size_t c = rounds.table.add(2, "db3", "");
    rounds.table.fail(rounds.table.add(3, "db4", ""), "unresolved", "no such host");
    for (const std::int64_t v : {10 * ms, 20 * ms}) rounds.up(a, {v});
    rounds.lost(b);
    rounds.up(b, {1 * ms});
    rounds.lost(b);
    rounds.unreachable(c);
    const std::vector<std::string> want{
        "round 3, every 1s, 4 targets: 1 lost, 1 unreachable, 1 unresolved, 1 up",
        "TARGET     STATE        LOSS%   SENT  LAST ms     AVG    BEST   WORST     P95  JITTER  ROUNDS",
        "db1        up               0      2    20.00   15.00   10.00   20.00   20.00   10.00  ▁█",
        "db2        lost          66.7      3    1.000   1.000   1.000   1.000   1.000       -  !▁!",
        "db3        unreachable    100      1        -       -       -       -       -       -  x host "
        "unreachable from 192.0.2.9",
        "db4        unresolved       -      0        -       -       -       -       -       -  no such "
        "host"};
    EXPECT_EQ(rounds.table.render("round 3, every 1s", {120, 24}), want);
}

TEST(LiveTable, WithoutUtf8ThereIsAscii) {
    Rounds rounds({false, false, false});
    const std::size_t row = rounds.table.add(0, "db1", "");
    for (const std::int64_t v : {10, 12, 14, 20}) rounds.up(row, {v * ms});
    rounds.lost(row);
    const std::string line = rounds.table.render("x", {120, 24}).back();
    EXPECT_TRUE(line.ends_with("  _.~#!")) << line;
}

TEST(LiveTable, NoiseIsNoMountain) {
    Rounds rounds({false, true, false});
    const std::size_t row = rounds.table.add(0, "db1", "");
    for (const std::int64_t v : {10'000'000, 10'100'000, 9'990'000}) rounds.up(row, {v});
    const std::string line = rounds.table.render("x", {120, 24}).back();
    EXPECT_TRUE(line.ends_with("  ▁▁▁")) << line;
}

TEST(LiveTable, OfTooManyTargetsTheWorstAreShownAndTheRestCounted) {
    Rounds rounds({false, true, false});
    for (std::size_t i = 0; i < 100; ++i) {
        const std::size_t row = rounds.table.add(i, "t" + std::to_string(i), "");
        if (i == 70)
            rounds.lost(row);
        else
            rounds.up(row, {static_cast<std::int64_t>(i + 1) * ms});
    }
    rounds.lost(31);
    rounds.up(31, {1 * ms});  // back, but it has lost
    const std::vector<std::string> lines = rounds.table.render("round 2", {100, 7});
    ASSERT_EQ(lines.size(), 7U);
    EXPECT_EQ(lines[0], "round 2, 100 targets: 1 lost, 99 up");
    EXPECT_TRUE(lines[2].starts_with("t70 ")) << lines[2];
    EXPECT_TRUE(lines[3].starts_with("t31 ")) << lines[3];
    EXPECT_TRUE(lines[4].starts_with("t99 ")) << lines[4];  // the slowest
    EXPECT_EQ(lines[6], "and 96 more: 96 up");
}

TEST(LiveTable, FitsAnyWindow) {
    for (const bool worst_first : {false, true}) {
        Rounds rounds({false, true, worst_first});
        for (std::size_t i = 0; i < 12; ++i) {
            const std::size_t row =
                rounds.table.add(i, "a-rather-long-name-of-a-target." + std::to_string(i), "em ea");
            for (int round = 0; round < 80; ++round) rounds.up(row, {(round % 7 + 1) * ms});
            if (i % 3 == 0) rounds.unreachable(row);
        }
        for (std::size_t columns = 1; columns < 200; columns += columns < 70 ? 1 : 9) {
            for (std::size_t lines = 1; lines < 20; ++lines) {
                const auto text = rounds.table.render("round 80, every 1s", {columns, lines});
                ASSERT_LE(text.size(), lines);
                for (const std::string& line : text) ASSERT_LE(width_of(line), columns) << line;
            }
        }
    }
}

TEST(LiveTable, ARoundThatLostSomeIsNotLikeOneThatLostNone) {
    Rounds rounds({true, true, false});
    const std::size_t row = rounds.table.add(0, "db1", "");
    rounds.up(row, {1 * ms, 1 * ms}, 3);
    const std::string line = rounds.table.render("x", {120, 24}).back();
    EXPECT_NE(line.find("\033[33mup\033[0m"), std::string::npos) << line;
    EXPECT_NE(line.find("\033[33m33.3\033[0m"), std::string::npos) << line;
    EXPECT_TRUE(line.ends_with("\033[33m▁\033[0m")) << line;
}

TEST(RedrawClock, DrawsSoonAfterAChangeButNotForEach) {
    RedrawClock clock;
    std::int64_t now_ns = 10 * ns_per_s;
    EXPECT_TRUE(clock.take(now_ns));
    EXPECT_FALSE(clock.take(now_ns + ns_per_s));  // nothing changed
    now_ns += 1 * ms;
    clock.changed(false);
    EXPECT_FALSE(clock.take(now_ns));
    EXPECT_EQ(clock.next_ns(), 10 * ns_per_s + 200 * ms);
    clock.changed(true);
    EXPECT_EQ(clock.next_ns(), 10 * ns_per_s + 50 * ms);
    EXPECT_TRUE(clock.take(clock.next_ns()));
    EXPECT_EQ(clock.next_ns(), std::numeric_limits<std::int64_t>::max());
}

}  // namespace
}  // namespace nm
