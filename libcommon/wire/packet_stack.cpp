#include "wire/packet_stack.hpp"

#include <utility>

#include "wire/packet_walker.hpp"

namespace nm {
namespace detail {
namespace {

enum : std::uint8_t {
    proto_ipv4 = 4,
    proto_udp = 17,
    proto_ipv6 = 41,
    proto_gre = 47,
    proto_ether_ip = 97,
    proto_mpls = 137
};
enum : std::uint16_t {
    port_gtp_u = 2152,
    port_vxlan = 4789,
    port_vxlan_gpe = 4790,
    port_geneve = 6081,
    port_mpls = 6635,
    port_vxlan_linux = 8472,  // what Linux used before the number was assigned
};

}  // namespace

void PacketWalker::walk(FirstHeader first, Bytes bytes) {
    rest_ = ByteReader(bytes);
    switch (first) {
        case FirstHeader::ethernet:
            step_ = &PacketWalker::ethernet;
            break;
        case FirstHeader::ip:
            step_ = &PacketWalker::ip;
            break;
        case FirstHeader::mpls:
            step_ = &PacketWalker::mpls;
            break;
        case FirstHeader::ppp:
            step_ = &PacketWalker::ppp;
            break;
    }
    // Every header enters at most one further, and each takes bytes: this bound is only for hostile
    // depth.
    for (int steps = 0; step_ != nullptr && rest_.left() > 0 && steps < max_steps; ++steps) {
        const Step step = std::exchange(step_, nullptr);
        (this->*step)();
    }
}

void PacketWalker::ethernet() {
    if (packet_->src_mac || packet_->src_ip.is_set()) begin_inner();
    parse_ethernet(rest_, *packet_);
    behind_link();
}

void PacketWalker::by_ethertype() {
    switch (ethertype_) {
        case ethertype_teb:
            go_on(&PacketWalker::ethernet, rest_);
            return;
        case ethertype_ipv4:
        case ethertype_ipv6:
            go_on(&PacketWalker::ip, rest_);
            return;
        default:
            break;
    }
    if (!behind_ethertype(ethertype_, rest_)) {
        // A VLAN tag, or nothing that is known; not behind an address of the packet outside.
        if (packet_->src_ip.is_set()) begin_inner();
        parse_ethertype(ethertype_, rest_, *packet_);
        if (packet_->ethertype != ethertype_) behind_link();
    }
}

void PacketWalker::ip() {
    if (packet_->src_ip.is_set()) begin_inner();
    parse_ip(rest_, *packet_);
    behind_ip();
}

void PacketWalker::behind_link() {
    if (packet_->src_ip.is_set())
        behind_ip();
    else if (!packet_->body.empty())
        behind_ethertype(packet_->ethertype, ByteReader(packet_->body));
}

bool PacketWalker::behind_ethertype(std::uint16_t ethertype, ByteReader in) {
    switch (ethertype) {
        case ethertype_mpls:
        case ethertype_mpls_multicast:
            go_on(&PacketWalker::mpls, in);
            return true;
        case ethertype_pppoe:
            go_on(&PacketWalker::pppoe, in);
            return true;
        case ethertype_ppp:
            go_on(&PacketWalker::ppp, in);
            return true;
        case ethertype_mac_in_mac:  // IEEE 802.1ah: I-TAG (4), then the customer's frame
            in.skip(4);
            if (in.ok() && enter(Tunnel::mac_in_mac)) go_on(&PacketWalker::ethernet, in);
            return true;
        case ethertype_nsh:
            go_on(&PacketWalker::nsh, in);
            return true;
        case ethertype_cisco_metadata:  // version, length, option (2), security group (2), Ethernet type
            in.skip(6);
            ethertype_ = in.u16();
            go_on(&PacketWalker::by_ethertype, in);
            return true;
        default:
            return false;
    }
}

void PacketWalker::behind_ip() {
    if (!packet_->proto || packet_->transport.empty()) return;
    const ByteReader in(packet_->transport);
    const bool is_v4 = packet_->src_ip.is_v4();
    switch (*packet_->proto) {
        case proto_ipv4:
            if (enter(is_v4 ? Tunnel::ipip : Tunnel::ip4_in_ip6)) go_on(&PacketWalker::ip, in);
            break;
        case proto_ipv6:
            if (enter(is_v4 ? Tunnel::ip6_in_ip4 : Tunnel::ip6_in_ip6)) go_on(&PacketWalker::ip, in);
            break;
        case proto_gre:
            go_on(&PacketWalker::gre, in);
            break;
        case proto_ether_ip:
            go_on(&PacketWalker::ether_ip, in);
            break;
        case proto_mpls:
            go_on(&PacketWalker::mpls, in);
            break;
        case proto_udp:
            behind_udp(ByteReader(packet_->payload));
            break;
        default:
            break;
    }
}

void PacketWalker::behind_udp(ByteReader in) {
    if (in.left() == 0 || !packet_->dst_port) return;
    switch (*packet_->dst_port) {
        case port_vxlan:
        case port_vxlan_linux:
            go_on(&PacketWalker::vxlan, in);
            return;
        case port_vxlan_gpe:
            go_on(&PacketWalker::vxlan_gpe, in);
            return;
        case port_geneve:
            go_on(&PacketWalker::geneve, in);
            return;
        case port_mpls:
            go_on(&PacketWalker::mpls, in);
            return;
        default:
            break;
    }
    if (packet_->dst_port == port_gtp_u || packet_->src_port == port_gtp_u) go_on(&PacketWalker::gtp_u, in);
}

}  // namespace detail

void parse_stack(FirstHeader first, Bytes bytes, PacketStack& stack) {
    stack.outer = Packet{};
    stack.has_inner = false;
    stack.tunnel_count = 0;
    stack.label_count = 0;
    stack.vni.reset();
    stack.gre_key.reset();
    stack.gtp_teid.reset();
    stack.erspan_session.reset();
    stack.pppoe_session.reset();
    detail::PacketWalker(stack).walk(first, bytes);
}

}  // namespace nm
