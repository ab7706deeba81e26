#include <gtest/gtest.h>

#include <set>

#include "decode/decoder.hpp"
#include "wire_builder.hpp"

namespace {

using nm::test::Wire;
using namespace nmflowtool;

struct Field {
    int id;
    int length;
};
// Source, destination, ports, protocol, packets, bytes: what the records of flow() hold.
const std::vector<Field> plain{{8, 4}, {12, 4}, {7, 2}, {11, 2}, {4, 1}, {2, 4}, {1, 4}};

Wire flow(std::uint32_t n) {
    return Wire().u32(0xC0000200 + n).u32(0xC6336400 + n).u16(1000 + n).u16(443).u8(6).u32(n).u32(n * 100);
}

Wire set(std::uint16_t id, const Wire& body) {
    return Wire().u16(id).u16(body.size() + 4).add(body);
}

Wire template_set(std::uint16_t id, const std::vector<Field>& fields) {
    Wire body;
    body.u16(id).u16(fields.size());
    for (const Field& field : fields)
        body.u16(static_cast<std::uint64_t>(field.id)).u16(static_cast<std::uint64_t>(field.length));
    return set(0, body);
}

Wire options_set(std::uint16_t id, const std::vector<Field>& scopes, const std::vector<Field>& fields) {
    Wire body;
    body.u16(id).u16(scopes.size() * 4).u16(fields.size() * 4);
    for (const auto* list : {&scopes, &fields}) {
        for (const Field& field : *list) {
            body.u16(static_cast<std::uint64_t>(field.id)).u16(static_cast<std::uint64_t>(field.length));
        }
    }
    return set(1, body);
}

constexpr std::uint32_t uptime = 1'000'000;
constexpr std::uint32_t unix_s = 1'700'000'000;

struct Header {
    std::uint32_t sequence = 0;
    std::uint32_t source_id = 1;
    std::uint16_t count = 1;
    std::uint32_t uptime_ms = uptime;
    std::uint32_t unix_s = ::unix_s;
};

// A collector with what came out of it.
struct Collector {
    Decoder decoder;
    std::vector<nm::FlowRecord> flows;
    std::vector<nm::FlowOption> options;

    explicit Collector(const Limits& limits = {}, const FlowMembers& wanted = {}) : decoder(limits, wanted) {}

