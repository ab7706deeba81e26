#include <gtest/gtest.h>

#include <numeric>
#include <string>
#include <vector>

#include "decode/protocol.hpp"

namespace nmflowtool {
namespace {

using nm::ExportProtocol;
using Octets = std::vector<std::uint8_t>;

void add(Octets& out, std::uint64_t value, int bytes) {
    while (bytes-- > 0) out.push_back(static_cast<std::uint8_t>(value >> 8 * bytes));
}

// A header of version 1, 5 or 7 with so many bytes behind it.
Octets datagram(std::uint16_t version, std::uint16_t count, std::size_t body, std::uint32_t nanoseconds = 5) {
    Octets out;
    add(out, version, 2);
    add(out, count, 2);
    add(out, 100'000, 4);
    add(out, 1'700'000'000, 4);
    add(out, nanoseconds, 4);
    out.resize((version == 1 ? 16 : 24) + body);
    return out;
}

Octets text(std::uint16_t first, std::uint16_t second, std::size_t size) {
    Octets out;
    add(out, first, 2);
    add(out, second, 2);
    out.resize(size);
    std::iota(out.begin() + 4, out.end(), std::uint8_t{'a'});
    return out;
}

TEST(Protocol, IsToldByTheVersion) {
    EXPECT_EQ(protocol_of(datagram(1, 2, 2 * 52)), ExportProtocol::netflow1);
    EXPECT_EQ(protocol_of(datagram(5, 1, 48)), ExportProtocol::netflow5);
    EXPECT_EQ(protocol_of(datagram(7, 1, 52)), ExportProtocol::netflow7);
    EXPECT_EQ(protocol_of(datagram(9, 1, 52)), ExportProtocol::netflow9);
    EXPECT_EQ(protocol_of(datagram(10, 1, 52)), ExportProtocol::ipfix);
    EXPECT_EQ(protocol_of(datagram(0, 5, 52)), ExportProtocol::sflow5);
    EXPECT_EQ(protocol_of(datagram(0, 4, 52)), ExportProtocol::sflow_old);
    EXPECT_FALSE(protocol_of(datagram(0, 6, 52)));
    EXPECT_FALSE(protocol_of(datagram(6, 1, 52)));
    EXPECT_FALSE(protocol_of(Octets{0, 5}));
}

// Fact sheet, trap 4: what is whole of them is decoded.
TEST(Protocol, CountsThatLieAndCutDatagramsAreStillNetflow) {
    EXPECT_EQ(protocol_of(datagram(5, 30, 2 * 48)), ExportProtocol::netflow5);
    EXPECT_EQ(protocol_of(datagram(5, 0xFFFF, 2 * 48)), ExportProtocol::netflow5);
    EXPECT_EQ(protocol_of(datagram(5, 30, 100)), ExportProtocol::netflow5);
    EXPECT_EQ(protocol_of(datagram(5, 0, 0)), ExportProtocol::netflow5);
    EXPECT_EQ(protocol_of(datagram(5, 1, 48, 4'000'000'000)), ExportProtocol::netflow5);
    const Octets header = datagram(5, 2, 0);
    EXPECT_EQ(protocol_of(nm::Bytes(header).first(10)), ExportProtocol::netflow5);
}

// Trap 25: noise makes no flows.
TEST(Protocol, WhatBeginsLikeNetflowAndIsNoneIsNone) {
    for (const std::uint16_t size : std::initializer_list<std::uint16_t>{
             80, 88, 100, 108}) {  // STUN binding requests, by length and cookie
        Octets stun = text(1, static_cast<std::uint16_t>(size - 20), size);
        EXPECT_FALSE(protocol_of(stun)) << size;
        std::fill(stun.begin() + 8, stun.end(), std::uint8_t{0});
        stun[4] = 0x21, stun[5] = 0x12, stun[6] = 0xA4, stun[7] = 0x42;
        EXPECT_FALSE(protocol_of(stun)) << size;
    }
    EXPECT_FALSE(protocol_of(text(1, 'f' << 8 | 'i', 60)));  // TFTP read request
    EXPECT_FALSE(protocol_of(text(5, 1, 60)));               // TFTP errors
    Octets not_found = text(5, 1, 19);
    not_found.back() = 0;
    EXPECT_FALSE(protocol_of(not_found));
    EXPECT_FALSE(protocol_of(text(5, 0x0100, 60)));  // DNS queries of the ids 5 and 7
    EXPECT_FALSE(protocol_of(text(7, 0x0100, 29)));
    EXPECT_FALSE(protocol_of(text(1, 0x0100, 12)));
    EXPECT_FALSE(protocol_of(datagram(5, 1, 47, 1'000'000'000)));
}

}  // namespace
}  // namespace nmflowtool
