// Records of nmprobe ping. The InfluxDB names and units are those of network-telemetry's dashboards.
#pragma once

#include "record/value.hpp"

namespace nm {

// How a target answered over a round.
enum class ProbeState : std::uint8_t { up, lost, unreachable, error };
template <>
inline constexpr std::array<std::string_view, 4> enum_words<ProbeState> = {"up", "lost", "unreachable",
                                                                           "error"};

// Where an RTT comes from: both stamps from the kernel, or the monotonic clock around the system calls.
enum class TsSource : std::uint8_t { none, kernel, mono, tcp_info };
template <>
inline constexpr std::array<std::string_view, 4> enum_words<TsSource> = {"", "kernel", "mono", "tcp_info"};

enum class SocketKind : std::uint8_t { none, raw, dgram, connect };
template <>
inline constexpr std::array<std::string_view, 4> enum_words<SocketKind> = {"", "raw", "dgram", "connect"};

// The one fate of a packet (the first six), or what else was seen of it.
enum class Fate : std::uint8_t {
    none,
    reply,
    icmp_error,
    lost,
    lost_self,
    send_error,
    dup,
    late,
    corrupt,
    wrong_source
};
template <>
inline constexpr std::array<std::string_view, 10> enum_words<Fate> = {
    "", "reply", "icmp_error", "lost", "lost_self", "send_error", "dup", "late", "corrupt", "wrong_source"};

struct IcmpProbe {
    Time ts;
    std::string target;
    IpAddress address;
    Labels labels;
    std::uint64_t round = 0;
    ProbeState state = ProbeState::lost;
    std::uint64_t sent = 0;
    std::uint64_t received = 0;
    std::uint64_t errors = 0;
    std::uint64_t lost = 0;
    std::uint64_t lost_self = 0;
    std::uint64_t dup = 0;
    std::uint64_t late = 0;
    std::uint64_t corrupt = 0;
    std::uint64_t wrong_source = 0;
    double loss_pct = 0;
    std::optional<double> rtt_min_us, rtt_avg_us, rtt_max_us, rtt_mdev_us, rtt_p50_us, rtt_p95_us, rtt_p99_us;
    std::optional<std::uint32_t> ttl;
    TsSource ts_source = TsSource::none;
    SocketKind socket = SocketKind::none;
    std::string error;
    std::optional<double> resolve_ms;
};

// What the times of any per-target record have beside minimum, mean and maximum.
template <class T>
inline constexpr auto rtt_spread_fields =
    FieldList{field("rtt_mdev_us", &T::rtt_mdev_us, Role::value, "standard deviation of the round-trip times",
                    Unit::us),
              field("rtt_p50_us", &T::rtt_p50_us, Role::value, "median round-trip time", Unit::us),
              field("rtt_p95_us", &T::rtt_p95_us, Role::value, "95th percentile (nearest rank)", Unit::us),
              field("rtt_p99_us", &T::rtt_p99_us, Role::value, "99th percentile (nearest rank)", Unit::us)};

template <>
inline constexpr auto describe<IcmpProbe> =
    record(
        "probe.icmp", 1, "one target and round of echo requests; sent = received + errors + lost + lost_self",
        field("ts", &IcmpProbe::ts, Role::time, "when the last of its packets met its fate"),
        field("target", &IcmpProbe::target, Role::tag, "host as the user wrote it").column().influx("host"),
        field("address", &IcmpProbe::address, Role::tag, "address that was probed").column(),
        field("labels", &IcmpProbe::labels, Role::tag,
              "the target's labels, such as region, each under its own key"),
        field("round", &IcmpProbe::round, Role::text, "number of the round, from 0, with --every"),
        field("state", &IcmpProbe::state, Role::text,
              "up (something came back), lost, unreachable (only ICMP errors came back), error (nothing "
              "could be sent)")
            .column(),
        field("sent", &IcmpProbe::sent, Role::value, "echo requests handed to the kernel or refused by it",
              Unit::packets)
            .column()
            .influx("transmitted"),
        field("received", &IcmpProbe::received, Role::value, "first valid replies within the timeout",
              Unit::packets)
            .column()
            .influx("received"),
        field("errors", &IcmpProbe::errors, Role::value, "requests answered by an ICMP error", Unit::packets),
        field("lost", &IcmpProbe::lost, Role::value, "requests without any answer before the timeout",
              Unit::packets),
        field("lost_self", &IcmpProbe::lost_self, Role::value,
              "requests lost by this host: refused by send, or the answer fell out of a full receive buffer",
              Unit::packets),
        field("dup", &IcmpProbe::dup, Role::value, "further replies to an answered request", Unit::packets),
        field("late", &IcmpProbe::late, Role::value, "replies after the timeout; their requests stay lost",
              Unit::packets),
        field("corrupt", &IcmpProbe::corrupt, Role::value, "replies with a wrong checksum or altered payload",
              Unit::packets),
        field("wrong_source", &IcmpProbe::wrong_source, Role::value, "replies from another address",
              Unit::packets),
        field("loss_pct", &IcmpProbe::loss_pct, Role::value, "share of sent that was not received",
              Unit::percent)
            .column()
            .influx("loss"),
        field("rtt_min_us", &IcmpProbe::rtt_min_us, Role::value, "shortest round-trip time", Unit::us)
            .column()
            .influx("min", 1e-3),
        field("rtt_avg_us", &IcmpProbe::rtt_avg_us, Role::value, "mean round-trip time", Unit::us)
            .column()
            .influx("avg", 1e-3),
        field("rtt_max_us", &IcmpProbe::rtt_max_us, Role::value, "longest round-trip time", Unit::us)
            .column()
            .influx("max", 1e-3),
        rtt_spread_fields<IcmpProbe>,
        field("ttl", &IcmpProbe::ttl, Role::text, "TTL or hop limit of the last reply"),
        field("ts_source", &IcmpProbe::ts_source, Role::text,
              "kernel (both stamps from the kernel) or mono (clock around the system calls) if any time is "
              "such"),
        field("socket", &IcmpProbe::socket, Role::text, "raw or dgram"),
        field("error", &IcmpProbe::error, Role::text, "the last error: who said what").column(),
        field("resolve_ms", &IcmpProbe::resolve_ms, Role::value, "time to resolve the name", Unit::ms))
        .measurement("ping_rtt");

struct IcmpPacket {  // what both per-packet records share
    Time ts;
    std::string target;
    IpAddress address;
    Labels labels;
    std::uint64_t round = 0;
    std::uint64_t seq = 0;
    Fate fate = Fate::none;
    IpAddress from;
    std::optional<std::uint32_t> icmp_type, icmp_code;
    std::optional<double> rtt_us;
    std::optional<std::uint32_t> ttl;
    TsSource ts_source = TsSource::none;
    std::string reason;
};
struct IcmpReply : IcmpPacket {};
struct IcmpError : IcmpPacket {};

// Which packet of which target: the head of any per-packet record.
template <class T>
inline constexpr auto packet_head_fields =
    FieldList{field("ts", &T::ts, Role::time, "when it arrived, or its loss was known"),
              field("target", &T::target, Role::tag, "host as the user wrote it").column(),
              field("address", &T::address, Role::tag, "address that was probed").column(),
              field("labels", &T::labels, Role::tag, "the target's labels, each under its own key"),
              field("round", &T::round, Role::text, "number of the round"),
              field("seq", &T::seq, Role::text, "number of the packet within the round, from 0").column()};

// An answer to one packet.
template <class T>
inline constexpr auto reply_fields = FieldList{
    field("fate", &T::fate, Role::text, "reply, dup or late").column(),
    field("rtt_us", &T::rtt_us, Role::value, "time from the packet to its answer", Unit::us).column(),
    field("ttl", &T::ttl, Role::text, "TTL or hop limit of the answer").column(),
    field("ts_source", &T::ts_source, Role::text, "kernel, tcp_info or mono")};

// A packet without a good answer, or a bad answer.
template <class T>
inline constexpr auto packet_error_fields =
    FieldList{field("fate", &T::fate, Role::text,
                    "icmp_error, lost, lost_self, send_error: the packet's fate; corrupt, wrong_source: a "
                    "bad answer beside it")
                  .column(),
              field("from", &T::from, Role::text, "who sent the error or the bad answer").column(),
              field("icmp_type", &T::icmp_type, Role::text, "ICMP or ICMPv6 type of the error"),
              field("icmp_code", &T::icmp_code, Role::text, "ICMP or ICMPv6 code of the error"),
              field("rtt_us", &T::rtt_us, Role::value, "time until the error came", Unit::us),
              field("ts_source", &T::ts_source, Role::text, "kernel or mono"),
              field("reason", &T::reason, Role::text, "the error in words").column()};

template <>
inline constexpr auto describe<IcmpReply> =
    record("probe.icmp.reply", 1, "one echo reply (with --each): the first, a duplicate or a late one",
           packet_head_fields<IcmpReply>, reply_fields<IcmpReply>);

template <>
inline constexpr auto describe<IcmpError> =
    record("probe.icmp.error", 1, "one request without a good reply, or one bad reply (with --each)",
           packet_head_fields<IcmpError>, packet_error_fields<IcmpError>);

// The end of a run of nmprobe or nmtcp.
struct ProbeSummary {
    Time ts;
    std::uint64_t targets = 0;
    std::uint64_t answered = 0;
    std::uint64_t unresolved = 0;
    std::uint64_t rounds = 0;
    std::uint64_t sent = 0;
    std::uint64_t received = 0;
    std::uint64_t errors = 0;
    std::uint64_t lost = 0;
    std::uint64_t lost_self = 0;
    std::uint64_t unfinished = 0;
    std::uint64_t dup = 0;
    std::uint64_t late = 0;
    std::uint64_t corrupt = 0;
    std::uint64_t wrong = 0;
    std::uint64_t foreign = 0;
    std::uint64_t rejected_lines = 0;
    std::optional<double> rate_pps;
    std::optional<double> duration_ms;
};

template <>
inline constexpr auto describe<ProbeSummary> = record(
    "probe.summary", 1, "the whole run; sent = received + errors + lost + lost_self + unfinished",
    field("ts", &ProbeSummary::ts, Role::time, "end of the run"),
    field("targets", &ProbeSummary::targets, Role::value, "addresses probed").column(),
    field("answered", &ProbeSummary::answered, Role::value, "addresses that answered in the last round")
        .column(),
    field("unresolved", &ProbeSummary::unresolved, Role::value, "names without an address").column(),
    field("rounds", &ProbeSummary::rounds, Role::value, "rounds begun"),
    field("sent", &ProbeSummary::sent, Role::value, "packets sent", Unit::packets).column(),
    field("received", &ProbeSummary::received, Role::value, "packets answered", Unit::packets).column(),
    field("errors", &ProbeSummary::errors, Role::value, "packets answered by an error", Unit::packets),
    field("lost", &ProbeSummary::lost, Role::value, "packets lost in the network", Unit::packets).column(),
    field("lost_self", &ProbeSummary::lost_self, Role::value, "packets lost by this host", Unit::packets),
    field("unfinished", &ProbeSummary::unfinished, Role::value, "packets in flight when the run was stopped",
          Unit::packets),
    field("dup", &ProbeSummary::dup, Role::value, "duplicate answers", Unit::packets),
    field("late", &ProbeSummary::late, Role::value, "answers after the timeout", Unit::packets),
    field("corrupt", &ProbeSummary::corrupt, Role::value, "damaged answers", Unit::packets),
    field("wrong", &ProbeSummary::wrong, Role::value, "answers from another address, or not to what we sent",
          Unit::packets),
    field("foreign", &ProbeSummary::foreign, Role::value,
          "packets that looked like answers but belong to no request of this run", Unit::packets),
    field("rejected_lines", &ProbeSummary::rejected_lines, Role::value, "malformed lines of input"),
    field("rate_pps", &ProbeSummary::rate_pps, Role::value,
          "packets per second from the first to the last one sent"),
    field("duration_ms", &ProbeSummary::duration_ms, Role::value, "length of the run", Unit::ms));

}  // namespace nm
