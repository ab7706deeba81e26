#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "flow_collector.hpp"

namespace {

using namespace nm::test;
using namespace nmflowtool;

TEST(Elements, AreInOrderForTheSearch) {
    const auto key = [](const auto& row) { return std::tuple(row.enterprise, row.id); };
    for (std::size_t i = 1; i < elements().size(); ++i) EXPECT_LT(key(elements()[i - 1]), key(elements()[i]));
    for (std::size_t i = 1; i < mappings().size(); ++i) EXPECT_LT(key(mappings()[i - 1]), key(mappings()[i]));
    for (const Element& element : elements())
        EXPECT_EQ(find_element(element.enterprise, element.id), &element);
    EXPECT_EQ(find_element(0, 65), nullptr);
}

TEST(Elements, EveryMappingIsOfAKnownElement) {
    for (const Mapping& mapping : mappings()) {
        const bool reverse = mapping.enterprise == reverse_enterprise;
        const bool special = mapping.enterprise == 0 && mapping.id > 56000;
        EXPECT_TRUE(special || find_element(reverse ? 0 : mapping.enterprise, mapping.id))
            << mapping.enterprise << ':' << mapping.id;
    }
}

TEST(Elements, HaveNamesThatAreNoKeysOfOurs) {
    std::set<std::string_view> keys{"type", "v"};
    for (const nm::FieldInfo& info : nm::field_infos<nm::FlowRecord>) keys.insert(info.key);
    for (const nm::FieldInfo& info : nm::field_infos<nm::FlowOption>) keys.insert(info.key);
    for (const Element& element : elements()) EXPECT_FALSE(keys.contains(element.name)) << element.name;
}

TEST(Elements, AreNamedAsTheRegistryDoes) {
    EXPECT_EQ(name_of(0, 1), "octetDeltaCount");
    EXPECT_EQ(name_of(0, 513), "ipv6ExtensionHeaderType");
    EXPECT_EQ(name_of(reverse_enterprise, 2), "reversePacketDeltaCount");
    EXPECT_EQ(name_of(6871, 14), "initialTCPFlags");
    EXPECT_EQ(name_of(6871, 16398), "reverseInitialTCPFlags");
    EXPECT_EQ(name_of(ntop_enterprise, 118), "L7_PROTO");
    EXPECT_EQ(name_of(15397, 28), "proceraSubscriberIdentifier");
    EXPECT_EQ(name_of(9, 9318), "ciscoConnectionDelayNetworkToClientMin");
    EXPECT_EQ(name_of(ntop_enterprise, 493), "SSL_CIPHER");
    EXPECT_EQ(find_element(5951, 130)->type, DataType::text);
    EXPECT_EQ(name_of(0, 9), "sourceIPv4PrefixLength");
    EXPECT_EQ(name_of(99999, 5), "99999:5");
    EXPECT_EQ(type_name(find_element(0, 152)->type), "dateTimeMilliseconds");
    EXPECT_EQ(flow_key(*find_element(0, 8)), "src_ip");
    EXPECT_EQ(flow_key(*find_element(0, 22)), "");
    EXPECT_EQ(option_key(*find_element(0, 82)), "if_name");
    EXPECT_GT(elements().size(), 1500u);
}

// The elements of one IPFIX record as a JSON object.
nlohmann::ordered_json elements_of(const std::vector<TestField>& fields, const Wire& record,
                                   const Wire& more_templates = {}) {
    FlowCollector collector;
    collector.ipfix(Wire(more_templates).add(ipfix_template(256, fields)).add(make_set(256, record)));
    const std::string text = collector.elements.at(0);
    return nlohmann::ordered_json::parse(text.empty() ? "{}" : "{" + text.substr(1) + "}");
}

TEST(AllFields, EveryTypeIsSpelledAsItIs) {
    const auto json = elements_of({{1, 8},
                                   {8, 4},
                                   {27, 16},
                                   {56, 6},
                                   {82, 5},
                                   {150, 4},
                                   {152, 8},
                                   {276, 1},
                                   {434, 2},
                                   {320, 4},
                                   {311, 8},
                                   {5, 1}},
                                  Wire()
                                      .u64(~0ull)
                                      .u32(0xC0000201)
                                      .u64(0x20010db800000000)
                                      .u64(1)
                                      .raw({0, 1, 2, 3, 4, 255})
                                      .raw({'e', '"', 0xff, 0, 'x'})
                                      .u32(export_s)
                                      .u64(1'700'000'000'001)
                                      .u8(2)
                                      .u16(0xFFFE)
                                      .u32(0x3FC00000)
                                      .u64(0x3FB999999999999A)
                                      .u8(7));
    EXPECT_EQ(json["octetDeltaCount"], "18446744073709551615");
    EXPECT_EQ(json["sourceIPv4Address"], "192.0.2.1");
    EXPECT_EQ(json["sourceIPv6Address"], "2001:db8::1");
    EXPECT_EQ(json["sourceMacAddress"], "00:01:02:03:04:ff");
    EXPECT_EQ(json["interfaceName"], "e\"\xEF\xBF\xBD");
    EXPECT_EQ(json["flowStartSeconds"], "2023-11-14T22:13:20.000000Z");
    EXPECT_EQ(json["flowStartMilliseconds"], "2023-11-14T22:13:20.001000Z");
    EXPECT_EQ(json["dataRecordsReliability"], false);
    EXPECT_EQ(json["mibObjectValueInteger"], -2);
    EXPECT_EQ(json["absoluteError"], 1.5);
    EXPECT_EQ(json["samplingProbability"], 0.1);
    EXPECT_EQ(json["ipClassOfService"], 7);
}

TEST(AllFields, Trap28WhatIsNoNumberIsAbsentAndWhatDoesNotFitIsHex) {
    const auto json = elements_of({{320, 8}, {8, 5}, {1, 9}, {82, 3}, {5, 1}},
                                  Wire().u64(0x7FF8000000000000).zeros(5).zeros(9).zeros(3).u8(1));
    EXPECT_FALSE(json.contains("absoluteError"));
    EXPECT_EQ(json["sourceIPv4Address"], "0000000000");
    EXPECT_EQ(json["octetDeltaCount"], "000000000000000000");
    EXPECT_FALSE(json.contains("interfaceName"));
}

TEST(AllFields, Trap23UnknownElementsKeepTheirBytesAndRepeatedOnesAreAnArray) {
    const auto json = elements_of({{9, 2, 99999}, {60000 & 0x7FFF, 1}, {104, 1}, {104, 1}, {104, 1}},
                                  Wire().u16(0xBEEF).u8(5).u8(1).u8(2).u8(3));
    EXPECT_EQ(json["99999:9"], "beef");
    EXPECT_EQ(json["0:27232"], "05");
    EXPECT_EQ(json["layer2packetSectionData"].size(), 3u);
}

TEST(AllFields, ABasicListIsAnObjectWithItsValues) {
    const Wire list = Wire().u8(4).u16(224).u16(2).u16(60).u16(52).u16(367);
    const auto json = elements_of({{291, 65535}}, Wire().u8(list.size()).add(list));
    EXPECT_EQ(json["basicList"]["semantic"], "ordered");
    EXPECT_EQ(json["basicList"]["element"], "ipTotalLength");
    EXPECT_EQ(json["basicList"]["values"], (std::vector{60, 52, 367}));
}

TEST(AllFields, SubTemplateListsHoldRecords) {
    const Wire inner = ipfix_template(300, {{7, 2}, {4, 1}});
    const Wire list = Wire().u8(3).u16(300).u16(80).u8(6).u16(53).u8(17);
    auto json = elements_of({{292, 65535}}, Wire().u8(list.size()).add(list), inner);
    EXPECT_EQ(json["subTemplateList"]["semantic"], "allOf");
    EXPECT_EQ(json["subTemplateList"]["template"], 300);
    EXPECT_EQ(json["subTemplateList"]["records"][1]["sourceTransportPort"], 53);
    const Wire multi = Wire().u8(255).u16(300).u16(7).u16(80).u8(6).u16(999).u16(6).u16(0xABCD);
    json = elements_of({{293, 65535}}, Wire().u8(multi.size()).add(multi), inner);
    EXPECT_EQ(json["subTemplateMultiList"]["semantic"], "undefined");
    EXPECT_EQ(json["subTemplateMultiList"]["lists"][0]["records"][0]["protocolIdentifier"], 6);
    EXPECT_EQ(json["subTemplateMultiList"]["lists"][1]["bytes"], "abcd");
}

TEST(AllFields, ListsInsideListsEndAtADepthAsBytes) {
    const Wire inner = ipfix_template(300, {{292, 65535}});
    Wire list = Wire().u8(3).u16(300);
    for (int depth = 0; depth < 10; ++depth) {
        Wire outer = Wire().u8(3).u16(300).u8(list.size()).add(list);
        list = outer;
    }
    const auto json = elements_of({{292, 65535}}, Wire().u8(list.size()).add(list), inner);
    const nlohmann::ordered_json* at = &json["subTemplateList"];
    int depth = 1;
    while (at->is_object()) {
        at = &(*at)["records"][0]["subTemplateList"];
        ++depth;
    }
    EXPECT_TRUE(at->is_string());
    EXPECT_EQ(depth, 5);
}

TEST(AllFields, AListThatIsCutIsToldByItsBytes) {
    const Wire list = Wire().u8(4).u16(224).u16(4).u16(60);
    const auto json = elements_of({{291, 65535}}, Wire().u8(list.size()).add(list));
    EXPECT_EQ(json["basicList"], "0400e00004003c");
}

TEST(State, OutlivesARestart) {
    FlowCollector first;
    first.ipfix(ipfix_template(256, {{8, 4}, {371, 65535}, {1, 4, 29305}})
                    .add(ipfix_options(300, 1, {{302, 4}, {34, 4}}))
                    .add(make_set(300, Wire().u32(7).u32(100))));
    const std::string state = first.decoder.save_state();
    FlowCollector second;
    const auto loaded = second.decoder.load_state(state);
    ASSERT_TRUE(loaded) << loaded.error().message;
    EXPECT_EQ(*loaded, 2u);
    EXPECT_EQ(second.decoder.save_state(), state);
    second.ipfix(make_set(256, Wire().u32(0xC0000201).u8(1).raw({'x'}).u32(5)), 50);
    ASSERT_EQ(second.flows.size(), 1u);
    EXPECT_EQ(second.flows[0].rev_bytes, 5u);
    EXPECT_EQ(second.stats().templates, 0u) << "the books are of this run";
}

TEST(State, Trap33WhatIsDamagedIsRefusedAsAWhole) {
    FlowCollector first;
    first.ipfix(ipfix_template(256, {{8, 4}}));
    const std::string state = first.decoder.save_state();
    for (std::size_t i = 0; i < state.size(); ++i) {
        std::string damaged = state;
        damaged[i] = static_cast<char>(damaged[i] ^ 1);
        FlowCollector second;
        EXPECT_FALSE(second.decoder.load_state(damaged)) << i;
        EXPECT_EQ(second.decoder.save_state(), FlowCollector().decoder.save_state());
    }
    FlowCollector second;
    EXPECT_FALSE(second.decoder.load_state(""));
    EXPECT_FALSE(second.decoder.load_state(state.substr(0, state.size() - 1)));
}

}  // namespace
