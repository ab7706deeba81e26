#include "decode/decoder.hpp"

namespace nmflowtool {

using nm::ExportProtocol;

nm::FlowStats& Decoder::homeless(ExportProtocol protocol) {
    nm::FlowStats& stats = homeless_[static_cast<std::size_t>(protocol)];
    stats.protocol = protocol;
    ++stats.datagrams;
    return stats;
}

void Decoder::open(const Datagram& datagram) {
    ++datagrams_;
    first_unsupported_.reset();
    open_ = protocol_of(datagram.payload);
    if (!open_) {
        ++not_flow_;
        return;
    }
    const bool by_netflow = is_netflow(*open_);
    if (by_netflow || is_sflow(*open_)) {
        const bool good = by_netflow ? netflow_.open(*open_, datagram) : sflow_.open(datagram);
        if (good) return;
        nm::FlowStats& stats = homeless(*open_);
        ++stats.malformed_datagrams;
        note_fault(stats, nm::FlowFault::datagram_header, datagram.payload);
    } else {
        nm::FlowStats& stats = homeless(*open_);
        if (!stats.unsupported) first_unsupported_ = open_;
        stats.unsupported = stats.unsupported.value_or(0) + 1;
    }
    open_.reset();
}

Decoder::Got Decoder::next(Records& records) {
    if (open_ && is_netflow(*open_)) {
        const Netflow::Got got = netflow_.next(records.flow, records.option);
        if (got == Netflow::Got::nothing) return Got::nothing;
        records.wire = netflow_.wire();
        if (got == Netflow::Got::flow && domains_.keeps_names()) netflow_.fill_names(records.flow);
        return got == Netflow::Got::flow ? Got::flow : Got::option;
    }
    if (open_ && is_sflow(*open_)) {
        switch (sflow_.next(records)) {
            case Sflow::Got::sample:
                if (domains_.keeps_names()) sflow_.fill_names(records.sample);
                return Got::sample;
            case Sflow::Got::drop:
                return Got::drop;
            case Sflow::Got::counters:
                return Got::counters;
            case Sflow::Got::host:
                return Got::host;
            case Sflow::Got::app:
                return Got::app;
            case Sflow::Got::nothing:
                return Got::nothing;
        }
    }
    return Got::nothing;
}

std::optional<ExportProtocol> Decoder::first_unsupported() {
    return std::exchange(first_unsupported_, std::nullopt);
}

void Decoder::add_to(nm::FlowSummary& summary) const {
    summary.datagrams += datagrams_;
    summary.not_flow += not_flow_;
    for_each_stats([&](const nm::FlowStats& stats) {
        summary.unsupported += stats.unsupported.value_or(0);
        (stats.protocol && is_sflow(*stats.protocol) ? summary.samples : summary.flows) += stats.records;
        summary.counter_samples += stats.counter_samples;
        summary.discard_samples += stats.discard_samples;
        summary.option_records += stats.option_records;
        summary.sets_no_template += stats.sets_no_template;
        summary.malformed += stats.malformed_datagrams + stats.malformed_sets + stats.malformed_templates +
                             stats.malformed_records + stats.malformed_samples + stats.malformed_structures;
        summary.datagrams_lost += stats.datagrams_lost;
        summary.records_lost += stats.records_lost;
    });
}

}  // namespace nmflowtool
