// How a packet stack is walked: each step reads one header and names the next. For parse_stack() only; the
// steps of links and IP are in packet_stack.cpp, those of what carries packets in packet_tunnels.cpp.
#pragma once

#include "wire/packet_stack.hpp"

namespace nm::detail {

enum : std::uint16_t {
    ethertype_teb = 0x6558,  // transparent Ethernet bridging
    ethertype_mpls_multicast = 0x8848,
    ethertype_pppoe = 0x8864,
    ethertype_ppp = 0x880B,
    ethertype_mac_in_mac = 0x88E7,
    ethertype_erspan2 = 0x88BE,
    ethertype_erspan3 = 0x22EB,
    ethertype_nsh = 0x894F,
    ethertype_cisco_metadata = 0x8909,
};

class PacketWalker {
  public:
    explicit PacketWalker(PacketStack& stack) : stack_(stack), packet_(&stack.outer) {}

    void walk(FirstHeader first, Bytes bytes);

  private:
    using Step = void (PacketWalker::*)();
    static constexpr int max_steps = 32;

    bool enter(Tunnel tunnel) {
        if (stack_.tunnel_count == PacketStack::max_depth) return false;
        stack_.tunnels[stack_.tunnel_count++] = tunnel;
        return true;
    }
    void go_on(Step step, ByteReader rest) {
        if (!rest.ok()) return;
        rest_ = rest;
        step_ = step;
    }
    // A packet within the packet begins.
    void begin_inner() {
        stack_.has_inner = true;
        stack_.inner = Packet{};
        packet_ = &stack_.inner;
    }

    void ethernet();
    void by_ethertype();
    void ip();
    void behind_link();
    bool behind_ethertype(std::uint16_t ethertype, ByteReader in);
    void behind_ip();
    void behind_udp(ByteReader in);

    void mpls();
    void pppoe();
    void ppp();
    void gre();
    void erspan2();
    void erspan3();
    void erspan(std::size_t length);
    void vxlan();
    void vxlan_gpe();
    void next_protocol(std::uint32_t number, ByteReader in);
    void nsh();
    void geneve();
    void gtp_u();
    void ether_ip();

    PacketStack& stack_;
    Packet* packet_;
    ByteReader rest_;
    std::uint16_t ethertype_ = 0;
    Step step_ = nullptr;
};

}  // namespace nm::detail
