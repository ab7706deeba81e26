#include <gtest/gtest.h>

#include <random>

#include "base/result.hpp"
#include "filter/addresses.hpp"
#include "filter/compile.hpp"
#include "flow_lines.hpp"
#include "json/write.hpp"

namespace {

using namespace nmflowtool;

nm::FlowRecord web_flow() {
    nm::FlowRecord flow;
    flow.start.ns = 1'700'000'000'000'999'999;
    flow.end.ns = 1'700'000'002'000'000'000;
    flow.src_ip = *nm::parse_ip("10.1.2.3");
    flow.dst_ip = *nm::parse_ip("192.0.2.80");
    flow.src_port = 50000;
    flow.dst_port = 443;
    flow.proto_num = 6;
    flow.tcp_flags = nm::TcpFlags{0x12};  // SYN, ACK
    flow.bytes = 5000;
    flow.packets = 10;
    flow.in_if = 1;
    flow.out_if = 2;
    flow.src_as = 64500;
    flow.vlan = 100;
    flow.src_mac = nm::Mac{{2, 0, 0, 0, 0, 1}};
    flow.next_hop = *nm::parse_ip("10.0.0.1");
    flow.exporter = *nm::parse_ip("2001:db8::99");
    flow.rev_bytes = 7;
    flow.nat_src_ip = *nm::parse_ip("203.0.113.9");
    flow.nat_src_port = 1;
    flow.in_vrf = 3;
    flow.post_tos = 32;
    flow.post_packets = 8;
    flow.post_dst_mac = nm::Mac{{2, 0, 0, 0, 0, 4}};
    flow.forwarding_status = 64;
    flow.fw_event = nm::FirewallEvent::denied;
    flow.fw_ext_event = 1001;
    flow.obs_point = 5;
    flow.flow_label = 9;
    flow.mpls_label = 16;
    return flow;
}

bool passes(std::string_view filter, const nm::FlowRecord& flow = web_flow()) {
    return compile_filter(filter).matches(flow);
}

TEST(Filter, EachTestHitsAndMisses) {
    const std::pair<const char*, const char*> cases[] = {
        {"any", "not any"},
        {"", "!any"},
        {"ipv4", "inet6"},
        {"proto tcp", "proto UDP"},
        {"proto 6", "proto icmp6"},
        {"ip 10.1.2.3", "ip 10.1.2.4"},
        {"dst host 192.0.2.80", "src host 192.0.2.80"},
        {"src net 10.0.0.0/8", "dst net 10.0.0.0/8"},
        {"net 10.1/16", "net 10.2/16"},
        {"net 10.0.0.0 255.0.0.0", "net 11.0.0.0 255.0.0.0"},
        {"net 0.0.0.0/0", "net 2001:db8::/32"},
        {"ip in [10.1.2.3]", "ip in [10.1.2.2, 10.1.2.4]"},
        {"ip in [172.16.0.0/12 10.0.0.0/8 10.1.2.9]", "src ip in [192.0.2.0/24 11.0.0.0/8]"},
        {"port 443", "src port 443"},
        {"port > 49999", "src and dst port > 49999"},
        {"dst or src port = 0xC350", "port in [80 8080]"},
        {"port in [80,443]", "src port in [80,443]"},
        {"as 64500", "dst as 64500"},
        {"dst as 0", "src as 0"},
        {"flags S", "flags F"},
        {"flags SA", "flags SF"},
        {"not flags FR", "not flags SF"},
        {"flags 18", "flags > 18"},
        {"bytes > 4k", "bytes > 5K"},
        {"bytes <= 0x1388", "in bytes lt 5000"},
        {"packets ge 10", "packets gt 10"},
        {"flows 1", "flows > 1"},
        {"duration 2000", "duration < 2000"},
        {"pps 5", "pps > 5"},
        {"bps = 20k", "bps > 20k"},
        {"bpp 500", "bpp < 500"},
        {"if 2", "in if 2"},
        {"out if 2", "if in [3 4]"},
        {"vlan 100", "dst vlan 100"},
        {"src mac 2:0:0:0:0:1", "in dst mac 02:00:00:00:00:01"},
        {"tos 0", "src tos > 0"},
        {"next ip 10.0.0.1", "bgpnext ip 10.0.0.1"},
        {"router ip 2001:db8::99", "router ip in [2001:db8::98 10.0.0.0/8]"},
        {"flowdir ingress", "dir 1"},
        {"observation domain id 0", "engine-id 1"},
        {"ttl 0", "ttl > 0"},
        {"out bytes 7", "out bytes > 7"},
        {"out packets 8", "out packets 0"},
        {"dst tos 32", "tos 32"},
        {"src or dst tos 32", "src and dst tos 32"},
        {"mac 2:0:0:0:0:4", "in mac 2:0:0:0:0:4"},
        {"out dst mac 2:0:0:0:0:4", "out src mac 2:0:0:0:0:4"},
        {"dst mac 2:0:0:0:0:4", "src mac 2:0:0:0:0:4"},
        {"out mac 2:0:0:0:0:4", "out mac 2:0:0:0:0:1"},
        {"fwdstat 64", "fwdstat 0"},
        {"asa event deny", "asa event create"},
        {"asa event denied", "asa event denied egress"},
        {"asa event denied ingress", "asa event teardown"},
        {"asa event > 2", "asa event in [1 2]"},
        {"asa xevent 1001", "asa xevent > 1001"},
        {"observation point id 5", "observation point id 6"},
        {"flowlabel 9", "flowlabel > 9"},
        {"next net 10.0.0.0/8", "next host 10.0.0.2"},
        {"router net 2001:db8::/32", "bgpnext net 10.0.0.0/8"},
        {"mpls label 16", "mpls label 17"},
        {"mpls label1 > 15", "mpls any 15"},
        {"xnet 203.0.113.0/24", "dst nip 203.0.113.9"},
        {"src nport 1", "xport 2"},
        {"ingress vrf 3", "egress vrf 3"},
        {"proto tcp and port 443 or any", "proto tcp and not port 443"},
        {"port 1 or proto tcp and port 443", "(port 1 or proto tcp) and port 444"},
        {"not (port 1 or port 2)", "not (port 443 and proto tcp)"},
        {"proto tcp # and nothing else\n", "proto # the\nudp"},
        {"PROTO Tcp AND NOT Port 1", "! ! port 1"},
    };
    for (const auto& [hit, miss] : cases) {
        EXPECT_TRUE(passes(hit)) << hit;
        EXPECT_FALSE(passes(miss)) << miss;
    }
}

TEST(Filter, AMaskOfFourBytesIsThePrefixLengthOfTheSameNetwork) {
    nm::FlowRecord v6 = web_flow();
    v6.src_ip = *nm::parse_ip("2001:db8::a01:203");
    v6.dst_ip = *nm::parse_ip("2001:db8::1");
    nm::FlowRecord mapped = v6;
    mapped.src_ip = *nm::parse_ip("::10.1.2.3");
    for (const char* network : {"net 10.1.0.0 255.255.0.0", "net 10.1.0.0/16"}) {
        EXPECT_TRUE(passes(network)) << network;
        EXPECT_FALSE(passes(network, v6)) << network;
        EXPECT_TRUE(passes(network, mapped)) << network;
    }
    EXPECT_FALSE(passes("not ipv4 and net 0.0.0.0 255.255.0.0", v6));
    EXPECT_FALSE(passes("not ipv4 and net 0.0.0.0/16", v6));
}

TEST(Filter, WhatARecordLacksIsZero) {
    EXPECT_TRUE(passes("port 0 and as 0 and bytes 0 and vlan 0 and proto 0 and ipv4", {}));
    EXPECT_FALSE(passes("ipv6 or flags 0 or icmp-type 0", {}));
}

TEST(Filter, OutIsTheOtherDirectionOrElseWhatLeftTheExporter) {
    nm::FlowRecord flow;
    flow.post_bytes = 100;
    EXPECT_TRUE(passes("out bytes 100", flow));
    flow.rev_bytes = 50;
    EXPECT_TRUE(passes("out bytes 50", flow));
}

TEST(Filter, ARecordThatIsASumCountsAsItsFlows) {
    nm::FlowRecord flow;
    EXPECT_TRUE(passes("flows 1", flow));
    flow.flow_count = 5;
    EXPECT_TRUE(passes("flows 5", flow));
    EXPECT_FALSE(passes("flows 1", flow));
}

TEST(Filter, EventsOfFirewallsAndTranslatorsAreOneNumber) {
    nm::FlowRecord flow;
    EXPECT_TRUE(passes("asa event ignore and nat event invalid", flow));
    flow.nat_event = nm::NatEvent{1};
    EXPECT_TRUE(passes("nat event add and nat event create and asa event create", flow));
    EXPECT_FALSE(passes("nat event delete or nat event > 1", flow));
}

TEST(Filter, LabelsBesideTheFlowAreOnesOfItsStack) {
    nm::FlowRecord flow;
    flow.mpls_label = 16;
    const std::vector<std::uint32_t> labels{16 << 4, 17 << 4 | 1, 0};
    const auto passes_with_labels = [&](std::string_view filter) {
        return compile_filter(filter).matches(flow, {}, labels);
    };
    EXPECT_TRUE(passes_with_labels("mpls label 17 and mpls label 16 and mpls label > 16"));
    EXPECT_TRUE(passes_with_labels("mpls label1 16 and not mpls label1 17"));
    EXPECT_FALSE(passes_with_labels("mpls label 18 or mpls label 0"));
}

TEST(Filter, ProtocolsHaveTheWordsThatNfdumpKnows) {
    nm::FlowRecord flow;
    const std::pair<const char*, std::uint8_t> words[] = {
        {"xns", 22},   {"sdrp", 42},  {"swipe", 53}, {"narp", 54}, {"tlsp", 56},  {"vines", 83},
        {"tcf", 87},   {"larp", 91},  {"mtp", 92},   {"os", 94},   {"micp", 95},  {"ifmp", 101},
        {"pnni", 102}, {"scps", 105}, {"snp", 109},  {"st", 5},    {"eigrp", 88}, {"ospf", 89},
    };
    for (const auto& [word, number] : words) {
        flow.proto_num = number;
        EXPECT_TRUE(passes(std::string("proto ") + word, flow)) << word;
    }
}

TEST(Filter, WhatOnlyNfdumpTestsIsRefusedByItsName) {
    for (const char* filter : {"ingress acl 5", "ingress ace 5", "egress xace > 5", "port in pblock",
                               "pblock start 5", "mpls label2 5", "mpls label10 > 5", "mpls eos 5",
                               "mpls exp1 5", "nfversion 9", "src tunip 10.0.0.1", "sysid 1"}) {
        try {
            compile_filter(filter);
            ADD_FAILURE() << filter;
        } catch (const nm::UserError& error) {
            EXPECT_NE(std::string(error.what()).find("our flow records have no such field"),
                      std::string::npos)
                << error.what();
        }
    }
}

TEST(Filter, TypeAndCodeOfIcmpAreItsDestinationPort) {
    nm::FlowRecord flow;
    flow.proto_num = 1;
    flow.icmp_type = 8;
    flow.icmp_code = 1;
    EXPECT_TRUE(passes("icmp-type 8 and icmp-code 1 and dst port 2049", flow));
    flow.proto_num = 17;
    EXPECT_FALSE(passes("icmp-type 8", flow));
    nm::FlowRecord by_port;
    by_port.proto_num = 58;
    by_port.dst_port = 128 * 256;
    EXPECT_TRUE(passes("icmp-type 128 and icmp-code 0", by_port));
}

TEST(Filter, AnEndBeforeItsStartIsAHugeDuration) {
    nm::FlowRecord flow = web_flow();
    std::swap(flow.start, flow.end);
    EXPECT_TRUE(passes("duration > 1000t and bps 0", flow));
}

TEST(Filter, OfASampleTheVlanOfTheSwitchGoesFirst) {
    nm::SflowSample sample;
    sample.vlan = 7;
    EXPECT_TRUE(compile_filter("src vlan 7").matches(sample));
    sample.in_vlan = 8;
    EXPECT_TRUE(compile_filter("src vlan 8 and not vlan 7").matches(sample));
}

TEST(Filter, MessagesNameThePlaceAndWhatWasExpected) {
    const std::pair<const char*, const char*> cases[] = {
        {"proto foo", "column 7: 'foo': expected a protocol"},
        {"proto tcp and", "column 14: the end: expected a test"},
        {"proto tcp\n or foo", "line 2, column 5: 'foo': expected a test"},
        {"proto tcp udp", "column 11: 'udp': expected and, or, or the end"},
        {"(any", "column 5: the end: expected )"},
        {"port 70000", "column 6: '70000': the largest number here is 65535"},
        {"port != 80", "there is no such comparator"},
        {"bytes > 99999999999999999999", "the number is too large"},
        {"ip localhost", "names are not looked up"},
        {"ip 10.1", "cut short"},
        {"ip 10.0.0.0/8", "net ADDRESS/LENGTH"},
        {"net 10.0.0.0/33", "the largest number here is 32"},
        {"net 10.1/24", "only 16 bits"},
        {"net 2001:db8:: 255.0.0.0", "a mask goes with a whole IPv4 address"},
        {"port in []", "empty"},
        {"src flags S", "expected the name of a field"},
        {"dst bytes 1", "there is no 'dst bytes'"},
        {"geo CH", "no such field"},
        {"next as 1", "there is no 'next as'"},
        {"next mac 1:2:3:4:5:6", "there is no 'next mac'"},
        {"asa event foo", "expected ignore, create, delete, "},
        {"nat event foo", "expected invalid, add, create, delete, or a number"},
        {"observation id 5", "expected domain or point"},
        {"router 10.0.0.1", "expected ip, host or net"},
        {"mpls 5", "expected label, label1 or any"},
        {"flags Q", "expected letters"},
        {"ip 'x", "never closed"},
        {"a; b", "expected a test"},
        {"any ; any", "this sign has no meaning"},
    };
    for (const auto& [filter, message] : cases) {
        try {
            compile_filter(filter);
            ADD_FAILURE() << filter;
        } catch (const nm::UserError& error) {
            EXPECT_NE(std::string(error.what()).find(message), std::string::npos) << error.what();
            EXPECT_EQ(error.exit(), nm::Exit::usage);
        }
    }
    EXPECT_THROW(compile_filter(std::string(1000, '(')), nm::UserError);
}

TEST(Filter, LongChainsAndListsAreNoDepth) {
    std::string chain = "port 1", list = "port in [";
    for (int i = 0; i < 20'000; ++i) {
        chain += " or port 1";
        list += std::to_string(i) + " ";
    }
    EXPECT_FALSE(passes(chain));
    EXPECT_TRUE(passes(chain + " or any"));
    EXPECT_TRUE(passes(list + "]"));
    EXPECT_TRUE(passes(std::string(1001, '!') + "port 1"));
}

TEST(Addresses, AreReadWholeOrCutShort) {
    EXPECT_EQ(read_address("10.1")->written_bits, 16u);
    EXPECT_EQ(read_address("10.1")->address.low, 0x0A010000u);
    EXPECT_EQ(read_address("2001:db8")->written_bits, 32u);
    EXPECT_EQ(read_address("::1")->written_bits, 128u);
    for (const char* bad : {"", ".", "1.2.3.4.5", "256", "1..2", "a", "1:2:3:4:5:6:7:8:9", ":", "-1"}) {
        EXPECT_FALSE(read_address(bad)) << bad;
    }
    EXPECT_EQ(mask_of(32, 8).low, 0xFFFFFFFFFF000000u);
    EXPECT_EQ(mask_of(128, 0).high, 0u);
    EXPECT_EQ(mask_of(128, 64).low, 0u);
    EXPECT_EQ(mask_of(128, 128).low, ~std::uint64_t{0});
}

// What is read of a line in the fast way must be what a reader of whole records finds.
TEST(FlowLines, TheWantedMembersOfALineAreThoseOfTheWholeRecord) {
    const std::vector<std::string_view> keys{"src_ip", "dst_port", "proto_num", "proto",
                                             "bytes",  "ts",       "tcp_flags", "src_mac"};
    FlowLineParser parser(keys);
    nm::TextBuffer out;
    nm::FlowRecord flow = web_flow();
    flow.ts = flow.end;
    flow.bytes = (std::uint64_t{1} << 60) + 1;
    append_json(out, flow);
    ASSERT_EQ(parser.parse(out.view().substr(0, out.size() - 1)), FlowLineParser::Got::flow);
    EXPECT_EQ(parser.record().src_ip, flow.src_ip);
    EXPECT_EQ(parser.record().dst_port, flow.dst_port);
    EXPECT_EQ(parser.record().proto_num, 6);
    EXPECT_EQ(parser.record().bytes, flow.bytes);
    EXPECT_EQ(parser.record().ts, flow.ts);
    EXPECT_EQ(parser.record().tcp_flags, flow.tcp_flags);
    EXPECT_EQ(parser.record().src_mac, flow.src_mac);
    EXPECT_FALSE(parser.record().packets);  // not asked for
}

TEST(FlowLines, WithoutKeysWholeRecordsAreRead) {
    FlowLineParser parser({});
    using Got = FlowLineParser::Got;
    ASSERT_EQ(parser.parse(R"({"type":"sflow.sample","v":1,"in_vlan":7,"ttl":64})"), Got::sample);
    EXPECT_EQ(parser.record().in_vlan, 7);
    ASSERT_EQ(parser.parse(R"({"type":"flow","v":1,"src_ip":"10.0.0.1","proto":"udp"})"), Got::flow);
    EXPECT_EQ(to_string(parser.record().src_ip), "10.0.0.1");
    EXPECT_EQ(parser.record().proto_num, 17);
    EXPECT_FALSE(parser.record().in_vlan || parser.record().ttl) << "of the sample before";
    ASSERT_EQ(parser.parse(R"({"type":"sflow.sample","v":1})"), Got::sample);
    EXPECT_FALSE(parser.record().src_ip.is_set());
    EXPECT_EQ(parser.parse(R"({"type":"probe.icmp","v":1})"), Got::other);
    EXPECT_EQ(parser.parse(R"({"v":1})"), Got::bad);
    EXPECT_EQ(parser.error(), "no type");
    EXPECT_EQ(parser.parse("{"), Got::bad);
    EXPECT_EQ(parser.parse(R"({"type":"flow","bytes":"many"})"), Got::bad);
}

TEST(FlowLines, OtherSpellingsAreReadAndOtherLinesTold) {
    FlowLineParser parser({"src_ip", "proto_num", "proto", "bytes"});
    using Got = FlowLineParser::Got;
    ASSERT_EQ(parser.parse(R"({"v":1, "type":"flow","bytes": 1000 ,"src_ip":"10.0.\u0030.1","proto":"udp"})"),
              Got::flow);
    EXPECT_EQ(parser.record().bytes.value_or(0), 1000u);
    EXPECT_EQ(to_string(parser.record().src_ip), "10.0.0.1");
    EXPECT_EQ(parser.record().proto_num, 17);
    ASSERT_EQ(parser.parse(R"({"type":"flow","v":1})"), Got::flow);
    EXPECT_FALSE(parser.record().bytes);
    EXPECT_EQ(parser.parse(R"({"type":"sflow.sample"})"), Got::sample);
    EXPECT_EQ(parser.parse(R"({"type":"probe.icmp"})"), Got::other);
    for (const char* bad : {R"({"type":"flow","bytes":-1})", R"({"type":"flow","src_ip":"x"})", R"({"v":1})",
                            R"({"type":"flow")", "7", R"({"type":"flow","bytes":1}x)", R"({"type":7})"}) {
        EXPECT_EQ(parser.parse(bad), Got::bad) << bad;
        EXPECT_FALSE(parser.error().empty());
    }
}

}  // namespace
