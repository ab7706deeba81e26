// Elements that a record has several times: a filter sees any of their values, in a datagram and in the line
// that decode --all-fields makes of it.
#include <gtest/gtest.h>

#include "filter/gate.hpp"
#include "flow_collector.hpp"
#include "flow_lines.hpp"
#include "json/write.hpp"

namespace {

using namespace nm::test;
using namespace nmflowtool;

// A record on its way to a gate, as a datagram and as a line.
struct Passing {
    bool from_datagram = false;
    bool from_line = false;
    bool operator==(const Passing&) const = default;
};
constexpr Passing in_both{true, true};
constexpr Passing in_none{false, false};

Passing passing(const std::string& filter, const std::vector<TestField>& fields, const Wire& record) {
    Decoder decoder;
    const Wire datagram =
        ipfix_message(Wire().add(ipfix_template(256, fields)).add(make_set(256, record)), 0);
    decoder.open({{1}, *nm::parse_ip("10.1.1.1"), datagram});
    Records records;
    EXPECT_EQ(decoder.next(records), Decoder::Got::flow);
    FlowGate gate(filter), line_gate(filter);
    Passing result;
    result.from_datagram = gate.admits(records.flow, records.wire);

    nm::TextBuffer text, elements;
    ElementPlan::Scratch scratch;
    append_json(text, records.flow);
    append_elements(elements, records.wire, scratch);
    std::string line(text.view());
    line = line.substr(0, line.rfind('}')) + std::string(elements.view()) + "}";
    std::vector<std::string_view> keys = line_gate.keys();
    keys.push_back("ts");
    FlowLineParser parser(keys);
    EXPECT_EQ(parser.parse(line), FlowLineParser::Got::flow) << parser.error() << line;
    result.from_line = line_gate.admits(parser.record(), line);
    return result;
}

// Two of each: addresses of the outer and of the inner packet, ports, protocols, VLANs, flags, hardware
// addresses.
const std::vector<TestField> twice{{8, 4},  {8, 4},  {12, 4}, {7, 2},  {7, 2},  {4, 1},
                                   {4, 1},  {6, 1},  {6, 1},  {58, 2}, {58, 2}, {56, 6},
                                   {56, 6}, {61, 1}, {61, 1}, {1, 8},  {1, 8}};
Wire twice_record() {
    return Wire()
        .u32(0x0A000001)
        .u32(0xC0000201)
        .u32(0xC6336401)
        .u16(4789)
        .u16(443)
        .u8(17)
        .u8(6)
        .u8(0x02)
        .u8(0x10)
        .u16(100)
        .u16(200)
        .u16(0x0200)
        .u32(1)
        .u16(0x0200)
        .u32(2)
        .u8(0)
        .u8(1)
        .u64((std::uint64_t{1} << 60) + 1)
        .u64(40);
}

TEST(Repeats, Trap23AFilterSeesEachValueOfAnElement) {
    for (const char* filter : {"src ip 10.0.0.1",
                               "src ip 192.0.2.1",
                               "src net 10.0.0.0/8",
                               "ip in [192.0.2.0/24]",
                               "src port 4789",
                               "src port 443",
                               "proto udp",
                               "proto tcp",
                               "vlan 100",
                               "vlan 200",
                               "vlan in [5 100]",
                               "flags S",
                               "flags A",
                               "mac 02:00:00:00:00:01",
                               "mac 02:00:00:00:00:02",
                               "flowdir ingress",
                               "flowdir egress",
                               "bytes 40",
                               "bytes > 1000000",
                               "bytes 1152921504606846977",
                               "src ip 10.0.0.1 and src ip 192.0.2.1"})
        EXPECT_EQ(passing(filter, twice, twice_record()), in_both) << filter;
    for (const char* filter : {"src ip 198.51.100.1", "src port 53", "vlan 101", "mac 02:00:00:00:00:03",
                               "not src ip 10.0.0.1", "not vlan 200", "bytes 41", "flags R"})
        EXPECT_EQ(passing(filter, twice, twice_record()), in_none) << filter;
}

TEST(Repeats, Trap23AnElementMayComeMoreOftenThanAnother) {
    const std::vector<TestField> fields{{8, 4}, {58, 2}, {8, 4}, {8, 4}, {7, 2}};
    const Wire record = Wire().u32(1).u16(7).u32(2).u32(3).u16(80);
    for (const char* filter : {"src ip 0.0.0.1", "src ip 0.0.0.2", "src ip 0.0.0.3", "vlan 7", "src port 80"})
        EXPECT_EQ(passing(filter, fields, record), in_both) << filter;
    // What one value has, it has in all of them: there is no flow without a VLAN here.
    EXPECT_EQ(passing("src vlan 0", fields, record), in_none);
    EXPECT_EQ(passing("src ip 0.0.0.4", fields, record), in_none);
}

// 70 is the top of the stack; 20 bits of label, then class and the bit of the bottom.
TEST(Repeats, Trap23AFilterSeesTheWholeStackOfLabels) {
    const auto label = [](std::uint32_t number, bool is_bottom) {
        return Wire().u8(number >> 12).u16((number << 4 & 0xFFFFu) | (is_bottom ? 1u : 0u));
    };
    const std::vector<TestField> fields{{8, 4}, {70, 3}, {71, 3}, {72, 3}, {73, 3}};
    const Wire record = Wire()
                            .u32(1)
                            .add(label(16, false))
                            .add(label(1048575, false))
                            .add(label(5, true))
                            .add(Wire().zeros(3));
    for (const char* filter : {"mpls label 16", "mpls label 1048575", "mpls label eq 5",
                               "mpls label in [4 5]", "mpls label > 1000", "MPLS label < 6"})
        EXPECT_EQ(passing(filter, fields, record), in_both) << filter;
    for (const char* filter :
         {"mpls label 17", "mpls label 0", "not mpls label 5", "mpls label > 1048575 or bytes 1"})
        EXPECT_EQ(passing(filter, fields, record), in_none) << filter;
    // An explicit null at the bottom is a label.
    EXPECT_EQ(passing("mpls label 0", {{70, 3}, {71, 3}}, Wire().add(label(16, false)).add(label(0, true))),
              in_both);
    // Without labels zero is what the record lacks.
    EXPECT_EQ(passing("mpls label 0", {{8, 4}}, Wire().u32(1)), in_both);
    EXPECT_THROW(FlowGate("mpls label 1048576"), nm::UserError);
    EXPECT_THROW(FlowGate("mpls label3 16"), nm::UserError);
    EXPECT_THROW(FlowGate("src mpls label 16"), nm::UserError);
}

TEST(Repeats, Trap23VariableLengthsAndWrongWidthsInBetween) {
    const std::vector<TestField> fields{{371, 65535}, {8, 4}, {96, 65535}, {8, 4}, {58, 3}, {58, 9}, {58, 2}};
    const Wire record =
        Wire().u8(3).add(Wire().u8('a').u8('b').u8('c')).u32(1).u8(0).u32(2).zeros(2).u8(9).zeros(9).u16(12);
    for (const char* filter : {"src ip 0.0.0.1", "src ip 0.0.0.2", "vlan 9", "vlan 12"})
        EXPECT_EQ(passing(filter, fields, record), in_both) << filter;
}

TEST(Repeats, OfHundredsOfValuesSixteenCount) {
    const std::vector<TestField> fields(400, {58, 2});
    Wire record;
    for (std::uint16_t vlan = 1; vlan <= 400; ++vlan) record.u16(vlan);
    EXPECT_EQ(passing("vlan 16", fields, record), in_both);
    EXPECT_EQ(passing("vlan 17", fields, record), in_none);
    EXPECT_EQ(passing("vlan 400", fields, record), in_both) << "the one that the record itself has";
}

TEST(Repeats, ATemplateWithoutThemHasNone) {
    Template layout({{0, 8, 4}, {0, 27, 16}, {0, 70, 3}, {0, 210, 1}, {0, 210, 1}, {99, 8, 4}, {99, 8, 4}}, 0,
                    false, Dialect::ipfix);
    layout.compile({});
    EXPECT_FALSE(layout.has_repeats());
}

// Labels of a sample are a list of their own.
TEST(Repeats, Trap23AFilterSeesEachLabelOfASample) {
    nm::SflowSample sample;
    sample.mpls_labels = {100, 200};
    sample.mpls_out = {300};
    for (const auto& [filter, passes] : {std::pair{"mpls label 100", true},
                                         {"mpls label 200", true},
                                         {"mpls label 300", true},
                                         {"mpls label 400", false},
                                         {"mpls label 0", false},
                                         {"not mpls label 200", false}}) {
        FlowGate gate{std::string(filter)};
        EXPECT_EQ(gate.admits(sample), passes) << filter;
        FlowGate line_gate{std::string(filter)};
        FlowLineParser parser(line_gate.keys());
        nm::TextBuffer text;
        append_json(text, sample);
        const std::string_view line = text.view().substr(0, text.size() - 1);
        ASSERT_EQ(parser.parse(line), FlowLineParser::Got::sample) << parser.error();
        EXPECT_EQ(line_gate.admits(parser.record(), line), passes) << filter;
    }
}

// Whatever else a line holds, it is no reason to stop.
TEST(Repeats, OddArraysArePassedOver) {
    for (const char* odd : {R"([])", R"([null,true,{},[1],"x",-1,1.5])", R"("10.0.0.1")",
                            R"([12345678901234567890])", R"({"a":[1]})", R"(["10.0.0.1"])"}) {
        const std::string line =
            R"({"type":"flow","v":1,"src_ip":"10.0.0.9","src_port":9,"sourceIPv4Address":)" +
            std::string(odd) + R"(,"sourceTransportPort":)" + odd + "}";
        FlowGate gate{std::string("src ip 10.0.0.9 and src port 9")};
        FlowLineParser parser(gate.keys());
        ASSERT_EQ(parser.parse(line), FlowLineParser::Got::flow) << parser.error();
        EXPECT_TRUE(gate.admits(parser.record(), line)) << odd;
    }
}

}  // namespace
