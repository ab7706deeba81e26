#include <gtest/gtest.h>

#include "flow_collector.hpp"

namespace {

using namespace nm::test;

// All versions begin alike: addresses, next hop, interfaces, packets, bytes, first, last, ports.
Wire begin_of_record(std::uint32_t n) {
    return Wire()
        .u32(0xC0000200 + n)
        .u32(0xC6336400 + n)
        .u32(0x0A000001)
        .u16(1)
        .u16(2)
        .u32(n)
        .u32(n * 100)
        .u32(90'000)
        .u32(95'000)
        .u16(1000 + n)
        .u16(443);
}

Wire record5(std::uint32_t n) {
    return begin_of_record(n).u8(0).u8(0x12).u8(6).u8(8).u16(65001).u16(65002).u8(24).u8(16).u16(0);
}

Wire header(std::uint16_t version, std::uint16_t count) {
    return Wire().u16(version).u16(count).u32(100'000).u32(export_s).u32(500'000'000);
}

Wire datagram5(std::uint16_t count, std::uint32_t sequence, const Wire& records, std::uint8_t engine = 3,
               std::uint16_t sampling = 0) {
    return header(5, count).u32(sequence).u8(1).u8(engine).u16(sampling).add(records);
}

TEST(Netflow5, DecodesItsRecords) {
    FlowCollector collector;
    collector.take(datagram5(2, 10, record5(1).add(record5(2)), 3, 0x4064));
    ASSERT_EQ(collector.flows.size(), 2u);
    const nm::FlowRecord& flow = collector.flows[1];
    EXPECT_EQ(to_string(flow.src_ip), "192.0.2.2");
    EXPECT_EQ(to_string(flow.next_hop), "10.0.0.1");
    EXPECT_EQ(flow.bytes, 200u);
    EXPECT_EQ(flow.dst_port, 443);
    EXPECT_EQ(word_of(*flow.tcp_flags), "SA");
    EXPECT_EQ(flow.src_as, 65001u);
    EXPECT_EQ(flow.dst_mask, 16);
    EXPECT_EQ(flow.obs_domain, 0x103u);
    EXPECT_EQ(flow.sampling_rate, 100u);
    EXPECT_EQ(flow.rate_source, nm::RateSource::header);
    EXPECT_EQ(to_string(flow.start), "2023-11-14T22:13:10.500000Z");
    EXPECT_EQ(to_string(flow.end), "2023-11-14T22:13:15.500000Z");
}

TEST(Netflow5, Trap12CountsFlowsPerEngine) {
    FlowCollector collector;
    collector.take(datagram5(2, 0, record5(1).add(record5(2))));
    collector.take(datagram5(1, 500, record5(9), 4));
    collector.take(datagram5(1, 7, record5(3)));
    collector.take(datagram5(1, 501, record5(9), 4));
    EXPECT_EQ(collector.stats().sequence_gaps, 1u);
    EXPECT_EQ(collector.stats().records_lost, 5u);
    EXPECT_EQ(collector.stats().datagrams_lost, 0u);
}

// Two bits of mode, 14 of interval.
TEST(Netflow5, Trap14TheIntervalIsToldWithoutItsModeAndZeroIsUnknown) {
    FlowCollector collector;
    collector.take(datagram5(1, 0, record5(1), 3, 0xFFFF)).take(datagram5(1, 0, record5(1), 4, 0x4000));
    EXPECT_EQ(collector.flows.at(0).sampling_rate, 0x3FFFu);
    EXPECT_FALSE(collector.flows.at(1).sampling_rate);
}

TEST(Netflow5, Trap4ACountThatLiesIsBoundByTheBytes) {
    FlowCollector collector;
    collector.take(datagram5(30, 0, record5(1).add(record5(2)).zeros(20)));
    EXPECT_EQ(collector.flows.size(), 2u);
    EXPECT_EQ(collector.stats().count_mismatches, 1u);
    EXPECT_EQ(collector.stats().trailing_bytes, 20u);
    collector.take(datagram5(1, 30, record5(3).add(record5(4))));
    EXPECT_EQ(collector.flows.size(), 3u);
    EXPECT_EQ(collector.stats().count_mismatches, 2u);
    collector.take(datagram5(0, 31, Wire()));
    EXPECT_EQ(collector.flows.size(), 3u);
}

TEST(Netflow5, AHeaderThatIsCutIsBooked) {
    FlowCollector collector;
    collector.take(Wire().u16(5).u16(1).zeros(10));
    EXPECT_EQ(collector.stats().malformed_datagrams, 1u);
    EXPECT_EQ(collector.stats().errors.at(0).kind, nm::FlowFault::datagram_header);
}

TEST(Netflow1, DecodesItsRecords) {
    FlowCollector collector;
    const Wire record = begin_of_record(1).u16(0).u8(17).u8(4).u8(0).zeros(11);
    collector.take(header(1, 1).add(record));
    ASSERT_EQ(collector.flows.size(), 1u);
    EXPECT_EQ(word_of(*collector.flows[0].proto), "udp");
    EXPECT_EQ(collector.flows[0].tos, 4);
    EXPECT_FALSE(collector.flows[0].obs_domain);
    EXPECT_EQ(collector.stats().count_mismatches, 0u);
}

TEST(Netflow7, DecodesItsRecordsAndCountsFlows) {
    FlowCollector collector;
    const Wire record = record5(1).u32(0x0A000009);
    collector.take(header(7, 1).u32(0).u32(0).add(record));
    collector.take(header(7, 1).u32(4).u32(0).add(record));
    ASSERT_EQ(collector.flows.size(), 2u);
    EXPECT_EQ(collector.flows[1].dst_as, 65002u);
    EXPECT_EQ(collector.stats().records_lost, 3u);
}

TEST(Netflow8, IsNamedAndCounted) {
    FlowCollector collector;
    collector.take(Wire().u16(8).zeros(40));
    EXPECT_TRUE(collector.flows.empty());
    EXPECT_EQ(collector.decoder.first_unsupported(), nm::ExportProtocol::netflow8);
}

}  // namespace
