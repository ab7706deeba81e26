// The books of a collector: per exporter and observation domain what came in, what came out, and every reason
// for a difference; and the options that exporters send beside their flows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "record/flow.hpp"

namespace nm {

enum class ExportProtocol : std::uint8_t {
    netflow9,
    sflow5,
    netflow1,
    netflow5,
    netflow7,
    netflow8,
    ipfix,
    sflow_old
};
template <>
inline constexpr auto enum_words<ExportProtocol> = std::array<std::string_view, 8>{
    "netflow9", "sflow5", "netflow1", "netflow5", "netflow7", "netflow8", "ipfix", "sflow2-4"};

// What an exporter can get wrong, or we do not know; the counters of FlowStats say how often.
enum class FlowFault : std::uint8_t {
    datagram_header,
    datagram_cut,
    set_length,
    set_reserved,
    set_no_template,
    template_unusable,
    record_overruns,
    sample,
    structure,
};
template <>
inline constexpr auto enum_words<FlowFault> = std::array<std::string_view, 9>{
    "datagram_header",   "datagram_cut",    "set_length", "set_reserved", "set_no_template",
    "template_unusable", "record_overruns", "sample",     "structure"};

struct FlowError {
    FlowFault kind{};
    std::uint64_t count = 0;
    std::string first_bytes;
};
template <>
inline constexpr auto describe<FlowError> = record(
    "", 1, "what could not be decoded, by kind", field("kind", &FlowError::kind, Role::tag, "what was wrong"),
    field("count", &FlowError::count, Role::value, "how often"),
    field("first_bytes", &FlowError::first_bytes, Role::text,
          "the first 32 bytes of the first of them, in hexadecimal digits"));

struct FlowStats {
    Time ts;
    std::optional<ExportProtocol> protocol;
    IpAddress exporter;
    std::optional<std::uint16_t> exporter_port;
    std::optional<std::uint32_t> obs_domain;
    std::optional<std::uint64_t> unsupported;
    std::optional<std::uint64_t> evicted;
    std::uint64_t datagrams = 0;
    std::uint64_t records = 0;
    std::uint64_t counter_samples = 0;
    std::uint64_t discard_samples = 0;
    std::uint64_t samples_lost = 0;
    std::uint64_t agent_drops = 0;
    std::uint64_t option_records = 0;
    std::uint64_t data_sets = 0;
    std::uint64_t templates = 0;
    std::uint64_t template_redefinitions = 0;
    std::uint64_t template_withdrawals = 0;
    std::uint64_t sets_waited = 0;
    std::uint64_t sets_recovered = 0;
    std::uint64_t sets_no_template = 0;
    std::uint64_t samplers = 0;
    std::uint64_t unknown_sampler = 0;
    std::optional<std::uint64_t> names;
    std::optional<std::uint64_t> names_refused;
    std::uint64_t unknown_samples = 0;
    std::uint64_t unknown_records = 0;
    std::uint64_t malformed_datagrams = 0;
    std::uint64_t malformed_sets = 0;
    std::uint64_t malformed_templates = 0;
    std::uint64_t malformed_records = 0;
    std::uint64_t unknown_sets = 0;
    std::uint64_t malformed_samples = 0;
    std::uint64_t malformed_structures = 0;
    std::uint64_t truncated_datagrams = 0;
    std::uint64_t count_mismatches = 0;
    std::uint64_t trailing_records = 0;
    std::uint64_t trailing_bytes = 0;
    std::uint64_t sequence_gaps = 0;
    std::uint64_t datagrams_lost = 0;
    std::uint64_t records_lost = 0;
    std::uint64_t sequence_unknown = 0;
    std::uint64_t datagrams_reordered = 0;
    std::uint64_t datagrams_duplicate = 0;
    std::uint64_t sequence_resets = 0;
    std::uint64_t restarts = 0;
    std::uint64_t datagrams_other_start = 0;
    std::vector<FlowError> errors;
};

template <>
inline constexpr auto describe<FlowStats> = [] {
    using S = FlowStats;
    return record(
        "flow.stats", 1, "the books of one exporter and observation domain",
        field("ts", &S::ts, Role::time, "when the books were closed"),
        field("protocol", &S::protocol, Role::tag,
              "of the datagrams: netflow5, netflow9, ipfix, sflow5 and others")
            .column(),
        field("exporter", &S::exporter, Role::tag,
              "sender; for sFlow the agent; absent for the sum of the evicted")
            .column(),
        field("exporter_port", &S::exporter_port, Role::tag,
              "UDP port it sends from, with --template-scope port"),
        field("obs_domain", &S::obs_domain, Role::tag, "as in the flow records").column(),
        field("unsupported", &S::unsupported, Role::value, "datagrams of a protocol that is not decoded"),
        field("evicted", &S::evicted, Role::value,
              "domains forgotten to bound memory, whose books are summed here"),
        field("datagrams", &S::datagrams, Role::value, "datagrams received").column(),
        field("records", &S::records, Role::value, "flow records or flow samples printed").column(),
        field("counter_samples", &S::counter_samples, Role::value,
              "sFlow counter samples printed, each as one to three records"),
        field("discard_samples", &S::discard_samples, Role::value, "discarded packets printed"),
        field("samples_lost", &S::samples_lost, Role::value,
              "sFlow samples missing in the sequence numbers of their sources"),
        field("agent_drops", &S::agent_drops, Role::value,
              "samples that agents say they dropped, since the first sample of each source"),
        field("option_records", &S::option_records, Role::value, "options data records printed"),
        field("data_sets", &S::data_sets, Role::value,
              "data sets received: decoded, recovered or without a template"),
        field("templates", &S::templates, Role::value, "templates learnt, repeats not counted"),
        field("template_redefinitions", &S::template_redefinitions, Role::value,
              "templates that came back with another layout"),
        field("template_withdrawals", &S::template_withdrawals, Role::value,
              "templates that the exporter took back"),
        field("sets_waited", &S::sets_waited, Role::value, "data sets that came before their template"),
        field("sets_recovered", &S::sets_recovered, Role::value, "of those, decoded once the template came"),
        field("sets_no_template", &S::sets_no_template, Role::value,
              "data sets never decoded: no template came, it was taken back, or there was no room"),
        field("samplers", &S::samplers, Role::value, "samplers that options described"),
        field("unknown_sampler", &S::unknown_sampler, Role::value,
              "flows of a sampler that no option described"),
        field("names", &S::names, Role::value,
              "with --names: names of interfaces, VRFs, applications and samplers that it told, repeats not "
              "counted"),
        field("names_refused", &S::names_refused, Role::value,
              "with --names: names that were not kept, to bound memory"),
        field("unknown_samples", &S::unknown_samples, Role::value,
              "sFlow samples of a kind that is not decoded"),
        field("unknown_records", &S::unknown_records, Role::value,
              "sFlow structures inside a sample that are not decoded"),
        field("malformed_datagrams", &S::malformed_datagrams, Role::value,
              "datagrams whose header is cut or wrong"),
        field("malformed_sets", &S::malformed_sets, Role::value, "sets with an impossible length"),
        field("malformed_templates", &S::malformed_templates, Role::value, "templates that cannot be used"),
        field("malformed_records", &S::malformed_records, Role::value,
              "data records that run past their set"),
        field("unknown_sets", &S::unknown_sets, Role::value, "sets of a kind that no standard defines"),
        field("malformed_samples", &S::malformed_samples, Role::value,
              "sFlow samples that overrun or are too short, or hold nothing but broken structures"),
        field("malformed_structures", &S::malformed_structures, Role::value,
              "sFlow structures that overrun or are too short, in samples printed without them"),
        field("truncated_datagrams", &S::truncated_datagrams, Role::value,
              "datagrams that end before what they announce"),
        field("count_mismatches", &S::count_mismatches, Role::value,
              "datagrams and sFlow samples that count other than they hold"),
        field("trailing_records", &S::trailing_records, Role::value, "known structures longer than known"),
        field("trailing_bytes", &S::trailing_bytes, Role::value, "bytes that belong to nothing", Unit::bytes),
        field("sequence_gaps", &S::sequence_gaps, Role::value, "holes in the sequence numbers").column(),
        field("datagrams_lost", &S::datagrams_lost, Role::value, "datagrams missing in those holes").column(),
        field("records_lost", &S::records_lost, Role::value,
              "records missing in those holes, of protocols that count records (v5, v7, IPFIX)")
            .column(),
        field("sequence_unknown", &S::sequence_unknown, Role::value,
              "steps of the sequence that data we could not decode may explain"),
        field("datagrams_reordered", &S::datagrams_reordered, Role::value, "datagrams that came late"),
        field("datagrams_duplicate", &S::datagrams_duplicate, Role::value, "datagrams that came twice"),
        field("sequence_resets", &S::sequence_resets, Role::value,
              "jumps of the sequence that no loss explains"),
        field("restarts", &S::restarts, Role::value,
              "restarts of the exporter seen by its uptime, or by the boot time that it tells"),
        field("datagrams_other_start", &S::datagrams_other_start, Role::value,
              "datagrams of an earlier start of the exporter than the latest: they came late, or are of a "
              "second "
              "exporter behind the address, which --template-scope port tells apart"),
        field("errors", &S::errors, Role::text, "each kind of fault with its first bytes"));
}();

// An options data record (RFC 3954 section 6, RFC 7011 section 3.4.2.2): facts about the exporter, not
// traffic.
enum class OptionScope : std::uint8_t {
    unknown,
    system,
    interface,
    line_card,
    cache,
    template_,
    observation_domain,
    observation_point,
    metering_process,
    exporting_process,
    selector,
    application,
    vrf,
};
template <>
inline constexpr auto enum_words<OptionScope> = std::array<std::string_view, 13>{"",
                                                                                 "system",
                                                                                 "interface",
                                                                                 "line_card",
                                                                                 "cache",
                                                                                 "template",
                                                                                 "observation_domain",
                                                                                 "observation_point",
                                                                                 "metering_process",
                                                                                 "exporting_process",
                                                                                 "selector",
                                                                                 "application",
                                                                                 "vrf"};

struct FlowOption {
    Time ts;
    IpAddress exporter;
    std::optional<std::uint32_t> obs_domain;
    std::optional<std::uint32_t> template_id;
    OptionScope scope = OptionScope::unknown;
    std::optional<std::uint64_t> scope_value;
    std::optional<std::uint64_t> sampler_id;
    std::optional<std::uint32_t> sampler_mode;
    std::optional<std::uint32_t> sampling_algorithm;
    std::optional<std::uint32_t> sampling_rate;
    std::string sampler_name;
    std::optional<std::uint32_t> if_index;
    std::string if_name;
    std::string if_description;
    std::optional<Text32> app_id;
    std::string app_name;
    std::string app_description;
    std::optional<std::uint32_t> vrf;
    std::string vrf_name;
    std::optional<std::uint32_t> active_timeout_s;
    std::optional<std::uint32_t> idle_timeout_s;
    Time boot_time;
    std::optional<std::uint64_t> exported_bytes;
    std::optional<std::uint64_t> exported_packets;
    std::optional<std::uint64_t> exported_flows;
};

template <>
inline constexpr auto describe<FlowOption> = [] {
    using O = FlowOption;
    return record(
        "flow.option", 1, "what an exporter tells about itself: samplers, interfaces, its own counts",
        field("ts", &O::ts, Role::time, "when the datagram was received or captured"),
        field("exporter", &O::exporter, Role::tag, "sender").column(),
        field("obs_domain", &O::obs_domain, Role::tag, "source id or observation domain").column(),
        field("template_id", &O::template_id, Role::tag, "options template the record belongs to"),
        field("scope", &O::scope, Role::tag,
              "what the record is about: system, interface, template, metering_process and others")
            .column(),
        field("scope_value", &O::scope_value, Role::tag, "which one").column(),
        field("sampler_id", &O::sampler_id, Role::tag, "the exporter's number of the sampler").column(),
        field("sampler_mode", &O::sampler_mode, Role::text, "1 deterministic, 2 random"),
        field("sampling_algorithm", &O::sampling_algorithm, Role::text,
              "number of the method that selects packets (RFC 5477 section 8.2.1)"),
        field("sampling_rate", &O::sampling_rate, Role::value, "one packet in this many is looked at")
            .column(),
        field("sampler_name", &O::sampler_name, Role::tag, "name of the sampler"),
        field("if_index", &O::if_index, Role::tag, "ifIndex").column(),
        field("if_name", &O::if_name, Role::tag, "short name of the interface").column(),
        field("if_description", &O::if_description, Role::tag, "description of the interface"),
        field("app_id", &O::app_id, Role::tag, "application as classification engine and selector"),
        field("app_name", &O::app_name, Role::tag, "name of the application"),
        field("app_description", &O::app_description, Role::text, "what the application is"),
        field("vrf", &O::vrf, Role::tag, "VRF id"),
        field("vrf_name", &O::vrf_name, Role::tag, "name of the VRF"),
        field("active_timeout_s", &O::active_timeout_s, Role::text,
              "a flow that goes on is exported each time this passed", Unit::s),
        field("idle_timeout_s", &O::idle_timeout_s, Role::text,
              "a flow without packets for so long has ended", Unit::s),
        field("boot_time", &O::boot_time, Role::text, "when the exporter started"),
        field("exported_bytes", &O::exported_bytes, Role::value, "bytes in the flows exported so far",
              Unit::bytes),
        field("exported_packets", &O::exported_packets, Role::value, "packets in the flows exported so far",
              Unit::packets),
        field("exported_flows", &O::exported_flows, Role::value, "flows exported so far"));
}();

struct FlowSummary {
    Time ts;
    std::optional<std::uint64_t> packets;
    std::optional<std::uint64_t> not_udp;
    std::optional<std::uint64_t> unknown_link;
    std::optional<std::uint64_t> fragments;
    std::optional<std::uint64_t> reassembled;
    std::optional<std::uint64_t> fragments_lost;
    std::optional<std::uint64_t> cut;
    std::optional<std::uint64_t> kernel_drops;
    std::optional<std::uint64_t> stored;
    std::optional<std::uint64_t> stored_other;
    std::optional<std::uint64_t> stored_malformed;
    std::optional<std::uint64_t> blocks_malformed;
    std::optional<std::uint64_t> lines;
    std::optional<std::uint64_t> lines_ignored;
    std::optional<std::uint64_t> lines_malformed;
    std::uint64_t datagrams = 0;
    std::optional<std::uint64_t> not_allowed;
    std::uint64_t not_flow = 0;
    std::uint64_t unsupported = 0;
    std::uint64_t flows = 0;
    std::uint64_t samples = 0;
    std::uint64_t counter_samples = 0;
    std::uint64_t discard_samples = 0;
    std::uint64_t option_records = 0;
    std::uint64_t sets_no_template = 0;
    std::uint64_t malformed = 0;
    std::uint64_t datagrams_lost = 0;
    std::uint64_t records_lost = 0;
    std::optional<std::uint64_t> passed;
    std::optional<std::uint64_t> rejected;
    std::optional<std::uint64_t> windows;
    std::optional<std::uint64_t> late;
    std::optional<std::uint64_t> groups;
    std::optional<std::uint64_t> groups_given_up;
    std::optional<std::uint64_t> value_error;
    std::optional<std::uint64_t> without_value;
    std::optional<std::uint64_t> rate_unknown;
    std::optional<std::uint64_t> rate_assumed;
    std::optional<std::uint64_t> rate_overridden;
    std::optional<std::uint64_t> bytes;
    std::optional<std::uint64_t> total_packets;
};

template <>
inline constexpr auto describe<FlowSummary> = [] {
    using S = FlowSummary;
    return record(
        "flow.summary", 1, "the whole run: what was read and what became of it",
        field("ts", &S::ts, Role::time, "end of the run"),
        field("captured", &S::packets, Role::value, "packets read from capture files", Unit::packets),
        field("not_udp", &S::not_udp, Role::value, "of those, no UDP over IP", Unit::packets),
        field("unknown_link", &S::unknown_link, Role::value,
              "of those, of a link layer that is not understood", Unit::packets),
        field("fragments", &S::fragments, Role::value, "of those, pieces of a larger datagram",
              Unit::packets),
        field("reassembled", &S::reassembled, Role::value, "datagrams put together from such pieces"),
        field("fragments_lost", &S::fragments_lost, Role::value,
              "pieces of datagrams that never became whole", Unit::packets),
        field("cut", &S::cut, Role::value, "datagrams cut by the capture's snap length"),
        field("kernel_drops", &S::kernel_drops, Role::value,
              "datagrams the kernel dropped: receive buffer full"),
        field("stored", &S::stored, Role::value, "flow records read from nfcapd files"),
        field("stored_other", &S::stored_other, Role::value,
              "records of nfcapd files that are no flows: exporters, samplers, statistics"),
        field("stored_malformed", &S::stored_malformed, Role::value, "broken records of nfcapd files"),
        field("blocks_malformed", &S::blocks_malformed, Role::value,
              "blocks of nfcapd files that cannot be unpacked, or hold other than they announce"),
        field("lines", &S::lines, Role::value, "lines read"),
        field("lines_ignored", &S::lines_ignored, Role::value, "of those, records of other types"),
        field("lines_malformed", &S::lines_malformed, Role::value, "of those, not records"),
        field("datagrams", &S::datagrams, Role::value, "datagrams looked at").column(),
        field("not_allowed", &S::not_allowed, Role::value,
              "of those, from senders that --allow does not name: not looked into"),
        field("not_flow", &S::not_flow, Role::value, "of those, neither NetFlow nor sFlow"),
        field("unsupported", &S::unsupported, Role::value, "of those, of a version that is not decoded"),
        field("flows", &S::flows, Role::value, "flow records").column(),
        field("samples", &S::samples, Role::value, "sFlow flow samples").column(),
        field("counter_samples", &S::counter_samples, Role::value, "sFlow counter samples"),
        field("discard_samples", &S::discard_samples, Role::value, "discarded packets that sFlow told"),
        field("option_records", &S::option_records, Role::value, "options data records"),
        field("sets_no_template", &S::sets_no_template, Role::value, "data sets that no template explained"),
        field("malformed", &S::malformed, Role::value,
              "datagrams, sets, templates, records, samples and structures of samples that are broken"),
        field("datagrams_lost", &S::datagrams_lost, Role::value, "datagrams missing in the sequence numbers")
            .column(),
        field("records_lost", &S::records_lost, Role::value, "flow records missing in the sequence numbers"),
        field("passed", &S::passed, Role::value, "flows and samples that the filter let through").column(),
        field("rejected", &S::rejected, Role::value, "flows and samples that it did not").column(),
        field("windows", &S::windows, Role::value, "windows that were told"),
        field("late", &S::late, Role::value,
              "flows and samples older than the window that was open: not ranked"),
        field("groups", &S::groups, Role::value, "different keys, of all windows together"),
        field("groups_given_up", &S::groups_given_up, Role::value,
              "of those, the smallest, given up to bound memory"),
        field("value_error", &S::value_error, Role::value, "no group that was given up has a larger value"),
        field("without_value", &S::without_value, Role::value, "records that lack the value ranked by"),
        field("rate_unknown", &S::rate_unknown, Role::value,
              "records without a sampling rate, which were not scaled"),
        field("rate_assumed", &S::rate_assumed, Role::value,
              "records without a sampling rate, which got that of --sampling-rate"),
        field("rate_overridden", &S::rate_overridden, Role::value,
              "records with a sampling rate, in whose place that of --sampling-rate stands"),
        field("bytes", &S::bytes, Role::value, "sum over all records ranked", Unit::bytes),
        field("packets", &S::total_packets, Role::value, "sum over all records ranked", Unit::packets));
}();

}  // namespace nm
