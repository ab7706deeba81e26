#include "export/exporter.hpp"

#include <cassert>

namespace nmflowtool {
namespace {

std::unique_ptr<FlowStream> make_stream(nm::IpAddress exporter, std::uint32_t domain,
                                        const StreamOptions& options, ExportBooks& books,
                                        const SendDatagram& send) {
    switch (options.protocol) {
        case ExportAs::netflow5:
            return make_netflow5_stream(exporter, domain, options, books, send);
        case ExportAs::netflow9:
        case ExportAs::ipfix:
            return make_template_stream(exporter, domain, options, books, send);
        case ExportAs::sflow5:
            return make_sflow5_stream(exporter, domain, options, books, send);
    }
    assert(false);
    return nullptr;
}

nm::ExportProtocol protocol_of(ExportAs as) {
    switch (as) {
        case ExportAs::netflow5:
            return nm::ExportProtocol::netflow5;
        case ExportAs::netflow9:
            return nm::ExportProtocol::netflow9;
        case ExportAs::ipfix:
            return nm::ExportProtocol::ipfix;
        case ExportAs::sflow5:
            break;
    }
    return nm::ExportProtocol::sflow5;
}

}  // namespace

void Exporter::add(const nm::FlowRecord& flow) {
    if (!options_.vlan_as_dst_as || !flow.vlan) {
        stream_of(flow).add(flow);
        return;
    }
    nm::FlowRecord changed = flow;
    changed.dst_as = *flow.vlan;
    stream_of(flow).add(changed);
}

void Exporter::add(const nm::SflowSample& sample) {
    if (!options_.vlan_as_dst_as || !sample.vlan) {
        stream_of(sample).add_sample(sample);
        return;
    }
    nm::SflowSample changed = sample;
    changed.dst_as = *sample.vlan;
    stream_of(sample).add_sample(changed);
}

FlowStream& Exporter::stream_of(const nm::FlowRecord& flow) {
    const Key key{flow.exporter, flow.obs_domain.value_or(0)};
    if (!entries_.empty() && entries_.front().key == key) return *entries_.front().stream;
    const auto found = by_key_.find(key);
    if (found != by_key_.end()) {
        entries_.splice(entries_.begin(), entries_, found->second);
        return *entries_.front().stream;
    }
    while (entries_.size() >= options_.most_streams) end_oldest();
    const std::uint32_t domain = domain_for(key);
    entries_.push_front({key, domain, make_stream(key.exporter, domain, options_.stream, books_, send_)});
    by_key_.emplace(key, entries_.begin());
    return *entries_.front().stream;
}

// Unset: ours, for all exporters. sFlow tells the agent's address in the datagram.
nm::IpAddress Exporter::seen_address(const Key& key) const {
    const bool is_told = options_.keeps_source || options_.stream.protocol == ExportAs::sflow5;
    return is_told ? key.exporter : nm::IpAddress();
}

// Its own, or the lowest that nobody uses: where collectors could not tell it from another's, and in NetFlow
// v5, which has 16 bits for it.
std::uint32_t Exporter::domain_for(const Key& key) {
    const bool fits = options_.stream.protocol != ExportAs::netflow5 || key.domain <= 0xFFFF;
    std::set<std::uint32_t>& in_use = domains_[seen_address(key)];
    if (fits && in_use.insert(key.domain).second) return key.domain;
    ++domains_renamed_;
    std::uint32_t domain = 0;
    for (const std::uint32_t used : in_use) {
        if (used != domain) break;
        ++domain;
    }
    in_use.insert(domain);
    return domain;
}

void Exporter::end_oldest() {
    ++streams_ended_;
    entries_.back().stream->flush();
    const auto in_use = domains_.find(seen_address(entries_.back().key));
    in_use->second.erase(entries_.back().domain);
    if (in_use->second.empty()) domains_.erase(in_use);
    by_key_.erase(entries_.back().key);
    entries_.pop_back();
}

void Exporter::flush() {
    // In the order in which the streams were used.
    for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) entry->stream->flush();
}

void Exporter::add_to(nm::ExportSummary& summary) const {
    summary.protocol = protocol_of(options_.stream.protocol);
    summary.exported = books_.exported;
    summary.templates_sent = books_.templates;
    summary.options_sent = books_.options;
    summary.datagrams_sent = books_.datagrams;
    summary.not_carried = books_.not_carried;
    summary.saturated = books_.saturated;
    summary.times_rounded = books_.times_rounded;
    summary.times_out_of_range = books_.times_out_of_range;
    for (std::size_t i = 0; i < flow_field_count; ++i) {
        if (books_.lost[i]) summary.lost_fields.emplace_back(nm::field_infos<nm::FlowRecord>[i].key);
    }
    summary.domains_renamed = domains_renamed_;
    summary.streams_ended = streams_ended_;
}

}  // namespace nmflowtool
