#include <gtest/gtest.h>

#include "decode/decoder.hpp"
#include "wire_builder.hpp"

namespace {

using nm::test::Wire;
using namespace nmflowtool;

Wire structure(std::uint32_t format, const Wire& body) {
    return Wire().u32(format).u32(body.size()).add(body);
}

// An Ethernet frame with TCP 192.0.2.1:1001 -> 198.51.100.1:443, 54 bytes.
Wire frame() {
    return Wire()
        .raw({2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0})
        .u16(40)
        .u32(0)
        .u8(64)
        .u8(6)
        .u16(0)
        .raw({192, 0, 2, 1, 198, 51, 100, 1})
        .u16(1001)
        .u16(443)
        .u64(0)
        .u16(0x5018)
        .zeros(6);
}

Wire raw_header(std::uint32_t protocol, const Wire& header) {
    return structure(1, Wire()
                            .u32(protocol)
                            .u32(1518)
                            .u32(4)
                            .u32(header.size())
                            .add(header)
                            .zeros((4 - header.size() % 4) % 4));
}

Wire flow_sample(const std::vector<Wire>& structures, std::uint32_t in = 3, std::uint32_t out = 4) {
    Wire body = Wire().u32(9).u32(7).u32(1000).u32(9000).u32(2).u32(in).u32(out).u32(structures.size());
    for (const Wire& one : structures) body.add(one);
    return structure(1, body);
}

Wire counters() {
    Wire body = Wire().u32(11).u32(7).u32(1);
    Wire generic = Wire().u32(7).u32(6).u64(10'000'000'000).u32(1).u32(1).u64(std::uint64_t{1} << 60);
    generic.u32(2)
        .u32(0xFFFFFFFF)
        .u32(4)
        .u32(5)
        .u32(6)
        .u32(7)
        .u64(8)
        .u32(9)
        .u32(10)
        .u32(11)
        .u32(12)
        .u32(13)
        .u32(2);
    return structure(2, body.add(structure(1, generic)));
}

Wire datagram(std::uint32_t sequence, const std::vector<Wire>& samples, std::uint32_t sub_agent = 0) {
    Wire out =
        Wire().u32(5).u32(1).u32(0x0A090909).u32(sub_agent).u32(sequence).u32(1000).u32(samples.size());
    for (const Wire& sample : samples) out.add(sample);
    return out;
}

struct Collector {
    Decoder decoder;
    std::vector<nm::SflowSample> samples;
    std::vector<nm::SflowCounters> counters;

    Collector& take(const Wire& bytes) {
        decoder.open({{1}, *nm::parse_ip("10.1.1.1"), bytes});
        Records records;
        for (auto got = decoder.next(records); got != Decoder::Got::nothing; got = decoder.next(records)) {
            if (got == Decoder::Got::sample) samples.push_back(records.sample);
            if (got == Decoder::Got::counters) counters.push_back(records.counters);
        }
        return *this;
    }
    nm::FlowStats stats() const {
        nm::FlowStats sum;
        decoder.for_each_stats([&](const nm::FlowStats& one) { add_stats(sum, one); });
        return sum;
    }
};

TEST(Sflow5, DecodesTheSampledPacketToItsPorts) {
    Collector collector;
    collector.take(datagram(1, {flow_sample({raw_header(1, frame())})}));
    ASSERT_EQ(collector.samples.size(), 1u);
    const nm::SflowSample& sample = collector.samples[0];
    EXPECT_EQ(to_string(sample.src_ip), "192.0.2.1");
    EXPECT_EQ(sample.dst_port, 443);
    EXPECT_EQ(word_of(*sample.tcp_flags), "PA");
    EXPECT_EQ(sample.bytes, 1518u);
    EXPECT_EQ(sample.packets, 1u);
    EXPECT_EQ(sample.ip_bytes, 40u);
    EXPECT_EQ(sample.sampling_rate, 1000u);
    EXPECT_EQ(to_string(sample.exporter), "10.9.9.9");
    EXPECT_EQ(sample.in_if, 3u);
}

TEST(Sflow5, Trap2PassesOverStructuresAndSamplesThatItDoesNotKnow) {
    Collector collector;
    const Wire vendor = structure(8800u << 12 | 2u, Wire().zeros(12));
    collector.take(datagram(
        1, {structure(4413u << 12 | 9u, Wire().zeros(20)), flow_sample({vendor, raw_header(1, frame())})}));
    ASSERT_EQ(collector.samples.size(), 1u);
    EXPECT_EQ(collector.samples[0].src_port, 1001);
    EXPECT_EQ(collector.stats().unknown_samples, 1u);
    EXPECT_EQ(collector.stats().unknown_records, 1u);
}

TEST(Sflow5, Trap2AStructureThatOverrunsSpoilsOnlyItsSample) {
    Collector collector;
    Wire bad = raw_header(1, frame());
    bad.bytes[7] = 200;
    Wire long_header = raw_header(1, frame());
    long_header.bytes[23] = 55 + 8;
    collector.take(
        datagram(1, {flow_sample({bad}), flow_sample({long_header}), flow_sample({raw_header(1, frame())})}));
    EXPECT_EQ(collector.samples.size(), 1u);
    EXPECT_EQ(collector.stats().malformed_samples, 2u);
}

TEST(Sflow5, Trap3AStructureLongerThanKnownGivesItsKnownPart) {
    Collector collector;
    collector.take(datagram(1, {flow_sample({structure(1001, Wire().u32(5).u32(1).u32(6).u32(2).u32(99))})}));
    ASSERT_EQ(collector.samples.size(), 1u);
    EXPECT_EQ(collector.samples[0].in_vlan, 5);
    EXPECT_EQ(collector.samples[0].out_vlan, 6);
    EXPECT_EQ(collector.samples[0].vlan, 5);
    EXPECT_EQ(collector.samples[0].out_priority, 2);
    EXPECT_EQ(collector.stats().trailing_records, 1u);
}

TEST(Sflow5, Trap16ReadsTheWordsOfAnInterface) {
    Collector collector;
    collector.take(datagram(1, {flow_sample({}, 0x40000100, 0x80000003), flow_sample({}, 0x3FFFFFFF, 0)}));
    ASSERT_EQ(collector.samples.size(), 2u);
    EXPECT_EQ(collector.samples[0].in_kind, nm::PortKind::discarded);
    EXPECT_EQ(collector.samples[0].discard_reason, 256u);
    EXPECT_EQ(collector.samples[0].out_kind, nm::PortKind::multiple);
    EXPECT_EQ(collector.samples[0].out_count, 3u);
    EXPECT_FALSE(collector.samples[0].in_if);
    EXPECT_EQ(collector.samples[1].in_kind, nm::PortKind::internal);
    EXPECT_FALSE(collector.samples[1].out_if);
}

// The same IP packet behind each kind of header that is understood; the others are told by their number.
TEST(Sflow5, Trap17EveryHeaderProtocolIsDecodedOrToldByItsNumber) {
    const Wire whole = frame();
    Wire ip;
    ip.bytes.assign(whole.bytes.begin() + 14, whole.bytes.end());
    const auto sample_of = [](std::uint32_t protocol, const Wire& header) {
        Collector collector;
        collector.take(datagram(1, {flow_sample({raw_header(protocol, header)})}));
        EXPECT_EQ(collector.stats().malformed_samples, 0u);
        return collector.samples.at(0);
    };
    const std::pair<std::uint32_t, Wire> decoded[] = {
        {1, whole},
        {7, Wire().u16(0x0021).add(ip)},
        {11, ip},
        {13, Wire().u32(100 << 12 | 0x100 | 64).add(ip)},
        {14, Wire().u16(0xFF03).u16(0x0021).add(ip)},
    };
    for (const auto& [protocol, header] : decoded) {
        const nm::SflowSample sample = sample_of(protocol, header);
        EXPECT_EQ(sample.header_protocol, protocol);
        EXPECT_EQ(to_string(sample.src_ip), "192.0.2.1") << protocol;
        EXPECT_EQ(sample.dst_port, 443) << protocol;
        EXPECT_EQ(sample.src_mac.has_value(), protocol == 1) << protocol;
    }
    for (const std::uint32_t protocol : {2u, 3u, 4u, 5u, 6u, 8u, 9u, 10u, 15u, 16u, 17u, 99u}) {
        const nm::SflowSample sample = sample_of(protocol, ip);
        EXPECT_EQ(sample.header_protocol, protocol);
        EXPECT_FALSE(sample.src_ip.is_set() || sample.src_port || sample.proto_num) << protocol;
    }
}

// 1518 bytes on the wire of which 4 are not in the header, 54 of them sampled, an IP packet of 40.
TEST(Sflow5, Trap18FrameHeaderStrippedAndIpLengthsAreToldApart) {
    Collector collector;
    collector.take(datagram(1, {flow_sample({raw_header(1, frame())})}));
    const nm::SflowSample& sample = collector.samples.at(0);
    EXPECT_EQ(sample.bytes, 1518u);
    EXPECT_EQ(sample.stripped, 4u);
    EXPECT_EQ(sample.header_bytes, 54u);
    EXPECT_EQ(sample.ip_bytes, 40u);
    EXPECT_EQ(sample.sampling_rate, 1000u) << "told beside, never multiplied";
}

TEST(Sflow5, Trap19TagsOfTheHeaderAndOfTheSwitchAreKeptApart) {
    const Wire bare = frame();
    const auto tagged = [&](const Wire& tags) {
        Wire out;
        out.bytes.assign(bare.bytes.begin(), bare.bytes.begin() + 12);
        out.add(tags);
        out.bytes.insert(out.bytes.end(), bare.bytes.begin() + 12, bare.bytes.end());
        return out;
    };
    const auto sample_of = [](const std::vector<Wire>& structures) {
        Collector collector;
        collector.take(datagram(1, {flow_sample(structures)}));
        return collector.samples.at(0);
    };
    const Wire by_switch = structure(1001, Wire().u32(5).u32(1).u32(6).u32(2));
    const nm::SflowSample both = sample_of({raw_header(1, tagged(Wire().u16(0x8100).u16(7))), by_switch});
    EXPECT_EQ(both.vlan, 7) << "what was on the wire";
    EXPECT_EQ(both.in_vlan, 5);
    EXPECT_EQ(both.out_vlan, 6);
    const nm::SflowSample priority = sample_of({raw_header(1, tagged(Wire().u16(0x8100).u16(0xA000)))});
    EXPECT_FALSE(priority.vlan) << "a tag that is only a priority";
    EXPECT_EQ(priority.dst_port, 443);
    EXPECT_EQ(sample_of({raw_header(1, tagged(Wire().u16(0x9200).u16(4095)))}).vlan, 4095);
    const nm::SflowSample removed =
        sample_of({raw_header(1, bare), structure(1012, Wire().u32(2).u32(0x88A80064).u32(0x810000C8))});
    EXPECT_EQ(removed.vlans_stripped, (std::vector<std::string>{"88a8:0064", "8100:00c8"}));
}

TEST(Sflow5, LeavesOutCountersThatAreNotKept) {
    Collector collector;
    collector.take(datagram(1, {counters()}));
    ASSERT_EQ(collector.counters.size(), 1u);
    const nm::SflowCounters& counters = collector.counters[0];
    EXPECT_EQ(counters.if_index, 7u);
    EXPECT_EQ(counters.in_bytes, std::uint64_t{1} << 60);
    EXPECT_EQ(counters.in_unicast, 2u);
    EXPECT_FALSE(counters.in_multicast);
    EXPECT_EQ(counters.out_errors, 13u);
    EXPECT_EQ(counters.if_admin, nm::IfStatus::up);
    EXPECT_EQ(counters.if_oper, nm::IfStatus::down);
    EXPECT_EQ(counters.promiscuous, false);
}

TEST(Sflow5, Trap4ACountThatLiesIsBoundByTheBytes) {
    Collector collector;
    Wire more = datagram(1, {flow_sample({raw_header(1, frame())})});
    more.bytes[24] = more.bytes[25] = more.bytes[26] = more.bytes[27] = 0xFF;
    Wire fewer = datagram(2, {flow_sample({}), flow_sample({})});
    fewer.bytes[27] = 1;
    collector.take(more).take(fewer);
    EXPECT_EQ(collector.samples.size(), 2u);
    EXPECT_EQ(collector.stats().count_mismatches, 2u);
    EXPECT_GT(collector.stats().trailing_bytes, 0u);
}

TEST(Sflow5, Trap3EveryCutIsBookedAndGivesNoHalfSample) {
    const Wire whole = datagram(1, {flow_sample({raw_header(1, frame())}), counters()});
    for (std::size_t length = 4; length < whole.size(); ++length) {
        Collector collector;
        Wire cut;
        cut.bytes.assign(whole.bytes.begin(), whole.bytes.begin() + static_cast<std::ptrdiff_t>(length));
        collector.take(cut);
        const nm::FlowStats stats = collector.stats();
        EXPECT_LE(collector.samples.size(), 1u);
        EXPECT_EQ(collector.counters.size(), 0u);
        EXPECT_GT(stats.malformed_datagrams + stats.truncated_datagrams + stats.count_mismatches, 0u)
            << length;
    }
}

TEST(Sflow5, Trap12CountsLossPerAgentAndSubAgent) {
    Collector collector;
    collector.take(datagram(1, {}, 0))
        .take(datagram(70, {}, 1))
        .take(datagram(2, {}, 0))
        .take(datagram(71, {}, 1));
    EXPECT_EQ(collector.stats().datagrams_lost, 0u);
    collector.take(datagram(5, {}, 0));
    EXPECT_EQ(collector.stats().datagrams_lost, 2u);
}

}  // namespace
