#include <gtest/gtest.h>

#include "flow_collector.hpp"

namespace {

using namespace nm::test;
using nmflowtool::Limits;

const std::vector<TestField> plain{{8, 4}, {12, 4}, {7, 2}, {11, 2}, {4, 1}, {2, 4}, {1, 4}};

Wire flow(std::uint32_t n) {
    return Wire().u32(0xC0000200 + n).u32(0xC6336400 + n).u16(1000 + n).u16(443).u8(6).u32(n).u32(n * 100);
}

TEST(Ipfix, DecodesTheFieldsOfItsTemplate) {
    FlowCollector collector;
    collector.ipfix(ipfix_template(256, plain).add(make_set(256, flow(1).add(flow(2)))));
    ASSERT_EQ(collector.flows.size(), 2u);
    EXPECT_EQ(to_string(collector.flows[1].src_ip), "192.0.2.2");
    EXPECT_EQ(collector.flows[1].bytes, 200u);
    EXPECT_EQ(collector.flows[1].obs_domain, 1u);
    EXPECT_EQ(collector.stats().data_sets, 1u);
}

TEST(Ipfix, Trap10RecoversDataThatComesBeforeItsTemplate) {
    FlowCollector collector;
    collector.ipfix(make_set(256, flow(1).add(flow(2))), 0);
    EXPECT_TRUE(collector.flows.empty());
    collector.ipfix(ipfix_template(256, plain).add(make_set(256, flow(3))), 2);
    ASSERT_EQ(collector.flows.size(), 3u);
    EXPECT_EQ(collector.stats().sets_recovered, 1u);
    EXPECT_EQ(collector.stats().records_lost, 0u);
    EXPECT_EQ(collector.stats().sequence_unknown, 1u);
}

TEST(Ipfix, Trap6ReadsBothFormsOfAVariableLength) {
    FlowCollector collector;
    const Wire records = Wire()
                             .u8(3)
                             .raw({'a', 'b', 'c'})
                             .u32(1)
                             .u8(255)
                             .u16(2)
                             .raw({'d', 'e'})
                             .u32(2)
                             .u8(0)
                             .u32(3)
                             .u8(9)
                             .raw({'x', 'x', 'x', 'x'});  // runs past its set
    collector.ipfix(ipfix_template(256, {{371, 65535}, {2, 4}}).add(make_set(256, records)));
    ASSERT_EQ(collector.flows.size(), 3u);
    EXPECT_EQ(collector.flows[0].user->view(), "abc");
    EXPECT_EQ(collector.flows[1].user->view(), "de");
    EXPECT_FALSE(collector.flows[2].user);
    EXPECT_EQ(collector.flows[2].packets, 3u);
    EXPECT_EQ(collector.stats().malformed_records, 1u);
    ASSERT_EQ(collector.stats().errors.size(), 1u);
    EXPECT_EQ(word_of(collector.stats().errors[0].kind), "record_overruns");
    EXPECT_EQ(collector.stats().errors[0].first_bytes, "0978787878");
}

TEST(Ipfix, Trap12CountsDataRecordsAndOptionsRecordsInItsSequence) {
    FlowCollector collector;
    collector.ipfix(ipfix_template(256, plain).add(make_set(256, flow(1).add(flow(2)))), 0xFFFFFFFF);
    collector.ipfix(ipfix_options(257, 1, {{149, 4}, {305, 4}}).add(make_set(257, Wire().u32(1).u32(10))), 1);
    collector.ipfix(make_set(256, flow(3)), 2);
    EXPECT_EQ(collector.stats().sequence_gaps, 0u);
    collector.ipfix(make_set(256, flow(4)), 8);
    EXPECT_EQ(collector.stats().sequence_gaps, 1u);
    EXPECT_EQ(collector.stats().records_lost, 5u);
    EXPECT_EQ(collector.stats().datagrams_lost, 0u);
    collector.ipfix(make_set(256, flow(5).add(flow(6)).add(flow(7)).add(flow(8)).add(flow(9))), 3);
    EXPECT_EQ(collector.stats().records_lost, 0u);
    EXPECT_EQ(collector.stats().sequence_gaps, 0u);
    EXPECT_EQ(collector.stats().datagrams_reordered, 1u);
}

TEST(Ipfix, Trap9WithdrawsOneTemplateAndAllOfAKind) {
    FlowCollector collector;
    collector.ipfix(ipfix_template(256, plain).add(ipfix_template(257, plain)));
    collector.ipfix(ipfix_options(300, 1, {{149, 4}, {305, 4}}));
    collector.ipfix(make_set(2, Wire().u16(256).u16(0)).add(make_set(256, flow(1))));
    EXPECT_TRUE(collector.flows.empty());
    EXPECT_EQ(collector.stats().template_withdrawals, 1u);
    collector.ipfix(make_set(257, flow(2)), 1);
    EXPECT_EQ(collector.flows.size(), 1u);
    collector.ipfix(make_set(2, Wire().u16(2).u16(0)).add(make_set(257, flow(3))), 2);
    EXPECT_EQ(collector.flows.size(), 1u);
    collector.ipfix(make_set(300, Wire().u32(1).u32(5)), 3);
    EXPECT_EQ(collector.options.size(), 1u) << "options templates are another kind";
    collector.ipfix(make_set(3, Wire().u16(3).u16(0)).add(make_set(300, Wire().u32(1).u32(5))), 4);
    EXPECT_EQ(collector.options.size(), 1u);
    EXPECT_EQ(collector.stats().template_withdrawals, 3u);
}

TEST(Ipfix, ReverseElementsAreMembersOfTheSameFlow) {
    FlowCollector collector;
    collector.ipfix(ipfix_template(256, {{1, 4}, {1, 4, 29305}, {2, 8, 29305}})
                        .add(make_set(256, Wire().u32(100).u32(7777).u64(77))));
    EXPECT_EQ(collector.flows.at(0).bytes, 100u);
    EXPECT_EQ(collector.flows.at(0).rev_bytes, 7777u);
    EXPECT_EQ(collector.flows.at(0).rev_packets, 77u);
    EXPECT_EQ(collector.elements.at(0),
              R"(,"octetDeltaCount":100,"reverseOctetDeltaCount":7777,"reversePacketDeltaCount":77)");
}

TEST(Ipfix, Trap13TakesUptimesFromTheBootTimeInRecordOrOptions) {
    constexpr std::uint64_t boot_ms = 1'699'999'000'000;
    FlowCollector collector;
    collector.ipfix(ipfix_template(256, {{22, 4}, {21, 4}}).add(make_set(256, Wire().u32(1000).u32(2000))));
    EXPECT_EQ(collector.flows.at(0).start.ns, 0) << "without a boot time there is no time";
    collector.ipfix(
        ipfix_template(257, {{22, 4}, {160, 8}}).add(make_set(257, Wire().u32(1500).u64(boot_ms))), 1);
    EXPECT_EQ(to_string(collector.flows.at(1).start), "2023-11-14T21:56:41.500000Z");
    collector.ipfix(
        ipfix_options(300, 1, {{144, 4}, {160, 8}}).add(make_set(300, Wire().u32(1).u64(boot_ms))), 2);
    collector.ipfix(make_set(256, Wire().u32(1000).u32(2000)), 3);
    EXPECT_EQ(to_string(collector.flows.at(2).end), "2023-11-14T21:56:42.000000Z");
}

TEST(Ipfix, Trap13TakesOffsetsFromTheExportTimeAndDurations) {
    FlowCollector collector;
    collector.ipfix(
        ipfix_template(256, {{158, 4}, {161, 4}}).add(make_set(256, Wire().u32(2'500'000).u32(500))));
    EXPECT_EQ(to_string(collector.flows.at(0).start), "2023-11-14T22:13:17.500000Z");
    EXPECT_EQ(to_string(collector.flows.at(0).end), "2023-11-14T22:13:18.000000Z");
}

// Half a second behind the export: as seconds with milliseconds, as NTP fractions of 2^32, as what went by.
TEST(Ipfix, Trap13EveryKindOfTimeGivesTheSameInstant) {
    constexpr std::uint64_t ntp_offset_s = 2'208'988'800;  // 1900 to 1970, RFC 868
    const std::uint64_t ntp = (export_s - 1 + ntp_offset_s) << 32 | 0x80000000u;
    struct Row {
        std::vector<TestField> fields;
        Wire record;
    };
    const Row rows[] = {
        {{{152, 8}, {153, 8}}, Wire().u64(export_s * 1000ull - 500).u64(export_s * 1000ull - 500)},
        {{{154, 8}, {155, 8}}, Wire().u64(ntp).u64(ntp)},
        {{{156, 8}, {157, 8}}, Wire().u64(ntp).u64(ntp)},
        {{{158, 4}, {159, 4}}, Wire().u32(500'000).u32(500'000)},
        {{{160, 8}, {22, 4}, {21, 4}}, Wire().u64(export_s * 1000ull - 10'000).u32(9'500).u32(9'500)},
    };
    for (const Row& row : rows) {
        FlowCollector collector;
        collector.ipfix(ipfix_template(256, row.fields).add(make_set(256, row.record)));
        EXPECT_EQ(to_string(collector.flows.at(0).start), "2023-11-14T22:13:19.500000Z") << row.fields[0].id;
        EXPECT_EQ(to_string(collector.flows.at(0).end), "2023-11-14T22:13:19.500000Z") << row.fields[0].id;
    }
    FlowCollector seconds;
    seconds.ipfix(
        ipfix_template(256, {{150, 4}, {151, 4}}).add(make_set(256, Wire().u32(export_s - 1).u32(export_s))));
    EXPECT_EQ(to_string(seconds.flows.at(0).start), "2023-11-14T22:13:19.000000Z");
    EXPECT_EQ(to_string(seconds.flows.at(0).end), "2023-11-14T22:13:20.000000Z");
}

// NetFlow v9 tells scopes by bytes and has its own numbers for them, IPFIX counts fields. Some routers send a
// scope without bytes, or none at all.
TEST(Ipfix, Trap15ScopesWithoutBytesOrWithoutFieldsKeepTheirValues) {
    const auto v9 = [](std::uint32_t sequence, const Wire& sets) {
        return Wire().u16(9).u16(1).u32(1000).u32(export_s).u32(sequence).u32(1).add(sets);
    };
    FlowCollector collector;
    collector.take(v9(0, make_set(1, Wire().u16(300).u16(4).u16(4).u16(1).u16(0).u16(34).u16(4))
                             .add(make_set(300, Wire().u32(100)))));
    collector.take(
        v9(1, make_set(1, Wire().u16(301).u16(0).u16(4).u16(34).u16(4)).add(make_set(301, Wire().u32(200)))));
    collector.take(v9(2, make_set(1, Wire().u16(302).u16(4).u16(4).u16(2).u16(4).u16(34).u16(4))
                             .add(make_set(302, Wire().u32(7).u32(300)))));
    ASSERT_EQ(collector.options.size(), 3u);
    EXPECT_EQ(collector.options[0].sampling_rate, 100u);
    EXPECT_EQ(word_of(collector.options[0].scope), "system");
    EXPECT_EQ(collector.options[1].sampling_rate, 200u);
    EXPECT_EQ(word_of(collector.options[2].scope), "interface") << "2 is packets only as an element";
    EXPECT_EQ(collector.options[2].scope_value, 7u);
    EXPECT_EQ(collector.stats().malformed_templates, 0u);
    // The set ids of v9 mean nothing in IPFIX: told, and nothing is learnt by them.
    collector.ipfix(make_set(1, Wire().u16(400).u16(4).u16(4).u16(1).u16(4).u16(34).u16(4))
                        .add(make_set(0, Wire().u16(401).u16(1).u16(8).u16(4))));
    EXPECT_EQ(collector.stats().unknown_sets, 2u);
    EXPECT_EQ(collector.stats().templates, 3u);
}

TEST(Ipfix, Trap14ARateOfZeroIsUnknown) {
    FlowCollector collector;
    collector.ipfix(ipfix_options(300, 1, {{302, 4}, {305, 4}, {306, 4}})
                        .add(make_set(300, Wire().u32(7).u32(0).u32(0))));
    collector.ipfix(ipfix_template(256, {{302, 4}, {2, 4}}).add(make_set(256, Wire().u32(7).u32(1))), 1);
    EXPECT_FALSE(collector.flows.at(0).sampling_rate);
    collector.ipfix(ipfix_template(257, {{34, 4}, {2, 4}}).add(make_set(257, Wire().u32(0).u32(1))), 2);
    EXPECT_FALSE(collector.flows.at(1).sampling_rate);
}

TEST(Ipfix, Trap14ReadsIntervalAndSpaceOfASampler) {
    FlowCollector collector;
    collector.ipfix(ipfix_options(300, 1, {{302, 8}, {304, 2}, {305, 4}, {306, 4}})
                        .add(make_set(300, Wire().u64(7).u16(1).u32(1).u32(999))));
    EXPECT_EQ(collector.options.at(0).sampling_rate, 1000u);
    EXPECT_EQ(word_of(collector.options.at(0).scope), "selector");
    collector.ipfix(ipfix_template(256, {{302, 8}, {2, 4}}).add(make_set(256, Wire().u64(7).u32(1))), 1);
    EXPECT_EQ(collector.flows.at(0).sampling_rate, 1000u);
    EXPECT_EQ(collector.flows.at(0).rate_source, nm::RateSource::sampler);
}

TEST(Ipfix, Trap14AnInterfaceCanHaveARateOfItsOwn) {
    FlowCollector collector;
    collector.ipfix(ipfix_options(300, 1, {{10, 4}, {34, 4}}).add(make_set(300, Wire().u32(5).u32(64))));
    collector.ipfix(ipfix_template(256, {{10, 4}}).add(make_set(256, Wire().u32(5).u32(6))), 1);
    EXPECT_EQ(collector.flows.at(0).sampling_rate, 64u);
    EXPECT_EQ(collector.flows.at(0).rate_source, nm::RateSource::interface);
    EXPECT_FALSE(collector.flows.at(1).sampling_rate);
}

TEST(Ipfix, Trap27OneFamilyOfCountersStandsForTheFlowAndIsNamed) {
    FlowCollector collector;
    collector.ipfix(ipfix_template(256, {{85, 8}, {86, 8}}).add(make_set(256, Wire().u64(500).u64(5))));
    EXPECT_EQ(collector.flows.at(0).bytes, 500u);
    EXPECT_EQ(word_of(*collector.flows.at(0).bytes_kind), "total");
    collector.ipfix(
        ipfix_template(257, {{231, 4}, {232, 4}, {298, 4}}).add(make_set(257, Wire().u32(10).u32(20).u32(1))),
        1);
    EXPECT_EQ(collector.flows.at(1).bytes, 10u);
    EXPECT_EQ(collector.flows.at(1).rev_bytes, 20u);
    EXPECT_EQ(word_of(*collector.flows.at(1).bytes_kind), "initiator");
    collector.ipfix(
        ipfix_template(258, {{1, 4}, {85, 4}, {23, 4}}).add(make_set(258, Wire().u32(1).u32(2).u32(3))), 2);
    EXPECT_EQ(collector.flows.at(2).bytes, 1u);
    EXPECT_EQ(collector.flows.at(2).post_bytes, 3u);
    EXPECT_EQ(collector.flows.at(2).total_bytes, 2u);
    EXPECT_FALSE(collector.flows.at(2).bytes_kind);
}

TEST(Ipfix, Trap27CountersOfTwoFamiliesAreNotMixed) {
    FlowCollector collector;
    collector.ipfix(ipfix_template(256, {{1, 4}, {86, 4}}).add(make_set(256, Wire().u32(100).u32(7))));
    EXPECT_EQ(collector.flows.at(0).bytes, 100u);
    EXPECT_FALSE(collector.flows[0].packets);
    EXPECT_FALSE(collector.flows[0].bytes_kind);
}

TEST(Ipfix, Trap14ReadsAProbabilityAndSelectorsOf64Bits) {
    constexpr std::uint64_t selector = (std::uint64_t{1} << 32) + 1;
    FlowCollector collector;
    const Wire option = Wire().u64(selector).u64(0x3F847AE147AE147B);  // 0.01
    collector.ipfix(ipfix_options(257, 1, {{302, 8}, {311, 8}}).add(make_set(257, option)));
    collector.ipfix(ipfix_template(256, {{302, 8}, {1, 4}})
                        .add(make_set(256, Wire().u64(selector).u32(1).u64(selector + 1).u32(2))));
    ASSERT_EQ(collector.flows.size(), 2u);
    EXPECT_EQ(collector.flows[0].sampling_rate, 100u);
    EXPECT_EQ(collector.flows[0].sampler_id, selector);
    EXPECT_FALSE(collector.flows[1].sampling_rate);
    EXPECT_EQ(collector.stats().unknown_sampler, 1u);
}

TEST(Ipfix, Trap11ARestartThatOptionsTellVoidsWhatOptionsTold) {
    FlowCollector collector;
    const auto boot = [&](std::uint64_t boot_ms) {
        collector.ipfix(
            ipfix_options(258, 1, {{149, 4}, {160, 8}}).add(make_set(258, Wire().u32(1).u64(boot_ms))));
    };
    collector.ipfix(ipfix_options(257, 1, {{302, 1}, {305, 4}}).add(make_set(257, Wire().u8(5).u32(10))));
    boot(export_s * 1000ull - 5'000'000);
    collector.ipfix(ipfix_template(256, {{302, 1}, {1, 4}}).add(make_set(256, Wire().u8(5).u32(1))));
    boot(export_s * 1000ull);
    collector.ipfix(make_set(256, Wire().u8(5).u32(1)));
    EXPECT_EQ(collector.flows.at(0).sampling_rate, 10u);
    EXPECT_FALSE(collector.flows.at(1).sampling_rate);
    EXPECT_EQ(collector.stats().restarts, 1u);
}

TEST(Ipfix, TakesThePortsOfFlexibleNetflow) {
    FlowCollector collector;
    collector.ipfix(ipfix_template(256, {{4, 1}, {180, 2}, {181, 2}, {182, 2}, {183, 2}})
                        .add(make_set(256, Wire().u8(6).u16(0).u16(0).u16(1000).u16(443))));
    EXPECT_EQ(collector.flows.at(0).src_port, 1000);
    EXPECT_EQ(collector.flows[0].dst_port, 443);
}

TEST(Ipfix, Trap23ValuesOfAListKeepTheirPlaces) {
    FlowCollector collector;
    const Wire list = Wire().u8(4).u16(82).u16(65535).u8(1).raw({'a'}).u8(0).u8(1).raw({'b'});
    collector.ipfix(ipfix_template(256, {{291, 65535}, {82, 65535}, {82, 65535}})
                        .add(make_set(256, Wire().u8(list.size()).add(list).u8(0).u8(1).raw({'c'}))));
    ASSERT_EQ(collector.elements.size(), 1u);
    EXPECT_NE(collector.elements[0].find(R"("values":["a","","b"])"), std::string::npos);
    EXPECT_NE(collector.elements[0].find(R"("interfaceName":["","c"])"), std::string::npos);
}

TEST(Ipfix, AListWithACutRecordIsToldByItsBytes) {
    FlowCollector collector;
    const Wire list = Wire().u8(3).u16(257).u16(0x1234);
    collector.ipfix(ipfix_template(257, {{2, 4}})
                        .add(ipfix_template(256, {{292, 65535}}))
                        .add(make_set(256, Wire().u8(list.size()).add(list))));
    EXPECT_NE(collector.elements.at(0).find(R"("subTemplateList":"0301011234")"), std::string::npos);
}

TEST(Ipfix, Trap26ANatEventIsNoFlowOfZeroBytes) {
    FlowCollector collector;
    collector.ipfix(
        ipfix_template(256, {{230, 1}, {225, 4}, {227, 2}, {323, 8}, {1, 4}})
            .add(make_set(256, Wire().u8(4).u32(0xC0000209).u16(4000).u64(1'700'000'000'123).u32(0))));
    const nm::FlowRecord& event = collector.flows.at(0);
    EXPECT_EQ(word_of(*event.nat_event), "nat44_session_create");
    EXPECT_EQ(to_string(event.nat_src_ip), "192.0.2.9");
    EXPECT_EQ(event.nat_src_port, 4000);
    EXPECT_EQ(to_string(event.event_time), "2023-11-14T22:13:20.123000Z");
    EXPECT_FALSE(event.bytes);
}

TEST(Ipfix, ASetWhoseTemplateIsTakenBackAtOnceIsBooked) {
    FlowCollector collector;
    collector.ipfix(make_set(256, flow(1)));
    const Wire fields = ipfix_template(256, plain);
    Wire body;
    body.bytes.assign(fields.bytes.begin() + 4, fields.bytes.end());
    collector.ipfix(make_set(2, body.u16(256).u16(0)));
    EXPECT_TRUE(collector.flows.empty());
    EXPECT_EQ(collector.stats().sets_waited, 1u);
    EXPECT_EQ(collector.stats().sets_recovered, 0u);
    EXPECT_EQ(collector.stats().sets_no_template, 1u);
}

TEST(Ipfix, ALengthBeyondTheDatagramKeepsItsWholeSets) {
    FlowCollector collector;
    Wire message = ipfix_message(ipfix_template(256, plain).add(make_set(256, flow(1))), 0);
    message.bytes[3] = static_cast<std::uint8_t>(message.bytes[3] + 40);
    collector.take(message);
    EXPECT_EQ(collector.flows.size(), 1u);
    EXPECT_EQ(collector.stats().truncated_datagrams, 1u);
    EXPECT_EQ(collector.stats().errors.at(0).kind, nm::FlowFault::datagram_cut);
}

TEST(Ipfix, SeveralMessagesInOneDatagramAreAllRead) {
    FlowCollector collector;
    collector.take(ipfix_message(ipfix_template(256, plain).add(make_set(256, flow(1))), 0)
                       .add(ipfix_message(make_set(256, flow(2)), 1)));
    EXPECT_EQ(collector.flows.size(), 2u);
    EXPECT_EQ(collector.stats().datagrams, 1u);
    EXPECT_EQ(collector.stats().trailing_bytes, 0u);
}

TEST(Ipfix, SetsAndTemplatesThatCannotBeAreBookedWithTheirBytes) {
    FlowCollector collector;
    collector.ipfix(ipfix_template(256, plain).add(make_set(7, Wire().u32(1))), 0);
    collector.ipfix(make_set(256, flow(1)).add(Wire().u16(256).u16(0)), 0);
    collector.ipfix(make_set(2, Wire().u16(12).u16(1).u32(0)), 1);
    collector.ipfix(ipfix_options(300, 3, {{149, 4}}), 1);
    collector.take(Wire().u16(10).u16(3));
    const nm::FlowStats stats = collector.stats();
    EXPECT_EQ(collector.flows.size(), 1u);
    EXPECT_EQ(stats.unknown_sets, 1u);
    EXPECT_EQ(stats.malformed_sets, 1u);
    EXPECT_EQ(stats.malformed_templates, 2u);
    EXPECT_EQ(stats.malformed_datagrams, 1u);
    EXPECT_EQ(stats.errors.size(), 4u);
}

TEST(Ipfix, Trap25AMixedPortIsToldApartAndNoiseLeavesNoState) {
    FlowCollector collector;
    collector.ipfix(ipfix_template(256, plain).add(make_set(256, flow(1))));
    collector.take(Wire().u16(5).u16(1).u32(1000).u32(export_s).u32(0).u32(0).u32(0).add(Wire().zeros(48)));
    collector.take(Wire().u16(9).u16(0).u32(1000).u32(export_s).u32(0).u32(1));
    collector.take(Wire().u32(5).u32(1).u32(0x0A090909).u32(0).u32(1).u32(1000).u32(0));
    const auto exporters = [&] {
        std::size_t count = 0;
        collector.decoder.for_each_stats([&](const nm::FlowStats&) { ++count; });
        return count;
    };
    EXPECT_EQ(exporters(), 4u);
    for (std::uint32_t i = 0; i < 1000; ++i) {
        const std::string sender = to_string(nm::IpAddress::v4(0x0B000000 + i));
        collector.take(Wire().raw({'G', 'E', 'T', ' ', '/'}).u32(i), sender.c_str());
    }
    EXPECT_EQ(exporters(), 4u);
    nm::FlowSummary summary;
    collector.decoder.add_to(summary);
    EXPECT_EQ(summary.not_flow, 1000u);
}

TEST(Ipfix, Trap8DoesNotShareTemplatesWithNetflow9OfTheSameExporter) {
    FlowCollector collector;
    collector.ipfix(ipfix_template(256, plain));
    const Wire data = make_set(256, flow(1));
    collector.take(Wire().u16(9).u16(1).u32(1).u32(export_s).u32(0).u32(1).add(data));
    EXPECT_TRUE(collector.flows.empty());
    EXPECT_EQ(collector.stats().sets_waited, 1u);
}

TEST(Ipfix, Trap5ARecordOfManyLengthsEndsInLinearTime) {
    FlowCollector collector;
    const std::vector<TestField> fields(300, {371, 65535});
    collector.ipfix(ipfix_template(256, fields).add(make_set(256, Wire().zeros(300 * 40))));
    EXPECT_EQ(collector.flows.size(), 40u);
}

}  // namespace
