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
    if (*open_ == ExportProtocol::netflow9 || *open_ == ExportProtocol::sflow5) {
        const bool good =
            *open_ == ExportProtocol::netflow9 ? netflow9_.open(datagram) : sflow5_.open(datagram);
        if (good) return;
        ++homeless(*open_).malformed_datagrams;
    } else {
        nm::FlowStats& stats = homeless(*open_);
        if (!stats.unsupported) first_unsupported_ = open_;
        stats.unsupported = stats.unsupported.value_or(0) + 1;
    }
    open_.reset();
}

Decoder::Got Decoder::next(Records& records) {
    if (open_ == ExportProtocol::netflow9) {
        switch (netflow9_.next(records.flow, records.option)) {
            case Netflow9::Got::flow:
                return Got::flow;
            case Netflow9::Got::option:
                return Got::option;
            case Netflow9::Got::nothing:
                return Got::nothing;
        }
    }
    if (open_ == ExportProtocol::sflow5) {
        switch (sflow5_.next(records.sample, records.counters)) {
            case Sflow5::Got::sample:
                return Got::sample;
            case Sflow5::Got::counters:
                return Got::counters;
            case Sflow5::Got::nothing:
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
        const bool is_sflow = stats.protocol == ExportProtocol::sflow5;
        (is_sflow ? summary.samples : summary.flows) += stats.records;
        summary.counter_samples += stats.counter_samples;
        summary.option_records += stats.option_records;
        summary.sets_no_template += stats.sets_no_template;
        summary.malformed += stats.malformed_datagrams + stats.malformed_sets + stats.malformed_templates +
                             stats.malformed_samples;
        summary.datagrams_lost += stats.datagrams_lost;
    });
}

}  // namespace nmflowtool
