#include "filter/terms.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "record/key_of.hpp"

namespace nmflowtool {
namespace {

using nm::FlowRecord;
using nm::SflowSample;
using enum FlowValue;

template <class V>
std::uint64_t or_zero(const std::optional<V>& value) {
    return value ? static_cast<std::uint64_t>(*value) : 0;
}

std::uint64_t big_endian(const std::uint8_t* bytes) {
    std::uint64_t word;
    std::memcpy(&word, bytes, sizeof word);
    return std::endian::native == std::endian::little ? __builtin_bswap64(word) : word;
}

std::uint64_t mac_number(const std::optional<nm::Mac>& mac) {
    std::uint64_t number = 0;
    if (mac) {
        for (const std::uint8_t byte : mac->bytes) number = number << 8 | byte;
    }
    return number;
}

std::uint64_t dst_port_of(const FlowRecord& flow) {
    if (flow.dst_port) return *flow.dst_port;
    return or_zero(flow.icmp_type) << 8 | or_zero(flow.icmp_code);
}

// Some exporters tell both by the destination port only.
std::uint64_t icmp_type_of(const FlowRecord& flow) {
    return flow.icmp_type ? *flow.icmp_type : or_zero(flow.dst_port) >> 8;
}
std::uint64_t icmp_code_of(const FlowRecord& flow) {
    return flow.icmp_type || flow.icmp_code ? or_zero(flow.icmp_code) : or_zero(flow.dst_port) & 0xFF;
}

// Both ends cut to milliseconds first, then subtracted: an end before its start is a huge number, to nfdump
// too.
std::uint64_t milliseconds(const FlowRecord& flow) {
    return static_cast<std::uint64_t>(flow.end.ns / nm::ns_per_ms) -
           static_cast<std::uint64_t>(flow.start.ns / nm::ns_per_ms);
}

std::uint64_t quotient(std::uint64_t dividend, std::uint64_t divisor) {
    return divisor == 0 ? 0 : dividend / divisor;
}

}  // namespace

Address128 address_of(const nm::IpAddress& ip) {
    if (ip.is_v4()) return {0, big_endian(ip.bytes.data()) >> 32};
    return {big_endian(ip.bytes.data()), big_endian(ip.bytes.data() + 8)};
}

const nm::IpAddress& ip_of(const FlowRecord& flow, FlowValue value) {
    switch (value) {
        case dst_ip:
            return flow.dst_ip;
        case next_hop:
            return flow.next_hop;
        case bgp_next_hop:
            return flow.bgp_next_hop;
        case exporter:
            return flow.exporter;
        case nat_src_ip:
            return flow.nat_src_ip;
        case nat_dst_ip:
            return flow.nat_dst_ip;
        default:
            return flow.src_ip;
    }
}

std::uint64_t number_of(const FlowRecord& flow, FlowValue value) {
    switch (value) {
        case flows:
            return flow.flow_count.value_or(1);
        case proto:
            return or_zero(flow.proto_num);
        case tcp_flags:
            return or_zero(flow.tcp_flags);
        case src_port:
            return or_zero(flow.src_port);
        case dst_port:
            return dst_port_of(flow);
        case icmp_type:
            return icmp_type_of(flow);
        case icmp_code:
            return icmp_code_of(flow);
        case tos:
            return or_zero(flow.tos);
        case post_tos:
            return or_zero(flow.post_tos);
        case ttl:
            return or_zero(flow.ttl);
        case packets:
            return or_zero(flow.packets);
        case bytes:
            return or_zero(flow.bytes);
        case out_packets:
            return or_zero(flow.rev_packets ? flow.rev_packets : flow.post_packets);
        case out_bytes:
            return or_zero(flow.rev_bytes ? flow.rev_bytes : flow.post_bytes);
        case in_if:
            return or_zero(flow.in_if);
        case out_if:
            return or_zero(flow.out_if);
        case src_as:
            return or_zero(flow.src_as);
        case dst_as:
            return or_zero(flow.dst_as);
        case src_mask:
            return or_zero(flow.src_mask);
        case dst_mask:
            return or_zero(flow.dst_mask);
        case src_vlan:
            return or_zero(flow.vlan);
        case dst_vlan:
            return or_zero(flow.post_vlan);
        case src_mac:
            return mac_number(flow.src_mac);
        case dst_mac:
            return mac_number(flow.dst_mac);
        case post_src_mac:
            return mac_number(flow.post_src_mac);
        case post_dst_mac:
            return mac_number(flow.post_dst_mac);
        case nat_src_port:
            return or_zero(flow.nat_src_port);
        case nat_dst_port:
            return or_zero(flow.nat_dst_port);
        case in_vrf:
            return or_zero(flow.in_vrf);
        case out_vrf:
            return or_zero(flow.out_vrf);
        case mpls_label:
        case top_label:
            return or_zero(flow.mpls_label);
        case flow_label:
            return or_zero(flow.flow_label);
        case direction:
            return or_zero(flow.direction);
        case forwarding_status:
            return or_zero(flow.forwarding_status);
        case event:
            return flow.fw_event ? or_zero(flow.fw_event) : or_zero(flow.nat_event);
        case fw_reason:
            return or_zero(flow.fw_ext_event);
        case obs_domain:
            return or_zero(flow.obs_domain);
        case obs_point:
            return or_zero(flow.obs_point);
        case engine_id:
            return or_zero(flow.obs_domain) & 0xFF;
        case engine_type:
            return or_zero(flow.obs_domain) >> 8 & 0xFF;
        case is_ipv6:
            return flow.src_ip.is_v6() || flow.dst_ip.is_v6();
        case duration_ms:
            return milliseconds(flow);
        case packets_per_s:
            return quotient(1000 * or_zero(flow.packets), milliseconds(flow));
        case bits_per_s:
            return quotient(8000 * or_zero(flow.bytes), milliseconds(flow));
        case bytes_per_packet:
            return quotient(or_zero(flow.bytes), or_zero(flow.packets));
        default:
            return address_of(ip_of(flow, value)).low;
    }
}

std::uint64_t number_of(const SflowSample& sample, FlowValue value) {
    if (value == src_vlan && sample.in_vlan) return *sample.in_vlan;
    if (value == dst_vlan && sample.out_vlan) return *sample.out_vlan;
    return number_of(static_cast<const FlowRecord&>(sample), value);
}

namespace {

template <auto... Members>
void add(std::vector<std::string_view>& keys) {
    for (const std::string_view key : {nm::key_of<FlowRecord>(Members)...}) {
        if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
    }
}

void add_sample_keys(FlowValue value, std::vector<std::string_view>& keys) {
    using S = SflowSample;
    if (value == src_vlan) keys.push_back(nm::key_of<S>(&S::in_vlan));
    if (value == dst_vlan) keys.push_back(nm::key_of<S>(&S::out_vlan));
    if (value != mpls_label) return;
    for (const std::string_view key :
         {nm::key_of<S>(&S::mpls_labels), nm::key_of<S>(&S::mpls_in), nm::key_of<S>(&S::mpls_out)})
        keys.push_back(key);
}

struct KeyRow {
    FlowValue value;
    void (*add)(std::vector<std::string_view>& keys);
};

using F = FlowRecord;
constexpr KeyRow key_rows[] = {
    {flows, add<&F::flow_count>},
    {proto, add<&F::proto_num, &F::proto>},
    {tcp_flags, add<&F::tcp_flags>},
    {src_port, add<&F::src_port>},
    {dst_port, add<&F::dst_port, &F::icmp_type, &F::icmp_code>},
    {icmp_type, add<&F::icmp_type, &F::dst_port>},
    {icmp_code, add<&F::icmp_code, &F::icmp_type, &F::dst_port>},
    {tos, add<&F::tos>},
    {post_tos, add<&F::post_tos>},
    {ttl, add<&F::ttl>},
    {packets, add<&F::packets>},
    {bytes, add<&F::bytes>},
    {out_packets, add<&F::rev_packets, &F::post_packets>},
    {out_bytes, add<&F::rev_bytes, &F::post_bytes>},
    {nat_src_port, add<&F::nat_src_port>},
    {nat_dst_port, add<&F::nat_dst_port>},
    {in_vrf, add<&F::in_vrf>},
    {out_vrf, add<&F::out_vrf>},
    {mpls_label, add<&F::mpls_label>},
    {top_label, add<&F::mpls_label>},
    {flow_label, add<&F::flow_label>},
    {nat_src_ip, add<&F::nat_src_ip>},
    {nat_dst_ip, add<&F::nat_dst_ip>},
    {in_if, add<&F::in_if>},
    {out_if, add<&F::out_if>},
    {src_as, add<&F::src_as>},
    {dst_as, add<&F::dst_as>},
    {src_mask, add<&F::src_mask>},
    {dst_mask, add<&F::dst_mask>},
    {src_vlan, add<&F::vlan>},
    {dst_vlan, add<&F::post_vlan>},
    {src_mac, add<&F::src_mac>},
    {dst_mac, add<&F::dst_mac>},
    {post_src_mac, add<&F::post_src_mac>},
    {post_dst_mac, add<&F::post_dst_mac>},
    {direction, add<&F::direction>},
    {forwarding_status, add<&F::forwarding_status>},
    {event, add<&F::fw_event, &F::nat_event>},
    {fw_reason, add<&F::fw_ext_event>},
    {obs_domain, add<&F::obs_domain>},
    {obs_point, add<&F::obs_point>},
    {engine_id, add<&F::obs_domain>},
    {engine_type, add<&F::obs_domain>},
    {is_ipv6, add<&F::src_ip, &F::dst_ip>},
    {duration_ms, add<&F::start, &F::end>},
    {packets_per_s, add<&F::packets, &F::start, &F::end>},
    {bits_per_s, add<&F::bytes, &F::start, &F::end>},
    {bytes_per_packet, add<&F::bytes, &F::packets>},
    {src_ip, add<&F::src_ip>},
    {dst_ip, add<&F::dst_ip>},
    {next_hop, add<&F::next_hop>},
    {bgp_next_hop, add<&F::bgp_next_hop>},
    {exporter, add<&F::exporter>},
};

}  // namespace

void add_keys(FlowValue value, std::vector<std::string_view>& keys) {
    for (const KeyRow& row : key_rows) {
        if (row.value == value) row.add(keys);
    }
    add_sample_keys(value, keys);
}

}  // namespace nmflowtool
