// Records of nmprobe trace and nmtcp trace.
#pragma once

#include "record/probe_icmp.hpp"
#include "record/value.hpp"

namespace nm {

enum class TraceMethod : std::uint8_t { icmp, udp, tcp };
template <>
inline constexpr std::array<std::string_view, 3> enum_words<TraceMethod> = {"icmp", "udp", "tcp"};

// How the trace of a target ended.
enum class TraceState : std::uint8_t { reached, unreachable, gap, loop, max_ttl, error, stopped };
template <>
inline constexpr std::array<std::string_view, 7> enum_words<TraceState> = {
    "reached", "unreachable", "gap", "loop", "max_ttl", "error", "stopped"};

// What answered from the destination.
enum class TraceAnswer : std::uint8_t { none, echo_reply, port_unreachable, udp, open, closed, unreachable };
template <>
inline constexpr std::array<std::string_view, 7> enum_words<TraceAnswer> = {
    "", "echo_reply", "port_unreachable", "udp", "open", "closed", "unreachable"};

// An MPLS label stack entry that a router told of (RFC 4950, RFC 3032).
struct MplsEntry {
    std::uint32_t label = 0;
    std::uint32_t tc = 0;
    bool bottom = false;
    std::uint32_t ttl = 0;
    bool operator==(const MplsEntry&) const = default;
};
template <>
inline constexpr auto describe<MplsEntry> =
    record("", 1, "one entry of an MPLS label stack", field("label", &MplsEntry::label, Role::text, "label"),
           field("tc", &MplsEntry::tc, Role::text, "traffic class (EXP)"),
           field("bottom", &MplsEntry::bottom, Role::text, "bottom of the stack"),
           field("ttl", &MplsEntry::ttl, Role::text, "TTL of the entry"));

// One address that answered at a hop.
struct TraceReply {
    IpAddress address;
    std::uint64_t received = 0;
    std::optional<double> rtt_min_us, rtt_avg_us, rtt_max_us;
    std::optional<std::uint32_t> ttl;
    std::optional<std::uint32_t> icmp_type, icmp_code;
    std::optional<std::uint32_t> quoted_ttl, quoted_tos;
    std::vector<MplsEntry> mpls;
    std::optional<bool> nat;
    IpAddress nat_address;
};
template <>
inline constexpr auto describe<TraceReply> = record(
    "", 1, "one address that answered at a hop",
    field("address", &TraceReply::address, Role::tag, "who answered"),
    field("received", &TraceReply::received, Role::value, "its answers", Unit::packets),
    field("rtt_min_us", &TraceReply::rtt_min_us, Role::value, "shortest round-trip time", Unit::us),
    field("rtt_avg_us", &TraceReply::rtt_avg_us, Role::value, "mean round-trip time", Unit::us),
    field("rtt_max_us", &TraceReply::rtt_max_us, Role::value, "longest round-trip time", Unit::us),
    field("ttl", &TraceReply::ttl, Role::text, "TTL or hop limit of its last answer as it arrived"),
    field("icmp_type", &TraceReply::icmp_type, Role::text, "ICMP or ICMPv6 type of its last answer"),
    field("icmp_code", &TraceReply::icmp_code, Role::text, "ICMP or ICMPv6 code of its last answer"),
    field("quoted_ttl", &TraceReply::quoted_ttl, Role::text, "TTL of our packet as it came there: usually 1"),
    field("quoted_tos", &TraceReply::quoted_tos, Role::text,
          "TOS or traffic class of our packet as it came there"),
    field("mpls", &TraceReply::mpls, Role::text, "MPLS label stack of our packet as it came there"),
    field("nat", &TraceReply::nat, Role::text,
          "true when addresses, ports or checksum of our packet had been rewritten as it came there"),
    field("nat_address", &TraceReply::nat_address, Role::text,
          "the destination, or else the source, that our packet had as it came there, if not ours"));

// One distance from us.
struct TraceHop {
    std::uint32_t ttl = 0;
    std::uint64_t sent = 0;
    std::uint64_t received = 0;
    std::uint64_t lost = 0;
    std::uint64_t lost_self = 0;
    double loss_pct = 0;
    std::optional<bool> rate_limited;
    std::optional<bool> per_packet;
    std::vector<TraceReply> replies;
};
template <>
inline constexpr auto describe<TraceHop> = record(
    "", 1, "one distance from us", field("ttl", &TraceHop::ttl, Role::text, "TTL of the probes"),
    field("sent", &TraceHop::sent, Role::value, "probes with this TTL", Unit::packets),
    field("received", &TraceHop::received, Role::value, "of them answered", Unit::packets),
    field("lost", &TraceHop::lost, Role::value, "of them not answered", Unit::packets),
    field("lost_self", &TraceHop::lost_self, Role::value, "of them lost by this host", Unit::packets),
    field("loss_pct", &TraceHop::loss_pct, Role::value, "share of sent without an answer", Unit::percent),
    field("rate_limited", &TraceHop::rate_limited, Role::text,
          "true when hops behind it show (at 95 %) that its missing answers are its own doing, not loss"),
    field("per_packet", &TraceHop::per_packet, Role::text,
          "true when packets of one flow met different addresses here"),
    field("replies", &TraceHop::replies, Role::text, "each address that answered"));

// Two addresses that packets of one flow met one behind the other.
struct TraceLink {
    std::uint32_t ttl = 0;
    IpAddress from, to;
    auto operator<=>(const TraceLink&) const = default;
};
template <>
inline constexpr auto describe<TraceLink> =
    record("", 1, "two addresses one behind the other on the path of at least one flow",
           field("ttl", &TraceLink::ttl, Role::text, "distance of the second one"),
           field("from", &TraceLink::from, Role::tag, "the nearer address"),
           field("to", &TraceLink::to, Role::tag, "the farther address"));

struct Trace {
    Time ts;
    std::string target;
    IpAddress address;
    std::optional<std::uint32_t> port;
    Labels labels;
    std::uint64_t round = 0;
    TraceMethod method = TraceMethod::icmp;
    TraceState state = TraceState::stopped;
    TraceAnswer answer = TraceAnswer::none;
    std::optional<std::uint32_t> hop_count;
    std::optional<double> rtt_us;
    std::uint64_t sent = 0;
    std::uint64_t received = 0;
    std::uint64_t lost = 0;
    std::uint64_t lost_self = 0;
    IpAddress from;
    std::optional<std::uint32_t> icmp_type, icmp_code;
    std::string reason;
    std::string path_id;
    std::optional<bool> path_changed;
    std::optional<bool> ttl_copied;
    std::optional<double> confidence_pct;
    std::optional<std::uint32_t> flows, branches;
    TsSource ts_source = TsSource::none;
    SocketKind socket = SocketKind::none;
    std::optional<std::uint64_t> unplaced;
    std::optional<double> resolve_ms;
    std::vector<TraceHop> hops;
    std::vector<TraceLink> links;
};

template <>
inline constexpr auto describe<Trace> = record(
    "probe.trace", 1, "the path to one target in one round; sent = received + lost + lost_self",
    field("ts", &Trace::ts, Role::time, "when the last of its packets met its fate"),
    field("target", &Trace::target, Role::tag, "host as the user wrote it").column(),
    field("address", &Trace::address, Role::tag, "address that was traced").column(),
    field("port", &Trace::port, Role::tag, "destination port (udp, tcp)").column(),
    field("labels", &Trace::labels, Role::tag, "the target's labels, such as region, each under its own key"),
    field("round", &Trace::round, Role::text, "number of the round, from 0, with --every"),
    field("method", &Trace::method, Role::tag, "icmp, udp or tcp").column(),
    field("state", &Trace::state, Role::text,
          "reached (the destination answered), unreachable (a router refused), gap (too many silent hops), "
          "loop, max_ttl, error (nothing could be sent), stopped (by a signal)")
        .column(),
    field("answer", &Trace::answer, Role::text,
          "what the destination said: echo_reply, port_unreachable, udp, open, closed, unreachable")
        .column(),
    field("hop_count", &Trace::hop_count, Role::value, "distance of the destination").column(),
    field("rtt_us", &Trace::rtt_us, Role::value, "shortest round-trip time to the destination", Unit::us)
        .column(),
    field("sent", &Trace::sent, Role::value, "probes", Unit::packets).column(),
    field("received", &Trace::received, Role::value, "probes answered by anyone", Unit::packets).column(),
    field("lost", &Trace::lost, Role::value, "probes without an answer", Unit::packets),
    field("lost_self", &Trace::lost_self, Role::value,
          "probes lost by this host: refused by send, or the answer fell out of a full receive buffer",
          Unit::packets),
    field("from", &Trace::from, Role::text,
          "who said so: unreachable, or the destination by another of its addresses"),
    field("icmp_type", &Trace::icmp_type, Role::text, "unreachable: ICMP or ICMPv6 type"),
    field("icmp_code", &Trace::icmp_code, Role::text, "unreachable: ICMP or ICMPv6 code"),
    field("reason", &Trace::reason, Role::text, "why the trace ended, in words").column(),
    field("path_id", &Trace::path_id, Role::text,
          "the same for rounds that met the same addresses; silence at a hop does not change it"),
    field("path_changed", &Trace::path_changed, Role::text,
          "true when an address or the distance differs from what earlier rounds met"),
    field("ttl_copied", &Trace::ttl_copied, Role::text,
          "true when the destination seems to answer with the TTL it received, so it looks twice as far"),
    field("confidence_pct", &Trace::confidence_pct, Role::text,
          "--mda: how sure it is that a node has no further successor", Unit::percent),
    field("flows", &Trace::flows, Role::value, "--mda: flows that were used"),
    field("branches", &Trace::branches, Role::value, "--mda: the most addresses at one hop"),
    field("ts_source", &Trace::ts_source, Role::text,
          "kernel (both stamps from the kernel) or mono (clock around the system calls) if any time is such"),
    field("socket", &Trace::socket, Role::text,
          "raw, or dgram: UDP without privileges, of which no TTL, TOS, MPLS labels as quoted are known"),
    field(
        "unplaced", &Trace::unplaced, Role::value,
        "dgram: ICMP errors that quote too little of our packet to tell which it was; such hops look silent",
        Unit::packets),
    field("resolve_ms", &Trace::resolve_ms, Role::value, "time to resolve the name", Unit::ms),
    field(
        "hops", &Trace::hops, Role::text,
        "each distance: ttl, sent, received, lost, lost_self, loss_pct, rate_limited, per_packet and replies "
        "(address, received, rtt_min_us, rtt_avg_us, rtt_max_us, ttl, icmp_type, icmp_code, quoted_ttl, "
        "quoted_tos, mpls, nat, nat_address)"),
    field("links", &Trace::links, Role::text,
          "--mda: pairs of addresses one behind the other: ttl (of the farther), from, to"));

// One address at one hop: what a format without lists has in place of hops.
struct TraceHopRow {
    Time ts;
    std::string target;
    IpAddress address;
    Labels labels;
    std::uint64_t round = 0;
    TraceState state = TraceState::stopped;
    std::uint32_t ttl = 0;
    IpAddress hop;
    double loss_pct = 0;
    std::uint64_t sent = 0;
    std::uint64_t received = 0;
    std::optional<double> rtt_min_us, rtt_avg_us, rtt_max_us;
    std::string note;
};

template <>
inline constexpr auto describe<TraceHopRow> = record(
    "probe.trace.hop", 1,
    "one address at one hop of a trace: in CSV, InfluxDB, Prometheus and table, which have no lists",
    field("ts", &TraceHopRow::ts, Role::time, "end of the trace"),
    field("target", &TraceHopRow::target, Role::tag, "host as the user wrote it"),
    field("address", &TraceHopRow::address, Role::tag, "address that was traced"),
    field("labels", &TraceHopRow::labels, Role::tag, "the target's labels, each under its own key"),
    field("round", &TraceHopRow::round, Role::text, "number of the round, from 0, with --every"),
    field("state", &TraceHopRow::state, Role::text, "how the whole trace ended: that of its probe.trace"),
    field("ttl", &TraceHopRow::ttl, Role::tag, "distance").column(),
    field("hop", &TraceHopRow::hop, Role::tag, "who answered; absent when nobody did").column(),
    field("loss_pct", &TraceHopRow::loss_pct, Role::value, "share of the hop's probes without an answer",
          Unit::percent)
        .column(),
    field("sent", &TraceHopRow::sent, Role::value, "probes to this hop", Unit::packets).column(),
    field("received", &TraceHopRow::received, Role::value, "answers of this address", Unit::packets).column(),
    field("rtt_min_us", &TraceHopRow::rtt_min_us, Role::value, "shortest round-trip time", Unit::us).column(),
    field("rtt_avg_us", &TraceHopRow::rtt_avg_us, Role::value, "mean round-trip time", Unit::us).column(),
    field("rtt_max_us", &TraceHopRow::rtt_max_us, Role::value, "longest round-trip time", Unit::us).column(),
    field("note", &TraceHopRow::note, Role::text,
          "what else is known: rate limited, NAT, MPLS labels, an ICMP error")
        .column());

// What happened to one probe (--each).
struct TraceProbe {
    Time ts;
    std::string target;
    IpAddress address;
    Labels labels;
    std::uint64_t round = 0;
    std::uint32_t ttl = 0;
    std::uint32_t flow = 0;
    std::uint64_t seq = 0;
    Fate fate = Fate::none;
    IpAddress from;
    std::optional<std::uint32_t> icmp_type, icmp_code;
    std::optional<double> rtt_us;
    TsSource ts_source = TsSource::none;
    std::string reason;
};

template <>
inline constexpr auto describe<TraceProbe> = record(
    "probe.trace.probe", 1, "one probe of a trace and its fate (with --each)",
    field("ts", &TraceProbe::ts, Role::time, "when the answer arrived, or its loss was known"),
    field("target", &TraceProbe::target, Role::tag, "host as the user wrote it").column(),
    field("address", &TraceProbe::address, Role::tag, "address that is traced").column(),
    field("labels", &TraceProbe::labels, Role::tag, "the target's labels, each under its own key"),
    field("round", &TraceProbe::round, Role::text, "number of the round"),
    field("ttl", &TraceProbe::ttl, Role::text, "TTL that it was sent with").column(),
    field("flow", &TraceProbe::flow, Role::text, "number of the flow, 0 but with --mda"),
    field("seq", &TraceProbe::seq, Role::text, "number of the probe at this TTL, from 0").column(),
    field("fate", &TraceProbe::fate, Role::text,
          "reply (the destination), icmp_error (anyone else), lost, lost_self, send_error; or dup, "
          "late, corrupt, wrong_source beside it")
        .column(),
    field("from", &TraceProbe::from, Role::text, "who answered").column(),
    field("icmp_type", &TraceProbe::icmp_type, Role::text, "ICMP or ICMPv6 type of the answer"),
    field("icmp_code", &TraceProbe::icmp_code, Role::text, "ICMP or ICMPv6 code of the answer"),
    field("rtt_us", &TraceProbe::rtt_us, Role::value, "time from the probe to its answer", Unit::us).column(),
    field("ts_source", &TraceProbe::ts_source, Role::text, "kernel or mono"),
    field("reason", &TraceProbe::reason, Role::text, "the answer in words"));

}  // namespace nm
