#include "decode/wire_sflow.hpp"

#include <utility>

#include "decode/xdr.hpp"

namespace nmflowtool {
namespace {

using nm::ByteReader;
using nm::ExportProtocol;
using nm::PortKind;
using nm::SflowSample;

// sample_data formats of enterprise 0.
enum : std::uint32_t {
    flow_sample = 1,
    counter_sample = 2,
    expanded_flow_sample = 3,
    expanded_counter_sample = 4,
    discarded_packet = 5
};

constexpr std::uint32_t internal_port = 0x3FFFFFFF;

void set_port(SflowPort port, SflowSample& sample, std::optional<std::uint32_t>& interface, PortKind& kind) {
    switch (port.format) {
        case 0:
            if (port.value == internal_port || port.value == 0xFFFFFFFF)
                kind = PortKind::internal;
            else if (port.value != 0)
                interface = port.value;  // 0: unknown
            break;
        case 1:
            kind = PortKind::discarded;
            sample.discard_reason = port.value;
            if (port.value < nm::enum_words<nm::DiscardReason>.size())
                sample.discard = static_cast<nm::DiscardReason>(port.value);
            break;
        case 2:
            kind = PortKind::multiple;
            if (port.value != 0) sample.out_count = port.value;
            break;
        default:
            break;
    }
}

}  // namespace

void set_ports(SflowPort in_port, SflowPort out_port, SflowSample& sample) {
    set_port(in_port, sample, sample.in_if, sample.in_kind);
    set_port(out_port, sample, sample.out_if, sample.out_kind);
}

bool Sflow::open_domain(const Datagram& datagram, ExportProtocol protocol, std::uint32_t sequence,
                        std::uint32_t uptime_ms) {
    if (!agent_.is_set()) agent_ = datagram.sender;
    ts_ = datagram.ts;
    families_ = {};
    domain_ = &domains_.get({protocol, agent_, sub_agent_});
    ++domain_->stats.datagrams;
    see_uptime(uptime_ms, sequence);
    return true;
}

// An agent that started again counts its datagrams and all its samples anew. Its header has no time but the
// uptime, so that its clock is ours.
void Sflow::see_uptime(std::uint32_t uptime_ms, std::uint32_t sequence) {
    const ExportClock clock{uptime_ms, static_cast<std::uint32_t>(ts_.ns / nm::ns_per_s), 0};
    const BootTimes::Seen seen = domain_->boots.see(clock, ts_, domain_->sequence.is_behind(sequence));
    is_numbered_ = seen != BootTimes::Seen::other;
    if (!is_numbered_) {
        ++domain_->stats.datagrams_other_start;
        return;
    }
    if (seen == BootTimes::Seen::restarted) ++domain_->stats.restarts;
    if (seen != BootTimes::Seen::current) domain_->sequence.restart();
    domain_->sequence.see(sequence, domain_->stats);
}

bool Sflow::open(const Datagram& datagram) {
    samples_ = ByteReader(datagram.payload);
    version_ = samples_.u32();
    agent_ = {};
    const bool has_agent = xdr_address(samples_, agent_);
    sub_agent_ = version_ == 5 ? samples_.u32() : 0;
    const std::uint32_t sequence = samples_.u32();
    const std::uint32_t uptime_ms = samples_.u32();
    announced_ = samples_.u32();
    if (!has_agent || !samples_.ok()) return false;
    return open_domain(datagram, version_ == 5 ? ExportProtocol::sflow5 : ExportProtocol::sflow_old, sequence,
                       uptime_ms);
}

Sflow::Got Sflow::take_family() {
    if (std::exchange(families_.counters, false)) return Got::counters;
    if (std::exchange(families_.host, false)) return Got::host;
    if (std::exchange(families_.app, false)) return Got::app;
    return Got::nothing;
}

Sflow::Got Sflow::next(SflowRecords& records) {
    if (const Got got = take_family(); got != Got::nothing) return got;
    return version_ == 5 ? next_sample(records) : next_old_sample(records);
}

Sflow::Got Sflow::next_sample(SflowRecords& records) {
    while (announced_ > 0 && samples_.left() > 0) {
        const nm::Bytes whole = samples_.rest();
        const std::uint32_t format = samples_.u32();
        const ByteReader body = xdr_body(samples_);
        if (!body.ok()) {
            book_malformed(whole);
            ++domain_->stats.truncated_datagrams;
            announced_ = 0;
            return Got::nothing;
        }
        --announced_;
        if (const Got got = read_sample(format, body, records); got != Got::nothing) return got;
    }
    close();
    return Got::nothing;
}

template <bool IsExpanded>
void Sflow::read_flow_head(ByteReader& in, SflowSample& sample) const {
    begin_sample(sample);
    sample.sequence = in.u32();
    const SflowDataSource source = read_data_source(in, IsExpanded);
    sample.source_class = source.type;
    sample.source_index = source.index;
    const std::uint32_t rate = in.u32();
    if (rate != 0) {
        sample.sampling_rate = rate;
        sample.rate_source = nm::RateSource::sample;
    }
    sample.pool = in.u32();
    sample.drops = in.u32();
    const SflowPort in_port = read_port(in, IsExpanded);
    set_ports(in_port, read_port(in, IsExpanded), sample);
}

// https://sflow.org/sflow_drops.txt: always with expanded sources and interfaces, which have no formats.
void Sflow::read_drop_head(ByteReader& in, SflowSample& sample) const {
    begin_sample(sample);
    sample.sequence = in.u32();
    const SflowDataSource source = read_data_source(in, true);
    sample.source_class = source.type;
    sample.source_index = source.index;
    sample.drops = in.u32();
    const std::uint32_t in_if = in.u32(), out_if = in.u32();
    const std::uint32_t reason = in.u32();
    set_ports({0, in_if}, {0, out_if}, sample);
    sample.discard_reason = reason;
    if (reason < nm::enum_words<nm::DiscardReason>.size())
        sample.discard = static_cast<nm::DiscardReason>(reason);
}

template <auto ReadHead>
bool Sflow::read_flow_structures(ByteReader in, std::uint8_t kind, SflowSample& sample) {
    StructureCounts counts;
    for (const bool is_second : {false, true}) {
        ByteReader rest = in;
        (this->*ReadHead)(rest, sample);
        if (rest.left() < 4) return false;
        if (structures_.read(rest, is_second, sample, counts)) break;
    }
    see_source(kind, *sample.source_class, *sample.source_index, *sample.sequence, sample.drops);
    if (!counts.is_plain()) book(counts);
    // A tag that the switch took off before sampling is still the packet's VLAN.
    if (!sample.vlan) sample.vlan = sample.in_vlan;
    return !counts.is_hopeless();
}

Sflow::Got Sflow::read_sample(std::uint32_t format, ByteReader body, SflowRecords& records) {
    nm::FlowStats& stats = domain_->stats;
    Got got = Got::nothing;
    switch (format) {
        case flow_sample:
        case expanded_flow_sample:
            if (format == flow_sample
                    ? !read_flow_structures<&Sflow::read_flow_head<false>>(body, flow_sample, records.sample)
                    : !read_flow_structures<&Sflow::read_flow_head<true>>(body, flow_sample, records.sample))
                break;
            ++stats.records;
            got = Got::sample;
            break;
        case counter_sample:
        case expanded_counter_sample:
            if (!read_counter_sample(body, format == expanded_counter_sample, records)) break;
            ++stats.counter_samples;
            got = take_family();
            break;
        case discarded_packet:
            if (!read_flow_structures<&Sflow::read_drop_head>(body, discarded_packet, records.drop)) break;
            ++stats.discard_samples;
            got = Got::drop;
            break;
        default:
            ++stats.unknown_samples;
            return Got::nothing;
    }
    if (got != Got::nothing) {
        domains_.prove(*domain_);
        return got;
    }
    families_ = {};
    book_malformed(body.rest());
    return Got::nothing;
}

void Sflow::close() {
    if (announced_ > 0) ++domain_->stats.count_mismatches;
    if (samples_.left() > 0) {
        ++domain_->stats.count_mismatches;
        domain_->stats.trailing_bytes += samples_.left();
    }
    announced_ = 0;
    samples_ = ByteReader();
}

void Sflow::begin_sample(SflowSample& sample) const {
    clear_sample(sample);
    sample.ts = ts_;
    sample.exporter = agent_;
    sample.obs_domain = sub_agent_;
    sample.packets = 1;
}

void Sflow::book(const StructureCounts& counts) {
    nm::FlowStats& stats = domain_->stats;
    stats.unknown_records += counts.unknown;
    stats.trailing_records += counts.trailing;
    stats.trailing_bytes += counts.left_over;
    if (counts.is_count_wrong) ++stats.count_mismatches;
    if (counts.malformed == 0 || counts.is_hopeless()) return;
    stats.malformed_structures += counts.malformed;
    note_fault(stats, nm::FlowFault::structure, counts.first_malformed);
}

void Sflow::book_malformed(nm::Bytes sample) {
    ++domain_->stats.malformed_samples;
    note_fault(domain_->stats, nm::FlowFault::sample, sample);
}

bool Sflow::read_counter_sample(ByteReader in, bool is_expanded, SflowRecords& records) {
    const std::uint32_t sequence = in.u32();
    const SflowDataSource source = read_data_source(in, is_expanded);
    if (in.left() < 4) return false;
    see_source(counter_sample, source.type, source.index, sequence, std::nullopt);
    const StructureCounts counts = counter_structures_.read(in, records, families_);
    book(counts);
    if (counts.is_hopeless()) return false;
    for (nm::SflowSource* record :
         {static_cast<nm::SflowSource*>(&records.counters), static_cast<nm::SflowSource*>(&records.host),
          static_cast<nm::SflowSource*>(&records.app)}) {
        record->ts = ts_;
        record->exporter = agent_;
        record->obs_domain = sub_agent_;
        record->sequence = sequence;
        record->source_class = source.type;
        record->source_index = source.index;
    }
    if (domains_.keeps_names() && families_.counters) note_name(records.counters);
    return true;
}

void Sflow::note_name(const nm::SflowCounters& counters) {
    constexpr std::uint32_t interface_class = 0;
    const auto index = counters.if_index || counters.source_class != interface_class ? counters.if_index
                                                                                     : counters.source_index;
    if (index && !counters.if_name.empty())
        domains_.learn_name(*domain_, domain_->names.interfaces, *index, counters.if_name);
}

void Sflow::see_source(std::uint8_t kind, std::uint32_t source_class, std::uint32_t source_index,
                       std::uint32_t sequence, std::optional<std::uint32_t> drops) {
    if (!is_numbered_) return;
    const std::uint64_t key =
        std::uint64_t{kind} << 40 | std::uint64_t{source_class & 0xFFu} << 32 | source_index;
    SampleSource* source = domains_.sample_source(*domain_, key);
    if (source == nullptr) return;
    source->see(domain_->boots.number(), sequence, drops, domain_->stats);
}

}  // namespace nmflowtool