    Collector& take(const Wire& sets, const Header& header = {}, const char* sender = "10.1.1.1") {
        const Wire datagram = Wire()
                                  .u16(9)
                                  .u16(header.count)
                                  .u32(header.uptime_ms)
                                  .u32(header.unix_s)
                                  .u32(header.sequence)
                                  .u32(header.source_id)
                                  .add(sets);
        return take_raw(datagram, sender);
    }
    Collector& take_raw(const Wire& datagram, const char* sender = "10.1.1.1") {
        decoder.open({{1}, *nm::parse_ip(sender), datagram});
        Records records;
        for (auto got = decoder.next(records); got != Decoder::Got::nothing; got = decoder.next(records)) {
            if (got == Decoder::Got::flow) flows.push_back(records.flow);
            if (got == Decoder::Got::option) options.push_back(records.option);
        }
        return *this;
    }
    nm::FlowStats stats() const {
        nm::FlowStats sum;
        decoder.for_each_stats([&](const nm::FlowStats& one) { add_stats(sum, one); });
        return sum;
    }
};

TEST(Netflow9, DecodesTheFieldsOfItsTemplate) {
    Collector collector;
    collector.take(template_set(256, plain).add(set(256, flow(1).add(flow(2)))), {.count = 3});
    ASSERT_EQ(collector.flows.size(), 2u);
    const nm::FlowRecord& second = collector.flows[1];
    EXPECT_EQ(to_string(second.src_ip), "192.0.2.2");
    EXPECT_EQ(to_string(second.dst_ip), "198.51.100.2");
    EXPECT_EQ(second.src_port, 1002);
    EXPECT_EQ(word_of(*second.proto), "tcp");
    EXPECT_EQ(second.packets, 2u);
    EXPECT_EQ(second.bytes, 200u);
    EXPECT_EQ(second.obs_domain, 1u);
    EXPECT_FALSE(second.vlan);
    EXPECT_EQ(collector.stats().count_mismatches, 0u);
}

TEST(Netflow9, PassesOverWhatNobodyLooksAt) {
    const Wire sets = template_set(256, plain).add(set(256, flow(1).add(flow(2))));
    const std::vector<std::string_view> keys{"src_ip", "bytes"};
    Collector collector({}, FlowMembers::of(keys));
    collector.take(sets, {.count = 3});
    ASSERT_EQ(collector.flows.size(), 2u);
    const nm::FlowRecord& second = collector.flows[1];
    EXPECT_EQ(to_string(second.src_ip), "192.0.2.2");
    EXPECT_EQ(second.bytes, 200u);
    EXPECT_FALSE(second.dst_ip.is_set());
    EXPECT_FALSE(second.src_port);
    EXPECT_EQ(collector.stats().records, 2u);
}

TEST(Netflow9, WhatIsWantedIsAsInTheWholeRecord) {
    // ICMP in the destination port, a counter of a total, a sampler: each wanted member comes from others.
    const std::vector<Field> layout{{8, 4}, {11, 2}, {4, 1}, {85, 4}, {86, 4}, {48, 1}};
    const Wire record = Wire().u32(0xC0000201).u16(0x0803).u8(1).u32(1500).u32(3).u8(7);
    const Wire sets = template_set(256, layout).add(set(256, record));
    Collector whole;
    whole.take(sets, {.count = 2});
    ASSERT_EQ(whole.flows.size(), 1u);
    const std::vector<std::string_view> keys{"icmp_type", "proto", "bytes", "packets", "sampling_rate"};
    Collector some({}, FlowMembers::of(keys));
    some.take(sets, {.count = 2});
    ASSERT_EQ(some.flows.size(), 1u);
    EXPECT_EQ(some.flows[0].icmp_type, 8);
    EXPECT_EQ(some.flows[0].icmp_type, whole.flows[0].icmp_type);
    EXPECT_EQ(some.flows[0].proto, whole.flows[0].proto);
    EXPECT_EQ(some.flows[0].bytes, 1500u);
    EXPECT_EQ(some.flows[0].packets, whole.flows[0].packets);
    EXPECT_EQ(some.stats().unknown_sampler, whole.stats().unknown_sampler);
    EXPECT_EQ(some.stats().unknown_sampler, 1u);
    EXPECT_FALSE(some.flows[0].src_ip.is_set());
}

// Whatever is left out of a record, what is looked at is the same: protocols with and without ports, counters
// of which one stands in for another, events that count nothing, rates by sampler and by interface.
TEST(Netflow9, EachMemberWantedAloneIsAsInTheWholeRecord) {
    const std::vector<Field> layout{{8, 4},  {12, 4}, {7, 2},  {11, 2}, {4, 1},  {6, 1},  {32, 2},  {210, 4},
                                    {85, 4}, {86, 4}, {10, 2}, {48, 1}, {22, 4}, {16, 2}, {230, 1}, {233, 1}};
    Wire records;
    int count = 0;
    for (const unsigned proto : {1u, 6u, 17u, 47u, 58u}) {
        for (const unsigned event : {0u, 2u}) {
            for (const unsigned total : {0u, 1500u}) {
                records.u32(0xC0000201)
                    .u32(0xC6336401)
                    .u16(1000)
                    .u16(0x0803)
                    .u8(proto)
                    .u8(0x12)
                    .u16(event * 256);
                records.u32(total / 100)
                    .u32(total)
                    .u32(total / 100)
                    .u16(7 + event)
                    .u8(event)
                    .u32(uptime - 5000);
                records.u16(64500).u8(event).u8(event);
                ++count;
            }
        }
    }
    const Wire sets = options_set(257, {{2, 4}}, {{34, 4}})
                          .add(set(257, Wire().u32(7).u32(100)))
                          .add(template_set(256, layout))
                          .add(set(256, records));
    Collector whole;
    whole.take(sets, {.count = 3});
    ASSERT_EQ(whole.flows.size(), static_cast<std::size_t>(count));
    std::set<std::string_view> seen;
    nm::for_each_field<nm::FlowRecord>([&](auto, const auto& field) {
        const std::vector<std::string_view> keys{field.info.key};
        Collector some({}, FlowMembers::of(keys));
        some.take(sets, {.count = 3});
        ASSERT_EQ(some.flows.size(), whole.flows.size());
        for (std::size_t i = 0; i < whole.flows.size(); ++i) {
            const auto& wanted = whole.flows[i].*field.member;
            EXPECT_TRUE(some.flows[i].*field.member == wanted) << field.info.key << " of record " << i;
            if (!(wanted == nm::FlowRecord{}.*field.member)) seen.insert(field.info.key);
        }
        EXPECT_EQ(some.stats().unknown_sampler, whole.stats().unknown_sampler) << field.info.key;
    });
    for (const char* key : {"src_port", "proto", "tcp_flags", "icmp_type", "bytes", "bytes_kind", "packets",
                            "sampling_rate", "rate_source", "start", "nat_event"})
        EXPECT_TRUE(seen.contains(key)) << key;
}

TEST(Netflow9, Trap10RecoversDataThatComesBeforeItsTemplate) {
    Collector collector;
    collector.take(set(256, flow(1).add(flow(2))));
    EXPECT_TRUE(collector.flows.empty());
    collector.take(set(256, flow(3)).add(template_set(256, plain)).add(set(256, flow(4))),
                   {.sequence = 1, .count = 3});
    ASSERT_EQ(collector.flows.size(), 4u);
    EXPECT_EQ(collector.flows[0].packets, 1u);
    EXPECT_EQ(collector.flows[3].packets, 4u);
    EXPECT_EQ(collector.stats().sets_waited, 2u);
    EXPECT_EQ(collector.stats().sets_recovered, 2u);
    EXPECT_EQ(collector.stats().sets_no_template, 0u);
}

TEST(Netflow9, Trap10ReadsWaitingDataByTheClockOfItsOwnDatagram) {
    Collector collector;
    collector.take(set(256, Wire().u32(uptime - 500)));
    collector.take(template_set(256, {{22, 4}}),
                   {.sequence = 1, .uptime_ms = uptime + 5000, .unix_s = unix_s + 5});
    ASSERT_EQ(collector.flows.size(), 1u);
    EXPECT_EQ(collector.flows[0].start.ns, unix_s * nm::ns_per_s - 500 * nm::ns_per_ms);
}

TEST(Netflow9, Trap10BooksWaitingDataThatNoTemplateExplained) {
    Limits limits;
    limits.waiting_bytes = 1000;
    Collector collector(limits);
    for (std::uint32_t i = 0; i < 50; ++i) collector.take(set(256, flow(1)), {.sequence = i});
    const auto dropped = collector.stats().sets_no_template;
    EXPECT_GT(dropped, 30u);
    collector.take(template_set(256, plain), {.sequence = 50});
    EXPECT_EQ(collector.flows.size() + dropped, 50u);
    collector.take(set(300, flow(1)), {.sequence = 51}).decoder.finish();
    EXPECT_EQ(collector.stats().sets_no_template, dropped + 1);
}

TEST(Netflow9, Trap10KeepsApartWhatWaitsForSeveralTemplatesOfSeveralExporters) {
    Collector collector;
    for (std::uint32_t n = 1; n <= 6; ++n) {
        collector.take(set(static_cast<std::uint16_t>(256 + n % 2), flow(n)), {.sequence = n});
        collector.take(set(256, flow(10 + n)), {.sequence = n}, "10.1.1.2");
    }
    collector.take(template_set(257, plain), {.sequence = 7});
    ASSERT_EQ(collector.flows.size(), 3u);
    EXPECT_EQ(collector.flows[2].packets, 5u);
    collector.take(template_set(256, plain), {.sequence = 7}, "10.1.1.2");
    EXPECT_EQ(collector.flows.size(), 9u);
    collector.take(template_set(256, plain), {.sequence = 8});
    EXPECT_EQ(collector.flows.size(), 12u);
    EXPECT_EQ(collector.stats().sets_waited, 12u);
    EXPECT_EQ(collector.stats().sets_recovered, 12u);
}

TEST(Netflow9, Trap10TheOldestGivesWayWhereNoRoomIsLeft) {
    Limits limits;
    limits.waiting_bytes = 1000;
    Collector collector(limits);
    for (std::uint16_t n = 1; n <= 20; ++n)
        collector.take(set(static_cast<std::uint16_t>(256 + n % 3), flow(n)), {.sequence = n});
    for (std::uint16_t id = 256; id < 259; ++id) collector.take(template_set(id, plain), {.sequence = 21});
    const auto stats = collector.stats();
    EXPECT_EQ(stats.sets_recovered + stats.sets_no_template, 20u);
    ASSERT_EQ(stats.sets_recovered, collector.flows.size());
    EXPECT_GT(collector.flows.size(), 1u);
    for (const auto& known : collector.flows) EXPECT_GT(*known.packets, stats.sets_no_template);
}

TEST(Netflow9, Trap7ReadsReducedSizesOfEveryWidth) {
    for (int width = 1; width <= 8; ++width) {
        Collector collector;
        const std::uint64_t value = width == 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << (8 * width)) - 1;
        const Wire record = Wire().number(value, static_cast<std::size_t>(width)).u32(0xFFFF);
        collector.take(template_set(259, {{1, width}, {7, 4}}).add(set(259, record)));
        ASSERT_EQ(collector.flows.size(), 1u) << width;
        EXPECT_EQ(collector.flows[0].bytes, value) << width;
        EXPECT_EQ(collector.flows[0].src_port, 0xFFFF);
    }
}

