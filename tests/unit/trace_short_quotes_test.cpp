// A quote of 8 bytes names its probe by what else can be under way (trap T7), or by nothing.
#include <gtest/gtest.h>

#include "base/clock.hpp"
#include "trace/short_quotes.hpp"

namespace nm {
namespace {

const IpAddress target = IpAddress::v4(0x0A630101), r1 = IpAddress::v4(0x0A620001),
                r2 = IpAddress::v4(0x0A620002);
constexpr std::uint16_t port = 33'434;

struct Quotes : ShortQuotes {
    Quotes() : ShortQuotes(ns_per_s) {}
    void send(std::uint32_t index, std::uint8_t ttl, std::int64_t now_ns = 0) {
        sent(target, port, index, ttl, now_ns);
    }
    std::optional<std::uint32_t> from(const IpAddress& router, std::int64_t now_ns = 0) {
        return place(target, port, router, now_ns);
    }
};

TEST(ShortQuotes, TheOnlyHopUnderWayIsMeantTheOldestProbeFirst) {
    Quotes quotes;
    quotes.send(7, 1);
    quotes.send(8, 1);
    EXPECT_EQ(quotes.from(r1), 7U);
    EXPECT_EQ(quotes.from(r1), 8U);
    EXPECT_EQ(quotes.from(r1), std::nullopt);  // there is none left: a copy
}

TEST(ShortQuotes, WhereSeveralHopsMayBeMeantNoneIsGuessed) {
    Quotes quotes;
    quotes.send(7, 1);
    quotes.send(8, 2);
    EXPECT_EQ(quotes.from(r1), std::nullopt);
    EXPECT_TRUE(quotes.asks_hop_by_hop(target, port));
    EXPECT_FALSE(quotes.asks_hop_by_hop(target, port + 1));
}

TEST(ShortQuotes, AHopWhereAnotherRouterAnsweredIsNotMeant) {
    Quotes quotes;
    quotes.send(7, 1);
    quotes.answered(target, port, 7, r1);
    quotes.send(8, 1);
    quotes.send(9, 2);
    EXPECT_EQ(quotes.from(r2), 9U);
    EXPECT_EQ(quotes.from(r1), 8U);
}

TEST(ShortQuotes, AHopWhereThisRouterAnsweredIsMeantBesideASilentOne) {
    Quotes quotes;
    quotes.send(7, 2);
    quotes.answered(target, port, 7, r2);
    quotes.send(8, 1);
    quotes.send(9, 2);
    EXPECT_EQ(quotes.from(r2), 9U);
    EXPECT_EQ(quotes.from(r1), 8U);
}

TEST(ShortQuotes, ALostProbeIsNotMeant) {
    Quotes quotes;
    quotes.send(7, 1);
    quotes.send(8, 2, 600 * ns_per_ms);
    EXPECT_EQ(quotes.from(r2, ns_per_s), 8U);
}

TEST(ShortQuotes, AnotherDestinationIsAnotherMatter) {
    Quotes quotes;
    quotes.send(7, 1);
    EXPECT_EQ(quotes.place(r2, port, r1, 0), std::nullopt);
    EXPECT_EQ(quotes.place(target, port + 1, r1, 0), std::nullopt);
    EXPECT_FALSE(quotes.asks_hop_by_hop(target, port));
}

}  // namespace
}  // namespace nm
