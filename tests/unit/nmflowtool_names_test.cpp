#include <gtest/gtest.h>

#include "flow_collector.hpp"
#include "sflow_bytes.hpp"
#include "top/keys.hpp"

namespace {

using namespace nm::test;
using namespace nmflowtool;

Wire text(std::string_view word, std::size_t width) {
    Wire out;
    for (const char c : word) out.u8(static_cast<unsigned char>(c));
    return out.zeros(width - word.size());
}

// Options about interfaces (300), VRFs (301), applications (302) and samplers (303), data of all of them
// (256).
Wire templates() {
    return ipfix_options(300, 1, {{10, 4}, {82, 16}, {83, 16}})
        .add(ipfix_options(301, 1, {{234, 4}, {236, 16}}))
        .add(ipfix_options(302, 1, {{95, 4}, {96, 16}, {94, 16}}))
        .add(ipfix_options(303, 1, {{302, 4}, {335, 16}}))
        .add(ipfix_template(256, {{10, 4}, {14, 4}, {234, 4}, {235, 4}, {95, 3}, {302, 8}}));
}
Wire interface(std::uint32_t index, std::string_view name, std::string_view description = "") {
    return make_set(300, Wire().u32(index).add(text(name, 16)).add(text(description, 16)));
}
Wire vrf(std::uint32_t id, std::string_view name) {
    return make_set(301, Wire().u32(id).add(text(name, 16)));
}
Wire application(std::uint32_t id, std::string_view name) {
    return make_set(302, Wire().u32(id).add(text(name, 16)).zeros(16));
}
Wire sampler(std::uint32_t id, std::string_view name) {
    return make_set(303, Wire().u32(id).add(text(name, 16)));
}
Wire flow(std::uint32_t in_if, std::uint32_t out_if) {
    return make_set(256, Wire().u32(in_if).u32(out_if).u32(7).u32(8).u8(3).u16(443).u64(5));
}

struct NamingCollector : FlowCollector {
    explicit NamingCollector(const Limits& limits = {}) : FlowCollector(limits) { decoder.keep_names(); }
};

std::string in_if_name(const NamingCollector& collector) {
    const auto& name = collector.flows.back().in_if_name;
    return name ? std::string(name->view()) : "none";
}

TEST(Names, Trap15OptionTablesJoinToTheFlowsOfTheirExporter) {
    NamingCollector collector;
    collector.ipfix(templates()
                        .add(interface(1, "Te0/0/0"))
                        .add(interface(2, "Te0/0/1"))
                        .add(vrf(7, "red"))
                        .add(vrf(8, "blue"))
                        .add(application(3 << 24 | 443, "https"))
                        .add(sampler(5, "one in 100"))
                        .add(flow(1, 2)));
    ASSERT_EQ(collector.flows.size(), 1u);
    const nm::NamedFlow& flow = collector.flows[0];
    EXPECT_EQ(flow.in_if_name->view(), "Te0/0/0");
    EXPECT_EQ(flow.out_if_name->view(), "Te0/0/1");
    EXPECT_EQ(flow.in_vrf_name->view(), "red");
    EXPECT_EQ(flow.out_vrf_name->view(), "blue");
    EXPECT_EQ(flow.app_name->view(), "https");
    EXPECT_EQ(flow.sampler_name->view(), "one in 100");
    EXPECT_EQ(collector.stats().names, 6u);
    EXPECT_EQ(collector.stats().names_refused, 0u);
}

TEST(Names, WhatWasNotToldIsAbsentAndSoIsEverythingWithoutTheOption) {
    NamingCollector collector;
    collector.ipfix(templates().add(interface(1, "Te0/0/0")).add(flow(1, 2)).add(flow(2, 1)));
    EXPECT_FALSE(collector.flows.at(0).out_if_name);
    EXPECT_FALSE(collector.flows.at(0).in_vrf_name);
    EXPECT_FALSE(collector.flows.at(0).app_name);
    EXPECT_FALSE(collector.flows.at(0).sampler_name);
    EXPECT_FALSE(collector.flows.at(1).in_if_name) << "left over from the flow before";
    EXPECT_EQ(collector.flows.at(1).out_if_name->view(), "Te0/0/0");
    FlowCollector without;
    without.ipfix(templates().add(interface(1, "Te0/0/0")).add(flow(1, 2)));
    EXPECT_FALSE(without.flows.at(0).in_if_name);
    EXPECT_FALSE(without.stats().names);
}

TEST(Names, BelongToOneExporterAndObservationDomain) {
    NamingCollector collector;
    collector.ipfix(templates().add(interface(1, "here")), 0, 1);
    collector.ipfix(templates().add(flow(1, 1)), 0, 2);
    EXPECT_EQ(in_if_name(collector), "none");
    collector.ipfix(templates().add(flow(1, 1)), 0, 1, "10.1.1.2");
    EXPECT_EQ(in_if_name(collector), "none");
    collector.ipfix(flow(1, 1), 5, 1);
    EXPECT_EQ(in_if_name(collector), "here");
}

TEST(Names, TheLatestOneHoldsAndADescriptionStandsInForANameOnly) {
    NamingCollector collector;
    collector.ipfix(templates().add(interface(1, "", "to the roof")).add(flow(1, 1)));
    EXPECT_EQ(in_if_name(collector), "to the roof");
    collector.ipfix(interface(1, "eth1", "to the roof").add(flow(1, 1)), 2);
    EXPECT_EQ(in_if_name(collector), "eth1");
    collector.ipfix(interface(1, "eth1", "to the cellar").add(interface(1, "", "roof")).add(flow(1, 1)), 4);
    EXPECT_EQ(in_if_name(collector), "eth1");
    collector.ipfix(interface(1, "eth7").add(flow(1, 1)), 7);
    EXPECT_EQ(in_if_name(collector), "eth7");
}

TEST(Names, AnApplicationThatTheRecordNamesKeepsThatName) {
    NamingCollector collector;
    collector.ipfix(templates()
                        .add(application(3 << 24 | 443, "https"))
                        .add(ipfix_template(257, {{95, 4}, {96, 4}}))
                        .add(make_set(257, Wire().u32(3 << 24 | 443).add(text("web", 4)))));
    EXPECT_EQ(collector.flows.at(0).app_name->view(), "web");
}

TEST(Names, AreBoundedAndWhatIsRefusedIsCounted) {
    Limits limits;
    limits.names_per_domain = 2;
    limits.names = 3;
    NamingCollector collector(limits);
    collector.ipfix(templates().add(interface(1, "a")).add(interface(2, "b")).add(interface(3, "c")));
    EXPECT_EQ(collector.stats().names, 2u);
    EXPECT_EQ(collector.stats().names_refused, 1u);
    // One that is there may change its name.
    collector.ipfix(interface(1, "z").add(flow(1, 3)), 3);
    EXPECT_EQ(in_if_name(collector), "z");
    EXPECT_FALSE(collector.flows.back().out_if_name);
    collector.ipfix(templates().add(interface(1, "a")).add(interface(2, "b")), 0, 2);
    EXPECT_EQ(collector.stats().names_refused, 2u) << "three for all together";
}

TEST(Names, OfADomainThatIsForgottenMakeRoom) {
    Limits limits;
    limits.domains = 1;
    limits.names = 1;
    NamingCollector collector(limits);
    for (std::uint32_t domain = 1; domain <= 5; ++domain) {
        collector.ipfix(templates().add(interface(1, "x")).add(flow(1, 1)), 0, domain);
        EXPECT_EQ(in_if_name(collector), "x");
    }
    EXPECT_EQ(collector.stats().names_refused, 0u);
    EXPECT_EQ(collector.stats().names, 5u);
}

TEST(Names, OutliveARestartOfTheCollector) {
    NamingCollector first;
    first.ipfix(templates()
                    .add(interface(1, "a b \xff\""))
                    .add(interface(2, "", "text"))
                    .add(vrf(7, "red"))
                    .add(application(3 << 24 | 443, "https"))
                    .add(sampler(5, "s")));
    const std::string state = first.decoder.save_state();
    NamingCollector second;
    const auto loaded = second.decoder.load_state(state);
    ASSERT_TRUE(loaded) << loaded.error().message;
    EXPECT_EQ(second.decoder.save_state(), state);
    second.ipfix(flow(1, 2), 50);
    EXPECT_EQ(in_if_name(second), "a b \xff\"");
    EXPECT_EQ(second.flows[0].out_if_name->view(), "text");
    EXPECT_EQ(second.flows[0].app_name->view(), "https");
    EXPECT_EQ(second.flows[0].sampler_name->view(), "s");
    EXPECT_EQ(second.stats().names, 0u) << "the books are of this run";
    // A run without names passes them on.
    FlowCollector third;
    ASSERT_TRUE(third.decoder.load_state(state));
    EXPECT_EQ(third.decoder.save_state(), state);
}

// Scope system, the interface as a field: what Cisco sends. Source id 1.
Wire netflow9(std::uint32_t uptime_ms, std::uint32_t unix_s, std::uint32_t sequence, const Wire& sets) {
    return Wire().u16(9).u16(1).u32(uptime_ms).u32(unix_s).u32(sequence).u32(1).add(sets);
}

TEST(Names, OfNetflow9AreVoidWhenTheExporterStartsAgain) {
    const Wire data = make_set(0, Wire().u16(256).u16(1).u16(10).u16(4));
    const Wire options =
        make_set(1, Wire().u16(300).u16(4).u16(8).u16(1).u16(4).u16(10).u16(4).u16(82).u16(8));
    const Wire named = make_set(300, Wire().u32(0x0A010101).u32(6).add(text("Gi6", 8)));
    const Wire by_scope = make_set(1, Wire().u16(301).u16(4).u16(4).u16(2).u16(4).u16(82).u16(8))
                              .add(make_set(301, Wire().u32(9).add(text("Gi9", 8))));
    NamingCollector collector;
    collector.take(netflow9(1'000'000, export_s, 100, Wire(data).add(options).add(named).add(by_scope)));
    collector.take(netflow9(1'000'100, export_s, 101, make_set(256, Wire().u32(6).u32(9))));
    ASSERT_EQ(collector.flows.size(), 2u);
    EXPECT_EQ(collector.flows[0].in_if_name->view(), "Gi6");
    EXPECT_EQ(collector.flows[1].in_if_name->view(), "Gi9") << "told by the scope alone";
    collector.take(netflow9(5'000, export_s + 600, 1, Wire(data).add(make_set(256, Wire().u32(6)))));
    EXPECT_EQ(collector.stats().restarts, 1u);
    EXPECT_EQ(in_if_name(collector), "none");
}

TEST(Names, OfSflowAreThePortNamesOfCounterSamples) {
    // Data source 3: an interface, whose index nothing else tells.
    Wire counters = Wire().u32(11).u32(3).u32(1).add(nm::test::structure(1005, xdr("swp3")));
    SflowCollector collector;
    collector.decoder.keep_names();
    collector.take(sflow_datagram(1, {flow_sample({}), nm::test::structure(2, counters), flow_sample({})}));
    ASSERT_EQ(collector.samples.size(), 2u);
    EXPECT_FALSE(collector.samples[0].in_if_name);
    EXPECT_EQ(collector.samples[1].in_if_name->view(), "swp3");
    EXPECT_FALSE(collector.samples[1].rest_is_absent);
    EXPECT_FALSE(collector.samples[1].out_if_name);
}

TEST(Names, AreKeysOfRankings) {
    const GroupKey key = GroupKey::parse("out_if_name");
    EXPECT_TRUE(key.has_names());
    EXPECT_FALSE(GroupKey::parse("out_if,app_name").has_names());
    nm::NamedFlow flow;
    flow.out_if_name.emplace("eth1");
    std::vector<std::uint8_t> packed(key.width());
    key.pack(flow, flow, packed.data());
    nm::FlowTop top;
    key.unpack(packed.data(), top);
    EXPECT_EQ(top.out_if_name->view(), "eth1");
    EXPECT_FALSE(top.in_if_name);
}

}  // namespace
