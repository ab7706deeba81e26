// SYNs and their answers as nmtcp writes and reads them, against libtins.
#include <gtest/gtest.h>
#include <tins/icmp.h>
#include <tins/ip.h>
#include <tins/rawpdu.h>
#include <tins/tcp.h>

#include <cstring>

#include "net/checksum.hpp"
#include "ping/wire_tcp.hpp"

namespace {

using nm::Answer;
using nm::Bytes;
using nm::Family;
using nmtcp::SynBuilder;
using nmtcp::SynRun;

constexpr std::uint32_t index_a = 0x12345;
const nm::IpAddress ours = *nm::parse_ip("10.0.0.1");
const nm::IpAddress theirs = *nm::parse_ip("192.0.2.7");

SynRun run_of() {
    SynRun run;
    run.key.key[0] = 0xDEADBEEF;
    run.key.key[1] = 0x01234567;
    run.first_port = 40'000;
    return run;
}

std::vector<std::uint8_t> syn(const SynRun& run, std::uint32_t index) {
    SynBuilder builder(run, 1);
    const Bytes bytes = builder.build(0, index, ours, theirs, 443);
    return {bytes.begin(), bytes.end()};
}

Tins::TCP answer_to(const SynRun& run, std::uint32_t index, std::uint16_t flags) {
    Tins::TCP tcp(run.port_of(index), 443);
    tcp.flags(flags);
    tcp.seq(77);
    tcp.ack_seq(run.sequence_of(index) + 1);
    return tcp;
}

std::vector<std::uint8_t> packet(const Tins::TCP& tcp) {
    return (Tins::IP("10.0.0.1", "192.0.2.7") / tcp).serialize();
}

std::vector<std::uint8_t> error_quoting(const std::vector<std::uint8_t>& segment, std::size_t quoted) {
    Tins::IP original = Tins::IP("192.0.2.7", "10.0.0.1") /
                        Tins::RawPDU(segment.data(), static_cast<std::uint32_t>(segment.size()));
    auto quote = original.serialize();
    quote[9] = 6;
    quote.resize(20 + quoted);
    Tins::ICMP icmp(Tins::ICMP::DEST_UNREACHABLE);
    icmp.code(13);
    return (Tins::IP("10.0.0.1", "198.51.100.9") / icmp /
            Tins::RawPDU(quote.data(), static_cast<std::uint32_t>(quote.size())))
        .serialize();
}

TEST(NmtcpWire, LibtinsReadsOurSyn) {
    const SynRun run = run_of();
    const auto bytes = syn(run, index_a);
    const Tins::TCP tcp(bytes.data(), static_cast<std::uint32_t>(bytes.size()));
    EXPECT_EQ(tcp.flags(), Tins::TCP::SYN);
    EXPECT_EQ(tcp.sport(), run.port_of(index_a));
    EXPECT_EQ(tcp.dport(), 443);
    EXPECT_EQ(tcp.seq(), run.sequence_of(index_a));
    EXPECT_EQ(tcp.mss(), 1460);
    EXPECT_EQ(tcp.winscale(), 7);
    EXPECT_TRUE(tcp.has_sack_permitted());
    const auto again = (Tins::IP("192.0.2.7", "10.0.0.1") / tcp).serialize();
    EXPECT_TRUE(std::equal(bytes.begin(), bytes.end(), again.begin() + 20, again.end())) << "checksum";
}

TEST(NmtcpWire, TheSequenceNumberIsTheIndexUnderAKey) {
    const SynRun run = SynRun::random(40'000);
    for (std::uint32_t i = 0; i < 200'000; i += 7) EXPECT_EQ(run.index_of(run.sequence_of(i)), i);
    for (const std::uint32_t i : {0xFFFFFFFFU, 0x80000000U, 0x7FFFFFFFU})
        EXPECT_EQ(run.index_of(run.sequence_of(i)), i);
    EXPECT_NE(run.sequence_of(1), SynRun::random(40'000).sequence_of(1));
}

TEST(NmtcpWire, SynAckIsOpenWithItsOptions) {
    const SynRun run = run_of();
    Tins::TCP tcp = answer_to(run, index_a, Tins::TCP::SYN | Tins::TCP::ACK);
    tcp.mss(1234);
    tcp.winscale(9);
    tcp.sack_permitted();
    tcp.timestamp(1, 2);
    const Answer answer = nmtcp::parse_tcp_v4(run, packet(tcp));
    EXPECT_EQ(answer.kind, Answer::Kind::reply);
    EXPECT_EQ(answer.index, index_a);
    EXPECT_EQ(answer.port, 443);
    EXPECT_FALSE(answer.refused);
    EXPECT_EQ(answer.mss, 1234);
    EXPECT_EQ(nmtcp::option_words(answer.tcp_options), "mss sack ts ws");
}

TEST(NmtcpWire, ResetIsClosed) {
    const SynRun run = run_of();
    const Answer answer =
        nmtcp::parse_tcp_v4(run, packet(answer_to(run, index_a, Tins::TCP::RST | Tins::TCP::ACK)));
    EXPECT_EQ(answer.kind, Answer::Kind::reply);
    EXPECT_TRUE(answer.refused);
}

TEST(NmtcpWire, WhatDoesNotAcknowledgeOurSynIsNoAnswer) {
    const SynRun run = run_of();
    const auto kind = [&](const Tins::TCP& tcp) { return nmtcp::parse_tcp_v4(run, packet(tcp)).kind; };
    EXPECT_EQ(kind(answer_to(run, index_a, Tins::TCP::RST)), Answer::Kind::foreign);
    EXPECT_EQ(kind(answer_to(run, index_a, Tins::TCP::ACK)), Answer::Kind::foreign);
    EXPECT_EQ(kind(answer_to(run, index_a, Tins::TCP::SYN)), Answer::Kind::foreign);
    Tins::TCP other_port = answer_to(run, index_a, Tins::TCP::SYN | Tins::TCP::ACK);
    other_port.dport(static_cast<std::uint16_t>(run.port_of(index_a) ^ 1));
    EXPECT_EQ(kind(other_port), Answer::Kind::foreign);
    // A wrong acknowledgement is another index; one in sixteen even fits the port, but never this packet.
    Tins::TCP off = answer_to(run, index_a, Tins::TCP::SYN | Tins::TCP::ACK);
    off.ack_seq(off.ack_seq() + 1);
    const Answer answer = nmtcp::parse_tcp_v4(run, packet(off));
    EXPECT_TRUE(answer.kind == Answer::Kind::foreign || answer.index != index_a);
}

TEST(NmtcpWire, AWrongChecksumIsDamageAndALeftOutOneIsNot) {
    const SynRun run = run_of();
    const auto good = packet(answer_to(run, index_a, Tins::TCP::SYN | Tins::TCP::ACK));
    auto bad = good;
    bad[20 + 16] ^= 0x40;
    EXPECT_EQ(nmtcp::parse_tcp_v4(run, bad).kind, Answer::Kind::corrupt);
    // As veth and loopback deliver it: the folded sum of the pseudo header, for a card to complete.
    auto partial = good;
    const auto length = static_cast<std::uint32_t>(good.size() - 20);
    const auto sum =
        static_cast<std::uint16_t>(~nm::checksum_finish(nm::pseudo_header_sum(theirs, ours, 6, length)));
    std::memcpy(partial.data() + 20 + 16, &sum, sizeof sum);
    EXPECT_EQ(nmtcp::parse_tcp_v4(run, partial).kind, Answer::Kind::reply);
}

TEST(NmtcpWire, CutAnywhereItIsNoAnswer) {
    const SynRun run = run_of();
    Tins::TCP tcp = answer_to(run, index_a, Tins::TCP::SYN | Tins::TCP::ACK);
    tcp.mss(1234);
    for (const auto& whole : {packet(tcp), error_quoting(syn(run, index_a), 8)}) {
        for (std::size_t size = 0; size < whole.size(); ++size) {
            const Bytes cut = Bytes(whole).first(size);
            EXPECT_NE(nmtcp::parse_tcp_v4(run, cut).kind, Answer::Kind::reply) << size;
            EXPECT_EQ(nmtcp::parse_icmp(run, Family::v4, cut).kind, Answer::Kind::foreign) << size;
            (void)nmtcp::parse_tcp_v6(run, cut);
            (void)nmtcp::parse_icmp(run, Family::v6, cut);
        }
    }
}

TEST(NmtcpWire, BrokenOptionsEndTheListOnly) {
    const SynRun run = run_of();
    for (const std::vector<std::uint8_t>& options : {std::vector<std::uint8_t>{2, 0, 5, 0xB4},
                                                     {2, 255, 5, 0xB4},
                                                     {1, 1, 1, 2},
                                                     {2, 3, 5, 0},
                                                     {0, 2, 4, 5}}) {
        auto segment = answer_to(run, index_a, Tins::TCP::SYN | Tins::TCP::ACK).serialize();
        segment.insert(segment.end(), options.begin(), options.end());
        segment[12] = 6 << 4;
        const Answer answer = nmtcp::parse_tcp_v6(run, segment);
        EXPECT_EQ(answer.kind, Answer::Kind::reply);
        EXPECT_EQ(answer.mss, 0);
    }
}

TEST(NmtcpWire, ErrorsThatQuoteEightBytesNameTheSyn) {
    const SynRun run = run_of();
    for (const std::size_t quoted : {8U, 20U, 40U}) {
        const Answer answer = nmtcp::parse_icmp(run, Family::v4, error_quoting(syn(run, index_a), quoted));
        EXPECT_EQ(answer.kind, Answer::Kind::icmp_error) << quoted;
        EXPECT_EQ(answer.index, index_a);
        EXPECT_EQ(answer.port, 443);
        EXPECT_EQ(answer.icmp_type, 3);
        EXPECT_EQ(answer.icmp_code, 13);
        EXPECT_EQ(nm::to_string(answer.from), "198.51.100.9");
    }
    auto other = syn(run, index_a);
    other[7] ^= 1;  // the sequence number of someone else
    const Answer answer = nmtcp::parse_icmp(run, Family::v4, error_quoting(other, 8));
    EXPECT_TRUE(answer.kind == Answer::Kind::foreign || answer.index != index_a);
}

}  // namespace
