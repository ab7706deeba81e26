// The common flow model: what NetFlow records and sFlow samples have in common, named once. The names map to
// IPFIX information elements (IANA registry); tools/nmflowtool/decode/elements.cpp has the mapping.
// FlowRecord is flat and owns no memory: decoders reuse one for every record.
// Proof: tests/unit/record_test.cpp, tests/cli/nmflowtool.bats.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "record/value.hpp"

namespace nm {

// An IP protocol number with the word that people use for it; without a word only proto_num is shown.
enum class Protocol : std::uint8_t {};

namespace detail {

struct ProtocolWord {
    std::uint8_t number;
    std::string_view word;
};
inline constexpr ProtocolWord protocol_table[] = {
    {1, "icmp"},  {2, "igmp"},   {4, "ipip"},   {6, "tcp"},    {17, "udp"},      {33, "dccp"},  {41, "ipv6"},
    {46, "rsvp"}, {47, "gre"},   {50, "esp"},   {51, "ah"},    {58, "icmp6"},    {88, "eigrp"}, {89, "ospf"},
    {103, "pim"}, {112, "vrrp"}, {115, "l2tp"}, {132, "sctp"}, {136, "udplite"},
};

constexpr auto make_protocol_words() {
    std::array<std::string_view, 256> words{};
    for (const ProtocolWord& row : protocol_table) words[row.number] = row.word;
    return words;
}

// The letters of the flags that are set, FIN first: SYN and ACK give "SA".
struct TcpFlagText {
    char letters[8];
    std::uint8_t size;
};
constexpr auto make_tcp_flag_texts() {
    constexpr char letters[] = "FSRPAUEC";
    std::array<TcpFlagText, 256> texts{};
    for (unsigned flags = 0; flags < 256; ++flags) {
        for (unsigned bit = 0; bit < 8; ++bit) {
            if (flags >> bit & 1u) texts[flags].letters[texts[flags].size++] = letters[bit];
        }
    }
    return texts;
}
inline constexpr auto tcp_flag_texts = make_tcp_flag_texts();
constexpr auto make_tcp_flag_words() {
    std::array<std::string_view, 256> words{};
    for (std::size_t i = 0; i < 256; ++i) words[i] = {tcp_flag_texts[i].letters, tcp_flag_texts[i].size};
    return words;
}

}  // namespace detail

template <>
inline constexpr auto enum_words<Protocol> = detail::make_protocol_words();

// The low eight bits of tcpControlBits (RFC 9293 section 3.1); none set is absent.
enum class TcpFlags : std::uint8_t {};
template <>
inline constexpr auto enum_words<TcpFlags> = detail::make_tcp_flag_words();

enum class Direction : std::uint8_t { ingress, egress };
template <>
inline constexpr auto enum_words<Direction> = std::array<std::string_view, 2>{"ingress", "egress"};

// Where a sampling rate comes from: the record itself, a sampler that options described, an options record
// for the whole exporter, or the sample.
enum class RateSource : std::uint8_t { record, sampler, options, sample };
template <>
inline constexpr auto enum_words<RateSource> =
    std::array<std::string_view, 4>{"record", "sampler", "options", "sample"};

struct FlowRecord {
    Time ts;
    Time start;
    Time end;
    IpAddress src_ip;
    IpAddress dst_ip;
    std::optional<std::uint16_t> src_port;
    std::optional<std::uint16_t> dst_port;
    std::optional<Protocol> proto;
    std::optional<std::uint8_t> proto_num;
    std::optional<TcpFlags> tcp_flags;
    std::optional<std::uint8_t> icmp_type;
    std::optional<std::uint8_t> icmp_code;
    std::optional<std::uint64_t> bytes;
    std::optional<std::uint64_t> packets;
    std::optional<std::uint32_t> in_if;
    std::optional<std::uint32_t> out_if;
    std::optional<std::uint32_t> src_as;
    std::optional<std::uint32_t> dst_as;
    IpAddress next_hop;
    IpAddress bgp_next_hop;
    std::optional<std::uint8_t> src_mask;
    std::optional<std::uint8_t> dst_mask;
    std::optional<std::uint8_t> tos;
    std::optional<std::uint8_t> ttl;
    std::optional<std::uint16_t> fragment_offset;
    std::optional<std::uint16_t> vlan;
    std::optional<std::uint16_t> inner_vlan;
    std::optional<std::uint16_t> post_vlan;
    std::optional<Mac> src_mac;
    std::optional<Mac> dst_mac;
    std::optional<std::uint16_t> ethertype;
    std::optional<Direction> direction;
    std::optional<std::uint8_t> end_reason;
    IpAddress exporter;
    std::optional<std::uint32_t> obs_domain;
    std::optional<std::uint32_t> sampling_rate;
    std::optional<RateSource> rate_source;
    std::optional<std::uint32_t> sampler_id;
};

inline constexpr auto flow_time_field =
    field("ts", &FlowRecord::ts, Role::time, "when the datagram was received or captured");

// The fields that records of every kind of flow share, behind ts.
inline constexpr auto flow_fields = FieldList{
    field("start", &FlowRecord::start, Role::text, "first packet of the flow").column(),
    field("end", &FlowRecord::end, Role::text, "last packet of the flow"),
    field("src_ip", &FlowRecord::src_ip, Role::tag, "source address").column(),
    field("dst_ip", &FlowRecord::dst_ip, Role::tag, "destination address").column(),
    field("src_port", &FlowRecord::src_port, Role::tag, "source port").column(),
    field("dst_port", &FlowRecord::dst_port, Role::tag, "destination port").column(),
    field("proto", &FlowRecord::proto, Role::tag, "IP protocol as a word").column(),
    field("proto_num", &FlowRecord::proto_num, Role::tag, "IP protocol number"),
    field("tcp_flags", &FlowRecord::tcp_flags, Role::text,
          "TCP flags seen: F fin, S syn, R rst, P psh, A ack, U urg, E ece, C cwr"),
    field("icmp_type", &FlowRecord::icmp_type, Role::tag, "ICMP type"),
    field("icmp_code", &FlowRecord::icmp_code, Role::tag, "ICMP code"),
    field("bytes", &FlowRecord::bytes, Role::value, "bytes of the flow as sent, not scaled by sampling_rate",
          Unit::bytes)
        .column(),
    field("packets", &FlowRecord::packets, Role::value,
          "packets of the flow as sent, not scaled by sampling_rate", Unit::packets)
        .column(),
    field("in_if", &FlowRecord::in_if, Role::tag, "ifIndex the packets came in by"),
    field("out_if", &FlowRecord::out_if, Role::tag, "ifIndex the packets left by"),
    field("src_as", &FlowRecord::src_as, Role::tag, "source autonomous system"),
    field("dst_as", &FlowRecord::dst_as, Role::tag, "destination autonomous system"),
    field("next_hop", &FlowRecord::next_hop, Role::tag, "next router"),
    field("bgp_next_hop", &FlowRecord::bgp_next_hop, Role::tag, "next BGP router"),
    field("src_mask", &FlowRecord::src_mask, Role::tag, "prefix length of the route to the source"),
    field("dst_mask", &FlowRecord::dst_mask, Role::tag, "prefix length of the route to the destination"),
    field("tos", &FlowRecord::tos, Role::tag, "IPv4 type of service or IPv6 traffic class"),
    field("ttl", &FlowRecord::ttl, Role::tag,
          "IPv4 time to live or IPv6 hop limit; the lowest one of a flow"),
    field("fragment_offset", &FlowRecord::fragment_offset, Role::text,
          "of a fragment that is not the first, in units of 8 bytes"),
    field("vlan", &FlowRecord::vlan, Role::tag, "outermost VLAN id"),
    field("inner_vlan", &FlowRecord::inner_vlan, Role::tag, "VLAN id inside the outermost"),
    field("post_vlan", &FlowRecord::post_vlan, Role::tag, "VLAN id on leaving the exporter"),
    field("src_mac", &FlowRecord::src_mac, Role::tag, "source hardware address"),
    field("dst_mac", &FlowRecord::dst_mac, Role::tag, "destination hardware address"),
    field("ethertype", &FlowRecord::ethertype, Role::tag, "Ethernet type behind the VLAN tags"),
    field("direction", &FlowRecord::direction, Role::tag, "as the exporter saw it: ingress or egress"),
    field("end_reason", &FlowRecord::end_reason, Role::text,
          "flowEndReason number (RFC 5102 section 5.11.3)"),
    field("exporter", &FlowRecord::exporter, Role::tag, "who sent the record: for sFlow the agent address"),
    field("obs_domain", &FlowRecord::obs_domain, Role::tag, "source id (NetFlow v9) or sub-agent (sFlow)"),
    field("sampling_rate", &FlowRecord::sampling_rate, Role::value, "one packet in this many was looked at"),
    field("rate_source", &FlowRecord::rate_source, Role::text,
          "who told the sampling rate: record, sampler, options or sample"),
    field("sampler_id", &FlowRecord::sampler_id, Role::tag, "the exporter's number of the sampler"),
};

template <>
inline constexpr auto describe<FlowRecord> = record("flow", 1, "one flow record of an exporter",
                                                    flow_time_field, flow_fields);

// A group of flows: the fields it was grouped by are set, and the sums.
struct FlowTop : FlowRecord {
    std::uint64_t rank = 0;
    Prefix src_prefix;
    Prefix dst_prefix;
    std::uint64_t flows = 0;
    std::optional<double> share_pct;
};

template <>
inline constexpr auto describe<FlowTop> = record(
    "flow.top", 1, "flows with the same keys, ranked", flow_time_field,
    field("rank", &FlowTop::rank, Role::text, "1 is the largest").column(),
    field("src_prefix", &FlowTop::src_prefix, Role::tag, "network of the source address").column(),
    field("dst_prefix", &FlowTop::dst_prefix, Role::tag, "network of the destination address").column(),
    flow_fields,
    field("flows", &FlowTop::flows, Role::value, "flow records and samples in the group").column(),
    field("share_pct", &FlowTop::share_pct, Role::value, "of the value ranked by", Unit::percent).column());

}  // namespace nm
