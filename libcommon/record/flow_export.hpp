// What became of flows and datagrams that were sent on: nmflowtool export and forward.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "record/flow_stats.hpp"

namespace nm {

struct FlowDestination {
    Time ts;
    std::string to;
    std::uint64_t datagrams = 0;
    std::uint64_t bytes = 0;
    std::optional<std::uint64_t> flows;
    std::uint64_t send_errors = 0;
    std::uint64_t refused = 0;
    std::optional<std::uint64_t> source_changed;
    std::string reason;
};

template <>
inline constexpr auto describe<FlowDestination> = [] {
    using D = FlowDestination;
    return record(
        "flow.destination", 1, "one collector or file that datagrams went to",
        field("ts", &D::ts, Role::time, "when the books were closed"),
        field("to", &D::to, Role::tag, "ADDR:PORT or the file").column(),
        field("datagrams", &D::datagrams, Role::value, "datagrams that left").column(),
        field("bytes", &D::bytes, Role::value, "bytes in them, without IP and UDP headers", Unit::bytes)
            .column(),
        field("flows", &D::flows, Role::value, "flow records or samples in them, where we made the datagrams")
            .column(),
        field("send_errors", &D::send_errors, Role::value, "datagrams that the kernel did not take").column(),
        field("refused", &D::refused, Role::value,
              "times the host answered that nobody listens there; those datagrams are lost")
            .column(),
        field("source_changed", &D::source_changed, Role::value,
              "datagrams that could not keep their source address: of the other family"),
        field("reason", &D::reason, Role::text, "the first send error").column());
}();

// flow.summary with what export adds to it.
struct ExportSummary : FlowSummary {
    std::optional<ExportProtocol> protocol;
    std::uint64_t exported = 0;
    std::uint64_t templates_sent = 0;
    std::uint64_t options_sent = 0;
    std::uint64_t datagrams_sent = 0;
    std::uint64_t not_carried = 0;
    std::uint64_t saturated = 0;
    std::uint64_t times_rounded = 0;
    std::uint64_t times_out_of_range = 0;
    std::vector<std::string> lost_fields;
    std::uint64_t domains_renamed = 0;
    std::uint64_t streams_ended = 0;
    std::uint64_t send_errors = 0;
};

template <>
inline constexpr auto describe<ExportSummary> = [] {
    using S = ExportSummary;
    return record(
        "flow.export.summary", 1, "the whole run of export: what was read, what left, what could not",
        describe<FlowSummary>.fields, field("protocol", &S::protocol, Role::tag, "what was exported"),
        field("exported", &S::exported, Role::value, "flow records or samples sent").column(),
        field("templates_sent", &S::templates_sent, Role::value, "templates sent, repeats counted"),
        field("options_sent", &S::options_sent, Role::value,
              "options data records sent: sampling rates, repeats counted"),
        field("datagrams_sent", &S::datagrams_sent, Role::value, "datagrams made, for each destination")
            .column(),
        field("not_carried", &S::not_carried, Role::value,
              "flows left out: without addresses, IPv6 in NetFlow v5, or in sFlow without packets")
            .column(),
        field("saturated", &S::saturated, Role::value,
              "values too large for their field: counters as the largest that fits, others as unknown"),
        field("times_rounded", &S::times_rounded, Role::value,
              "flows whose times lost what is finer than the protocol tells"),
        field("times_out_of_range", &S::times_out_of_range, Role::value,
              "flows too far from the export time for an uptime of 32 bits"),
        field("lost_fields", &S::lost_fields, Role::text, "keys that the protocol has no place for"),
        field("domains_renamed", &S::domains_renamed, Role::value,
              "observation domains renumbered because two exporters use the same one"),
        field("streams_ended", &S::streams_ended, Role::value,
              "exporters forgotten to bound memory; when they come again, they start again"),
        field("send_errors", &S::send_errors, Role::value,
              "datagrams that did not leave, over all destinations"));
}();

struct ForwardSummary {
    Time ts;
    std::optional<std::uint64_t> packets;
    std::optional<std::uint64_t> not_udp;
    std::optional<std::uint64_t> unknown_link;
    std::optional<std::uint64_t> fragments;
    std::optional<std::uint64_t> reassembled;
    std::optional<std::uint64_t> fragments_lost;
    std::optional<std::uint64_t> cut;
    std::optional<std::uint64_t> kernel_drops;
    std::uint64_t datagrams = 0;
    std::optional<std::uint64_t> not_allowed;
    std::uint64_t not_flow = 0;
    std::optional<std::uint64_t> not_due;
    std::uint64_t forwarded = 0;
    std::uint64_t send_errors = 0;
    bool source_kept = false;
    double duration_s = 0;
};

template <>
inline constexpr auto describe<ForwardSummary> = [] {
    using S = ForwardSummary;
    return record(
        "flow.forward.summary", 1, "the whole run of forward",
        field("ts", &S::ts, Role::time, "end of the run"),
        field("captured", &S::packets, Role::value, "packets read from capture files", Unit::packets),
        field("not_udp", &S::not_udp, Role::value, "of those, no UDP over IP", Unit::packets),
        field("unknown_link", &S::unknown_link, Role::value,
              "of those, of a link layer that is not understood", Unit::packets),
        field("fragments", &S::fragments, Role::value, "of those, pieces of larger datagrams", Unit::packets),
        field("reassembled", &S::reassembled, Role::value, "datagrams made of them"),
        field("fragments_lost", &S::fragments_lost, Role::value,
              "pieces of datagrams that never became whole", Unit::packets),
        field("cut", &S::cut, Role::value,
              "datagrams cut by the capture's snap length; what is left of them is forwarded"),
        field("kernel_drops", &S::kernel_drops, Role::value,
              "datagrams the kernel dropped: receive buffer full"),
        field("datagrams", &S::datagrams, Role::value, "datagrams looked at").column(),
        field("not_allowed", &S::not_allowed, Role::value,
              "of those, from senders that --allow does not name: not forwarded"),
        field("not_flow", &S::not_flow, Role::value,
              "of those, neither NetFlow nor IPFIX nor sFlow: not forwarded")
            .column(),
        field("not_due", &S::not_due, Role::value,
              "of those, one that waited for its time when a signal ended the run"),
        field("forwarded", &S::forwarded, Role::value, "of those, given to every destination").column(),
        field("send_errors", &S::send_errors, Role::value, "sends that failed, over all destinations")
            .column(),
        field("source_kept", &S::source_kept, Role::text, "whether the exporters' addresses were kept"),
        field("duration_s", &S::duration_s, Role::value, "time it took", Unit::s));
}();

}  // namespace nm
