#include <gtest/gtest.h>

#include "decode/boot_times.hpp"

namespace {

using nmflowtool::BootTimes;
using nmflowtool::ExportClock;
using enum BootTimes::Seen;

constexpr std::uint32_t epoch_s = 1'700'000'000;
constexpr std::uint32_t day_s = 86'400;

// A datagram that is sent and received at this second, with an uptime in seconds.
BootTimes::Seen see(BootTimes& boots, std::uint32_t at_s, std::uint32_t uptime_s,
                    std::int64_t clock_off_s = 0) {
    const ExportClock clock{uptime_s * 1000, static_cast<std::uint32_t>(epoch_s + at_s + clock_off_s), 0};
    return boots.see(clock, {(std::int64_t{epoch_s} + at_s) * nm::ns_per_s}, false);
}

TEST(BootTimes, Trap11AFallingUptimeIsARestart) {
    BootTimes boots;
    EXPECT_EQ(see(boots, 0, 10 * day_s), current);
    EXPECT_EQ(see(boots, 60, 10 * day_s + 60), current);
    EXPECT_EQ(see(boots, 300, 5), restarted);
    EXPECT_EQ(see(boots, 301, 6), current);
}

TEST(BootTimes, Trap11ARestartIsSeenWhateverTheClockOfTheExporterSays) {
    BootTimes boots;
    see(boots, 0, 10 * day_s);
    EXPECT_EQ(see(boots, 300, 5, -std::int64_t{epoch_s} + 946'684'800), restarted);  // the year 2000
    EXPECT_EQ(see(boots, 310, 15), current);                                         // set in the meantime
}

TEST(BootTimes, AClockThatIsSetIsNoRestart) {
    BootTimes boots;
    see(boots, 0, 10 * day_s, -7200);
    EXPECT_EQ(see(boots, 60, 10 * day_s + 60), current);
}

TEST(BootTimes, ACaptureThatIsReplayedFasterIsNoRestart) {
    BootTimes boots;
    ExportClock clock{1'000'000, epoch_s, 0};
    EXPECT_EQ(boots.see(clock, {nm::ns_per_s}, false), current);
    clock = {1'000'000 + day_s * 1000, epoch_s + day_s, 0};
    EXPECT_EQ(boots.see(clock, {2 * nm::ns_per_s}, false), current);
}

TEST(BootTimes, AnUptimeThatStandsStillIsNoRestart) {
    BootTimes boots;
    for (std::uint32_t at_s = 0; at_s < 1000; at_s += 100) EXPECT_EQ(see(boots, at_s, 0), current);
}

TEST(BootTimes, Trap11ARestartAfterALongSilenceIsSeenByTheSequence) {
    BootTimes boots;
    see(boots, 0, 100);
    const ExportClock clock{1'800'000, epoch_s + 7200, 0};  // it came up half an hour ago
    EXPECT_EQ(boots.see(clock, {(std::int64_t{epoch_s} + 7200) * nm::ns_per_s}, true), restarted);
}

TEST(BootTimes, Trap13AnUptimeThatWrapsIsNoRestart) {
    BootTimes boots;
    constexpr std::uint32_t wrap_s = 4'294'967;
    see(boots, 0, wrap_s - 10);
    EXPECT_EQ(see(boots, 20, 10), current);
    EXPECT_EQ(see(boots, 30, 20), current);
}

TEST(BootTimes, Trap11AnExporterThatHardlyRanIsSeenToStartAgainByItsSequence) {
    BootTimes boots;
    see(boots, 0, 50);
    const auto after = [&](std::uint32_t uptime_s, bool is_behind) {
        return boots.see({uptime_s * 1000, epoch_s + 5, 0}, {(std::int64_t{epoch_s} + 5) * nm::ns_per_s},
                         is_behind);
    };
    EXPECT_EQ(after(48, true), current);  // a datagram that came late
    EXPECT_EQ(after(1, true), restarted);
}

TEST(BootTimes, Trap11ARestartBetweenTwoRunsIsSeenHoweverLongItRanSince) {
    BootTimes first;
    see(first, 0, 3600);
    BootTimes second;
    second.adopt(*first.current());
    EXPECT_EQ(see(second, 2 * day_s, 30 * 3600), restarted);
    BootTimes third;
    third.adopt(*first.current());
    EXPECT_EQ(see(third, 2 * day_s, 3600 + 2 * day_s), current);
}

TEST(BootTimes, Trap11ADatagramFromBeforeTheRestartIsNoSecondRestart) {
    BootTimes boots;
    see(boots, 0, 10 * day_s);
    see(boots, 300, 5);
    EXPECT_EQ(see(boots, 301, 10 * day_s + 301), other);
    EXPECT_EQ(see(boots, 302, 7), current);
}

TEST(BootTimes, TwoExportersBehindOneAddressAreNoRestarts) {
    BootTimes boots;
    unsigned restarts = 0, others = 0;
    for (std::uint32_t at_s = 0; at_s < 1000; at_s += 10) {
        for (const std::uint32_t uptime_s : {10 * day_s + at_s, 500 + at_s}) {
            const auto seen = see(boots, at_s, uptime_s);
            restarts += seen == restarted;
            others += seen == other;
        }
    }
    EXPECT_EQ(restarts, 1u);
    EXPECT_EQ(others, 99u);
}

TEST(BootTimes, OneBrokenHeaderDoesNotHoldTheOthersOff) {
    BootTimes boots;
    see(boots, 0, 10 * day_s);
    EXPECT_EQ(see(boots, 1, 77), restarted);
    for (std::uint32_t at_s = 2; at_s < 9; ++at_s) EXPECT_EQ(see(boots, at_s, 10 * day_s + at_s), other);
    EXPECT_EQ(see(boots, 9, 10 * day_s + 9), returned);
    EXPECT_EQ(see(boots, 10, 10 * day_s + 10), current);
}

}  // namespace
