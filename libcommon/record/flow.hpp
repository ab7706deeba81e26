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
// for the whole exporter or for the interface the flow came in by, the sample, or the datagram's header; or
// from the user, where the exporter tells none (assumed) or in place of what it tells (override).
enum class RateSource : std::uint8_t {
    record,
    sampler,
    options,
    sample,
    header,
    interface,
    assumed,
    override_
};
template <>
inline constexpr auto enum_words<RateSource> = std::array<std::string_view, 8>{
    "record", "sampler", "options", "sample", "header", "interface", "assumed", "override"};

// Which counters bytes and packets are, when the record has no delta counters (IPFIX elements 1 and 2).
enum class CounterKind : std::uint8_t { delta, total, initiator, layer2 };
template <>
inline constexpr auto enum_words<CounterKind> =
    std::array<std::string_view, 4>{"", "total", "initiator", "layer2"};

// IANA registry "NAT Event Type" (RFC 8158 section 5.2).
enum class NatEvent : std::uint8_t {};
template <>
inline constexpr auto enum_words<NatEvent> = std::array<std::string_view, 19>{
    "",
    "nat_create",
    "nat_delete",
    "addresses_exhausted",
    "nat44_session_create",
    "nat44_session_delete",
    "nat64_session_create",
    "nat64_session_delete",
    "nat44_bib_create",
    "nat44_bib_delete",
    "nat64_bib_create",
    "nat64_bib_delete",
    "ports_exhausted",
    "quota_exceeded",
    "address_binding_create",
    "address_binding_delete",
    "port_block_allocation",
    "port_block_deallocation",
    "threshold_reached",
};

// IANA registry "firewallEvent" (element 233).
enum class FirewallEvent : std::uint8_t { ignore, created, deleted, denied, alert, update };
template <>
inline constexpr auto enum_words<FirewallEvent> =
    std::array<std::string_view, 6>{"", "created", "deleted", "denied", "alert", "update"};