TEST(Netflow9, Trap7PassesOverWhatDoesNotFitAnElement) {
    Collector collector;
    // A port of more than 16 bits, an address of 5 bytes, a counter of 9.
    const Wire record = Wire().u32(0x10000).zeros(5).zeros(9).u8(17);
    collector.take(template_set(256, {{7, 4}, {8, 5}, {1, 9}, {4, 1}}).add(set(256, record)));
    ASSERT_EQ(collector.flows.size(), 1u);
    EXPECT_FALSE(collector.flows[0].src_port);
    EXPECT_FALSE(collector.flows[0].src_ip.is_set());
    EXPECT_FALSE(collector.flows[0].bytes);
    EXPECT_EQ(word_of(*collector.flows[0].proto), "udp");
}

TEST(Netflow9, Trap19KeepsVlanAndPostVlanApart) {
    Collector collector;
    collector.take(
        template_set(256, {{58, 2}, {59, 2}, {245, 2}}).add(set(256, Wire().u16(100).u16(200).u16(7))));
    EXPECT_EQ(collector.flows.at(0).vlan, 100);
    EXPECT_EQ(collector.flows.at(0).post_vlan, 200);
    EXPECT_EQ(collector.flows.at(0).inner_vlan, 7);
}

TEST(Netflow9, Trap13TakesUptimesOnBothSidesOfAWrap) {
    Collector collector;
    const Wire record = Wire().u32(0xFFFFD8F0).u32(2000);
    collector.take(template_set(256, {{22, 4}, {21, 4}}).add(set(256, record)), {.uptime_ms = 5000});
    EXPECT_EQ(to_string(collector.flows.at(0).start), "2023-11-14T22:13:05.000000Z");
    EXPECT_EQ(to_string(collector.flows.at(0).end), "2023-11-14T22:13:17.000000Z");
}

