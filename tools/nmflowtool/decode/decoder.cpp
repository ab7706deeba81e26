#include "decode/decoder.hpp"

#include <utility>

namespace nmflowtool {
namespace {

using nm::ExportProtocol;

struct Version {
    std::uint16_t number;
    ExportProtocol protocol;
};
// NetFlow and IPFIX begin with 16 bits of version.
constexpr Version netflow_versions[] = {
    {9, ExportProtocol::netflow9}, {10, ExportProtocol::ipfix},   {5, ExportProtocol::netflow5},
    {1, ExportProtocol::netflow1}, {7, ExportProtocol::netflow7}, {8, ExportProtocol::netflow8},
};

}  // namespace

// sFlow begins with 32 bits of version.
std::optional<ExportProtocol> protocol_of(nm::Bytes payload) {
    nm::ByteReader in(payload);
    const std::uint16_t first = in.u16();
    const std::uint16_t second = in.u16();
    if (!in.ok()) return std::nullopt;
    if (first == 0) {
        if (second == 5) return ExportProtocol::sflow5;
        if (second == 2 || second == 4) return ExportProtocol::sflow_old;
        return std::nullopt;
    }
    for (const Version& version : netflow_versions) {
        if (version.number == first) return version.protocol;
    }
    return std::nullopt;
}

namespace {

bool is_netflow(ExportProtocol protocol) {
    switch (protocol) {
        case ExportProtocol::netflow1:
        case ExportProtocol::netflow5:
        case ExportProtocol::netflow7:
        case ExportProtocol::netflow9:
        case ExportProtocol::ipfix:
            return true;
        default:
            return false;
    }
}

bool is_sflow(ExportProtocol protocol) {
    return protocol == ExportProtocol::sflow5 || protocol == ExportProtocol::sflow_old;
}

}  // namespace

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