// What most runs look at stands first: a decoder that is asked for no more starts a record by copying that
// part.
struct FlowRecord {
    Time ts;
    IpAddress exporter;
    std::optional<std::uint32_t> obs_domain;
    std::optional<std::uint32_t> sampling_rate;
    std::optional<RateSource> rate_source;
    std::optional<std::uint64_t> sampler_id;
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
    std::optional<CounterKind> bytes_kind;
    std::optional<NatEvent> nat_event;
    std::optional<FirewallEvent> fw_event;
    std::optional<std::uint64_t> total_bytes;
    std::optional<std::uint64_t> total_packets;
    std::optional<std::uint64_t> flow_count;
    std::optional<std::uint32_t> in_if;
    std::optional<std::uint32_t> out_if;
    std::optional<std::uint64_t> rev_bytes;
    std::optional<std::uint64_t> rev_packets;
    std::optional<TcpFlags> rev_tcp_flags;
    std::optional<std::uint64_t> post_bytes;
    std::optional<std::uint64_t> post_packets;
    std::optional<std::uint16_t> min_length;
    std::optional<std::uint16_t> max_length;
    std::optional<std::uint32_t> src_as;
    std::optional<std::uint32_t> dst_as;
    IpAddress next_hop;
    IpAddress bgp_next_hop;
    std::optional<std::uint8_t> src_mask;
    std::optional<std::uint8_t> dst_mask;
    std::optional<std::uint8_t> tos;
    std::optional<std::uint8_t> post_tos;
    std::optional<std::uint8_t> ttl;
    std::optional<std::uint16_t> fragment_offset;
    std::optional<std::uint16_t> vlan;
    std::optional<std::uint16_t> inner_vlan;
    std::optional<std::uint16_t> post_vlan;
    std::optional<Mac> src_mac;
    std::optional<Mac> dst_mac;
    std::optional<Mac> post_src_mac;
    std::optional<Mac> post_dst_mac;
    std::optional<std::uint16_t> ethertype;
    std::optional<Direction> direction;
    std::optional<std::uint8_t> forwarding_status;
    std::optional<std::uint8_t> end_reason;
    std::optional<std::uint64_t> flow_id;
    std::optional<std::uint64_t> obs_point;
    std::optional<std::uint32_t> flow_label;
    std::optional<std::uint32_t> mpls_label;
    std::optional<std::uint32_t> in_vrf;
    std::optional<std::uint32_t> out_vrf;
    std::optional<Text32> app_id;
    std::optional<Text64> app_name;
    std::optional<Text64> user;
    IpAddress nat_src_ip;
    IpAddress nat_dst_ip;
    std::optional<std::uint16_t> nat_src_port;
    std::optional<std::uint16_t> nat_dst_port;
    std::optional<std::uint16_t> fw_ext_event;
    Time event_time;
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
    field("bytes_kind", &FlowRecord::bytes_kind, Role::text,
          "what bytes and packets count when not the change since the last record: total, initiator (of a "
          "connection) or layer2 (whole frames)"),
    field("rev_bytes", &FlowRecord::rev_bytes, Role::value, "bytes of the other direction", Unit::bytes),
    field("rev_packets", &FlowRecord::rev_packets, Role::value, "packets of the other direction",
          Unit::packets),
    field("rev_tcp_flags", &FlowRecord::rev_tcp_flags, Role::text, "TCP flags of the other direction"),
    field("post_bytes", &FlowRecord::post_bytes, Role::value,
          "the same traffic in bytes as it left the exporter", Unit::bytes),
    field("post_packets", &FlowRecord::post_packets, Role::value,
          "the same traffic in packets as it left the exporter", Unit::packets),
    field("total_bytes", &FlowRecord::total_bytes, Role::value, "bytes since the flow began", Unit::bytes),
    field("total_packets", &FlowRecord::total_packets, Role::value, "packets since the flow began",
          Unit::packets),
    field("flow_count", &FlowRecord::flow_count, Role::value,
          "flows that the record is the sum of, where the exporter or nfdump added some up"),
    field("min_length", &FlowRecord::min_length, Role::text, "length of the shortest packet", Unit::bytes),
    field("max_length", &FlowRecord::max_length, Role::text, "length of the longest packet", Unit::bytes),
    field("in_if", &FlowRecord::in_if, Role::tag, "ifIndex the packets came in by"),
    field("out_if", &FlowRecord::out_if, Role::tag, "ifIndex the packets left by"),
    field("src_as", &FlowRecord::src_as, Role::tag, "source autonomous system"),
    field("dst_as", &FlowRecord::dst_as, Role::tag, "destination autonomous system"),
    field("next_hop", &FlowRecord::next_hop, Role::tag, "next router"),
    field("bgp_next_hop", &FlowRecord::bgp_next_hop, Role::tag, "next BGP router"),
    field("src_mask", &FlowRecord::src_mask, Role::tag, "prefix length of the route to the source"),
    field("dst_mask", &FlowRecord::dst_mask, Role::tag, "prefix length of the route to the destination"),
    field("tos", &FlowRecord::tos, Role::tag, "IPv4 type of service or IPv6 traffic class"),
    field("post_tos", &FlowRecord::post_tos, Role::tag, "the same as the packets left the exporter"),
    field("ttl", &FlowRecord::ttl, Role::tag,
          "IPv4 time to live or IPv6 hop limit; the lowest one of a flow"),
    field("fragment_offset", &FlowRecord::fragment_offset, Role::text,
          "of a fragment that is not the first, in units of 8 bytes"),
    field("vlan", &FlowRecord::vlan, Role::tag, "outermost VLAN id"),
    field("inner_vlan", &FlowRecord::inner_vlan, Role::tag, "VLAN id inside the outermost"),
    field("post_vlan", &FlowRecord::post_vlan, Role::tag, "VLAN id on leaving the exporter"),
    field("src_mac", &FlowRecord::src_mac, Role::tag, "source hardware address"),
    field("dst_mac", &FlowRecord::dst_mac, Role::tag, "destination hardware address"),
    field("post_src_mac", &FlowRecord::post_src_mac, Role::tag,
          "source hardware address as the packets left the exporter"),
    field("post_dst_mac", &FlowRecord::post_dst_mac, Role::tag,
          "destination hardware address as the packets left the exporter"),
    field("ethertype", &FlowRecord::ethertype, Role::tag, "Ethernet type behind the VLAN tags"),
    field("direction", &FlowRecord::direction, Role::tag, "as the exporter saw it: ingress or egress"),
    field("forwarding_status", &FlowRecord::forwarding_status, Role::tag,
          "what became of the packets, as a number: 64 to 127 forwarded, 128 to 191 dropped, 192 to 255 "
          "consumed "
          "(IPFIX element 89)"),
    field("end_reason", &FlowRecord::end_reason, Role::text,
          "flowEndReason number (RFC 5102 section 5.11.3)"),
    field("flow_id", &FlowRecord::flow_id, Role::text, "the exporter's number of the flow or connection"),
    field("flow_label", &FlowRecord::flow_label, Role::text, "IPv6 flow label"),
    field("mpls_label", &FlowRecord::mpls_label, Role::tag, "label on top of the MPLS stack"),
    field("in_vrf", &FlowRecord::in_vrf, Role::tag, "VRF id the packets came in by"),
    field("out_vrf", &FlowRecord::out_vrf, Role::tag, "VRF id the packets left by"),
    field("app_id", &FlowRecord::app_id, Role::tag,
          "application as classification engine and selector: 3:443 (RFC 6759)"),
    field("app_name", &FlowRecord::app_name, Role::tag,
          "name of the application, the first 63 bytes; with --names of app_id as the exporter told it, when "
          "the record has none"),
    field("user", &FlowRecord::user, Role::tag, "name of the user, the first 63 bytes"),
    field("nat_src_ip", &FlowRecord::nat_src_ip, Role::tag, "source address behind the translation"),
    field("nat_dst_ip", &FlowRecord::nat_dst_ip, Role::tag, "destination address behind the translation"),
    field("nat_src_port", &FlowRecord::nat_src_port, Role::tag, "source port behind the translation"),
    field("nat_dst_port", &FlowRecord::nat_dst_port, Role::tag, "destination port behind the translation"),
    field("nat_event", &FlowRecord::nat_event, Role::tag,
          "what happened to the translation: nat44_session_create and others (RFC 8158)"),
    field("fw_event", &FlowRecord::fw_event, Role::tag,
          "what the firewall did: created, deleted, denied, alert, update"),
    field("fw_ext_event", &FlowRecord::fw_ext_event, Role::tag, "the firewall's number of the reason"),
    field("event_time", &FlowRecord::event_time, Role::text, "when the event happened"),
    field("exporter", &FlowRecord::exporter, Role::tag, "who sent the record: for sFlow the agent address"),
    field("obs_domain", &FlowRecord::obs_domain, Role::tag,
          "source id (NetFlow v9), observation domain (IPFIX), engine type * 256 + id (v5) or sub-agent "
          "(sFlow)"),
    field("obs_point", &FlowRecord::obs_point, Role::tag, "the exporter's number of the observation point"),
    field("sampling_rate", &FlowRecord::sampling_rate, Role::value, "one packet in this many was looked at"),
    field("rate_source", &FlowRecord::rate_source, Role::text,
          "who told the sampling rate: record, sampler, interface, options, header or sample; or the user by "
          "--sampling-rate: assumed where the exporter told none, override in place of what it told"),
    field("sampler_id", &FlowRecord::sampler_id, Role::tag, "the exporter's number of the sampler"),
};