TEST(Netflow9, TellsIcmpByTypeAndCodeNotByPorts) {
    Collector collector;
    const Wire record = Wire().u16(0).u16(0x0301).u8(1).u8(0);
    collector.take(template_set(256, {{7, 2}, {11, 2}, {4, 1}, {6, 1}}).add(set(256, record)));
    EXPECT_EQ(collector.flows.at(0).icmp_type, 3);
    EXPECT_EQ(collector.flows.at(0).icmp_code, 1);
    EXPECT_FALSE(collector.flows.at(0).dst_port);
    EXPECT_FALSE(collector.flows.at(0).tcp_flags);
}

TEST(Netflow9, PrefersTheAddressFamilyThatIsUsed) {
    Collector collector;
    const std::vector<Field> both{{8, 4}, {27, 16}};
    collector.take(template_set(256, both).add(
        set(256, Wire().u32(0xC0000201).zeros(16).u32(0).u64(0x20010db800000000).u64(1))));
    EXPECT_EQ(to_string(collector.flows.at(0).src_ip), "192.0.2.1");
    EXPECT_EQ(to_string(collector.flows.at(1).src_ip), "2001:db8::1");
}

TEST(Netflow9, AZeroOfTheOtherIpVersionGivesWay) {
    const std::vector<Field> fields{{27, 16}, {28, 16}, {8, 4},   {12, 4},  {4, 1},   {9, 1},  {29, 1},
                                    {13, 1},  {30, 1},  {176, 1}, {177, 1}, {178, 1}, {179, 1}};
    Collector collector;
    const Wire record =
        Wire().u64(0).u64(0).u64(0).u64(0).u32(0).u32(0xFFFFFFFF).u8(1).u8(24).u8(0).u8(16).u8(0);
    collector.take(template_set(256, fields).add(set(256, Wire(record).u8(8).u8(3).u8(0).u8(0))));
    ASSERT_EQ(collector.flows.size(), 1u);
    const auto& flow = collector.flows[0];
    EXPECT_EQ(to_string(flow.src_ip), "0.0.0.0");
    EXPECT_EQ(to_string(flow.dst_ip), "255.255.255.255");
    EXPECT_EQ(flow.src_mask, 24);
    EXPECT_EQ(flow.dst_mask, 16);
    EXPECT_EQ(flow.icmp_type, 8);
    EXPECT_EQ(flow.icmp_code, 3);
}

