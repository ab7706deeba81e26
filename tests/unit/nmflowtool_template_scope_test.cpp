// Exporters that share an address: RFC 7011 section 8 scopes templates by the transport session, RFC 3954
// section 5.1 by the exporter.
#include <gtest/gtest.h>

#include "flow_collector.hpp"

namespace {

using namespace nm::test;
using nmflowtool::TemplateScope;

// Two layouts of the same length under one id: what one takes for the other shows.
const std::vector<TestField> bytes_first{{1, 4}, {2, 4}};
const std::vector<TestField> packets_first{{2, 4}, {1, 4}};
Wire data(std::uint32_t first, std::uint32_t second) {
    return make_set(256, Wire().u32(first).u32(second));
}
Wire version9(const Wire& sets, std::uint32_t sequence) {
    return Wire().u16(9).u16(1).u32(1000).u32(export_s).u32(sequence).u32(1).add(sets);
}
Wire version9_template(const std::vector<TestField>& fields) {
    Wire body;
    body.u16(256).u16(fields.size());
    add_fields(body, fields);
    return make_set(0, body);
}

void send_from(FlowCollector& collector, std::uint16_t port, const Wire& sets, std::uint32_t sequence) {
    collector.sender_port = port;
    collector.ipfix(sets, sequence);
}

// The templates of both, then a record of each.
void two_exporters(FlowCollector& collector) {
    send_from(collector, 4001, ipfix_template(256, bytes_first), 0);
    send_from(collector, 4002, ipfix_template(256, packets_first), 500);
    send_from(collector, 4001, data(3000, 2), 0);
    send_from(collector, 4002, data(7, 9000), 500);
}

TEST(TemplateScope, Trap8ByPortKeepsExportersBehindOneAddressApart) {
    FlowCollector collector({}, TemplateScope::port);
    two_exporters(collector);
    ASSERT_EQ(collector.flows.size(), 2u);
    EXPECT_EQ(collector.flows[0].bytes, 3000u);
    EXPECT_EQ(collector.flows[0].packets, 2u);
    EXPECT_EQ(collector.flows[1].bytes, 9000u);
    EXPECT_EQ(collector.flows[1].packets, 7u);
    EXPECT_EQ(collector.stats().template_redefinitions, 0u);
    EXPECT_EQ(collector.stats().sequence_gaps + collector.stats().sequence_resets, 0u);
    std::vector<std::uint16_t> ports;
    collector.decoder.for_each_stats(
        [&](const nm::FlowStats& stats) { ports.push_back(stats.exporter_port.value_or(0)); });
    EXPECT_EQ(ports, (std::vector<std::uint16_t>{4001, 4002}));
}

// What the option is for: by address, the second layout is taken for a new one of the same exporter.
TEST(TemplateScope, Trap8ByAddressTakesThemForOneThatChangedItsMind) {
    FlowCollector collector;
    two_exporters(collector);
    ASSERT_EQ(collector.flows.size(), 2u);
    EXPECT_EQ(collector.flows[0].packets, 3000u);
    EXPECT_EQ(collector.stats().template_redefinitions, 1u);
    EXPECT_FALSE(collector.stats().exporter_port);
}

// The other side: an exporter that starts again from another port is the same by address, and new by port.
TEST(TemplateScope, Trap8ByAddressAnExporterMayChangeItsPort) {
    for (const TemplateScope scope : {TemplateScope::address, TemplateScope::port}) {
        FlowCollector collector({}, scope);
        send_from(collector, 4001, ipfix_template(256, bytes_first), 0);
        send_from(collector, 4009, data(3000, 2), 0);
        EXPECT_EQ(collector.flows.size(), scope == TemplateScope::address ? 1u : 0u);
        EXPECT_EQ(collector.stats().sets_waited, scope == TemplateScope::address ? 0u : 1u);
    }
}

TEST(TemplateScope, Trap8HoldsForVersion9AndItsSamplersToo) {
    for (const TemplateScope scope : {TemplateScope::address, TemplateScope::port}) {
        FlowCollector collector({}, scope);
        const auto send = [&](std::uint16_t port, const Wire& sets, std::uint32_t sequence) {
            collector.sender_port = port;
            collector.take(version9(sets, sequence));
        };
        // Scope of 4 bytes (the system), then the sampling interval of the whole exporter.
        const Wire options = make_set(1, Wire().u16(300).u16(4).u16(4).u16(1).u16(4).u16(34).u16(4));
        send(4001, Wire().add(version9_template(bytes_first)).add(options), 0);
        send(4002, version9_template(packets_first), 70);
        send(4001, make_set(300, Wire().u32(0).u32(64)), 1);
        send(4001, data(3000, 2), 2);
        send(4002, data(7, 9000), 71);
        ASSERT_EQ(collector.flows.size(), 2u);
        EXPECT_EQ(collector.flows[0].sampling_rate, 64u);
        EXPECT_EQ(collector.flows[1].packets, 7u);
        const bool by_port = scope == TemplateScope::port;
        EXPECT_EQ(collector.flows[0].packets, by_port ? 2u : 3000u);
        EXPECT_EQ(collector.flows[1].sampling_rate.has_value(), !by_port);
    }
}

TEST(TemplateScope, StateOfAScopeIsForRunsOfThatScope) {
    for (const TemplateScope scope : {TemplateScope::address, TemplateScope::port}) {
        FlowCollector before({}, scope);
        send_from(before, 4001, ipfix_template(256, bytes_first), 0);
        send_from(before, 4002, ipfix_template(256, packets_first), 500);
        const std::string state = before.decoder.save_state();
        FlowCollector same({}, scope);
        const auto loaded = same.decoder.load_state(state);
        ASSERT_TRUE(loaded);
        EXPECT_EQ(*loaded, scope == TemplateScope::port ? 2u : 1u);
        EXPECT_EQ(same.decoder.save_state(), state);
        send_from(same, 4002, data(7, 9000), 500);
        ASSERT_EQ(same.flows.size(), 1u);
        EXPECT_EQ(same.flows[0].packets, 7u);
        FlowCollector other({}, scope == TemplateScope::port ? TemplateScope::address : TemplateScope::port);
        const auto nothing = other.decoder.load_state(state);
        ASSERT_FALSE(nothing);
        EXPECT_EQ(nothing.error().exit, nm::Exit::usage);
    }
}

}  // namespace
