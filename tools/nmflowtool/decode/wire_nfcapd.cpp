#include "decode/wire_nfcapd.hpp"

#include <algorithm>

#include "decode/nfcapd_fields.hpp"

namespace nmflowtool {
namespace {

using namespace nfcapd;

// The extensions of nfdump 1.7, as they lie in the file behind type and length.
struct [[gnu::packed]] GenericFlow {
    static constexpr std::uint16_t id = 1;
    std::uint64_t first_ms, last_ms, received_ms, packets, bytes;
    std::uint16_t src_port, dst_port;
    std::uint8_t proto, tcp_flags, forwarding, tos;
};
struct [[gnu::packed]] Ipv4Flow {
    static constexpr std::uint16_t id = 2;
    std::uint32_t src, dst;
};
struct [[gnu::packed]] Ipv6Flow {
    static constexpr std::uint16_t id = 3;
    std::uint64_t src[2], dst[2];
};
struct [[gnu::packed]] FlowMisc {
    static constexpr std::uint16_t id = 4;
    std::uint32_t in_if, out_if;
    std::uint8_t src_mask, dst_mask, direction, dst_tos, biflow, end_reason;
};
struct [[gnu::packed]] Vlans {
    static constexpr std::uint16_t id = 6;
    std::uint32_t src, dst;
};
struct [[gnu::packed]] AsRouting {
    static constexpr std::uint16_t id = 7;
    std::uint32_t src, dst;
};
struct [[gnu::packed]] BgpNextHopV4 {
    static constexpr std::uint16_t id = 8;
    std::uint32_t ip;
};
struct [[gnu::packed]] BgpNextHopV6 {
    static constexpr std::uint16_t id = 9;
    std::uint64_t ip[2];
};
struct [[gnu::packed]] NextHopV4 {
    static constexpr std::uint16_t id = 10;
    std::uint32_t ip;
};
struct [[gnu::packed]] NextHopV6 {
    static constexpr std::uint16_t id = 11;
    std::uint64_t ip[2];
};
struct [[gnu::packed]] ReceivedV4 {
    static constexpr std::uint16_t id = 12;
    std::uint32_t ip;
};
struct [[gnu::packed]] ReceivedV6 {
    static constexpr std::uint16_t id = 13;
    std::uint64_t ip[2];
};
struct [[gnu::packed]] Macs {
    static constexpr std::uint16_t id = 15;
    std::uint64_t in_src, out_dst, in_dst, out_src;
};
struct [[gnu::packed]] Observation {
    static constexpr std::uint16_t id = 33;
    std::uint64_t point;
    std::uint32_t domain;
};
struct [[gnu::packed]] Layer2 {
    static constexpr std::uint16_t id = 38;
    std::uint16_t vlan, inner_vlan, post_vlan, post_inner_vlan;
    std::uint32_t in_if, out_if;
    std::uint64_t vxlan;
    std::uint16_t ethertype;
};
struct [[gnu::packed]] IpInfo {
    static constexpr std::uint16_t id = 42;
    std::uint8_t fill, fragment_flags, min_ttl, max_ttl;
};

void set(FlowRecord& flow, const GenericFlow& from, bool is_event) {
    flow.start = time_of_ms(from.first_ms);
    flow.end = time_of_ms(from.last_ms);
    flow.ts = time_of_ms(from.received_ms != 0 ? from.received_ms : from.last_ms);
    set_protocol(flow, from.proto, from.tcp_flags, from.src_port, from.dst_port);
    set_counters(flow, is_event, from.packets, from.bytes);
    flow.tos = from.tos;
}

void set_v4_pair(FlowRecord& flow, const Ipv4Flow& from) {
    set_v4(flow.src_ip, from.src);
    set_v4(flow.dst_ip, from.dst);
}

template <class Pair>
void set_v6_pair(FlowRecord& flow, const Pair& from) {
    const std::uint64_t src[2] = {from.src[0], from.src[1]};
    const std::uint64_t dst[2] = {from.dst[0], from.dst[1]};
    set_v6(flow.src_ip, src);
    set_v6(flow.dst_ip, dst);
}

template <class One>
void set_v6_one(nm::IpAddress& ip, const One& from) {
    const std::uint64_t halves[2] = {from.ip[0], from.ip[1]};
    set_v6(ip, halves);
}

void set(FlowRecord& flow, const FlowMisc& from) {
    flow.in_if = from.in_if;
    flow.out_if = from.out_if;
    flow.src_mask = from.src_mask;
    flow.dst_mask = from.dst_mask;
    set_direction(flow, from.direction);
    if (from.end_reason != 0) flow.end_reason = from.end_reason;
}

void set(FlowRecord& flow, const Macs& from) {
    flow.src_mac = mac_of(from.in_src);
    flow.dst_mac = mac_of(from.in_dst != 0 ? from.in_dst : from.out_dst);
}

void set(FlowRecord& flow, const Layer2& from) {
    set_vlan(flow.vlan, from.vlan);
    set_vlan(flow.inner_vlan, from.inner_vlan);
    set_vlan(flow.post_vlan, from.post_vlan);
    if (from.ethertype != 0) flow.ethertype = from.ethertype;
}

template <class Extension>
bool copy(nm::Bytes body, Extension& extension) {
    if (body.size() < sizeof extension) return false;
    std::memcpy(&extension, body.data(), sizeof extension);
    return true;
}

// One extension into the flow; false when it is shorter than its kind.
template <class Extension, class Set>
bool apply(nm::Bytes body, Set&& set_members) {
    Extension extension;
    if (!copy(body, extension)) return false;
    set_members(extension);
    return true;
}

bool set_address(std::uint16_t id, nm::Bytes body, FlowRecord& flow) {
    switch (id) {
        case BgpNextHopV4::id:
            return apply<BgpNextHopV4>(body, [&](const auto& from) { set_v4(flow.bgp_next_hop, from.ip); });
        case BgpNextHopV6::id:
            return apply<BgpNextHopV6>(body, [&](const auto& from) { set_v6_one(flow.bgp_next_hop, from); });
        case NextHopV4::id:
            return apply<NextHopV4>(body, [&](const auto& from) { set_v4(flow.next_hop, from.ip); });
        case NextHopV6::id:
            return apply<NextHopV6>(body, [&](const auto& from) { set_v6_one(flow.next_hop, from); });
        case ReceivedV4::id:
            return apply<ReceivedV4>(body, [&](const auto& from) { set_v4(flow.exporter, from.ip); });
        case ReceivedV6::id:
            return apply<ReceivedV6>(body, [&](const auto& from) { set_v6_one(flow.exporter, from); });
        default:
            return true;
    }
}

bool set_extension(std::uint16_t id, nm::Bytes body, bool is_event, FlowRecord& flow) {
    switch (id) {
        case GenericFlow::id:
            return apply<GenericFlow>(body, [&](const auto& from) { set(flow, from, is_event); });
        case Ipv4Flow::id:
            return apply<Ipv4Flow>(body, [&](const auto& from) { set_v4_pair(flow, from); });
        case Ipv6Flow::id:
            return apply<Ipv6Flow>(body, [&](const auto& from) { set_v6_pair(flow, from); });
        case FlowMisc::id:
            return apply<FlowMisc>(body, [&](const auto& from) { set(flow, from); });
        case Vlans::id:
            return apply<Vlans>(body, [&](const auto& from) {
                set_vlan(flow.vlan, from.src);
                set_vlan(flow.post_vlan, from.dst);
            });
        case AsRouting::id:
            return apply<AsRouting>(body, [&](const auto& from) {
                flow.src_as = from.src;
                flow.dst_as = from.dst;
            });
        case Macs::id:
            return apply<Macs>(body, [&](const auto& from) { set(flow, from); });
        case Observation::id:
            return apply<Observation>(body, [&](const auto& from) { flow.obs_domain = from.domain; });
        case Layer2::id:
            return apply<Layer2>(body, [&](const auto& from) { set(flow, from); });
        case IpInfo::id:
            return apply<IpInfo>(body, [&](const auto& from) {
                if (from.min_ttl != 0) flow.ttl = from.min_ttl;
            });
        default:
            return set_address(id, body, flow);
    }
}

}  // namespace

NfcapdRecords::Got NfcapdRecords::read(std::uint16_t type, nm::Bytes body, FlowRecord& flow) {
    switch (type) {
        case record_v3:
            return read_v3(body, flow);
        case common_record:
        case common_record_v0:
            return read_common(type, body, flow);
        case extension_map:
            return read_map(body) ? Got::other : Got::malformed;
        case exporter_info:
            return read_exporter(body) ? Got::other : Got::malformed;
        default:
            return Got::other;
    }
}

// Elements (2), engine type, engine id, exporter (2), flags, version of the export protocol; then the
// elements: type (2), length with these four bytes (2), members.
NfcapdRecords::Got NfcapdRecords::read_v3(nm::Bytes body, FlowRecord& flow) {
    constexpr std::uint8_t flag_event = 1;
    static constexpr FlowRecord blank{};
    nm::ByteReader in(body);
    unsigned elements = in.u16_le();
    const std::uint32_t engine = in.u16();  // type * 256 + id
    const std::uint16_t exporter = in.u16_le();
    const bool is_event = (in.u8() & flag_event) != 0;
    in.skip(1);
    if (!in.ok()) return Got::malformed;
    flow = blank;
    set_exporter(exporter, flow);
    if (!flow.obs_domain) flow.obs_domain = engine;
    for (; elements > 0; --elements) {
        const std::uint16_t id = in.u16_le();
        const std::size_t length = in.u16_le();
        if (!in.ok() || length < 4) return Got::malformed;
        const nm::Bytes members = in.bytes(length - 4);
        if (!in.ok() || !set_extension(id, members, is_event, flow)) return Got::malformed;
    }
    return Got::flow;
}

// Protocol version (4), address (16), address family (2), number in this file (2), source id (4).
bool NfcapdRecords::read_exporter(nm::Bytes body) {
    constexpr std::uint32_t netflow5 = 5;
    constexpr std::uint16_t family_v4 = 2, family_v6 = 10;
    constexpr std::uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    nm::ByteReader in(body);
    Exporter exporter;
    exporter.has_id = in.u32_le() != netflow5;  // an engine's number is no observation domain
    const nm::Bytes address = in.bytes(16);
    const std::uint16_t family = in.u16_le();
    const std::uint16_t number = in.u16_le();
    exporter.id = in.u32_le();
    if (!in.ok()) return false;
    nm::ByteReader words(address);
    if (family == family_v4) {
        words.skip(8);
        set_v4(exporter.ip, words.u32_le());
    } else if (family == family_v6) {
        const std::uint64_t halves[2] = {words.u64_le(), words.u64_le()};
        set_v6(exporter.ip, halves);
    } else if (std::equal(std::begin(mapped), std::end(mapped), address.begin())) {  // 1.7.8 and newer
        exporter.ip = nm::IpAddress::from_bytes(address.subspan(12));
    } else {
        exporter.ip = nm::IpAddress::from_bytes(address);
    }
    if (number >= exporters_.size()) exporters_.resize(number + std::size_t{1});
    exporters_[number] = exporter;
    return true;
}

void NfcapdRecords::set_exporter(std::uint16_t number, FlowRecord& flow) const {
    if (number >= exporters_.size() || !exporters_[number].ip.is_set()) return;
    flow.exporter = exporters_[number].ip;
    if (exporters_[number].has_id) flow.obs_domain = exporters_[number].id;
}

}  // namespace nmflowtool
