// Records of nmtcp info: the TCP sockets of this host as the kernel sees them, and sums over groups of them.
#pragma once

#include "record/value.hpp"

namespace nm {

// As the kernel numbers them (include/net/tcp_states.h).
enum class TcpState : std::uint8_t {
    none,
    established,
    syn_sent,
    syn_recv,
    fin_wait_1,
    fin_wait_2,
    time_wait,
    close,
    close_wait,
    last_ack,
    listen,
    closing
};
template <>
inline constexpr std::array<std::string_view, 12> enum_words<TcpState> = {
    "",          "established", "syn_sent",   "syn_recv", "fin_wait_1", "fin_wait_2",
    "time_wait", "close",       "close_wait", "last_ack", "listen",     "closing"};

// What has been added to a socket's counters since the round before (--every).
struct TcpDeltas {
    std::optional<double> interval_ms;
    std::optional<std::uint64_t> delta_bytes_sent, delta_bytes_retrans, delta_bytes_acked,
        delta_bytes_received;
    std::optional<std::uint64_t> delta_retrans;
};

struct TcpInfo : TcpDeltas {
    Time ts;
    std::optional<std::uint64_t> round;
    TcpState state = TcpState::none;
    IpAddress local_ip;
    std::optional<std::uint16_t> local_port;
    IpAddress peer_ip;
    std::optional<std::uint16_t> peer_port;
    std::string interface;
    std::optional<std::uint32_t> srtt_us, rttvar_us, min_rtt_us, rto_us;
    std::optional<std::uint32_t> cwnd, ssthresh, unacked, retrans, retrans_total, lost, pmtu, mss;
    std::optional<std::uint64_t> delivery_rate_bytes_s, pacing_rate_bytes_s;
    std::optional<bool> app_limited;
    std::optional<std::uint64_t> bytes_sent, bytes_retrans, bytes_acked, bytes_received;
    std::optional<std::uint64_t> busy_us, rwnd_limited_us, sndbuf_limited_us;
    std::optional<std::uint32_t> receive_queue, send_queue, backlog, backlog_max;
    std::string congestion_control;
    std::string cgroup, cgroup_id;
    std::optional<std::uint32_t> uid;
    std::string cookie;
    std::optional<bool> opened;
};

template <class T>
inline constexpr auto tcp_delta_fields = FieldList{
    field("interval_ms", &T::interval_ms, Role::value,
          "time since the round before, for the delta_ keys (--every)", Unit::ms),
    field("delta_bytes_sent", &T::delta_bytes_sent, Role::value,
          "bytes of data sent since then, with those sent again", Unit::bytes),
    field("delta_bytes_retrans", &T::delta_bytes_retrans, Role::value, "of them sent again", Unit::bytes),
    field("delta_bytes_acked", &T::delta_bytes_acked, Role::value,
          "bytes that the peer acknowledged since then", Unit::bytes),
    field("delta_bytes_received", &T::delta_bytes_received, Role::value, "bytes received since then",
          Unit::bytes),
    field("delta_retrans", &T::delta_retrans, Role::value, "segments sent again since then", Unit::packets)};

template <>
inline constexpr auto describe<TcpInfo> = record(
    "tcp.info", 1,
    "one TCP socket of this host; a key is absent where the kernel does not tell it or it has no meaning yet",
    field("ts", &TcpInfo::ts, Role::time, "when the list of sockets was asked for"),
    field("round", &TcpInfo::round, Role::text, "number of the round, from 0, with --every"),
    field("state", &TcpInfo::state, Role::text, "state of the connection (RFC 9293), such as established")
        .column(),
    field("local_ip", &TcpInfo::local_ip, Role::tag, "address of this end; v4-mapped ones as IPv4").column(),
    field("local_port", &TcpInfo::local_port, Role::tag, "port of this end").column(),
    field("peer_ip", &TcpInfo::peer_ip, Role::tag, "address of the other end; v4-mapped ones as IPv4")
        .column(),
    field("peer_port", &TcpInfo::peer_port, Role::tag, "port of the other end").column(),
    field("interface", &TcpInfo::interface, Role::text, "interface that the socket is bound to"),
    field("srtt_us", &TcpInfo::srtt_us, Role::value,
          "smoothed round-trip time, not a sample (RFC 6298); absent before the first measurement", Unit::us)
        .column(),
    field("rttvar_us", &TcpInfo::rttvar_us, Role::value, "its mean deviation", Unit::us),
    field("min_rtt_us", &TcpInfo::min_rtt_us, Role::value,
          "shortest round-trip time of the last minutes (net.ipv4.tcp_min_rtt_wlen)", Unit::us)
        .column(),
    field("rto_us", &TcpInfo::rto_us, Role::value, "time to wait before sending again", Unit::us),
    field("cwnd", &TcpInfo::cwnd, Role::value, "congestion window in segments", Unit::packets).column(),
    field("ssthresh", &TcpInfo::ssthresh, Role::value, "slow start threshold in segments, once there is one",
          Unit::packets),
    field("unacked", &TcpInfo::unacked, Role::value, "segments that wait for an acknowledgement",
          Unit::packets),
    field("retrans", &TcpInfo::retrans, Role::value, "of them sent again", Unit::packets),
    field("retrans_total", &TcpInfo::retrans_total, Role::value, "segments sent again over the socket's life",
          Unit::packets)
        .column(),
    field("lost", &TcpInfo::lost, Role::value, "of the unacknowledged held for lost", Unit::packets).column(),
    field("pmtu", &TcpInfo::pmtu, Role::value, "path MTU", Unit::bytes),
    field("mss", &TcpInfo::mss, Role::value, "size of the segments sent", Unit::bytes),
    field("delivery_rate_bytes_s", &TcpInfo::delivery_rate_bytes_s, Role::value,
          "bytes per second that the path delivered lately"),
    field("pacing_rate_bytes_s", &TcpInfo::pacing_rate_bytes_s, Role::value,
          "bytes per second that the socket is paced to; absent when it is not"),
    field("app_limited", &TcpInfo::app_limited, Role::text,
          "the delivery rate was limited by the program, not the path"),
    field("bytes_sent", &TcpInfo::bytes_sent, Role::value, "bytes of data sent, with those sent again",
          Unit::bytes)
        .column(),
    field("bytes_retrans", &TcpInfo::bytes_retrans, Role::value, "bytes sent again", Unit::bytes),
    field("bytes_acked", &TcpInfo::bytes_acked, Role::value, "bytes that the peer acknowledged", Unit::bytes),
    field("bytes_received", &TcpInfo::bytes_received, Role::value, "bytes received", Unit::bytes).column(),
    field("busy_us", &TcpInfo::busy_us, Role::value, "time with data to send or unacknowledged", Unit::us),
    field("rwnd_limited_us", &TcpInfo::rwnd_limited_us, Role::value,
          "of it held up by the peer's receive window", Unit::us),
    field("sndbuf_limited_us", &TcpInfo::sndbuf_limited_us, Role::value,
          "of it held up by this end's send buffer", Unit::us),
    field("receive_queue", &TcpInfo::receive_queue, Role::value, "bytes that the program has not read",
          Unit::bytes),
    field("send_queue", &TcpInfo::send_queue, Role::value, "bytes sent or waiting, not acknowledged",
          Unit::bytes),
    field("backlog", &TcpInfo::backlog, Role::value, "listening: connections that wait to be accepted"),
    field("backlog_max", &TcpInfo::backlog_max, Role::value, "listening: how many may wait"),
    field("congestion_control", &TcpInfo::congestion_control, Role::text,
          "congestion control algorithm, such as cubic"),
    field("cgroup", &TcpInfo::cgroup, Role::text, "path of its control group in the hierarchy of version 2"),
    field("cgroup_id", &TcpInfo::cgroup_id, Role::text, "its number where the path is not known"),
    field("uid", &TcpInfo::uid, Role::text, "user that owns the socket"),
    field("cookie", &TcpInfo::cookie, Role::text,
          "the kernel's number of the socket: the same in each round"),
    field("opened", &TcpInfo::opened, Role::text, "true when it was not there in the round before (--every)"),
    tcp_delta_fields<TcpInfo>);

// Sums over the sockets that have the keys of --by in common.
struct TcpGroup : TcpDeltas {
    Time ts;
    std::optional<std::uint64_t> round;
    Prefix peer_prefix, local_prefix;
    std::optional<std::uint16_t> port, local_port, peer_port;
    TcpState state = TcpState::none;
    std::string cgroup, cgroup_id;
    std::optional<std::uint32_t> uid;
    std::string congestion_control;
    std::string interface;
    std::uint64_t sockets = 0;
    std::optional<std::uint64_t> opened;
    std::optional<std::uint32_t> srtt_min_us, srtt_p50_us, srtt_max_us, min_rtt_us;
    std::optional<std::uint64_t> retrans, retrans_total, lost;
    std::optional<std::uint64_t> bytes_sent, bytes_retrans, bytes_acked, bytes_received;
};

template <>
inline constexpr auto describe<TcpGroup> = record(
    "tcp.info.group", 1, "the TCP sockets of this host that have the keys of --by in common",
    field("ts", &TcpGroup::ts, Role::time, "when the list of sockets was asked for"),
    field("round", &TcpGroup::round, Role::text, "number of the round, from 0, with --every"),
    field("peer_prefix", &TcpGroup::peer_prefix, Role::tag, "network of the other end").column(),
    field("local_prefix", &TcpGroup::local_prefix, Role::tag, "network of this end").column(),
    field("port", &TcpGroup::port, Role::tag,
          "the service: the local port if this host listens on it, else the peer's")
        .column(),
    field("local_port", &TcpGroup::local_port, Role::tag, "port of this end").column(),
    field("peer_port", &TcpGroup::peer_port, Role::tag, "port of the other end").column(),
    field("state", &TcpGroup::state, Role::tag, "state of the connections").column(),
    field("cgroup", &TcpGroup::cgroup, Role::tag, "path of the control group").column(),
    field("cgroup_id", &TcpGroup::cgroup_id, Role::tag, "its number where the path is not known"),
    field("uid", &TcpGroup::uid, Role::tag, "user that owns the sockets").column(),
    field("congestion_control", &TcpGroup::congestion_control, Role::tag, "congestion control algorithm")
        .column(),
    field("interface", &TcpGroup::interface, Role::tag, "interface that the sockets are bound to").column(),
    field("sockets", &TcpGroup::sockets, Role::value, "sockets in the group").column(),
    field("opened", &TcpGroup::opened, Role::value, "of them not there in the round before (--every)"),
    field("srtt_min_us", &TcpGroup::srtt_min_us, Role::value, "smallest smoothed round-trip time", Unit::us)
        .column(),
    field("srtt_p50_us", &TcpGroup::srtt_p50_us, Role::value, "median of the smoothed round-trip times",
          Unit::us)
        .column(),
    field("srtt_max_us", &TcpGroup::srtt_max_us, Role::value, "largest smoothed round-trip time", Unit::us)
        .column(),
    field("min_rtt_us", &TcpGroup::min_rtt_us, Role::value, "shortest round-trip time that any of them saw",
          Unit::us),
    field("retrans", &TcpGroup::retrans, Role::value, "segments sent again that wait for an acknowledgement",
          Unit::packets),
    field("retrans_total", &TcpGroup::retrans_total, Role::value, "segments sent again", Unit::packets)
        .column(),
    field("lost", &TcpGroup::lost, Role::value, "unacknowledged segments held for lost", Unit::packets),
    field("bytes_sent", &TcpGroup::bytes_sent, Role::value, "bytes of data sent, with those sent again",
          Unit::bytes)
        .column(),
    field("bytes_retrans", &TcpGroup::bytes_retrans, Role::value, "bytes sent again", Unit::bytes),
    field("bytes_acked", &TcpGroup::bytes_acked, Role::value, "bytes that the peers acknowledged",
          Unit::bytes),
    field("bytes_received", &TcpGroup::bytes_received, Role::value, "bytes received", Unit::bytes).column(),
    tcp_delta_fields<TcpGroup>);

struct TcpInfoSummary {
    Time ts;
    std::uint64_t rounds = 0;
    std::uint64_t sockets = 0;
    std::optional<std::uint64_t> groups;
    std::optional<std::uint64_t> opened, closed;
    std::uint64_t dumps_repeated = 0;
    std::uint64_t dumps_incomplete = 0;
    std::uint64_t repeated = 0;
    std::uint64_t damaged = 0;
    std::optional<double> duration_ms;
};

template <>
inline constexpr auto describe<TcpInfoSummary> = record(
    "tcp.info.summary", 1, "the whole run of nmtcp info",
    field("ts", &TcpInfoSummary::ts, Role::time, "end of the run"),
    field("sockets", &TcpInfoSummary::sockets, Role::value, "sockets told, in all rounds").column(),
    field("rounds", &TcpInfoSummary::rounds, Role::value, "times the list was asked for"),
    field("groups", &TcpInfoSummary::groups, Role::value, "groups told, in all rounds"),
    field("opened", &TcpInfoSummary::opened, Role::value, "sockets that came up between two rounds"),
    field("closed", &TcpInfoSummary::closed, Role::value, "sockets that went away between two rounds"),
    field("dumps_repeated", &TcpInfoSummary::dumps_repeated, Role::value,
          "lists asked for again because the kernel said that they changed meanwhile"),
    field("dumps_incomplete", &TcpInfoSummary::dumps_incomplete, Role::value,
          "lists that changed meanwhile each time: sockets may be missing"),
    field("repeated", &TcpInfoSummary::repeated, Role::value,
          "sockets that the kernel listed twice; they are told once"),
    field("damaged", &TcpInfoSummary::damaged, Role::value, "messages of the kernel that could not be read"),
    field("duration_ms", &TcpInfoSummary::duration_ms, Role::value, "length of the run", Unit::ms));

}  // namespace nm
