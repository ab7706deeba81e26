// Each structure of a sample, from bytes as its definition draws them; and the older versions of sFlow.
#include <gtest/gtest.h>

#include "sflow_bytes.hpp"

namespace {

using namespace nm::test;

nm::SflowSample sample_with(const std::vector<Wire>& structures) {
    SflowCollector collector;
    collector.take(sflow_datagram(1, {flow_sample(structures)}));
    EXPECT_EQ(collector.samples.size(), 1u);
    EXPECT_EQ(collector.stats().trailing_records, 0u);
    return collector.samples.empty() ? nm::SflowSample{} : collector.samples[0];
}

TEST(SflowStructures, AddressesWithoutAHeaderFillTheFlow) {
    const auto sample = sample_with(
        {structure(2,
                   Wire().u32(118).raw({2, 0, 0, 0, 0, 1, 0, 0}).raw({2, 0, 0, 0, 0, 2, 0, 0}).u32(0x0800)),
         structure(
             3, Wire().u32(100).u32(6).u32(0xC0000201).u32(0xC6336401).u32(1001).u32(443).u32(0x12).u32(8))});
    EXPECT_EQ(to_string(sample.src_ip), "192.0.2.1");
    EXPECT_EQ(sample.dst_port, 443);
    EXPECT_EQ(sample.bytes, 118u);
    EXPECT_EQ(sample.ip_bytes, 100u);
    EXPECT_EQ(word_of(*sample.tcp_flags), "SA");
    EXPECT_EQ(sample.ethertype, 0x0800);
    EXPECT_EQ(sample.tos, 8);
}

TEST(SflowStructures, AGatewayTellsItsPathWithSets) {
    const Wire path = Wire().u32(2).u32(2).u32(2).u32(64500).u32(64501).u32(1).u32(2).u32(7).u32(8);
    const auto sample = sample_with({structure(1003, Wire()
                                                         .u32(1)
                                                         .u32(0x0A000001)
                                                         .u32(64496)
                                                         .u32(64497)
                                                         .u32(64498)
                                                         .add(path)
                                                         .u32(2)
                                                         .u32(65000u << 16 | 1)
                                                         .u32(65000u << 16 | 2)
                                                         .u32(100))});
    EXPECT_EQ(sample.as_path, "64500 64501 {7,8}");
    EXPECT_EQ(sample.dst_as, 8u);
    EXPECT_EQ(sample.dst_peer_as, 64500u);
    EXPECT_EQ(sample.src_as, 64497u);
    EXPECT_EQ(sample.router_as, 64496u);
    EXPECT_EQ(sample.communities, (std::vector<std::string>{"65000:1", "65000:2"}));
    EXPECT_EQ(sample.local_pref, 100u);
    EXPECT_EQ(to_string(sample.bgp_next_hop), "10.0.0.1");
}

TEST(SflowStructures, UserUrlAndTranslation) {
    const auto sample =
        sample_with({structure(1004, Wire().u32(106).add(xdr("ann")).u32(106).add(xdr("bob\xff"))),
                     structure(1005, Wire().u32(2).add(xdr("GET /")).add(xdr("example.org"))),
                     structure(1007, Wire().u32(1).u32(0x0A000001).u32(1).u32(0x0A000002)),
                     structure(1020, Wire().u32(40000).u32(80))});
    EXPECT_EQ(sample.src_user, "ann");
    EXPECT_EQ(sample.url_host, "example.org");
    EXPECT_EQ(sample.url_direction, nm::UrlDirection::destination);
    EXPECT_EQ(to_string(sample.nat_dst_ip), "10.0.0.2");
    EXPECT_EQ(sample.nat_src_port, 40000);
}

TEST(SflowStructures, LabelsComeInWholeEntries) {
    const auto sample =
        sample_with({structure(1006, Wire()
                                         .u32(1)
                                         .u32(0x0A000001)
                                         .u32(2)
                                         .u32(300 << 12)
                                         .u32(3 << 12 | 0x140)
                                         .u32(1)
                                         .u32(400 << 12 | 0x1FF)),
                     structure(1008, Wire().add(xdr("lsp")).u32(7).u32(1)),
                     structure(1009, Wire().add(xdr("vc")).u32(8).u32(2)),
                     structure(1010, Wire().add(xdr("ftn")).u32(24)), structure(1011, Wire().u32(16))});
    EXPECT_EQ(sample.mpls_in, (std::vector<std::uint32_t>{300, 3}));
    EXPECT_EQ(sample.mpls_out, std::vector<std::uint32_t>{400});
    EXPECT_EQ(sample.mpls_tunnel_id, 7u);
    EXPECT_EQ(sample.mpls_vc, "vc");
    EXPECT_EQ(sample.mpls_ftn_mask, 24u);
    EXPECT_EQ(sample.mpls_fec_prefix, 16u);
}

TEST(SflowStructures, WhatSwitchAndKernelTellOfADrop) {
    const auto sample = sample_with(
        {structure(1036, Wire().u32(3)), structure(1037, Wire().u32(101).add(xdr("deny-all")).u32(1)),
         structure(1038, xdr("ip_rcv")), structure(1039, Wire().u32(1500)), structure(1040, Wire().u32(9000)),
         structure(1041, Wire().add(xdr("l2_drops")).add(xdr("source_mac"))),
         structure(1042, xdr("NO_SOCKET")), structure(1043, Wire().u64(1'700'000'000'000'000'000))});
    EXPECT_EQ(sample.queue, 3u);
    EXPECT_EQ(sample.acl_name, "deny-all");
    EXPECT_EQ(sample.acl_direction, nm::AclDirection::ingress);
    EXPECT_EQ(sample.function, "ip_rcv");
    EXPECT_EQ(sample.transit_ns, 1500u);
    EXPECT_EQ(sample.queue_depth_bytes, 9000u);
    EXPECT_EQ(sample.trap, "source_mac");
    EXPECT_EQ(sample.trap_group, "l2_drops");
    EXPECT_EQ(sample.drop_reason, "NO_SOCKET");
    EXPECT_EQ(to_string(sample.sampled), "2023-11-14T22:13:20.000000Z");
}

TEST(SflowStructures, TunnelsOfTheSwitchInEachDirection) {
    const Wire ip = Wire().u32(100).u32(17).u32(0x0A000001).u32(0x0A000002).u32(1).u32(4789).u32(0).u32(4);
    const auto sample = sample_with({structure(1023, ip), structure(1030, Wire().u32(77)),
                                     structure(1012, Wire().u32(1).u32(0x88A80064))});
    EXPECT_EQ(to_string(sample.tunnel_out_dst_ip), "10.0.0.2");
    EXPECT_EQ(sample.tunnel_out_dst_port, 4789);
    EXPECT_EQ(sample.tunnel_in_vni, 77u);
    EXPECT_EQ(sample.vlans_stripped, std::vector<std::string>{"88a8:0064"});
}

TEST(SflowStructures, OperationsOfApplications) {
    const auto sample =
        sample_with({structure(2200, Wire().u32(1).u32(7).add(xdr("key")).u32(1).u32(512).u32(90).u32(8)),
                     structure(2202, Wire()
                                         .add(xdr("shop"))
                                         .add(xdr("pay"))
                                         .add(xdr("cc=visa"))
                                         .add(xdr("ok"))
                                         .u64(10)
                                         .u64(20)
                                         .u32(30)
                                         .u32(2)),
                     structure(2203, Wire().add(xdr("front")).add(xdr("cart")).add(xdr(""))),
                     structure(2204, xdr("alice")), structure(2205, xdr("bank"))});
    EXPECT_EQ(word_of(*sample.memcache_command), "get");
    EXPECT_EQ(word_of(*sample.memcache_status), "not_found");
    EXPECT_EQ(sample.app, "shop");
    EXPECT_EQ(sample.app_status, nm::AppStatus::timeout);
    EXPECT_EQ(sample.parent_operation, "cart");
    EXPECT_EQ(sample.app_initiator, "alice");
    EXPECT_EQ(sample.app_target, "bank");
}

TEST(SflowStructures, ARecordDoesNotCarryOverIntoTheNext) {
    SflowCollector collector;
    collector.take(
        sflow_datagram(1, {flow_sample({structure(1038, xdr("f"))}), flow_sample({}),
                           counter_sample({structure(2000, Wire().add(xdr("h")).zeros(24).add(xdr("")))}),
                           counter_sample({structure(2002, Wire().u32(2).u32(1))})}));
    ASSERT_EQ(collector.samples.size(), 2u);
    EXPECT_EQ(collector.samples[0].function, "f");
    EXPECT_EQ(collector.samples[1].function, "");
    EXPECT_TRUE(collector.samples[1].rest_is_absent);
    ASSERT_EQ(collector.hosts.size(), 2u);
    EXPECT_EQ(collector.hosts[0].hostname, "h");
    EXPECT_EQ(collector.hosts[1].hostname, "");
}

TEST(SflowStructures, OneCounterSampleGivesARecordOfEachFamily) {
    SflowCollector collector;
    Wire ethernet;
    for (std::uint32_t i = 0; i < 13; ++i) ethernet.u32(i);
    collector.take(sflow_datagram(
        1,
        {counter_sample({structure(2, ethernet), structure(2206, Wire().u32(1).u32(2).u32(3).u32(4).u32(5)),
                         structure(2102, Wire().u64(16674816).u64(0)), structure(4095, Wire().u32(1))})}));
    ASSERT_EQ(collector.counters.size(), 1u);
    ASSERT_EQ(collector.hosts.size(), 1u);
    ASSERT_EQ(collector.apps.size(), 1u);
    EXPECT_EQ(collector.counters[0].eth_symbol_errors, 12u);
    EXPECT_EQ(collector.counters[0].unknown_records, 1u);
    EXPECT_FALSE(collector.hosts[0].unknown_records);
    EXPECT_EQ(collector.hosts[0].vmem_used_bytes, 16674816u);
    EXPECT_EQ(collector.apps[0].requests_dropped, 5u);
    EXPECT_EQ(collector.apps[0].source_class, 2u);
    EXPECT_EQ(collector.stats().counter_samples, 1u);
}

TEST(SflowStructures, ProcessorsOfNewerAgentsHaveThreeMoreFields) {
    Wire old_cpu = Wire().u32(0x3CA3D70A).u32(0).u32(0x40000000);  // 0.02, 0, 2
    for (std::uint32_t i = 0; i < 14; ++i) old_cpu.u32(i + 1);
    SflowCollector collector;
    collector.take(
        sflow_datagram(1, {counter_sample({structure(2003, old_cpu)}),
                           counter_sample({structure(2003, Wire(old_cpu).u32(15).u32(16).u32(17))}),
                           counter_sample({structure(2003, Wire().u32(0))})}));
    ASSERT_EQ(collector.hosts.size(), 2u);
    EXPECT_NEAR(*collector.hosts[0].load_1m, 0.02, 1e-6);
    EXPECT_EQ(collector.hosts[0].context_switches, 14u);
    EXPECT_FALSE(collector.hosts[0].cpu_steal_ms);
    EXPECT_EQ(collector.hosts[1].cpu_guest_nice_ms, 17u);
    EXPECT_EQ(collector.stats().malformed_samples, 1u);
}

TEST(SflowStructures, OpticsWithTheirLanes) {
    Wire lane = Wire()
                    .u32(1)
                    .u32(6000)
                    .u32(500)
                    .u32(100)
                    .u32(1000)
                    .u32(1310)
                    .u32(400)
                    .u32(0xFFFFFFFF)
                    .u32(900)
                    .u32(1311);
    SflowCollector collector;
    collector.take(sflow_datagram(
        1,
        {counter_sample({structure(
            10, Wire().u32(5).u32(4).u32(3300).u32(static_cast<std::uint32_t>(-2500)).u32(1).add(lane))})}));
    ASSERT_EQ(collector.counters.size(), 1u);
    EXPECT_EQ(collector.counters[0].optics_temperature_c, -2.5);
    ASSERT_EQ(collector.counters[0].optics_lanes.size(), 1u);
    EXPECT_EQ(collector.counters[0].optics_lanes[0].rx_power_uw, 400u);
    EXPECT_FALSE(collector.counters[0].optics_lanes[0].rx_power_min_uw);
}

TEST(SflowStructures, PercentagesAreHundredths) {
    SflowCollector collector;
    collector.take(sflow_datagram(
        1,
        {counter_sample({structure(1001, Wire().u32(2080).u32(0xFFFFFFFF).u32(100).u64(1000).u64(500))})}));
    ASSERT_EQ(collector.counters.size(), 1u);
    EXPECT_EQ(collector.counters[0].cpu_5s_pct, 20.8);
    EXPECT_FALSE(collector.counters[0].cpu_1m_pct);
    EXPECT_EQ(collector.counters[0].memory_free_bytes, 500u);
}

// Energy, temperature, humidity, fans: the power factor is signed hundredths, and none of a direct current.
TEST(SflowStructures, TheEnvironmentOfASwitch) {
    const auto counters_with = [](std::uint32_t factor) {
        SflowCollector collector;
        const Wire energy = Wire().u32(230'000).u32(1500).u32(340'000).u32(factor).u32(~0u).u32(2);
        collector.take(sflow_datagram(
            1, {counter_sample({structure(3000, energy), structure(3001, Wire().u32(~0u - 4).u32(41).u32(1)),
                                structure(3002, Wire().u32(55)),
                                structure(3003, Wire().u32(4).u32(1).u32(80))})}));
        EXPECT_EQ(collector.stats().trailing_records, 0u);
        return collector.counters.at(0);
    };
    const nm::SflowCounters counters = counters_with(static_cast<std::uint32_t>(-9550));
    EXPECT_EQ(counters.voltage_mv, 230'000u);
    EXPECT_EQ(counters.power_mw, 340'000u);
    EXPECT_EQ(counters.power_factor_pct, -95.5);
    EXPECT_FALSE(counters.energy_mj);
    EXPECT_EQ(counters.power_errors, 2u);
    EXPECT_EQ(counters.temperature_min_c, -5);
    EXPECT_EQ(counters.temperature_max_c, 41);
    EXPECT_EQ(counters.humidity_pct, 55);
    EXPECT_EQ(counters.fans_failed, 1u);
    EXPECT_EQ(counters.fan_speed_pct, 80u);
    EXPECT_FALSE(counters_with(0x7FFFFFFF).power_factor_pct);
    EXPECT_FALSE(counters_with(0x80000001).power_factor_pct);
}

TEST(SflowStructures, QueuesSlowPathJavaAndTimesAreReadInTheirOrder) {
    Wire java;
    for (std::uint32_t i = 1; i <= 8; ++i) java.u64(i);
    for (std::uint32_t i = 9; i <= 19; ++i) java.u32(i);
    Wire queue, slow;
    for (std::uint32_t i = 1; i <= 13; ++i) queue.u32(i);
    for (std::uint32_t i = 1; i <= 6; ++i) slow.u32(i);
    SflowCollector collector;
    collector.take(sflow_datagram(
        1, {counter_sample({structure(1003, queue), structure(8, slow), structure(2106, java)})}));
    EXPECT_EQ(collector.stats().trailing_records, 0u);
    const nm::SflowCounters& counters = collector.counters.at(0);
    EXPECT_EQ(counters.queues.at(0).segments, 3u);
    EXPECT_EQ(counters.queues.at(0).length_1024, 11u);
    EXPECT_EQ(counters.queues.at(0).dropped, 13u);
    EXPECT_EQ(counters.slow_cam_miss, 3u);
    EXPECT_EQ(counters.slow_control, 6u);
    EXPECT_EQ(collector.apps.at(0).jvm_non_heap_max_bytes, 8u);
    EXPECT_EQ(collector.apps.at(0).jvm_compilation_ms, 14u);
    EXPECT_EQ(collector.apps.at(0).jvm_fds_max, 19u);
    const auto sample = sample_with({structure(1043, Wire().u64(1'700'000'000'123'456'789))});
    EXPECT_EQ(to_string(sample.sampled), "2023-11-14T22:13:20.123456Z");
}

TEST(SflowSources, CountsSamplesLostPerSourceAndWhatTheAgentDropped) {
    const auto sample = [](std::uint32_t source, std::uint32_t sequence, std::uint32_t drops) {
        return structure(1, Wire().u32(sequence).u32(source).u32(1).u32(1).u32(drops).u32(1).u32(2).u32(0));
    };
    SflowCollector collector;
    collector.take(
        sflow_datagram(1, {sample(1, 10, 5), sample(2, 90, 0), sample(1, 11, 5), sample(2, 91, 0)}));
    EXPECT_EQ(collector.stats().samples_lost, 0u);
    EXPECT_EQ(collector.stats().agent_drops, 0u);
    collector.take(sflow_datagram(2, {sample(1, 14, 9), sample(1, 13, 9), sample(2, 1, 0)}));
    EXPECT_EQ(collector.stats().samples_lost, 1u);
    EXPECT_EQ(collector.stats().agent_drops, 4u);
}

Wire old_datagram(std::uint32_t version, const std::vector<Wire>& samples) {
    Wire out = Wire().u32(version).u32(1).u32(0x0A090909).u32(7).u32(1000).u32(samples.size());
    for (const Wire& sample : samples) out.add(sample);
    return out;
}

Wire old_frame() {
    return Wire()
        .raw({2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0})
        .raw({192, 0, 2, 1, 198, 51, 100, 1})
        .u16(1001)
        .u16(443)
        .u64(0)
        .u16(0x5012)
        .zeros(6);
}

Wire old_flow_sample(const Wire& extended, std::uint32_t count) {
    return Wire()
        .u32(1)
        .u32(9)
        .u32(3)
        .u32(512)
        .u32(1000)
        .u32(0)
        .u32(3)
        .u32(0x80000002)
        .u32(1)  // a header
        .u32(1)
        .u32(64)
        .add(xdr(old_frame()))
        .u32(count)
        .add(extended);
}

Wire old_counters() {
    Wire body = Wire().u32(2).u32(5).u32(3).u32(30).u32(2).u32(3).u32(6).u64(1000).u32(1).u32(3).u64(77);
    for (std::uint32_t i = 0; i < 6; ++i) body.u32(i);
    body.u64(88);
    for (std::uint32_t i = 0; i < 6; ++i) body.u32(i + 1);
    for (std::uint32_t i = 0; i < 13; ++i) body.u32(100 + i);
    return body;
}

TEST(SflowOld, Version4HasSegmentsAndCommunities) {
    const Wire gateway = Wire()
                             .u32(3)
                             .u32(1)
                             .u32(2)
                             .u32(3)
                             .u32(1)
                             .u32(2)
                             .u32(2)
                             .u32(64500)
                             .u32(64501)
                             .u32(1)
                             .u32(65000u << 16 | 9)
                             .u32(50);
    const Wire vlan = Wire().u32(1).u32(10).u32(1).u32(20).u32(2);
    SflowCollector collector;
    collector.take(old_datagram(4, {old_flow_sample(Wire(vlan).add(gateway), 2), old_counters()}));
    ASSERT_EQ(collector.samples.size(), 1u);
    const nm::SflowSample& sample = collector.samples[0];
    EXPECT_EQ(sample.dst_port, 443);
    EXPECT_EQ(sample.sampling_rate, 512u);
    EXPECT_EQ(sample.as_path, "64500 64501");
    EXPECT_EQ(sample.communities, std::vector<std::string>{"65000:9"});
    EXPECT_EQ(sample.out_vlan, 20);
    EXPECT_EQ(sample.out_kind, nm::PortKind::multiple);
    ASSERT_EQ(collector.counters.size(), 1u);
    EXPECT_EQ(collector.counters[0].in_bytes, 77u);
    EXPECT_EQ(collector.counters[0].out_bytes, 88u);
    EXPECT_EQ(collector.counters[0].eth_symbol_errors, 112u);
    EXPECT_EQ(collector.stats().malformed_samples, 0u);
}

TEST(SflowOld, Version2HasAPlainPath) {
    const Wire gateway = Wire().u32(3).u32(1).u32(2).u32(3).u32(2).u32(64500).u32(64501);
    SflowCollector collector;
    collector.take(old_datagram(2, {old_flow_sample(gateway, 1), old_flow_sample(Wire(), 0)}));
    ASSERT_EQ(collector.samples.size(), 2u);
    EXPECT_EQ(collector.samples[0].as_path, "64500 64501");
    EXPECT_EQ(collector.samples[1].as_path, "");
}

TEST(SflowOld, TheFirstSurpriseEndsTheDatagram) {
    SflowCollector collector;
    collector.take(
        old_datagram(4, {old_flow_sample(Wire(), 0), old_flow_sample(Wire().u32(99), 1), old_counters()}));
    EXPECT_EQ(collector.samples.size(), 1u);
    EXPECT_EQ(collector.counters.size(), 0u);
    EXPECT_EQ(collector.stats().malformed_samples, 1u);
    EXPECT_GT(collector.stats().trailing_bytes, 0u);
}

TEST(SflowOld, EveryCutIsBooked) {
    const Wire whole = old_datagram(4, {old_flow_sample(Wire(), 0), old_counters()});
    for (std::size_t length = 8; length < whole.size(); ++length) {
        SflowCollector collector;
        Wire cut;
        cut.bytes.assign(whole.bytes.begin(), whole.bytes.begin() + static_cast<std::ptrdiff_t>(length));
        collector.take(cut);
        const nm::FlowStats stats = collector.stats();
        EXPECT_GT(stats.malformed_datagrams + stats.malformed_samples + stats.count_mismatches, 0u) << length;
    }
}

}  // namespace
