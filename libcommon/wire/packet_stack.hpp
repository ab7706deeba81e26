// A packet with what it carries: enters MPLS, PPPoE, PPP, GRE, ERSPAN, VXLAN(-GPE), Geneve, GTP-U, EtherIP,
// MAC-in-MAC and IP in IP until the innermost packet or the end of the captured bytes. outer is the first
// packet from outside, inner the last one; what lies between is only named. MPLS labels, PPP and PPPoE in
// front of the first IP header belong to the outer packet.
// Proof: tests/unit/wire_packet_stack_test.cpp, tests/cli/nmflowtool_sflow.bats (against tshark),
// tests/fuzz/fuzz_packet.cpp.
#pragma once

#include "wire/packet.hpp"

namespace nm {

enum class Tunnel : std::uint8_t {
    none,
    mpls,
    pppoe,
    ppp,
    gre,
    erspan,
    vxlan,
    vxlan_gpe,
    geneve,
    gtp_u,
    ether_ip,
    mac_in_mac,
    nsh,
    ipip,
    ip4_in_ip6,
    ip6_in_ip4,
    ip6_in_ip6,
};

struct PacketStack {
    static constexpr std::size_t max_depth = 8;  // packets and encapsulations entered, each
    static constexpr std::size_t max_labels = 16;

    Packet outer;
    Packet inner;  // only set when has_inner
    bool has_inner = false;
    std::array<Tunnel, max_depth> tunnels;  // outermost first
    std::uint8_t tunnel_count = 0;
    std::array<std::uint32_t, max_labels> labels;  // MPLS, 20 bits each, outermost first
    std::uint8_t label_count = 0;
    std::optional<std::uint32_t> vni;      // VXLAN, Geneve: the last one seen
    std::optional<std::uint32_t> gre_key;  // RFC 2890
    std::optional<std::uint32_t> gtp_teid;
    std::optional<std::uint16_t> erspan_session;
    std::optional<std::uint16_t> pppoe_session;
};

// What the bytes begin with.
enum class FirstHeader : std::uint8_t { ethernet, ip, mpls, ppp };

void parse_stack(FirstHeader first, Bytes bytes, PacketStack& stack);

}  // namespace nm
