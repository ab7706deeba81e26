#include <gtest/gtest.h>

#include <random>

#include "prefix_table.hpp"

namespace nmbgp {
namespace {

using nm::IpAddress;
using nm::Prefix;

std::uint32_t naive_find(const std::vector<PrefixEntry>& entries, const IpAddress& ip) {
    const PrefixEntry* best = nullptr;
    for (const PrefixEntry& entry : entries) {
        if (!entry.prefix.contains(ip)) continue;
        if (best == nullptr || entry.prefix.length >= best->prefix.length) best = &entry;
    }
    return best == nullptr ? PrefixTable::none : best->value;
}

Prefix prefix(const char* text) {
    return *nm::parse_prefix(text);
}
IpAddress ip(const char* text) {
    return *nm::parse_ip(text);
}

class Random {
  public:
    // Few distinct bytes, so that prefixes nest, touch and repeat.
    IpAddress address(bool is_v4) {
        constexpr std::uint8_t bytes[] = {0, 1, 2, 127, 128, 254, 255};
        IpAddress out;
        out.family = is_v4 ? nm::Family::v4 : nm::Family::v6;
        for (std::size_t i = 0; i < out.size(); ++i) {
            out.bytes[i] =
                below(4) == 0 ? static_cast<std::uint8_t>(below(256)) : bytes[below(std::size(bytes))];
            if (!is_v4 && i < 12 && below(8) != 0) out.bytes[i] = i < 6 ? 1 : 255;
        }
        return out;
    }
    Prefix prefix(bool is_v4) {
        const IpAddress at = address(is_v4);
        return nm::make_prefix(at, static_cast<unsigned>(below(at.bits() + 1)));
    }
    std::size_t below(std::size_t limit) { return engine_() % limit; }

  private:
    std::mt19937_64 engine_{42};
};

// The first and last address of a prefix and their neighbours outside: where an error of one would show.
std::vector<IpAddress> edges(const Prefix& of) {
    IpAddress last = of.address;
    for (unsigned bit = of.length; bit < last.bits(); ++bit) {
        last.bytes[bit / 8] = static_cast<std::uint8_t>(last.bytes[bit / 8] | (0x80u >> bit % 8));
    }
    std::vector<IpAddress> out{of.address, last, of.address, last};
    for (std::size_t i = last.size(); i-- > 0 && out[2].bytes[i]-- == 0;) continue;
    for (std::size_t i = last.size(); i-- > 0 && ++out[3].bytes[i] == 0;) continue;
    return out;
}

TEST(PrefixTable, AnswersAsALinearScanOnRandomTables) {
    Random random;
    for (int round = 0; round < 40; ++round) {
        const bool is_v4 = round % 10 == 0;  // its 64 MiB make a round slow
        std::vector<PrefixEntry> entries;
        const std::size_t count = 1 + random.below(is_v4 ? 400 : 200);
        for (std::uint32_t i = 0; i < count; ++i) entries.push_back({random.prefix(is_v4), i});
        const PrefixTable table(entries);
        for (const PrefixEntry& entry : entries) {
            for (const IpAddress& at : edges(entry.prefix)) {
                ASSERT_EQ(table.find(at), naive_find(entries, at)) << to_string(at) << " round " << round;
            }
        }
        for (int i = 0; i < 300; ++i) {
            const IpAddress at = random.address(is_v4);
            ASSERT_EQ(table.find(at), naive_find(entries, at)) << to_string(at) << " round " << round;
        }
    }
}

TEST(PrefixTable, AnEmptyTableHasNoAnswer) {
    const PrefixTable table;
    EXPECT_EQ(table.find(ip("192.0.2.1")), PrefixTable::none);
    EXPECT_EQ(table.find(ip("2001:db8::1")), PrefixTable::none);
    EXPECT_EQ(table.find(IpAddress{}), PrefixTable::none);
}

TEST(PrefixTable, OneFamilyDoesNotAnswerForTheOther) {
    const PrefixTable table({{prefix("0.0.0.0/0"), 7}});
    EXPECT_EQ(table.find(ip("255.255.255.255")), 7u);
    EXPECT_EQ(table.find(ip("::")), PrefixTable::none);
}

TEST(PrefixTable, DefaultRoutesAndHostRoutesAreRoutes) {
    const PrefixTable table({{prefix("0.0.0.0/0"), 0},
                             {prefix("255.255.255.255/32"), 1},
                             {prefix("::/0"), 2},
                             {prefix("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128"), 3},
                             {prefix("2001:db8::/32"), 4},
                             {prefix("2001:db8::1/128"), 5}});
    EXPECT_EQ(table.find(ip("255.255.255.254")), 0u);
    EXPECT_EQ(table.find(ip("255.255.255.255")), 1u);
    EXPECT_EQ(table.find(ip("ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe")), 2u);
    EXPECT_EQ(table.find(ip("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")), 3u);
    EXPECT_EQ(table.find(ip("2001:db8::")), 4u);
    EXPECT_EQ(table.find(ip("2001:db8::1")), 5u);
    EXPECT_EQ(table.find(ip("2001:db8::2")), 4u);
    EXPECT_EQ(table.find(ip("2001:db9::")), 2u);
}

}  // namespace
}  // namespace nmbgp