// Names that the exporter tells beside its flows, in options records: of the numbers in a flow record. Only
// there when names are asked for, so that a flow record stays small.
struct FlowNames {
    std::optional<Text64> in_if_name;
    std::optional<Text64> out_if_name;
    std::optional<Text64> in_vrf_name;
    std::optional<Text64> out_vrf_name;
    std::optional<Text64> sampler_name;
};

inline constexpr auto flow_name_fields = FieldList{
    field("in_if_name", &FlowNames::in_if_name, Role::tag,
          "with --names: name of in_if as the exporter told it, the first 63 bytes; its description when it "
          "told no name"),
    field("out_if_name", &FlowNames::out_if_name, Role::tag, "with --names: name of out_if, like in_if_name"),
    field("in_vrf_name", &FlowNames::in_vrf_name, Role::tag,
          "with --names: name of in_vrf as the exporter told it, the first 63 bytes"),
    field("out_vrf_name", &FlowNames::out_vrf_name, Role::tag,
          "with --names: name of out_vrf, like in_vrf_name"),
    field("sampler_name", &FlowNames::sampler_name, Role::tag,
          "with --names: name of sampler_id as the exporter told it, the first 63 bytes"),
};

// The names stand in front: a decoder copies a whole FlowRecord over the other part.
struct NamedFlow : FlowNames, FlowRecord {};