TEST(Netflow9, APortThatCannotBeAnIcmpTypeIsNone) {
    const auto of = [](std::uint8_t proto, std::uint16_t port) {
        Collector collector;
        collector.take(template_set(256, {{4, 1}, {11, 2}}).add(set(256, Wire().u8(proto).u16(port))));
        return collector.flows.at(0);
    };
    EXPECT_EQ(of(1, 0x0301).icmp_type, 3);
    EXPECT_EQ(of(1, 0x0301).icmp_code, 1);
    EXPECT_FALSE(of(1, 0x0301).dst_port);
    EXPECT_EQ(of(1, 0).icmp_type, 0);
    EXPECT_FALSE(of(58, 0).icmp_type);
    EXPECT_FALSE(of(58, 135).icmp_type);
    EXPECT_EQ(of(58, 135).dst_port, 135);
}

TEST(Netflow9, ADatagramFilledUpWithZerosIsWhole) {
    Collector collector;
    collector.take(template_set(256, plain).add(set(256, flow(1))).u64(0).u64(0), {.count = 2});
    EXPECT_EQ(collector.flows.size(), 1u);
    EXPECT_EQ(collector.stats().malformed_sets + collector.stats().count_mismatches, 0u);
    EXPECT_EQ(collector.stats().trailing_bytes, 16u);
}

