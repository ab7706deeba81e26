// What a filter can test of a flow record: values as unsigned numbers, addresses as 128 bits. What a record
// lacks is zero here, as it is to nfdump: "src as 0" finds flows without a source AS.
// Proof: tests/unit/nmflowtool_filter_test.cpp, tests/cli/nmflowtool_filter.bats (nfdump on random filters).
#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>
#include <string_view>
#include <vector>

#include "record/sflow.hpp"

namespace nmflowtool {

enum class FlowValue : std::uint8_t {
    flows,  // that the record is the sum of: one, unless it says otherwise
    proto,
    tcp_flags,
    src_port,
    dst_port,  // of ICMP without ports type * 256 + code, as NetFlow carries it
    icmp_type,
    icmp_code,
    tos,
    post_tos,
    ttl,
    packets,
    bytes,
    out_packets,  // of the other direction, or as they left the exporter
    out_bytes,
    in_if,
    out_if,
    src_as,
    dst_as,
    src_mask,
    dst_mask,
    src_vlan,
    dst_vlan,
    src_mac,
    dst_mac,
    post_src_mac,
    post_dst_mac,
    nat_src_port,
    nat_dst_port,
    in_vrf,
    out_vrf,
    mpls_label,  // of the stack any
    top_label,
    flow_label,
    direction,  // 0 ingress, 1 egress
    forwarding_status,
    event,      // what the firewall did, or else what happened to the translation: one number to nfdump
    fw_reason,  // the firewall's number of it
    obs_domain,
    obs_point,
    engine_id,    // low byte of the observation domain (NetFlow v5 and v9)
    engine_type,  // the byte above it
    is_ipv6,
    duration_ms,
    packets_per_s,
    bits_per_s,
    bytes_per_packet,
    // From here on addresses.
    src_ip,
    dst_ip,
    next_hop,
    bgp_next_hop,
    exporter,
    nat_src_ip,
    nat_dst_ip,
};

constexpr bool is_address(FlowValue value) {
    return value >= FlowValue::src_ip;
}

// IPv4 lies in the last 32 bits, so that it orders and compares like IPv6.
struct Address128 {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    auto operator<=>(const Address128&) const = default;
};

Address128 address_of(const nm::IpAddress& ip);

// The value of a record; of addresses the low half only.
std::uint64_t number_of(const nm::FlowRecord& flow, FlowValue value);
// Samples know VLANs from their switch, which go before the tags of the packet.
std::uint64_t number_of(const nm::SflowSample& sample, FlowValue value);
const nm::IpAddress& ip_of(const nm::FlowRecord& flow, FlowValue value);

// The labels of a sample: in its header, and as the router tells them.
inline bool has_labels(const nm::SflowSample& sample) {
    return !sample.mpls_labels.empty() || !sample.mpls_in.empty() || !sample.mpls_out.empty();
}
template <class Test>
bool any_label(const nm::SflowSample& sample, Test&& test) {
    return std::ranges::any_of(sample.mpls_labels, test) || std::ranges::any_of(sample.mpls_in, test) ||
           std::ranges::any_of(sample.mpls_out, test);
}

// The keys of a record that the value is made of: what a reader of JSON lines must look for.
void add_keys(FlowValue value, std::vector<std::string_view>& keys);

}  // namespace nmflowtool