template <>
inline constexpr auto describe<FlowRecord> = record("flow", 1, "one flow record of an exporter",
                                                    flow_time_field, flow_fields);
template <>
inline constexpr auto describe<NamedFlow> = record("flow", 1, "one flow record of an exporter",
                                                   flow_time_field, flow_fields, flow_name_fields);

// A group of flows: the fields it was grouped by are set, and the sums.
struct FlowTop : FlowRecord, FlowNames {
    std::uint64_t rank = 0;
    Prefix src_prefix;
    Prefix dst_prefix;
    IpAddress ip;
    Prefix prefix;
    std::optional<std::uint16_t> port;
    std::optional<std::uint32_t> as_number;
    std::optional<std::uint32_t> interface;
    std::optional<Mac> mac;
    Time window_start;
    std::uint64_t flows = 0;
    std::optional<double> share_pct;
    std::optional<double> error_pct;
    std::optional<std::uint64_t> value_error;
};

template <>
inline constexpr auto describe<FlowTop> = record(
    "flow.top", 1, "flows with the same keys, ranked", flow_time_field,
    field("rank", &FlowTop::rank, Role::text, "1 is the largest").column(),
    field("src_prefix", &FlowTop::src_prefix, Role::tag, "network of the source address").column(),
    field("dst_prefix", &FlowTop::dst_prefix, Role::tag, "network of the destination address").column(),
    field("ip", &FlowTop::ip, Role::tag, "address that is source or destination").column(),
    field("prefix", &FlowTop::prefix, Role::tag, "network of the source or the destination").column(),
    field("port", &FlowTop::port, Role::tag, "port that is source or destination").column(),
    field("as", &FlowTop::as_number, Role::tag, "autonomous system that is source or destination").column(),
    field("interface", &FlowTop::interface, Role::tag, "ifIndex the packets came in or left by").column(),
    field("mac", &FlowTop::mac, Role::tag, "hardware address that is source or destination").column(),
    flow_fields, flow_name_fields,
    field("window_start", &FlowTop::window_start, Role::text,
          "of the window that the sums are of; ts is its end"),
    field("flows", &FlowTop::flows, Role::value,
          "flow records and samples in the group; one that is a sum counts as its flow_count")
        .column(),
    field("share_pct", &FlowTop::share_pct, Role::value, "of the value ranked by", Unit::percent).column(),
    field("error_pct", &FlowTop::error_pct, Role::value,
          "with --scaled: what sampling may have the packets off by, either way, in 19 of 20 cases: "
          "196*sqrt(1/n) of n packets looked at; absent where nothing was sampled. Bytes may be off by "
          "more, as packets differ in size",
          Unit::percent)
        .column(),
    field("value_error", &FlowTop::value_error, Role::value,
          "the value ranked by is at least what is told, and at most this much more"));

}  // namespace nm
