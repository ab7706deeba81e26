#include "decode/elements.hpp"
#include "decode/nfcapd_fields.hpp"
#include "decode/template.hpp"
#include "decode/wire_nfcapd.hpp"

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
struct [[gnu::packed]] OutCounters {
    static constexpr std::uint16_t id = 5;
    std::uint64_t flows, packets, bytes;
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
constexpr std::uint16_t mpls_labels_id = 14;
struct [[gnu::packed]] Macs {
    static constexpr std::uint16_t id = 15;
    std::uint64_t in_src, out_dst, in_dst, out_src;
};
struct [[gnu::packed]] Sampler {
    static constexpr std::uint16_t id = 18;
    std::uint64_t selector;
};
struct [[gnu::packed]] FirewallCommon {
    static constexpr std::uint16_t id = 19;
    std::uint64_t event_ms;
    std::uint32_t connection;
    std::uint16_t ext_event;
    std::uint8_t event;
};
struct [[gnu::packed]] NatIpv4 {
    static constexpr std::uint16_t id = 20;
    std::uint32_t src, dst;
};
struct [[gnu::packed]] NatIpv6 {
    static constexpr std::uint16_t id = 21;
    std::uint64_t src[2], dst[2];
};
struct [[gnu::packed]] NatPorts {
    static constexpr std::uint16_t id = 22;
    std::uint16_t src, dst;
};
struct [[gnu::packed]] User {
    static constexpr std::uint16_t id = 24;
    char name[66];
};
struct [[gnu::packed]] NatCommon {
    static constexpr std::uint16_t id = 25;
    std::uint64_t event_ms;
    std::uint32_t pool;
    std::uint8_t event;
};
constexpr std::uint16_t application_id = 27;  // as many bytes as the exporter's element 95
struct [[gnu::packed]] Observation {
    static constexpr std::uint16_t id = 33;
    std::uint64_t point;
    std::uint32_t domain;
};
struct [[gnu::packed]] Vrfs {
    static constexpr std::uint16_t id = 36;
    std::uint32_t out, in;
};
struct [[gnu::packed]] Layer2 {
    static constexpr std::uint16_t id = 38;
    std::uint16_t vlan, inner_vlan, post_vlan, post_inner_vlan;
    std::uint32_t in_if, out_if;
    std::uint64_t vxlan;
    std::uint16_t ethertype;
};
struct [[gnu::packed]] FlowId {
    static constexpr std::uint16_t id = 39;
    std::uint64_t number;
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
    set_nonzero(flow.forwarding_status, from.forwarding);
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
    set_nonzero(flow.post_tos, from.dst_tos);
    if (from.end_reason != 0) flow.end_reason = from.end_reason;
}

void set(FlowRecord& flow, const Macs& from) {
    flow.src_mac = mac_of(from.in_src);
    flow.dst_mac = mac_of(from.in_dst);
    flow.post_src_mac = mac_of(from.out_src);
    flow.post_dst_mac = mac_of(from.out_dst);
}

void set(FlowRecord& flow, const Layer2& from) {
    set_vlan(flow.vlan, from.vlan);
    set_vlan(flow.inner_vlan, from.inner_vlan);
    set_vlan(flow.post_vlan, from.post_vlan);
    if (from.ethertype != 0) flow.ethertype = from.ethertype;
}

// nfcapd keeps what left the exporter and, of a flow of two directions, what came back as one and the same.
void set(FlowRecord& flow, const OutCounters& from) {
    set_nonzero(flow.post_bytes, from.bytes);
    set_nonzero(flow.post_packets, from.packets);
    set_flow_count(flow, from.flows);
}

void set(FlowRecord& flow, const FirewallCommon& from) {
    flow.event_time = time_of_ms(from.event_ms);
    set_nonzero(flow.flow_id, from.connection);
    set_nonzero(flow.fw_ext_event, from.ext_event);
    set_word(flow.fw_event, from.event);
}

void set(FlowRecord& flow, const NatCommon& from) {
    flow.event_time = time_of_ms(from.event_ms);
    set_word(flow.nat_event, from.event);
}

void set(FlowRecord& flow, const NatIpv4& from) {
    if (from.src != 0) set_v4(flow.nat_src_ip, from.src);
    if (from.dst != 0) set_v4(flow.nat_dst_ip, from.dst);
}

void set(FlowRecord& flow, const NatIpv6& from) {
    const std::uint64_t src[2] = {from.src[0], from.src[1]};
    const std::uint64_t dst[2] = {from.dst[0], from.dst[1]};
    if ((src[0] | src[1]) != 0) set_v6(flow.nat_src_ip, src);
    if ((dst[0] | dst[1]) != 0) set_v6(flow.nat_dst_ip, dst);
}

void set(FlowRecord& flow, const User& from) {
    set_user(flow, {from.name, sizeof from.name});
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

// Firewalls and translators of addresses.
bool set_event(std::uint16_t id, nm::Bytes body, FlowRecord& flow) {
    const auto set_all = [&flow](const auto& from) { set(flow, from); };
    switch (id) {
        case FirewallCommon::id:
            return apply<FirewallCommon>(body, set_all);
        case NatCommon::id:
            return apply<NatCommon>(body, set_all);
        case NatIpv4::id:
            return apply<NatIpv4>(body, set_all);
        case NatIpv6::id:
            return apply<NatIpv6>(body, set_all);
        case NatPorts::id:
            return apply<NatPorts>(body, [&](const auto& from) {
                set_nonzero(flow.nat_src_port, from.src);
                set_nonzero(flow.nat_dst_port, from.dst);
            });
        case User::id:
            return apply<User>(body, set_all);
        default:
            return true;
    }
}

// What the exporter tells of a flow beside who sent how much to whom.
bool set_detail(std::uint16_t id, nm::Bytes body, FlowRecord& flow) {
    switch (id) {
        case Sampler::id:
            return apply<Sampler>(body,
                                  [&](const auto& from) { set_nonzero(flow.sampler_id, from.selector); });
        case application_id:
            Template::store_value(*find_mapping(0, 95), body, flow);
            return true;
        case Vrfs::id:
            return apply<Vrfs>(body, [&](const auto& from) {
                set_nonzero(flow.in_vrf, from.in);
                set_nonzero(flow.out_vrf, from.out);
            });
        case FlowId::id:
            return apply<FlowId>(body, [&](const auto& from) { set_nonzero(flow.flow_id, from.number); });
        default:
            return set_event(id, body, flow);
    }
}

// Most records have one of these: who exported it.
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
            return set_detail(id, body, flow);
    }
}

