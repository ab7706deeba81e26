// What sFlow tells beside flows: sampled packets (a flow of one packet, with the sample's own numbers) and
// interface counters. Structures: https://sflow.org/sflow_version_5.txt section 5.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "record/flow.hpp"

namespace nm {

// What an sFlow interface word stands for when it is not one interface.
enum class PortKind : std::uint8_t { interface, discarded, multiple, internal };
template <>
inline constexpr auto enum_words<PortKind> =
    std::array<std::string_view, 4>{"", "discarded", "multiple", "internal"};

struct SflowSample : FlowRecord {
    std::optional<std::uint32_t> sequence;
    std::optional<std::uint32_t> source_class;
    std::optional<std::uint32_t> source_index;
    std::optional<std::uint32_t> pool;
    std::optional<std::uint32_t> drops;
    PortKind in_kind = PortKind::interface;
    PortKind out_kind = PortKind::interface;
    std::optional<std::uint32_t> discard_reason;
    std::optional<std::uint32_t> out_count;
    std::optional<std::uint16_t> in_vlan;
    std::optional<std::uint16_t> out_vlan;
    std::optional<std::uint8_t> in_priority;
    std::optional<std::uint8_t> out_priority;
    std::vector<std::uint16_t> vlans;
    std::optional<std::uint32_t> header_protocol;
    std::optional<std::uint32_t> header_bytes;
    std::optional<std::uint32_t> stripped;
    std::optional<std::uint32_t> ip_bytes;
};

template <>
inline constexpr auto describe<SflowSample> = [] {
    using S = SflowSample;
    return record(
        "sflow.sample", 1, "one sampled packet: packets is 1, bytes is the length of its frame",
        flow_time_field, flow_fields,
        field("sequence", &S::sequence, Role::text, "number of the sample, per source"),
        field("source_class", &S::source_class, Role::tag, "0 interface, 1 VLAN, 2 physical entity"),
        field("source_index", &S::source_index, Role::tag, "what took the sample, such as an ifIndex"),
        field("pool", &S::pool, Role::text, "packets that could have been sampled so far"),
        field("drops", &S::drops, Role::text, "samples the agent itself dropped so far"),
        field("in_kind", &S::in_kind, Role::tag, "when not one interface: discarded, multiple or internal"),
        field("out_kind", &S::out_kind, Role::tag, "when not one interface: discarded, multiple or internal"),
        field("discard_reason", &S::discard_reason, Role::tag, "why a discarded packet was, as a number"),
        field("out_count", &S::out_count, Role::text, "interfaces the packet left by, if several"),
        field("in_vlan", &S::in_vlan, Role::tag, "VLAN id on entry, from the switch"),
        field("out_vlan", &S::out_vlan, Role::tag, "VLAN id on leaving, from the switch"),
        field("in_priority", &S::in_priority, Role::text, "802.1p priority on entry"),
        field("out_priority", &S::out_priority, Role::text, "802.1p priority on leaving"),
        field("vlans", &S::vlans, Role::text, "every VLAN id in the header, outermost first, from three on"),
        field("header_protocol", &S::header_protocol, Role::text, "1 Ethernet, 11 IPv4, 12 IPv6, others"),
        field("header_bytes", &S::header_bytes, Role::text, "bytes of the packet inside the sample",
              Unit::bytes),
        field("stripped", &S::stripped, Role::text, "bytes taken off the packet before sampling",
              Unit::bytes),
        field("ip_bytes", &S::ip_bytes, Role::value, "length the IP header tells", Unit::bytes));
}();

enum class IfDuplex : std::uint8_t { unknown, full, half, in, out };
template <>
inline constexpr auto enum_words<IfDuplex> = std::array<std::string_view, 5>{"", "full", "half", "in", "out"};
enum class IfStatus : std::uint8_t { down, up };
template <>
inline constexpr auto enum_words<IfStatus> = std::array<std::string_view, 2>{"down", "up"};

// A counter that the agent does not keep (all ones) is absent.
struct SflowCounters {
    Time ts;
    IpAddress exporter;
    std::optional<std::uint32_t> obs_domain;
    std::optional<std::uint32_t> sequence;
    std::optional<std::uint32_t> source_class;
    std::optional<std::uint32_t> source_index;
    std::optional<std::uint32_t> if_index;
    std::optional<std::uint32_t> if_type;
    std::optional<std::uint64_t> if_speed_bps;
    IfDuplex if_duplex = IfDuplex::unknown;
    std::optional<IfStatus> if_admin;
    std::optional<IfStatus> if_oper;
    std::optional<bool> promiscuous;
    std::optional<std::uint64_t> in_bytes;
    std::optional<std::uint32_t> in_unicast;
    std::optional<std::uint32_t> in_multicast;
    std::optional<std::uint32_t> in_broadcast;
    std::optional<std::uint32_t> in_discards;
    std::optional<std::uint32_t> in_errors;
    std::optional<std::uint32_t> in_unknown_protos;
    std::optional<std::uint64_t> out_bytes;
    std::optional<std::uint32_t> out_unicast;
    std::optional<std::uint32_t> out_multicast;
    std::optional<std::uint32_t> out_broadcast;
    std::optional<std::uint32_t> out_discards;
    std::optional<std::uint32_t> out_errors;
    std::optional<std::uint32_t> unknown_records;
};

template <>
inline constexpr auto describe<SflowCounters> = [] {
    using C = SflowCounters;
    return record(
        "sflow.counters", 1, "counters of one interface since its agent started (RFC 2863)",
        field("ts", &C::ts, Role::time, "when the datagram was received or captured"),
        field("exporter", &C::exporter, Role::tag, "agent address").column(),
        field("obs_domain", &C::obs_domain, Role::tag, "sub-agent"),
        field("sequence", &C::sequence, Role::text, "number of the sample, per source"),
        field("source_class", &C::source_class, Role::tag, "0 interface, 1 VLAN, 2 physical entity"),
        field("source_index", &C::source_index, Role::tag, "what the counters belong to"),
        field("if_index", &C::if_index, Role::tag, "ifIndex").column(),
        field("if_type", &C::if_type, Role::tag, "ifType"),
        field("if_speed_bps", &C::if_speed_bps, Role::value, "bits per second"),
        field("if_duplex", &C::if_duplex, Role::tag, "full, half, in or out"),
        field("if_admin", &C::if_admin, Role::tag, "wanted state: up or down"),
        field("if_oper", &C::if_oper, Role::tag, "actual state: up or down"),
        field("promiscuous", &C::promiscuous, Role::text, "takes packets for others"),
        field("in_bytes", &C::in_bytes, Role::value, "received", Unit::bytes).column(),
        field("in_unicast", &C::in_unicast, Role::value, "received unicast", Unit::packets),
        field("in_multicast", &C::in_multicast, Role::value, "received multicast", Unit::packets),
        field("in_broadcast", &C::in_broadcast, Role::value, "received broadcast", Unit::packets),
        field("in_discards", &C::in_discards, Role::value, "received and dropped", Unit::packets),
        field("in_errors", &C::in_errors, Role::value, "received with errors", Unit::packets),
        field("in_unknown_protos", &C::in_unknown_protos, Role::value, "received, protocol unknown",
              Unit::packets),
        field("out_bytes", &C::out_bytes, Role::value, "sent", Unit::bytes).column(),
        field("out_unicast", &C::out_unicast, Role::value, "sent unicast", Unit::packets),
        field("out_multicast", &C::out_multicast, Role::value, "sent multicast", Unit::packets),
        field("out_broadcast", &C::out_broadcast, Role::value, "sent broadcast", Unit::packets),
        field("out_discards", &C::out_discards, Role::value, "to send and dropped", Unit::packets),
        field("out_errors", &C::out_errors, Role::value, "to send and failed", Unit::packets),
        field("unknown_records", &C::unknown_records, Role::value,
              "structures of this sample that are not decoded"));
}();

}  // namespace nm