TEST(Netflow9, Trap14AnOptionAboutSomethingElseIsNoRateOfTheExporter) {
    Collector collector;
    collector.take(options_set(257, {{9, 4}}, {{34, 4}}).add(set(257, Wire().u32(1).u32(100))));
    collector.take(template_set(256, plain).add(set(256, flow(1))));
    EXPECT_FALSE(collector.flows.at(0).sampling_rate);
}

TEST(Netflow9, Trap14LeavesOutWhatAZeroMeansIsUnknown) {
    Collector collector;
    collector.take(template_set(256, {{16, 4}, {15, 4}, {58, 2}, {34, 4}}).add(set(256, Wire().zeros(14))));
    const nm::FlowRecord& flow = collector.flows.at(0);
    EXPECT_FALSE(flow.src_as || flow.next_hop.is_set() || flow.vlan || flow.sampling_rate);
}

TEST(Netflow9, Trap8ScopesTemplatesByExporterAndSourceId) {
    Collector collector;
    collector.take(template_set(256, plain), {.source_id = 1});
    collector.take(template_set(256, {{12, 4}, {8, 4}}), {.source_id = 2});
    collector.take(set(256, flow(1)), {.source_id = 1}, "10.1.1.2");
    EXPECT_TRUE(collector.flows.empty());
    collector.take(set(256, flow(2)), {.sequence = 1, .source_id = 1});
    collector.take(set(256, Wire().u32(0xC6336401).u32(0xC0000201)), {.sequence = 1, .source_id = 2});
    ASSERT_EQ(collector.flows.size(), 2u);
    EXPECT_EQ(to_string(collector.flows[0].src_ip), "192.0.2.2");
    EXPECT_EQ(to_string(collector.flows[1].src_ip), "192.0.2.1");
}

TEST(Netflow9, Trap9FollowsARedefinitionAlsoBetweenDataAndOptions) {
    Collector collector;
    collector.take(template_set(256, plain).add(set(256, flow(1))));
    collector.take(template_set(256, plain), {.sequence = 1});  // a refresh is no redefinition
    collector.take(template_set(256, {{1, 4}, {2, 4}}).add(set(256, Wire().u32(900).u32(9))),
                   {.sequence = 2});
    collector.take(options_set(256, {{1, 4}}, {{34, 4}}).add(set(256, Wire().u32(0).u32(10))),
                   {.sequence = 3});
    ASSERT_EQ(collector.flows.size(), 2u);
    EXPECT_EQ(collector.flows[1].packets, 9u);
    ASSERT_EQ(collector.options.size(), 1u);
    EXPECT_EQ(collector.options[0].sampling_rate, 10u);
    EXPECT_EQ(collector.stats().template_redefinitions, 2u);
}

TEST(Netflow9, Trap14TellsWhereASamplingRateComesFrom) {
    Collector collector;
    collector.take(options_set(300, {{1, 4}}, {{48, 1}, {50, 4}}).add(set(300, Wire().u32(0).u8(1).u32(100))),
                   {.count = 2});
    const std::vector<Field> sampled{{2, 4}, {48, 1}};
    collector.take(template_set(256, sampled).add(set(256, Wire().u32(1).u8(1).u32(2).u8(3))),
                   {.sequence = 1});
    EXPECT_EQ(collector.flows.at(0).sampling_rate, 100u);
    EXPECT_EQ(collector.flows.at(0).rate_source, nm::RateSource::sampler);
    EXPECT_FALSE(collector.flows.at(1).sampling_rate);
    EXPECT_EQ(collector.stats().unknown_sampler, 1u);
    collector.take(template_set(257, {{2, 4}, {34, 4}}).add(set(257, Wire().u32(1).u32(512))),
                   {.sequence = 2});
    EXPECT_EQ(collector.flows.at(2).sampling_rate, 512u);
    EXPECT_EQ(collector.flows.at(2).rate_source, nm::RateSource::record);
}

