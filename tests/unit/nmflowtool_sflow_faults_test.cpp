// What is wrong in a sample is passed over and told, and the rest of the sample comes out.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/hex.hpp"
#include "sflow_bytes.hpp"

namespace {

using namespace nm::test;

// A structure or sample whose length tells its bytes without their padding.
Wire unpadded(std::uint32_t number, const Wire& body) {
    return Wire().u32(number).add(xdr(body));
}

Wire switch_structure() {
    return structure(1001, Wire().u32(5).u32(1).u32(6).u32(2));
}

// A header of an unknown protocol.
Wire header(std::size_t announced, std::size_t there) {
    return Wire().u32(99).u32(100).u32(0).u32(announced).zeros(there);
}

Wire ethernet_counters(std::uint32_t count) {
    Wire body;
    for (std::uint32_t i = 1; i <= count; ++i) body.u32(i);
    return structure(2, body);
}

// The same sample with another number of structures told.
Wire telling(Wire sample, std::size_t at, std::uint32_t count) {
    const Wire number = Wire().u32(count);
    std::ranges::copy(number.bytes, sample.bytes.begin() + static_cast<std::ptrdiff_t>(at));
    return sample;
}
constexpr std::size_t flow_count_at = 8 + 28, counter_count_at = 8 + 8;

TEST(SflowFaults, Trap3LengthsMayLeaveThePaddingOut) {
    SflowCollector collector;
    const Wire odd_counters = Wire()
                                  .u32(11)
                                  .u32(2 << 24 | 1)
                                  .u32(1)
                                  .add(Wire().u32(1005).u32(9).u32(5).raw({'e', 't', 'h', '1', '0'}));
    collector.take(sflow_datagram(
        1,
        {flow_sample({unpadded(1, header(61, 61)), unpadded(99, Wire().raw({1, 2, 3})), switch_structure()}),
         counter_sample(
             {unpadded(1005, Wire().u32(5).raw({'e', 't', 'h', '1', '0'})), ethernet_counters(13)}),
         unpadded(2, odd_counters), flow_sample({switch_structure()})}));
    ASSERT_EQ(collector.samples.size(), 2u);
    EXPECT_EQ(collector.samples[0].header_bytes, 61u);
    EXPECT_EQ(collector.samples[0].in_vlan, 5);
    ASSERT_EQ(collector.counters.size(), 2u);
    EXPECT_EQ(collector.counters[0].if_name, "eth10");
    EXPECT_EQ(collector.counters[0].eth_symbol_errors, 13u);
    EXPECT_EQ(collector.counters[1].if_name, "eth10");
    // At the very end there may be no padding to pass over.
    Wire last = sflow_datagram(2, {unpadded(2, odd_counters)});
    last.bytes.resize(last.size() - 3);
    collector.take(last);
    EXPECT_EQ(collector.counters.size(), 3u);
    EXPECT_EQ(collector.stats().malformed_samples + collector.stats().malformed_structures, 0u);
    EXPECT_EQ(collector.stats().trailing_bytes, 0u);
}

TEST(SflowFaults, Trap2ABrokenStructureLeavesNoneOfItsMembersAndSpoilsNoOther) {
    const Wire broken[] = {
        structure(1001, Wire().u32(7).u32(1).u32(8)),
        structure(1002, Wire().u32(3).u32(24).u32(16)),
        structure(1003, Wire().u32(1).u32(0x09090909).u32(1).u32(2).u32(3).u32(1).u32(2).u32(50).u32(1)),
        structure(1037, Wire().u32(7)),
        structure(1, header(200, 64)),
        Wire().u32(1002).u32(400).u32(1).u32(2),
    };
    for (const Wire& one : broken) {
        SflowCollector collector;
        collector.take(
            sflow_datagram(1, {flow_sample({switch_structure(), structure(1036, Wire().u32(3)), one})}));
        ASSERT_EQ(collector.samples.size(), 1u);
        const nm::SflowSample& sample = collector.samples[0];
        EXPECT_EQ(sample.sequence, 9u);
        EXPECT_EQ(sample.sampling_rate, 1000u);
        EXPECT_EQ(sample.in_vlan, 5);
        EXPECT_EQ(sample.queue, 3u);
        EXPECT_FALSE(sample.acl || sample.router_as || sample.header_protocol || sample.src_mask);
        EXPECT_TRUE(sample.as_path.empty() && !sample.bgp_next_hop.is_set());
        const nm::FlowStats stats = collector.stats();
        EXPECT_EQ(stats.records, 1u);
        EXPECT_EQ(stats.malformed_structures, 1u);
        EXPECT_EQ(stats.malformed_samples, 0u);
        ASSERT_EQ(stats.errors.size(), 1u);
        EXPECT_EQ(stats.errors[0].kind, nm::FlowFault::structure);
        std::string number;
        nm::append_hex(number, nm::Bytes(one).first(4));
        EXPECT_EQ(stats.errors[0].first_bytes.substr(0, 8), number);
    }
}

TEST(SflowFaults, Trap2CounterSamplesKeepTheirWholeStructures) {
    SflowCollector collector;
    const Wire name = structure(1005, xdr("eth0"));
    collector.take(sflow_datagram(
        1,
        {counter_sample({ethernet_counters(12), name}), counter_sample({name, Wire().u32(2).u32(500).u64(1)}),
         counter_sample({structure(2002, Wire().u32(1)), name}), counter_sample({ethernet_counters(12)})}));
    ASSERT_EQ(collector.counters.size(), 3u);
    for (const nm::SflowCounters& counters : collector.counters) {
        EXPECT_EQ(counters.if_name, "eth0");
        EXPECT_FALSE(counters.eth_alignment_errors);
    }
    EXPECT_EQ(collector.hosts.size(), 0u);
    EXPECT_EQ(collector.stats().malformed_structures, 3u);
    EXPECT_EQ(collector.stats().malformed_samples, 1u);
    EXPECT_EQ(collector.stats().counter_samples, 3u);
}

TEST(SflowFaults, Trap4AStructureCountThatLiesIsBoundByTheBytes) {
    SflowCollector collector;
    const Wire two = flow_sample({switch_structure(), structure(1036, Wire().u32(3))});
    collector.take(
        sflow_datagram(1, {telling(two, flow_count_at, 3), telling(two, flow_count_at, 0xFFFFFFFF),
                           telling(two, flow_count_at, 1), telling(two, flow_count_at, 0),
                           telling(counter_sample({ethernet_counters(13)}), counter_count_at, 2)}));
    ASSERT_EQ(collector.samples.size(), 4u);
    for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_EQ(collector.samples[i].in_vlan.has_value(), i < 3);
        EXPECT_EQ(collector.samples[i].queue.has_value(), i < 2);
    }
    ASSERT_EQ(collector.counters.size(), 1u);
    EXPECT_EQ(collector.counters[0].eth_symbol_errors, 13u);
    EXPECT_EQ(collector.stats().count_mismatches, 5u);
    EXPECT_EQ(collector.stats().trailing_bytes, 12u + 24u + 12u);
    EXPECT_EQ(collector.stats().malformed_samples + collector.stats().malformed_structures, 0u);
}

TEST(SflowFaults, ASampleWithNothingWholeIsToldButNoNumberOfItsSourceIsLost) {
    SflowCollector collector;
    const Wire bad = structure(1001, Wire().u32(1));
    const Wire eleventh = structure(1, Wire().u32(11).u32(7).u32(1).u32(1).u32(0).u32(1).u32(2).u32(0));
    collector.take(sflow_datagram(1, {flow_sample({bad}), eleventh}));
    EXPECT_EQ(collector.samples.size(), 1u);
    EXPECT_EQ(collector.stats().samples_lost, 1u) << "the tenth";
    EXPECT_EQ(collector.stats().malformed_samples, 1u);
    EXPECT_EQ(collector.stats().malformed_structures, 0u);
    ASSERT_EQ(collector.stats().errors.size(), 1u);
    EXPECT_EQ(collector.stats().errors[0].kind, nm::FlowFault::sample);
}

}  // namespace
