// Records of nmtcp ping. The InfluxDB names and units are those of network-telemetry's dashboards.
#pragma once

#include "record/probe_icmp.hpp"

namespace nm {

// What a handshake showed: SYN/ACK, RST, silence, an ICMP error, or that nothing could be sent.
enum class PortState : std::uint8_t { open, closed, filtered, unreachable, error };
template <>
inline constexpr std::array<std::string_view, 5> enum_words<PortState> = {"open", "closed", "filtered",
                                                                          "unreachable", "error"};

struct TcpProbe {
    Time ts;
    std::string target;
    IpAddress address;
    std::uint16_t port = 0;
    Labels labels;
    std::uint64_t round = 0;
    PortState state = PortState::filtered;
    std::uint64_t sent = 0;
    std::uint64_t received = 0;
    std::uint64_t open = 0;
    std::uint64_t closed = 0;
    std::uint64_t errors = 0;
    std::uint64_t lost = 0;
    std::uint64_t lost_self = 0;
    std::uint64_t dup = 0;
    std::uint64_t late = 0;
    std::uint64_t corrupt = 0;
    std::uint64_t wrong_source = 0;
    double loss_pct = 0;
    std::optional<double> rtt_min_us, rtt_avg_us, rtt_max_us, rtt_mdev_us, rtt_p50_us, rtt_p95_us, rtt_p99_us;
    std::optional<std::uint64_t> syn_retrans;
    std::optional<std::uint32_t> mss;
    std::string options;
    std::optional<std::uint32_t> ttl;
    TsSource ts_source = TsSource::none;
    SocketKind socket = SocketKind::none;
    std::string error;
    std::optional<double> resolve_ms;
};

template <>
inline constexpr auto describe<TcpProbe> =
    record("tcp.probe", 1,
           "one target and round of TCP handshakes; sent = received + errors + lost + lost_self, received = "
           "open + closed",
           field("ts", &TcpProbe::ts, Role::time, "when the last of its packets met its fate"),
           field("target", &TcpProbe::target, Role::tag, "host as the user wrote it").column().influx("host"),
           field("address", &TcpProbe::address, Role::tag, "address that was probed").column(),
           field("port", &TcpProbe::port, Role::tag, "TCP port").column(),
           field("labels", &TcpProbe::labels, Role::tag,
                 "the target's labels, such as region, each under its own key"),
           field("round", &TcpProbe::round, Role::text, "number of the round, from 0, with --every"),
           field("state", &TcpProbe::state, Role::text,
                 "open (SYN/ACK), closed (RST), filtered (silence), unreachable (ICMP error), error (nothing "
                 "could be sent)")
               .column(),
           field("sent", &TcpProbe::sent, Role::value, "handshakes begun or refused by the kernel",
                 Unit::packets)
               .column()
               .influx("packet_sent"),
           field("received", &TcpProbe::received, Role::value, "SYN/ACK or RST within the timeout",
                 Unit::packets)
               .column()
               .influx("packet_received"),
           field("open", &TcpProbe::open, Role::value, "answered by SYN/ACK", Unit::packets),
           field("closed", &TcpProbe::closed, Role::value, "answered by RST", Unit::packets),
           field("errors", &TcpProbe::errors, Role::value, "answered by an ICMP error", Unit::packets),
           field("lost", &TcpProbe::lost, Role::value, "without any answer before the timeout", Unit::packets)
               .influx("packet_lost"),
           field("lost_self", &TcpProbe::lost_self, Role::value,
                 "lost by this host: refused by send, or the answer fell out of a full receive buffer",
                 Unit::packets),
           field("dup", &TcpProbe::dup, Role::value, "further answers to an answered SYN", Unit::packets),
           field("late", &TcpProbe::late, Role::value, "answers after the timeout", Unit::packets),
           field("corrupt", &TcpProbe::corrupt, Role::value, "answers with a wrong checksum", Unit::packets),
           field("wrong_source", &TcpProbe::wrong_source, Role::value, "answers from another address",
                 Unit::packets),
           field("loss_pct", &TcpProbe::loss_pct, Role::value, "share of sent that was not received",
                 Unit::percent)
               .column()
               .influx("packet_lost_percent"),
           field("rtt_min_us", &TcpProbe::rtt_min_us, Role::value, "shortest time from SYN to SYN/ACK or RST",
                 Unit::us)
               .column()
               .influx("min_rtt", 1e-3),
           field("rtt_avg_us", &TcpProbe::rtt_avg_us, Role::value, "mean time", Unit::us)
               .column()
               .influx("avg_rtt", 1e-3),
           field("rtt_max_us", &TcpProbe::rtt_max_us, Role::value, "longest time", Unit::us)
               .column()
               .influx("max_rtt", 1e-3),
           rtt_spread_fields<TcpProbe>,
           field("syn_retrans", &TcpProbe::syn_retrans, Role::value,
                 "SYNs that the kernel sent again (connect); such handshakes have no valid time (Karn)",
                 Unit::packets),
           field("mss", &TcpProbe::mss, Role::text, "maximum segment size that the last SYN/ACK offered",
                 Unit::bytes),
           field("options", &TcpProbe::options, Role::text,
                 "TCP options of the last SYN/ACK: mss sack ts ws"),
           field("ttl", &TcpProbe::ttl, Role::text, "TTL or hop limit of the last answer"),
           field("ts_source", &TcpProbe::ts_source, Role::text,
                 "kernel, tcp_info (the kernel's own measurement) or mono"),
           field("socket", &TcpProbe::socket, Role::text, "raw or connect"),
           field("error", &TcpProbe::error, Role::text, "the last error: who said what").column(),
           field("resolve_ms", &TcpProbe::resolve_ms, Role::value, "time to resolve the name", Unit::ms))
        .measurement("tcp_rtt");

struct TcpReply : IcmpPacket {
    std::uint16_t port = 0;
    PortState state = PortState::open;
};
struct TcpError : IcmpPacket {
    std::uint16_t port = 0;
};

template <>
inline constexpr auto describe<TcpReply> =
    record("tcp.probe.reply", 1, "one answer to a SYN (with --each): the first, a duplicate or a late one",
           packet_head_fields<TcpReply>, field("port", &TcpReply::port, Role::tag, "TCP port").column(),
           field("state", &TcpReply::state, Role::text, "open (SYN/ACK) or closed (RST)").column(),
           reply_fields<TcpReply>);

template <>
inline constexpr auto describe<TcpError> =
    record("tcp.probe.error", 1, "one SYN without a good answer, or one bad answer (with --each)",
           packet_head_fields<TcpError>, field("port", &TcpError::port, Role::tag, "TCP port").column(),
           packet_error_fields<TcpError>);

}  // namespace nm