TEST(Netflow9, Trap5ASetLengthThatLiesSpoilsOnlyItself) {
    Collector collector;
    collector.take(template_set(256, plain));
    collector.take(set(256, flow(1)).add(Wire().u16(256).u16(0)), {.sequence = 1});
    collector.take(set(256, flow(2)).add(Wire().u16(256).u16(3)), {.sequence = 2});
    collector.take(Wire().u16(256).u16(60000).add(flow(3)), {.sequence = 3});
    EXPECT_EQ(collector.flows.size(), 3u);
    EXPECT_EQ(collector.stats().malformed_sets, 3u);
    EXPECT_EQ(collector.stats().sequence_gaps, 0u);
}

TEST(Netflow9, Trap5TellsPaddingFromTrailingBytes) {
    Collector collector;
    collector.take(template_set(256, plain)
                       .add(set(256, flow(1).zeros(7)))
                       .add(set(256, flow(2).raw({1, 2, 3})))
                       .add(set(256, flow(3).zeros(11).u8(1))),
                   {.count = 4});
    EXPECT_EQ(collector.flows.size(), 3u);
    EXPECT_EQ(collector.stats().trailing_bytes, 12u);
}

TEST(Netflow9, Trap5ATemplateWithoutBytesEndsNoLoop) {
    Collector collector;
    collector.take(
        template_set(256, {}).add(template_set(257, {{8, 0}})).add(set(256, flow(1))).add(set(257, flow(2))));
    EXPECT_TRUE(collector.flows.empty());
    EXPECT_EQ(collector.stats().malformed_templates, 2u);
}

TEST(Netflow9, Trap12CountsExportPacketsNotRecords) {
    Collector collector;
    collector.take(template_set(256, plain), {.sequence = 10});
    collector.take(set(256, flow(1).add(flow(2))), {.sequence = 11});
    collector.take(set(256, flow(3)), {.sequence = 14});
    EXPECT_EQ(collector.stats().sequence_gaps, 1u);
    EXPECT_EQ(collector.stats().datagrams_lost, 2u);
}

TEST(Netflow9, Trap11ForgetsTemplatesAfterARestartButNotAfterALateDatagram) {
    Collector collector;
    collector.take(template_set(256, plain), {.sequence = 100});
    collector.take(set(256, flow(1)), {.sequence = 102}).take(set(256, flow(2)), {.sequence = 101});
    EXPECT_EQ(collector.flows.size(), 2u);
    EXPECT_EQ(collector.stats().datagrams_reordered, 1u);
    EXPECT_EQ(collector.stats().datagrams_lost, 0u);
    collector.take(set(256, flow(3)), {.sequence = 0, .uptime_ms = 1000, .unix_s = unix_s + 600});
    EXPECT_EQ(collector.flows.size(), 2u);
    EXPECT_EQ(collector.stats().restarts, 1u);
    EXPECT_EQ(collector.stats().sets_waited, 1u);
}

