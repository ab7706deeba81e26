// Probes of a trace as they are written and read, against libtins: valid packets whose flow never moves,
// known again from every form of quote (traps T7, T29).
#include <gtest/gtest.h>
#include <tins/icmp.h>
#include <tins/icmpv6.h>
#include <tins/ip.h>
#include <tins/ipv6.h>
#include <tins/rawpdu.h>
#include <tins/tcp.h>
#include <tins/udp.h>

#include <array>
#include <set>

#include "net/checksum.hpp"
#include "trace/wire_trace.hpp"

namespace nm {
namespace {

const IpAddress from_v4 = *parse_ip("10.0.0.1"), to_v4 = *parse_ip("192.0.2.7");
const IpAddress from_v6 = *parse_ip("2001:db8::1"), to_v6 = *parse_ip("2001:db8:9::7");
const IpAddress router_v4 = *parse_ip("10.9.9.9");

using Packet = std::vector<std::uint8_t>;

TraceRun run_of(TraceMethod method, std::uint16_t flows = 1) {
    TraceRun run;
    run.method = method;
    run.key[0] = {{0xDEADBEEF, 0x01234567}};
    run.key[1] = {{0x89ABCDEF, 0xCAFEF00D}};
    run.flows = flows;
    run.first_mark = 33'280;
    run.checksum = 0xFFF0;
    run.flow_label = 0xFFFFF;
    run.tos = 0x28;
    return run;
}

Packet probe(const TraceRun& run, Family family, std::uint32_t index, std::uint16_t flow = 0,
             std::uint8_t ttl = 5) {
    TraceBuilder builder(run, 2);
    const bool v4 = family == Family::v4;
    const Bytes bytes = builder.build(1, {index, v4 ? from_v4 : from_v6, v4 ? to_v4 : to_v6, 443, ttl, flow});
    return {bytes.begin(), bytes.end()};
}

// The ICMP error by which a router says that it dropped this packet; `quoted` bytes behind the quoted IP
// header.
Packet error_about(const Packet& original, std::size_t quoted, const Packet& behind = {},
                   std::uint8_t length_byte = 0) {
    const bool v4 = original[0] >> 4 == 4;
    Packet body{static_cast<std::uint8_t>(v4 ? 11 : 3), 0, 0, 0, 0, 0, 0, 0};
    body[v4 ? 5 : 4] = length_byte;
    const std::size_t size = std::min(original.size(), (v4 ? 20 : 40) + quoted);
    body.insert(body.end(), original.begin(), original.begin() + static_cast<std::ptrdiff_t>(size));
    body.insert(body.end(), behind.begin(), behind.end());
    if (!v4) return body;  // the kernel has checked and taken off the rest
    const std::uint16_t sum = checksum(body);
    std::memcpy(body.data() + 2, &sum, 2);
    Tins::IP ip =
        Tins::IP("10.0.0.1", "10.9.9.9") / Tins::RawPDU(body.data(), static_cast<std::uint32_t>(body.size()));
    ip.protocol(1);
    ip.ttl(61);
    Packet bytes = ip.serialize();
    bytes[9] = 1;  // libtins sets the protocol of its own payload classes only
    return bytes;
}

TraceHit read_error(const TraceRun& run, const Packet& original, std::size_t quoted) {
    return parse_trace_icmp(run, original[0] >> 4 == 4 ? Family::v4 : Family::v6,
                            error_about(original, quoted));
}

struct Form {
    TraceMethod method;
    Family family;
};
class EveryForm : public ::testing::TestWithParam<Form> {};
INSTANTIATE_TEST_SUITE_P(
    Trace, EveryForm,
    ::testing::Values(Form{TraceMethod::icmp, Family::v4}, Form{TraceMethod::udp, Family::v4},
                      Form{TraceMethod::tcp, Family::v4}, Form{TraceMethod::icmp, Family::v6},
                      Form{TraceMethod::udp, Family::v6}, Form{TraceMethod::tcp, Family::v6}));

TEST_P(EveryForm, ChecksumsAreValid) {
    const auto [method, family] = GetParam();
    const TraceRun run = run_of(method, 16);
    for (std::uint32_t index = 0; index < 70'000; index += 37) {
        const Packet packet = probe(run, family, index, static_cast<std::uint16_t>(index % 16));
        const std::size_t header = family == Family::v4 ? 20 : 40;
        const Bytes body(packet.data() + header, packet.size() - header);
        const std::uint8_t proto = packet[family == Family::v4 ? 9 : 6];
        const std::uint64_t pseudo = proto == 1
                                         ? 0
                                         : pseudo_header_sum(family == Family::v4 ? from_v4 : from_v6,
                                                             family == Family::v4 ? to_v4 : to_v6, proto,
                                                             static_cast<std::uint32_t>(body.size()));
        ASSERT_EQ(checksum_finish(checksum_add(pseudo, body)), 0) << index;
        ASSERT_NE(packet[4] << 8 | packet[5], 0) << "the kernel would choose an IP identification";
    }
}

TEST_P(EveryForm, T29TheFlowOfAllProbesIsOne) {
    const auto [method, family] = GetParam();
    const TraceRun run = run_of(method, 16);
    for (const std::uint16_t flow : std::array<std::uint16_t, 3>{0, 1, 15}) {
        std::set<Packet> heads;
        for (std::uint32_t index = 0; index < 200'000; index += 991) {
            const Packet packet = probe(run, family, index, flow, static_cast<std::uint8_t>(1 + index % 30));
            const std::size_t header = family == Family::v4 ? 20 : 40;
            // Addresses, protocol, class and label; then what routers hash of the transport header, and for
            // ICMP the identifier as well.
            Packet head(packet.begin(), packet.begin() + (family == Family::v4 ? 2 : 4));
            head.insert(head.end(), packet.begin() + (family == Family::v4 ? 12 : 8),
                        packet.begin() + static_cast<std::ptrdiff_t>(header + 4));
            if (method == TraceMethod::icmp)
                head.insert(head.end(), {packet[header + 4], packet[header + 5]});
            if (method == TraceMethod::udp)
                head.insert(head.end(), packet.begin() + static_cast<std::ptrdiff_t>(header + 4),
                            packet.begin() + static_cast<std::ptrdiff_t>(header + 8));
            heads.insert(head);
        }
        EXPECT_EQ(heads.size(), 1U) << "flow " << flow;
    }
    EXPECT_NE(probe(run, family, 7, 1)[family == Family::v4 ? 22 : 42], 0);
}

TEST_P(EveryForm, T7AnErrorNamesItsProbeHoweverMuchItQuotes) {
    const auto [method, family] = GetParam();
    const TraceRun run = run_of(method, 16);
    for (const std::uint32_t index : {0U, 1U, 65'534U, 65'535U, 0x12345678U, 0xFFFFFFFFU}) {
        const Packet original = probe(run, family, index, 3);
        for (const std::size_t quoted : {std::size_t{8}, std::size_t{16}, std::size_t{1000}}) {
            const TraceHit hit = read_error(run, original, quoted);
            const bool only_payload = method == TraceMethod::udp && family == Family::v6 && quoted == 8;
            if (only_payload) {
                EXPECT_EQ(hit.kind, TraceHit::Kind::foreign);
                continue;
            }
            ASSERT_EQ(hit.kind, TraceHit::Kind::icmp_error) << index << " " << quoted;
            EXPECT_EQ(hit.flow, 3);
            EXPECT_FALSE(hit.corrupt);
            EXPECT_FALSE(hit.checksum_changed);
            EXPECT_EQ(hit.quoted_ttl, 5);
            EXPECT_EQ(hit.quoted_tos, 0x28);
            EXPECT_EQ(hit.quoted_to, family == Family::v4 ? to_v4 : to_v6);
            EXPECT_EQ(hit.quoted_from, family == Family::v4 ? from_v4 : from_v6);
            if (hit.index) {
                EXPECT_EQ(*hit.index, index);
            } else {
                EXPECT_EQ(*hit.index_short, short_index(index));
            }
            if (method == TraceMethod::tcp || quoted > 8) {
                EXPECT_TRUE(hit.index.has_value());
            }
        }
    }
}

TEST_P(EveryForm, AQuoteOfAnotherRunIsForeign) {
    const auto [method, family] = GetParam();
    const TraceRun run = run_of(method);
    TraceRun other = run;
    other.first_mark = 33'281;
    EXPECT_EQ(read_error(run, probe(other, family, 5), 8).kind, TraceHit::Kind::foreign);
    if (method == TraceMethod::tcp)
        return;  // any sequence number is an index: the table of sent ones decides
    other = run;
    other.key[1].key[0] ^= 1;
    EXPECT_EQ(read_error(run, probe(other, family, 5), 1000).kind, TraceHit::Kind::foreign);
}

TEST_P(EveryForm, CutAnywhereItIsReadWithoutHarm) {
    const auto [method, family] = GetParam();
    const TraceRun run = run_of(method);
    const Packet error = error_about(probe(run, family, 99), 1000);
    for (std::size_t size = 0; size < error.size(); ++size) {
        const Bytes cut(error.data(), size);
        const TraceHit hit = parse_trace_icmp(run, family, cut);
        if (hit.index) {
            EXPECT_EQ(*hit.index, 99U) << size;
        }
        parse_trace_transport(run, family, cut);
    }
}

TEST(TraceWire, AWrongChecksumIsCorrupt) {
    const TraceRun run = run_of(TraceMethod::udp);
    Packet error = error_about(probe(run, Family::v4, 7), 1000);
    error.back() ^= 1;
    EXPECT_TRUE(parse_trace_icmp(run, Family::v4, error).corrupt);
}

TEST(TraceWire, ATranslatorShowsInTheQuote) {
    const TraceRun run = run_of(TraceMethod::udp);
    Packet original = probe(run, Family::v4, 7);
    original[19] = 99;     // destination 192.0.2.99
    original[26] ^= 0x55;  // and its checksum
    const TraceHit hit = read_error(run, original, 1000);
    ASSERT_EQ(hit.kind, TraceHit::Kind::icmp_error);
    EXPECT_EQ(hit.index, 7U);
    EXPECT_EQ(hit.quoted_to, *parse_ip("192.0.2.99"));
    EXPECT_TRUE(hit.checksum_changed);
}

TEST(TraceWire, AShortQuoteFilledUpWithZerosNamesItsProbe) {
    for (const TraceMethod method : {TraceMethod::icmp, TraceMethod::udp}) {
        const TraceRun run = run_of(method);
        const Packet zeros(100);
        const TraceHit hit =
            parse_trace_icmp(run, Family::v4, error_about(probe(run, Family::v4, 12'345), 8, zeros));
        ASSERT_EQ(hit.kind, TraceHit::Kind::icmp_error);
        EXPECT_FALSE(hit.index.has_value());
        EXPECT_EQ(hit.index_short, short_index(12'345));
    }
}

TEST(TraceWire, AnEchoReplyNamesItsProbeAndAnAlteredOneIsCorrupt) {
    const TraceRun run = run_of(TraceMethod::icmp, 16);
    Packet reply = probe(run, Family::v4, 0x12345678, 2);
    reply[20] = 0;  // type: echo reply
    reply[2] = 0, reply[3] = static_cast<std::uint8_t>(reply.size());
    reply[22] = reply[23] = 0;
    std::uint16_t sum = checksum(Bytes(reply.data() + 20, reply.size() - 20));
    std::memcpy(reply.data() + 22, &sum, 2);
    TraceHit hit = parse_trace_icmp(run, Family::v4, reply);
    ASSERT_EQ(hit.kind, TraceHit::Kind::reply);
    EXPECT_EQ(hit.index, 0x12345678U);
    EXPECT_EQ(hit.flow, 2);
    EXPECT_FALSE(hit.corrupt);
    reply[30] ^= 1;
    EXPECT_TRUE(parse_trace_icmp(run, Family::v4, reply).corrupt);
}

TEST(TraceWire, OnlyASegmentThatAcknowledgesOurSynAnswersIt) {
    const TraceRun run = run_of(TraceMethod::tcp);
    const Packet syn = probe(run, Family::v4, 42);
    const Tins::IP sent(syn.data(), static_cast<std::uint32_t>(syn.size()));
    const auto& segment = sent.rfind_pdu<Tins::TCP>();
    EXPECT_EQ(segment.dport(), 443);
    EXPECT_EQ(segment.get_flag(Tins::TCP::SYN), 1);
    const auto answer = [&](std::uint32_t ack, unsigned flags) {
        Tins::TCP tcp(segment.sport(), 443);
        tcp.ack_seq(ack);
        tcp.flags(static_cast<Tins::small_uint<12>>(static_cast<std::uint16_t>(flags)));
        return (Tins::IP("10.0.0.1", "192.0.2.7") / tcp).serialize();
    };
    const TraceHit open =
        parse_trace_transport(run, Family::v4, answer(segment.seq() + 1, Tins::TCP::SYN | Tins::TCP::ACK));
    EXPECT_EQ(open.answer, TraceAnswer::open);
    EXPECT_EQ(open.index, 42U);
    EXPECT_FALSE(open.corrupt);
    const TraceHit closed =
        parse_trace_transport(run, Family::v4, answer(segment.seq() + 1, Tins::TCP::RST | Tins::TCP::ACK));
    EXPECT_EQ(closed.answer, TraceAnswer::closed);
    EXPECT_EQ(parse_trace_transport(run, Family::v4, answer(0, Tins::TCP::RST)).kind,
              TraceHit::Kind::foreign);
    EXPECT_EQ(parse_trace_transport(run, Family::v4, answer(segment.seq() + 1, Tins::TCP::ACK)).kind,
              TraceHit::Kind::foreign);
}

// --- RFC 4884, RFC 4950 ---

Packet mpls_extension(const std::vector<std::uint32_t>& entries) {
    Packet out{0x20, 0, 0, 0, 0, static_cast<std::uint8_t>(4 + 4 * entries.size()), 1, 1};
    for (const std::uint32_t entry : entries) {
        for (const int shift : {24, 16, 8, 0}) out.push_back(static_cast<std::uint8_t>(entry >> shift));
    }
    const std::uint16_t sum = checksum(out);
    std::memcpy(out.data() + 2, &sum, 2);
    return out;
}

Packet padded_then(const Packet& original, const Packet& extension) {
    Packet behind(128 - original.size());
    behind.insert(behind.end(), extension.begin(), extension.end());
    return behind;
}

constexpr std::uint32_t label_16001 = 16001U << 12 | 3 << 9 | 1, label_77 = 77U << 12 | 1 << 8 | 255;

TEST(IcmpExtension, LabelsAreReadWithAndWithoutTheLength) {
    for (const Family family : {Family::v4, Family::v6}) {
        const TraceRun run = run_of(TraceMethod::udp);
        const Packet original = probe(run, family, 1);
        const Packet behind = padded_then(original, mpls_extension({label_16001, label_77}));
        for (const int length : {128 / (family == Family::v4 ? 4 : 8), 0}) {
            const TraceHit hit = parse_trace_icmp(
                run, family, error_about(original, 1000, behind, static_cast<std::uint8_t>(length)));
            ASSERT_EQ(hit.mpls.count, 2U) << length;
            EXPECT_EQ(hit.mpls.entries[0], label_16001);
            EXPECT_EQ(hit.mpls.entries[1], label_77);
        }
    }
}

TEST(IcmpExtension, WhatOnlyLooksLikeAnExtensionIsNone) {
    const TraceRun run = run_of(TraceMethod::udp);
    const Packet original = probe(run, Family::v4, 1);
    Packet extension = mpls_extension({label_16001});
    extension.back() ^= 1;  // wrong checksum
    EXPECT_EQ(parse_trace_icmp(run, Family::v4, error_about(original, 1000, padded_then(original, extension)))
                  .mpls.count,
              0U);
    extension = mpls_extension({label_16001});
    extension[2] = extension[3] = 0;  // no checksum: only believed with a length
    const Packet behind = padded_then(original, extension);
    EXPECT_EQ(parse_trace_icmp(run, Family::v4, error_about(original, 1000, behind)).mpls.count, 0U);
    EXPECT_EQ(parse_trace_icmp(run, Family::v4, error_about(original, 1000, behind, 32)).mpls.count, 1U);
    extension = mpls_extension({});
    extension[5] = 3;  // an object shorter than its header
    extension[2] = extension[3] = 0;
    EXPECT_EQ(
        parse_trace_icmp(run, Family::v4, error_about(original, 1000, padded_then(original, extension), 32))
            .mpls.count,
        0U);
}

}  // namespace
}  // namespace nm
