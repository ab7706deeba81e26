// The table of trace --watch: what all rounds of a path showed.
#include <gtest/gtest.h>

#include "base/clock.hpp"
#include "trace/watch_table.hpp"

namespace nm {
namespace {

IpAddress at(std::uint32_t last) {
    return IpAddress::v4(0x0A000000U + last);
}

// A round of one probe to each hop: who answered, unset for nobody; the last is the destination.
struct Path {
    Trace trace;
    std::vector<WatchProbe> probes;

    explicit Path(const std::vector<IpAddress>& hops) {
        trace.address = at(250);
        trace.state = hops.back().is_set() ? TraceState::reached : TraceState::gap;
        for (std::uint32_t ttl = 1; ttl <= hops.size(); ++ttl) {
            const IpAddress& from = hops[ttl - 1];
            TraceHop& hop = trace.hops.emplace_back();
            hop.ttl = ttl;
            hop.sent = 1;
            if (from.is_set()) {
                hop.replies.emplace_back().address = from;
                hop.replies.back().received = hop.received = 1;
            }
            probes.push_back({ttl, from.is_set(), from.is_set() ? ttl * ns_per_ms : -1});
        }
    }
};

struct Watched {
    WatchTable table{false};
    std::size_t target = table.add(0, "db1.example");

    void round(const std::vector<IpAddress>& hops, std::uint32_t distance) {
        const Path path(hops);
        table.add_round(target, path.trace, path.probes, distance);
    }
    std::vector<std::string> lines(WindowSize room = {110, 24}) const {
        return table.render("round 1", room);
    }
};

TEST(WatchTable, ARowForEachHop) {
    Watched watched;
    watched.round({at(1), {}, at(250)}, 3);
    watched.round({at(1), {}, at(250)}, 3);
    const std::vector<std::string> want{
        "round 1",
        "db1.example (10.0.0.250): reached, 3 hops",
        "HOP  ADDRESS          LOSS%   SENT  LAST ms     AVG    BEST   WORST   STDEV",
        "  1  10.0.0.1             0      2    1.000   1.000   1.000   1.000   0.000",
        "  2  *                  100      2        -       -       -       -       -",
        "  3  10.0.0.250           0      2    3.000   3.000   3.000   3.000   0.000"};
    EXPECT_EQ(watched.lines(), want);
}

TEST(WatchTable, AnotherAddressAtAHopIsAChangeNotALoss) {
    Watched watched;
    watched.round({at(1), at(2), at(250)}, 3);
    watched.round({at(1), {}, at(250)}, 3);  // silence is no change
    watched.round({at(1), at(2), at(250)}, 3);
    watched.round({at(1), at(9), at(250)}, 3);
    const std::vector<std::string> lines = watched.lines();
    EXPECT_EQ(lines[1], "db1.example (10.0.0.250): reached, 3 hops, path changed in round 4 at hop 2");
    EXPECT_TRUE(lines[4].starts_with("  2  10.0.0.9            25      4")) << lines[4];
    EXPECT_TRUE(lines[4].ends_with("new in round 4")) << lines[4];
    EXPECT_TRUE(lines[5].starts_with("     10.0.0.2 ")) << lines[5];
    EXPECT_TRUE(lines[5].ends_with("2 of its answers, last in round 3")) << lines[5];
    EXPECT_TRUE(lines[6].starts_with("  3  10.0.0.250           0      4")) << lines[6];
}

TEST(WatchTable, ALostDestinationHasNoHopsBehindIt) {
    Watched watched;
    watched.round({at(1), at(250)}, 2);
    watched.round({at(1), {}, {}, {}}, 2);  // the walk went on, for it could not know
    const std::vector<std::string> lines = watched.lines();
    ASSERT_EQ(lines.size(), 5U);
    EXPECT_TRUE(lines[4].starts_with("  2  10.0.0.250          50      2")) << lines[4];
    EXPECT_TRUE(lines[1].starts_with("db1.example (10.0.0.250): gap")) << lines[1];
}

TEST(WatchTable, AHopThatLimitsItsAnswersIsToldFromOneThatLoses) {
    Watched watched;
    for (int round = 0; round < 40; ++round)
        watched.round({at(1), round % 4 == 0 ? at(2) : IpAddress{}, at(250)}, 3);
    EXPECT_TRUE(watched.lines()[4].ends_with("rate limited, no loss")) << watched.lines()[4];
    Watched losing;
    for (int round = 0; round < 40; ++round) {
        const bool lost = round % 4 != 0;
        losing.round({at(1), lost ? IpAddress{} : at(2), lost ? IpAddress{} : at(250)}, 3);
    }
    EXPECT_EQ(losing.lines()[4].find("rate limited"), std::string::npos);
}

TEST(WatchTable, NamesStandBesideAddresses) {
    Watched watched;
    watched.round({at(1), at(250)}, 2);
    watched.table.name(at(1), "gw.example\x1b[2J");
    EXPECT_TRUE(watched.lines()[3].starts_with("  1  10.0.0.1         gw.example?[2J")) << watched.lines()[3];
}

TEST(WatchTable, FitsAnyWindow) {
    Watched watched;
    watched.table.add(1, "another");
    watched.table.fail(watched.table.add(2, "a-name-that-is-not-known.example"), "unresolved",
                       "no such host");
    for (std::uint32_t round = 0; round < 3; ++round)
        watched.round({at(1), at(2 + round), {}, at(4), at(5), at(250)}, 6);
    watched.table.name(at(1), "a-gateway-with-a-long-name.example");
    for (std::size_t columns = 1; columns < 150; columns += columns < 70 ? 1 : 9) {
        for (std::size_t lines = 1; lines < 20; ++lines) {
            const auto text = watched.lines({columns, lines});
            ASSERT_LE(text.size(), lines);
            for (const std::string& line : text) ASSERT_LE(width_of(line), columns) << line;
        }
    }
}

TEST(WatchTable, InAShortWindowTheDestinationStays) {
    Watched watched;
    std::vector<IpAddress> hops;
    for (std::uint32_t i = 1; i < 20; ++i) hops.push_back(at(i));
    hops.push_back(at(250));
    watched.round(hops, 20);
    const std::vector<std::string> lines = watched.lines({100, 8});
    ASSERT_EQ(lines.size(), 8U);
    EXPECT_EQ(lines[6], "... 16 more lines");
    EXPECT_TRUE(lines[7].starts_with(" 20  10.0.0.250")) << lines[7];
}

}  // namespace
}  // namespace nm
