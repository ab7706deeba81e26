// Values of sFlow that stand for none, and those that older and newer agents leave out.
#include <gtest/gtest.h>

#include <algorithm>

#include "record/sflow.hpp"
#include "sflow_bytes.hpp"

namespace {

using namespace nm::test;

TEST(SflowValues, TheQueueOfABroadcomSwitch) {
    SflowCollector collector;
    collector.take(sflow_datagram(1, {flow_sample({structure(4413u << 12 | 1u, Wire().u32(5))})}));
    ASSERT_EQ(collector.samples.size(), 1u);
    EXPECT_EQ(collector.samples[0].queue, 5u);
}

// All of them, as sflow.drop prints them, are structures of any sample.
TEST(SflowValues, Trap16ADiscardedPacketHasTheStructuresOfASampledOne) {
    nm::for_each_field<nm::SflowSample>([](auto, const auto& of_sample) {
        bool is_there = false;
        nm::for_each_field<nm::SflowDrop>([&](auto, const auto& of_drop) {
            is_there = is_there || of_drop.info.key == of_sample.info.key;
        });
        const std::string_view key = of_sample.info.key;
        EXPECT_TRUE(is_there || key.ends_with("_name") || key.ends_with("_vrf")) << key;
    });
}

struct CountersWith : SflowCollector {
    explicit CountersWith(const Wire& structure) {
        take(sflow_datagram(1, {counter_sample({structure})}));
        EXPECT_EQ(stats().trailing_records, 0u);
    }
};

TEST(SflowValues, JavaMayCountNoFileDescriptors) {
    Wire java;
    for (std::uint32_t i = 1; i <= 8; ++i) java.u64(i);
    for (std::uint32_t i = 9; i <= 17; ++i) java.u32(i);
    const CountersWith collector(structure(2106, java));
    ASSERT_EQ(collector.apps.size(), 1u);
    EXPECT_EQ(collector.apps[0].jvm_threads_started, 17u);
    EXPECT_FALSE(collector.apps[0].jvm_fds_open || collector.apps[0].jvm_fds_max);
}

TEST(SflowValues, ALoadOfMinusOneIsUnknown) {
    Wire cpu = Wire().u32(0xBF800000).u32(0x3F800000).u32(0xBF800000);
    for (std::uint32_t i = 0; i < 14; ++i) cpu.u32(i);
    const CountersWith collector(structure(2003, cpu));
    ASSERT_EQ(collector.hosts.size(), 1u);
    EXPECT_FALSE(collector.hosts[0].load_1m || collector.hosts[0].load_15m);
    EXPECT_EQ(collector.hosts[0].load_5m, 1.0);
}

TEST(SflowValues, AListOfQueuesHasNoUnknownOnes) {
    const Wire buffers = Wire().u32(100).u32(200).u32(300).u32(~0u).u32(2).u32(400).u32(~0u).u32(1).u32(500);
    const CountersWith collector(structure(4413u << 12 | 2u, buffers));
    ASSERT_EQ(collector.counters.size(), 1u);
    EXPECT_EQ(collector.counters[0].buffer_out_unicast_pct, 3.0);
    EXPECT_FALSE(collector.counters[0].buffer_out_multicast_pct);
    EXPECT_TRUE(collector.counters[0].buffer_queue_unicast_pct.empty());
    EXPECT_EQ(collector.counters[0].buffer_queue_multicast_pct, std::vector<double>{5.0});
}

nm::SflowSample sample_of_tags(const std::vector<std::uint16_t>& tags) {
    Wire frame = Wire().zeros(12);
    for (const std::uint16_t tag : tags) frame.u16(0x8100).u16(tag);
    frame.u16(0x0806);
    SflowCollector collector;
    collector.take(
        sflow_datagram(1, {flow_sample({structure(1, Wire().u32(1).u32(100).u32(0).add(xdr(frame)))})}));
    return collector.samples.at(0);
}

TEST(SflowValues, Trap19ATagThatIsOnlyAPriorityNamesNoVlan) {
    const nm::SflowSample sample = sample_of_tags({100, 0xA000});
    EXPECT_EQ(sample.vlan, 100);
    EXPECT_FALSE(sample.inner_vlan);
}

TEST(SflowValues, Trap19DeepStacksOfTagsAreKeptOrTold) {
    const nm::SflowSample eight = sample_of_tags({1, 2, 3, 4, 5, 6, 7, 8});
    EXPECT_EQ(eight.vlans, (std::vector<std::uint16_t>{1, 2, 3, 4, 5, 6, 7, 8}));
    EXPECT_FALSE(eight.vlans_total);
    const nm::SflowSample nine = sample_of_tags({1, 2, 3, 4, 5, 6, 7, 8, 9});
    EXPECT_EQ(nine.vlans.size(), 8u);
    EXPECT_EQ(nine.vlans_total, 9u);
    EXPECT_EQ(nine.ethertype, 0x0806);
}

Wire numbered_sample(std::uint32_t sequence) {
    return structure(1, Wire().u32(sequence).u32(1).u32(1).u32(1).u32(0).u32(1).u32(2).u32(0));
}

TEST(SflowSources, ASampleThatComesTwiceFillsNoHole) {
    SflowCollector collector;
    const auto lost_after = [&](std::uint32_t sequence) {
        collector.take(sflow_datagram(1, {numbered_sample(sequence)}));
        return collector.stats().samples_lost;
    };
    EXPECT_EQ(lost_after(1), 0u);
    EXPECT_EQ(lost_after(5), 3u);
    EXPECT_EQ(lost_after(5), 3u) << "a duplicate";
    EXPECT_EQ(lost_after(3), 2u) << "late";
    EXPECT_EQ(lost_after(3), 2u) << "late, and a duplicate";
    EXPECT_EQ(lost_after(6), 2u);
    EXPECT_EQ(lost_after(4), 1u);
    EXPECT_EQ(lost_after(100), 94u);
    EXPECT_EQ(lost_after(37), 93u);
    EXPECT_EQ(lost_after(2), 93u) << "out of reach: another numbering";
    EXPECT_EQ(lost_after(1), 93u);
}

Wire datagram_at(std::uint32_t sequence, std::uint32_t uptime_ms, const Wire& sample) {
    Wire out = sflow_datagram(sequence, {sample});
    const Wire uptime = Wire().u32(uptime_ms);
    std::ranges::copy(uptime.bytes, out.bytes.begin() + 20);
    return out;
}

TEST(SflowSources, Trap12AnAgentThatStartedAgainCountsAnew) {
    SflowCollector collector;
    for (std::uint32_t i = 40; i <= 50; ++i) collector.take(datagram_at(i, i * 1000, numbered_sample(i)));
    for (std::uint32_t i = 1; i <= 3; ++i) collector.take(datagram_at(i, i * 1000, numbered_sample(i)));
    EXPECT_EQ(collector.stats().restarts, 1u);
    EXPECT_EQ(collector.stats().samples_lost, 0u);
    EXPECT_EQ(collector.stats().datagrams_lost, 0u);
    EXPECT_EQ(collector.stats().datagrams_duplicate, 0u);
    collector.take(datagram_at(6, 6000, numbered_sample(10)));
    EXPECT_EQ(collector.stats().samples_lost, 6u);
    EXPECT_EQ(collector.stats().datagrams_lost, 2u);
    // One that only came late.
    collector.take(datagram_at(5, 5000, numbered_sample(9)));
    EXPECT_EQ(collector.stats().restarts, 1u);
    EXPECT_EQ(collector.stats().samples_lost, 5u);
}

TEST(SflowSources, Trap12AnUptimeThatWrapsIsNoRestart) {
    SflowCollector collector;
    collector.take(datagram_at(7, 0xFFFFFFFF, numbered_sample(1)));
    collector.take(datagram_at(8, 900, numbered_sample(2)));
    EXPECT_EQ(collector.stats().restarts, 0u);
    EXPECT_EQ(collector.stats().sequence_gaps, 0u);
}

}  // namespace
