#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "wire/fragment_joiner.hpp"
#include "wire_builder.hpp"

namespace {

using nm::FragmentJoiner;
using nm::test::Wire;

std::vector<std::uint8_t> payload_of(std::size_t size) {
    std::vector<std::uint8_t> bytes(size);
    std::iota(bytes.begin(), bytes.end(), std::uint8_t{1});
    return bytes;
}

struct Part {
    std::size_t begin;
    std::size_t end;
    bool more;
};

Wire v4(const std::vector<std::uint8_t>& whole, Part part, std::uint16_t id = 7, std::uint32_t src = 1) {
    Wire packet;
    packet.u8(0x45).u8(0).u16(20 + part.end - part.begin).u16(id);
    packet.u16(part.begin / 8 | (part.more ? 0x2000u : 0u)).u8(64).u8(17).u16(0).u32(src).u32(2);
    packet.bytes.insert(packet.bytes.end(), whole.begin() + static_cast<std::ptrdiff_t>(part.begin),
                        whole.begin() + static_cast<std::ptrdiff_t>(part.end));
    return packet;
}

std::optional<std::vector<std::uint8_t>> add(FragmentJoiner& joiner, const Wire& packet,
                                             std::int64_t ns = 1) {
    const auto whole = joiner.add(packet, {ns});
    if (!whole) return std::nullopt;
    return std::vector<std::uint8_t>(whole->begin(), whole->end());
}

TEST(FragmentJoiner, Trap29AnyOrderGivesTheWhole) {
    const auto whole = payload_of(4000);
    std::vector<Part> parts;
    for (std::size_t at = 0; at < whole.size(); at += 800)
        parts.push_back({at, std::min(at + 800, whole.size()), at + 800 < whole.size()});
    std::mt19937 random(1);
    FragmentJoiner joiner;
    for (int round = 0; round < 50; ++round) {
        std::shuffle(parts.begin(), parts.end(), random);
        for (std::size_t i = 0; i + 1 < parts.size(); ++i)
            EXPECT_FALSE(add(joiner, v4(whole, parts[i])).has_value());
        EXPECT_EQ(add(joiner, v4(whole, parts.back())), whole);
    }
    joiner.give_up();
    EXPECT_EQ(joiner.lost(), 0u);
}

TEST(FragmentJoiner, DatagramsDoNotMix) {
    const auto one = payload_of(64);
    auto two = one;
    std::reverse(two.begin(), two.end());
    FragmentJoiner joiner;
    EXPECT_FALSE(add(joiner, v4(one, {0, 32, true}, 7, 1)));
    EXPECT_FALSE(add(joiner, v4(two, {0, 32, true}, 7, 9)));
    EXPECT_FALSE(add(joiner, v4(two, {0, 32, true}, 8, 1)));
    EXPECT_EQ(add(joiner, v4(two, {32, 64, false}, 7, 9)), two);
    EXPECT_EQ(add(joiner, v4(one, {32, 64, false}, 7, 1)), one);
    joiner.give_up();
    EXPECT_EQ(joiner.lost(), 1u);
}

TEST(FragmentJoiner, OverlapDropsTheDatagram) {
    const auto whole = payload_of(64);
    FragmentJoiner joiner;
    EXPECT_FALSE(add(joiner, v4(whole, {0, 32, true})));
    EXPECT_FALSE(add(joiner, v4(whole, {24, 64, false})));
    EXPECT_EQ(joiner.lost(), 2u);
    EXPECT_FALSE(add(joiner, v4(whole, {32, 64, false})));  // the first one is forgotten
}

TEST(FragmentJoiner, AnExactRepeatIsNoOverlap) {
    const auto whole = payload_of(64);
    FragmentJoiner joiner;
    EXPECT_FALSE(add(joiner, v4(whole, {0, 32, true})));
    EXPECT_FALSE(add(joiner, v4(whole, {0, 32, true})));
    EXPECT_EQ(add(joiner, v4(whole, {32, 64, false})), whole);
}

TEST(FragmentJoiner, MemoryAndPatienceAreBounded) {
    const auto whole = payload_of(64);
    FragmentJoiner joiner;
    for (std::size_t i = 0; i < FragmentJoiner::max_incomplete + 10; ++i)
        EXPECT_FALSE(add(joiner, v4(whole, {0, 32, true}, static_cast<std::uint16_t>(i))));
    EXPECT_EQ(joiner.lost(), 10u);
    EXPECT_FALSE(add(joiner, v4(whole, {0, 32, true}, 5000), 2 + FragmentJoiner::patience_ns));
    EXPECT_EQ(joiner.lost(), 10u + FragmentJoiner::max_incomplete);
}

TEST(FragmentJoiner, WhatIsNoFragmentOrIsCutIsLost) {
    const auto whole = payload_of(64);
    FragmentJoiner joiner;
    Wire cut = v4(whole, {0, 32, true});
    cut.bytes.resize(40);
    EXPECT_FALSE(add(joiner, cut));
    EXPECT_FALSE(add(joiner, v4(whole, {0, 31, true})));  // no multiple of 8
    EXPECT_FALSE(add(joiner, Wire()));
    EXPECT_FALSE(add(joiner, Wire().u8(0x30)));
    EXPECT_EQ(joiner.lost(), 4u);
}

TEST(FragmentJoiner, Trap29Ipv6BehindAnExtensionHeader) {
    const auto whole = payload_of(48);
    FragmentJoiner joiner;
    const auto fragment = [&](std::size_t begin, std::size_t end, bool more) {
        Wire packet;
        packet.u32(6u << 28).u16(8 + 8 + end - begin).u8(60).u8(64).u64(1).u64(2).u64(1).u64(3);
        packet.u8(44).u8(0).zeros(6);  // destination options
        packet.u8(17).u8(0).u16(begin | (more ? 1u : 0u)).u32(99);
        packet.bytes.insert(packet.bytes.end(), whole.begin() + static_cast<std::ptrdiff_t>(begin),
                            whole.begin() + static_cast<std::ptrdiff_t>(end));
        return packet;
    };
    EXPECT_FALSE(add(joiner, fragment(24, 48, false)));
    EXPECT_EQ(add(joiner, fragment(0, 24, true)), whole);
}

}  // namespace
