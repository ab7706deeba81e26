#include "decode/wire_sflow5.hpp"

#include <algorithm>

#include "wire/packet.hpp"

namespace nmflowtool {
namespace {

using nm::ByteReader;
using nm::PortKind;
using nm::SflowCounters;
using nm::SflowSample;

// sample_data formats of enterprise 0.
enum : std::uint32_t {
    flow_sample = 1,
    counter_sample = 2,
    expanded_flow_sample = 3,
    expanded_counter_sample = 4
};
// header_protocol of a raw packet header.
enum : std::uint32_t { header_ethernet = 1, header_ipv4 = 11, header_ipv6 = 12 };

constexpr std::uint32_t internal_port = 0x3FFFFFFF;

// --- structures of flow samples; a row decodes what it knows of its body and says whether that was all there

void fill_from_packet(const nm::Packet& packet, SflowSample& sample) {
    sample.src_mac = packet.src_mac;
    sample.dst_mac = packet.dst_mac;
    if (packet.ethertype != 0) sample.ethertype = packet.ethertype;
    if (packet.vlan_count > 0 && packet.vlans[0].id() != 0) sample.vlan = packet.vlans[0].id();
    if (packet.vlan_count > 1) sample.inner_vlan = packet.vlans[1].id();
    if (packet.vlan_count > 2) {
        const std::size_t kept = std::min<std::size_t>(packet.vlan_count, nm::Packet::max_vlans);
        for (std::size_t i = 0; i < kept; ++i) sample.vlans.push_back(packet.vlans[i].id());
    }
    if (!packet.src_ip.is_set()) return;
    sample.src_ip = packet.src_ip;
    sample.dst_ip = packet.dst_ip;
    sample.tos = packet.tos;
    sample.ttl = packet.ttl;
    sample.ip_bytes = packet.ip_length;
    if (packet.fragment_offset > 0) sample.fragment_offset = packet.fragment_offset;
    if (packet.proto) sample.proto = static_cast<nm::Protocol>(*packet.proto);
    sample.proto_num = packet.proto;
    sample.src_port = packet.src_port;
    sample.dst_port = packet.dst_port;
    if (packet.tcp_flags) sample.tcp_flags = static_cast<nm::TcpFlags>(*packet.tcp_flags & 0xFFu);
    sample.icmp_type = packet.icmp_type;
    sample.icmp_code = packet.icmp_code;
}

bool read_raw_header(ByteReader& in, SflowSample& sample) {
    const std::uint32_t protocol = in.u32();
    const std::uint32_t frame_length = in.u32();
    const std::uint32_t stripped = in.u32();
    const std::uint32_t length = in.u32();
    const nm::Bytes header = in.bytes(length);
    if (!in.ok()) return false;
    in.skip(std::min<std::size_t>((4u - length % 4u) % 4u, in.left()));
    sample.header_protocol = protocol;
    sample.header_bytes = length;
    sample.stripped = stripped;
    sample.bytes = frame_length;
    nm::Packet packet;
    switch (protocol) {
        case header_ethernet:
            parse_ethernet(ByteReader(header), packet);
            break;
        case header_ipv4:
        case header_ipv6:
            parse_ip(ByteReader(header), packet);
            break;
        default:
            return true;  // told by its number
    }
    fill_from_packet(packet, sample);
    return true;
}

void set_vlan(std::optional<std::uint16_t>& vlan, std::uint32_t value) {
    if (value >= 1 && value <= 4095) vlan = static_cast<std::uint16_t>(value);
}

void set_priority(std::optional<std::uint8_t>& priority, std::uint32_t value) {
    if (value <= 7) priority = static_cast<std::uint8_t>(value);
}

bool read_extended_switch(ByteReader& in, SflowSample& sample) {
    const std::uint32_t in_vlan = in.u32(), in_priority = in.u32();
    const std::uint32_t out_vlan = in.u32(), out_priority = in.u32();
    if (!in.ok()) return false;
    set_vlan(sample.in_vlan, in_vlan);
    set_priority(sample.in_priority, in_priority);
    set_vlan(sample.out_vlan, out_vlan);
    set_priority(sample.out_priority, out_priority);
    return true;
}

// An address behind its type: 1 IPv4, 2 IPv6, 0 unknown (no bytes follow).
bool read_address(ByteReader& in, nm::IpAddress& ip) {
    const std::uint32_t type = in.u32();
    if (type > 2) return false;
    if (type != 0) ip = nm::IpAddress::from_bytes(in.bytes(type == 1 ? 4 : 16));
    return in.ok();
}

bool read_extended_router(ByteReader& in, SflowSample& sample) {
    nm::IpAddress next_hop;
    if (!read_address(in, next_hop)) return false;
    const std::uint32_t src_mask = in.u32(), dst_mask = in.u32();
    if (!in.ok()) return false;
    if (std::ranges::any_of(next_hop.bytes, [](std::uint8_t byte) { return byte != 0; }))
        sample.next_hop = next_hop;
    if (src_mask <= 128) sample.src_mask = static_cast<std::uint8_t>(src_mask);
    if (dst_mask <= 128) sample.dst_mask = static_cast<std::uint8_t>(dst_mask);
    return true;
}

struct FlowStructure {
    std::uint32_t format;
    bool (*read)(ByteReader& in, SflowSample& sample);
};
constexpr FlowStructure flow_structures[] = {
    {1, read_raw_header},
    {1001, read_extended_switch},
    {1002, read_extended_router},
};

// --- structures of counter samples

template <class Value>
void set_counter(std::optional<Value>& out, Value value) {
    if (value != static_cast<Value>(~Value{0})) out = value;
}

bool read_generic_interface(ByteReader& in, SflowCounters& counters) {
    counters.if_index = in.u32();
    counters.if_type = in.u32();
    counters.if_speed_bps = in.u64();
    const std::uint32_t duplex = in.u32();
    const std::uint32_t status = in.u32();
    set_counter(counters.in_bytes, in.u64());
    set_counter(counters.in_unicast, in.u32());
    set_counter(counters.in_multicast, in.u32());
    set_counter(counters.in_broadcast, in.u32());
    set_counter(counters.in_discards, in.u32());
    set_counter(counters.in_errors, in.u32());
    set_counter(counters.in_unknown_protos, in.u32());
    set_counter(counters.out_bytes, in.u64());
    set_counter(counters.out_unicast, in.u32());
    set_counter(counters.out_multicast, in.u32());
    set_counter(counters.out_broadcast, in.u32());
    set_counter(counters.out_discards, in.u32());
    set_counter(counters.out_errors, in.u32());
    const std::uint32_t promiscuous = in.u32();
    if (duplex <= 4) counters.if_duplex = static_cast<nm::IfDuplex>(duplex);
    counters.if_admin = static_cast<nm::IfStatus>(status & 1u);
    counters.if_oper = static_cast<nm::IfStatus>(status >> 1 & 1u);
    if (promiscuous == 1 || promiscuous == 2)
        counters.promiscuous = promiscuous == 1;  // TruthValue of RFC 2579
    return in.ok();
}

struct CounterStructure {
    std::uint32_t format;
    bool (*read)(ByteReader& in, SflowCounters& counters);
};
constexpr CounterStructure counter_structures[] = {
    {1, read_generic_interface},
};

// Reads the structures of a sample by the table's rows. False when one overruns the sample or is too short:
// then the sample cannot be trusted.
template <class Row, std::size_t Rows, class Record>
bool read_structures(ByteReader& in, const Row (&table)[Rows], Record& record, nm::FlowStats& stats,
                     std::uint32_t& unknown) {
    std::uint32_t count = in.u32();
    for (; count > 0 && in.left() > 0; --count) {
        const std::uint32_t format = in.u32();
        const std::uint32_t length = in.u32();
        ByteReader body = in.sub(length);
        if (!body.ok()) return false;
        const Row* row = std::ranges::find(table, format, &Row::format);
        if (row == std::end(table)) {
            ++unknown;
            continue;
        }
        if (!row->read(body, record)) return false;
        if (body.left() > 0) ++stats.trailing_records;
    }
    return in.ok() && count == 0;
}

struct Source {
    std::uint32_t type;
    std::uint32_t index;
};

// Compact: 8 bits of class and 24 of index. Expanded: a word for each.
Source read_source(ByteReader& in, bool is_expanded) {
    const std::uint32_t first = in.u32();
    if (is_expanded) return {first, in.u32()};
    return {first >> 24, first & 0x00FFFFFFu};
}

struct Port {
    std::uint32_t format;
    std::uint32_t value;
};

// Compact: 2 bits of format and 30 of value. Expanded: a word for each.
Port read_port(ByteReader& in, bool is_expanded) {
    const std::uint32_t first = in.u32();
    if (is_expanded) return {first, in.u32()};
    return {first >> 30, first & 0x3FFFFFFFu};
}

void set_port(Port port, SflowSample& sample, std::optional<std::uint32_t>& interface, PortKind& kind) {
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

bool Sflow5::open(const Datagram& datagram) {
    samples_ = ByteReader(datagram.payload);
    samples_.skip(4);  // version
    agent_ = {};
    const bool has_agent = read_address(samples_, agent_);
    sub_agent_ = samples_.u32();
    const std::uint32_t sequence = samples_.u32();
    samples_.skip(4);  // uptime
    announced_ = samples_.u32();
    if (!has_agent || !samples_.ok()) return false;
    if (!agent_.is_set()) agent_ = datagram.sender;
    ts_ = datagram.ts;
    domain_ = &domains_.get({nm::ExportProtocol::sflow5, agent_, sub_agent_});
    ++domain_->stats.datagrams;
    domain_->sequence.see(sequence, domain_->stats);
    return true;
}

Sflow5::Got Sflow5::next(SflowSample& sample, SflowCounters& counters) {
    nm::FlowStats& stats = domain_->stats;
    while (announced_ > 0 && samples_.left() > 0) {
        const std::uint32_t format = samples_.u32();
        const std::uint32_t length = samples_.u32();
        const ByteReader body = samples_.sub(length);
        if (!body.ok()) {
            ++stats.malformed_samples;
            ++stats.truncated_datagrams;
            announced_ = 0;
            return Got::nothing;
        }
        --announced_;
        switch (format) {
            case flow_sample:
            case expanded_flow_sample:
                if (read_flow_sample(body, format == expanded_flow_sample, sample)) return Got::sample;
                ++stats.malformed_samples;
                break;
            case counter_sample:
            case expanded_counter_sample:
                if (read_counter_sample(body, format == expanded_counter_sample, counters))
                    return Got::counters;
                ++stats.malformed_samples;
                break;
            default:
                ++stats.unknown_samples;
        }
    }
    close();
    return Got::nothing;
}

void Sflow5::close() {
    if (announced_ > 0) ++domain_->stats.count_mismatches;
    if (samples_.left() > 0) {
        ++domain_->stats.count_mismatches;
        domain_->stats.trailing_bytes += samples_.left();
    }
    announced_ = 0;
    samples_ = ByteReader();
}

bool Sflow5::read_flow_sample(ByteReader in, bool is_expanded, SflowSample& sample) {
    sample = {};
    sample.ts = ts_;
    sample.exporter = agent_;
    sample.obs_domain = sub_agent_;
    sample.packets = 1;
    sample.sequence = in.u32();
    const Source source = read_source(in, is_expanded);
    sample.source_class = source.type;
    sample.source_index = source.index;
    const std::uint32_t rate = in.u32();
    if (rate != 0) {
        sample.sampling_rate = rate;
        sample.rate_source = nm::RateSource::sample;
    }
    sample.pool = in.u32();
    sample.drops = in.u32();
    set_port(read_port(in, is_expanded), sample, sample.in_if, sample.in_kind);
    set_port(read_port(in, is_expanded), sample, sample.out_if, sample.out_kind);
    std::uint32_t unknown = 0;
    const bool good = read_structures(in, flow_structures, sample, domain_->stats, unknown);
    domain_->stats.unknown_records += unknown;
    if (!good) return false;
    // A tag that the switch took off before sampling is still the packet's VLAN.
    if (!sample.vlan) sample.vlan = sample.in_vlan;
    ++domain_->stats.records;
    domains_.prove(*domain_);
    return true;
}

bool Sflow5::read_counter_sample(ByteReader in, bool is_expanded, SflowCounters& counters) {
    counters = {};
    counters.ts = ts_;
    counters.exporter = agent_;
    counters.obs_domain = sub_agent_;
    counters.sequence = in.u32();
    const Source source = read_source(in, is_expanded);
    counters.source_class = source.type;
    counters.source_index = source.index;
    std::uint32_t unknown = 0;
    const bool good = read_structures(in, counter_structures, counters, domain_->stats, unknown);
    domain_->stats.unknown_records += unknown;
    if (!good) return false;
    if (unknown > 0) counters.unknown_records = unknown;
    ++domain_->stats.counter_samples;
    domains_.prove(*domain_);
    return true;
}

}  // namespace nmflowtool