TEST(Netflow9, Trap11ADatagramFromBeforeARestartVoidsNothing) {
    const auto before = [](std::uint32_t sequence) {
        return Header{.sequence = sequence, .uptime_ms = 900'000'000, .unix_s = unix_s};
    };
    const auto after = [](std::uint32_t sequence) {
        return Header{.sequence = sequence, .uptime_ms = 1000, .unix_s = unix_s + 5};
    };
    Collector collector;
    collector.take(template_set(256, plain).add(set(256, flow(1))), before(3'000'000'000));
    collector.take(template_set(256, plain).add(set(256, flow(2))), after(0));
    collector.take(set(256, flow(3)), before(3'000'000'001)).take(set(256, flow(4)), after(1));
    EXPECT_EQ(collector.flows.size(), 4u);
    EXPECT_EQ(collector.stats().restarts, 1u);
    EXPECT_EQ(collector.stats().datagrams_other_start, 1u);
    EXPECT_EQ(collector.stats().datagrams_lost + collector.stats().sequence_resets, 0u);
}

TEST(Netflow9, Trap11WhatWaitedBeforeARestartIsNotReadByATemplateOfTheNewStart) {
    Collector collector;
    collector.take(set(256, flow(1)), {.sequence = 7, .uptime_ms = 900'000'000});
    collector.take(template_set(256, {{12, 4}, {8, 4}}), {.sequence = 0, .uptime_ms = 1000});
    EXPECT_TRUE(collector.flows.empty());
    EXPECT_EQ(collector.stats().sets_no_template, 1u);
    EXPECT_EQ(collector.stats().sets_recovered, 0u);
}

TEST(Netflow9, AnEventWithoutAWordHidesNoOther) {
    Collector collector;
    collector.take(template_set(256, {{230, 1}, {233, 1}}).add(set(256, Wire().u8(1).u8(0))));
    EXPECT_TRUE(collector.flows.at(0).nat_event);
    EXPECT_FALSE(collector.flows[0].fw_event);
}

TEST(Netflow9, Trap11ARestartBetweenTwoRunsVoidsTheStateOfTheFirst) {
    Collector first;
    first.take(template_set(256, plain), {.sequence = 7, .uptime_ms = 900'000'000});
    Collector second;
    ASSERT_TRUE(second.decoder.load_state(first.decoder.save_state()));
    second.take(set(256, flow(1)), {.sequence = 0, .uptime_ms = 1000, .unix_s = unix_s + 60});
    EXPECT_TRUE(second.flows.empty());
    EXPECT_EQ(second.stats().restarts, 1u);
}

TEST(Netflow9, Trap24AFloodOfSpoofedExportersDoesNotPushOutOneInUse) {
    Limits limits;
    limits.domains = 64;
    Collector collector(limits);
    collector.take(template_set(256, plain).add(set(256, flow(1))));
    for (std::uint32_t i = 0; i < 5000; ++i) {
        const std::string sender = to_string(nm::IpAddress::v4(0x0B000000 + i));
        collector.take(template_set(256, plain), {}, sender.c_str());
    }
    collector.take(set(256, flow(2)), {.sequence = 1});
    EXPECT_EQ(collector.flows.size(), 2u);
    EXPECT_EQ(collector.stats().datagrams, 5002u);
    EXPECT_EQ(collector.stats().templates, 5001u);
}

TEST(Netflow9, Trap24TemplatesOfManyFieldsStayWithinTheLimit) {
    Limits limits;
    limits.template_fields = 1000;
    Collector collector(limits);
    const std::vector<Field> wide(100, {8, 4});
    for (std::uint32_t i = 0; i < 100; ++i) collector.take(template_set(256, wide), {.source_id = i});
    std::size_t domains = 0;
    collector.decoder.for_each_stats([&](const nm::FlowStats& stats) { domains += !stats.evicted; });
    EXPECT_LE(domains, 11u);
    EXPECT_EQ(collector.stats().templates, 100u);
}

TEST(Netflow9, BooksWhatItCannotDecode) {
    Collector collector;
    collector.take_raw(Wire().u16(9).u16(1).u32(1));
    collector.take_raw(Wire().u16(8).u16(16).zeros(12)).take_raw(Wire().u16(8).zeros(22));
    collector.take_raw(Wire().raw({'G', 'E', 'T'})).take_raw(Wire());
    EXPECT_EQ(collector.stats().malformed_datagrams, 1u);
    nm::FlowSummary summary;
    collector.decoder.add_to(summary);
    EXPECT_EQ(summary.datagrams, 5u);
    EXPECT_EQ(summary.unsupported, 2u);
    EXPECT_EQ(summary.not_flow, 2u);
    EXPECT_EQ(summary.malformed, 1u);
}

}  // namespace
