// The sampled header of a packet: what it tells goes into the members of the flow, and of the packet inside.
#include <algorithm>

#include "base/hex.hpp"
#include "decode/wire_sflow_structures.hpp"
#include "decode/xdr.hpp"

namespace nmflowtool {
namespace {

using nm::ByteReader;
using nm::SflowSample;

constexpr std::string_view tunnel_words[] = {
    "",      "mpls",    "pppoe",      "ppp", "gre",  "erspan",     "vxlan",      "vxlan-gpe", "geneve",
    "gtp-u", "etherip", "mac-in-mac", "nsh", "ipip", "ip4-in-ip6", "ip6-in-ip4", "ip6-in-ip6"};

void fill_ip(const nm::Packet& packet, SflowSample& sample) {
    sample.src_ip = packet.src_ip;
    sample.dst_ip = packet.dst_ip;
    sample.tos = packet.tos;
    sample.ttl = packet.ttl;
    if (packet.ip_length != 0) sample.ip_bytes = packet.ip_length;
    if (packet.fragment_offset > 0) sample.fragment_offset = packet.fragment_offset;
    if (packet.proto) sample.proto = static_cast<nm::Protocol>(*packet.proto);
    sample.proto_num = packet.proto;
    sample.src_port = packet.src_port;
    sample.dst_port = packet.dst_port;
    if (packet.tcp_flags) sample.tcp_flags = static_cast<nm::TcpFlags>(*packet.tcp_flags & 0xFFu);
    sample.icmp_type = packet.icmp_type;
    sample.icmp_code = packet.icmp_code;
}

void fill_inner_ip(const nm::Packet& packet, SflowSample& sample) {
    sample.inner_src_ip = packet.src_ip;
    sample.inner_dst_ip = packet.dst_ip;
    sample.inner_tos = packet.tos;
    sample.inner_ttl = packet.ttl;
    if (packet.ip_length != 0) sample.inner_ip_bytes = packet.ip_length;
    if (packet.fragment_offset > 0) sample.inner_fragment_offset = packet.fragment_offset;
    if (packet.proto) sample.inner_proto = static_cast<nm::Protocol>(*packet.proto);
    sample.inner_proto_num = packet.proto;
    sample.inner_src_port = packet.src_port;
    sample.inner_dst_port = packet.dst_port;
    if (packet.tcp_flags) sample.inner_tcp_flags = static_cast<nm::TcpFlags>(*packet.tcp_flags & 0xFFu);
    sample.inner_icmp_type = packet.icmp_type;
    sample.inner_icmp_code = packet.icmp_code;
}

void fill_link(const nm::Packet& packet, SflowSample& sample) {
    sample.src_mac = packet.src_mac;
    sample.dst_mac = packet.dst_mac;
    if (packet.ethertype != 0) sample.ethertype = packet.ethertype;
    if (packet.vlan_count > 0 && packet.vlans[0].id() != 0) sample.vlan = packet.vlans[0].id();
    if (packet.vlan_count > 1 && packet.vlans[1].id() != 0) sample.inner_vlan = packet.vlans[1].id();
    if (packet.vlan_count > 2) {
        const std::size_t kept = std::min<std::size_t>(packet.vlan_count, nm::Packet::max_vlans);
        for (std::size_t i = 0; i < kept; ++i) sample.vlans.push_back(packet.vlans[i].id());
        if (packet.vlan_count > kept) {
            sample.rest_is_absent = false;
            sample.vlans_total = packet.vlan_count;
        }
    }
}

void fill_tunnels(const nm::PacketStack& stack, SflowSample& sample) {
    sample.rest_is_absent = false;
    for (std::size_t i = 0; i < stack.tunnel_count; ++i)
        sample.tunnels.emplace_back(tunnel_words[static_cast<std::size_t>(stack.tunnels[i])]);
    sample.mpls_labels.assign(stack.labels.begin(), stack.labels.begin() + stack.label_count);
    sample.vni = stack.vni;
    sample.gre_key = stack.gre_key;
    sample.gtp_teid = stack.gtp_teid;
    sample.erspan_session = stack.erspan_session;
    sample.pppoe_session = stack.pppoe_session;
    if (!stack.has_inner) return;
    const nm::Packet& inner = stack.inner;
    sample.inner_src_mac = inner.src_mac;
    sample.inner_dst_mac = inner.dst_mac;
    if (inner.ethertype != 0) sample.inner_ethertype = inner.ethertype;
    if (inner.vlan_count > 0 && inner.vlans[0].id() != 0) sample.inner_frame_vlan = inner.vlans[0].id();
    if (!inner.src_ip.is_set()) return;
    // A frame inside labels: its IP packet is the only one, so it is the flow's.
    if (sample.src_ip.is_set())
        fill_inner_ip(inner, sample);
    else
        fill_ip(inner, sample);
}

std::optional<nm::FirstHeader> first_header(std::uint32_t protocol) {
    switch (protocol) {
        case header_ethernet:
            return nm::FirstHeader::ethernet;
        case header_ipv4:
        case header_ipv6:
            return nm::FirstHeader::ip;
        case header_mpls:
            return nm::FirstHeader::mpls;
        case header_ppp:
        case header_pos:
            return nm::FirstHeader::ppp;
        default:
            return std::nullopt;  // told by its number
    }
}

}  // namespace

bool FlowStructures::read_header(ByteReader& in, SflowSample& sample, bool has_stripped) {
    const std::uint32_t protocol = in.u32();
    const std::uint32_t frame_length = in.u32();
    const std::uint32_t stripped = has_stripped ? in.u32() : 0;
    const nm::Bytes header = xdr_opaque(in);
    if (!in.ok()) return false;
    if (sample.header_protocol) return true;  // a sample has one header
    sample.header_protocol = protocol;
    sample.header_bytes = static_cast<std::uint32_t>(header.size());
    if (has_stripped) sample.stripped = stripped;
    sample.bytes = frame_length;
    if (keep_.header) nm::append_hex(sample.header, header);
    const auto first = first_header(protocol);
    if (!first) return true;
    parse_stack(*first, header, stack_);
    fill_link(stack_.outer, sample);
    if (stack_.outer.src_ip.is_set()) fill_ip(stack_.outer, sample);
    if (stack_.tunnel_count > 0 || stack_.label_count > 0) fill_tunnels(stack_, sample);
    return true;
}

}  // namespace nmflowtool