bool set_extension(std::uint16_t id, nm::Bytes body, bool is_event, FlowRecord& flow, LabelStack& labels) {
    switch (id) {
        case GenericFlow::id:
            return apply<GenericFlow>(body, [&](const auto& from) { set(flow, from, is_event); });
        case Ipv4Flow::id:
            return apply<Ipv4Flow>(body, [&](const auto& from) { set_v4_pair(flow, from); });
        case Ipv6Flow::id:
            return apply<Ipv6Flow>(body, [&](const auto& from) { set_v6_pair(flow, from); });
        case FlowMisc::id:
            return apply<FlowMisc>(body, [&](const auto& from) { set(flow, from); });
        case OutCounters::id:
            return apply<OutCounters>(body, [&](const auto& from) { set(flow, from); });
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
            return apply<Observation>(body, [&](const auto& from) {
                flow.obs_domain = from.domain;
                set_nonzero(flow.obs_point, from.point);
            });
        case mpls_labels_id:
            return set_labels(nm::ByteReader(body), flow, labels);
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

// Number of extensions (2), engine type, engine id, exporter (2), flags, version of the export protocol; then
// the extensions.
NfcapdRecords::Got NfcapdRecords::read_v3(nm::Bytes body, FlowRecord& flow) {
    constexpr std::uint8_t flag_event = 1;
    static constexpr FlowRecord blank{};
    nm::ByteReader in(body);
    unsigned extensions = in.u16_le();
    const std::uint32_t engine = in.u16();  // type * 256 + id
    const std::uint16_t exporter = in.u16_le();
    const bool is_event = (in.u8() & flag_event) != 0;
    in.skip(1);
    if (!in.ok()) return Got::malformed;
    flow = blank;
    labels_.clear();
    set_exporter(exporter, flow);
    if (!flow.obs_domain) flow.obs_domain = engine;
    for (; extensions > 0; --extensions) {
        const std::uint16_t id = in.u16_le();
        const std::size_t length = in.u16_le();
        if (!in.ok() || length < 4) return Got::malformed;
        const nm::Bytes members = in.bytes(length - 4);
        if (!in.ok() || !set_extension(id, members, is_event, flow, labels_)) return Got::malformed;
    }
    return Got::flow;
}

}  // namespace nmflowtool
