// Records of nmprobe sweep.
#pragma once

#include "record/probe_icmp.hpp"

namespace nm {

// What a sweep found at an address.
enum class SweepState : std::uint8_t { up, unreachable, silent, error };
template <>
inline constexpr std::array<std::string_view, 4> enum_words<SweepState> = {"up", "unreachable", "silent",
                                                                           "error"};

struct SweepProbe {
    Time ts;
    IpAddress address;
    SweepState state = SweepState::silent;
    std::uint64_t sent = 0;
    std::optional<double> rtt_us;
    std::optional<std::uint32_t> ttl;
    TsSource ts_source = TsSource::none;
    std::optional<double> neighbour_us;
    IpAddress from;
    std::optional<std::uint32_t> icmp_type, icmp_code;
    std::string reason;
};

template <>
inline constexpr auto describe<SweepProbe> = record(
    "probe.sweep", 1, "one address of a sweep that answered; with --each-silent the silent ones too",
    field("ts", &SweepProbe::ts, Role::time, "when it answered, or the wait for it ended"),
    field("address", &SweepProbe::address, Role::tag, "address that was probed").column(),
    field("state", &SweepProbe::state, Role::text,
          "up (it answered), unreachable (only ICMP errors came back), silent, error (nothing could be sent)")
        .column(),
    field("sent", &SweepProbe::sent, Role::value, "echo requests sent to it, or refused by the kernel",
          Unit::packets),
    field("rtt_us", &SweepProbe::rtt_us, Role::value, "time from the request to its answer", Unit::us)
        .column(),
    field("ttl", &SweepProbe::ttl, Role::text, "TTL or hop limit of the answer").column(),
    field("ts_source", &SweepProbe::ts_source, Role::text,
          "kernel (both stamps from the kernel) or mono (clock around the system calls)"),
    field("neighbour_us", &SweepProbe::neighbour_us, Role::value,
          "on a link of this host: how long the request waited for ARP or neighbour discovery; not part of "
          "rtt_us",
          Unit::us),
    field("from", &SweepProbe::from, Role::text, "who sent the ICMP error").column(),
    field("icmp_type", &SweepProbe::icmp_type, Role::text, "ICMP or ICMPv6 type of the error"),
    field("icmp_code", &SweepProbe::icmp_code, Role::text, "ICMP or ICMPv6 code of the error"),
    field("reason", &SweepProbe::reason, Role::text, "the error in words").column());

// The end of a sweep. With --state the counts of its earlier runs are in it.
struct SweepSummary {
    Time ts;
    std::uint64_t addresses = 0;
    std::uint64_t answered = 0;
    std::uint64_t unreachable = 0;
    std::uint64_t silent = 0;
    std::uint64_t failed = 0;
    std::uint64_t left = 0;
    std::uint64_t excluded = 0;
    std::uint64_t skipped = 0;
    std::uint64_t repeated = 0;
    std::uint64_t no_neighbour = 0;
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
    std::string seed;
    std::optional<double> rate_pps;
    double duration_ms = 0;
};

template <>
inline constexpr auto describe<SweepSummary> = record(
    "sweep.summary", 1,
    "the whole sweep; addresses = answered + unreachable + silent + failed + left, "
    "sent = received + errors + lost + lost_self + unfinished",
    field("ts", &SweepSummary::ts, Role::time, "end of the run"),
    field("addresses", &SweepSummary::addresses, Role::value, "addresses to probe, of this shard").column(),
    field("answered", &SweepSummary::answered, Role::value, "addresses that answered").column(),
    field("unreachable", &SweepSummary::unreachable, Role::value,
          "addresses for which only ICMP errors came back")
        .column(),
    field("silent", &SweepSummary::silent, Role::value, "addresses without any answer").column(),
    field("failed", &SweepSummary::failed, Role::value, "addresses to which nothing could be sent").column(),
    field("left", &SweepSummary::left, Role::value, "addresses not probed to the end: the run was stopped")
        .column(),
    field("excluded", &SweepSummary::excluded, Role::value, "addresses left out by --exclude").column(),
    field("skipped", &SweepSummary::skipped, Role::value,
          "addresses left out because they are no hosts (network, broadcast, multicast, reserved), or of a "
          "family switched off")
        .column(),
    field("repeated", &SweepSummary::repeated, Role::value, "addresses named more than once, probed once"),
    field("no_neighbour", &SweepSummary::no_neighbour, Role::value,
          "silent addresses that did not even answer ARP or neighbour discovery"),
    field("sent", &SweepSummary::sent, Role::value, "packets sent, or refused by the kernel", Unit::packets)
        .column(),
    field("received", &SweepSummary::received, Role::value, "packets answered", Unit::packets).column(),
    field("errors", &SweepSummary::errors, Role::value, "packets answered by an ICMP error", Unit::packets),
    field("lost", &SweepSummary::lost, Role::value, "packets without any answer before the timeout",
          Unit::packets)
        .column(),
    field("lost_self", &SweepSummary::lost_self, Role::value,
          "packets lost by this host: refused by send, never left, or the answer fell out of a full buffer",
          Unit::packets),
    field("unfinished", &SweepSummary::unfinished, Role::value,
          "packets in flight when the run was stopped; their addresses are probed again", Unit::packets),
    field("dup", &SweepSummary::dup, Role::value, "duplicate answers", Unit::packets),
    field("late", &SweepSummary::late, Role::value, "answers after the timeout", Unit::packets),
    field("corrupt", &SweepSummary::corrupt, Role::value, "damaged answers", Unit::packets),
    field("wrong", &SweepSummary::wrong, Role::value, "answers from another address", Unit::packets),
    field("foreign", &SweepSummary::foreign, Role::value,
          "packets that looked like answers but belong to no request of this run", Unit::packets),
    field("rejected_lines", &SweepSummary::rejected_lines, Role::value, "malformed lines of input"),
    field("seed", &SweepSummary::seed, Role::text, "of the order; --seed repeats it"),
    field("rate_pps", &SweepSummary::rate_pps, Role::value,
          "packets per second from the first to the last one sent"),
    field("duration_ms", &SweepSummary::duration_ms, Role::value, "length of the sweep", Unit::ms));

}  // namespace nm
