#include "wire/packet_stack.hpp"

#include <algorithm>
#include <utility>

namespace nm {
namespace {

enum : std::uint16_t {
    ethertype_teb = 0x6558,  // transparent Ethernet bridging
    ethertype_mpls = 0x8847,
    ethertype_mpls_multicast = 0x8848,
    ethertype_pppoe = 0x8864,
    ethertype_ppp = 0x880B,
    ethertype_mac_in_mac = 0x88E7,
    ethertype_erspan2 = 0x88BE,
    ethertype_erspan3 = 0x22EB,
    ethertype_nsh = 0x894F,
    ethertype_cisco_metadata = 0x8909,
};
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

class Walker {
  public:
    explicit Walker(PacketStack& stack) : stack_(stack), packet_(&stack.outer) {}

    void walk(FirstHeader first, Bytes bytes) {
        rest_ = ByteReader(bytes);
        switch (first) {
            case FirstHeader::ethernet:
                step_ = &Walker::ethernet;
                break;
            case FirstHeader::ip:
                step_ = &Walker::ip;
                break;
            case FirstHeader::mpls:
                step_ = &Walker::mpls;
                break;
            case FirstHeader::ppp:
                step_ = &Walker::ppp;
                break;
        }
        // Every header enters at most one further, and each takes bytes: this bound is only for hostile
        // depth.
        for (int steps = 0; step_ != nullptr && rest_.left() > 0 && steps < max_steps; ++steps) {
            const Step step = std::exchange(step_, nullptr);
            (this->*step)();
        }
    }

  private:
    using Step = void (Walker::*)();
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

    void ethernet() {
        if (packet_->src_mac || packet_->src_ip.is_set()) begin_inner();
        parse_ethernet(rest_, *packet_);
        behind_link();
    }
    void by_ethertype() {
        switch (ethertype_) {
            case ethertype_teb:
                go_on(&Walker::ethernet, rest_);
                return;
            case ethertype_ipv4:
            case ethertype_ipv6:
                go_on(&Walker::ip, rest_);
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
    void ip() {
        if (packet_->src_ip.is_set()) begin_inner();
        parse_ip(rest_, *packet_);
        behind_ip();
    }
    void behind_link() {
        if (packet_->src_ip.is_set())
            behind_ip();
        else if (!packet_->body.empty())
            behind_ethertype(packet_->ethertype, ByteReader(packet_->body));
    }
    bool behind_ethertype(std::uint16_t ethertype, ByteReader in) {
        switch (ethertype) {
            case ethertype_mpls:
            case ethertype_mpls_multicast:
                go_on(&Walker::mpls, in);
                return true;
            case ethertype_pppoe:
                go_on(&Walker::pppoe, in);
                return true;
            case ethertype_ppp:
                go_on(&Walker::ppp, in);
                return true;
            case ethertype_mac_in_mac:  // IEEE 802.1ah: I-TAG (4), then the customer's frame
                in.skip(4);
                if (in.ok() && enter(Tunnel::mac_in_mac)) go_on(&Walker::ethernet, in);
                return true;
            case ethertype_nsh:
                go_on(&Walker::nsh, in);
                return true;
            case ethertype_cisco_metadata:  // version, length, option (2), security group (2), Ethernet type
                in.skip(6);
                ethertype_ = in.u16();
                go_on(&Walker::by_ethertype, in);
                return true;
            default:
                return false;
        }
    }

    void behind_ip() {
        if (!packet_->proto || packet_->transport.empty()) return;
        const ByteReader in(packet_->transport);
        const bool is_v4 = packet_->src_ip.is_v4();
        switch (*packet_->proto) {
            case proto_ipv4:
                if (enter(is_v4 ? Tunnel::ipip : Tunnel::ip4_in_ip6)) go_on(&Walker::ip, in);
                break;
            case proto_ipv6:
                if (enter(is_v4 ? Tunnel::ip6_in_ip4 : Tunnel::ip6_in_ip6)) go_on(&Walker::ip, in);
                break;
            case proto_gre:
                go_on(&Walker::gre, in);
                break;
            case proto_ether_ip:
                go_on(&Walker::ether_ip, in);
                break;
            case proto_mpls:
                go_on(&Walker::mpls, in);
                break;
            case proto_udp:
                behind_udp(ByteReader(packet_->payload));
                break;
            default:
                break;
        }
    }
    void behind_udp(ByteReader in) {
        if (in.left() == 0 || !packet_->dst_port) return;
        switch (*packet_->dst_port) {
            case port_vxlan:
            case port_vxlan_linux:
                go_on(&Walker::vxlan, in);
                return;
            case port_vxlan_gpe:
                go_on(&Walker::vxlan_gpe, in);
                return;
            case port_geneve:
                go_on(&Walker::geneve, in);
                return;
            case port_mpls:
                go_on(&Walker::mpls, in);
                return;
            default:
                break;
        }
        if (packet_->dst_port == port_gtp_u || packet_->src_port == port_gtp_u) go_on(&Walker::gtp_u, in);
    }

    // RFC 3032 section 2.1: label (20 bits), traffic class (3), bottom of stack (1), TTL (8).
    void mpls() {
        ByteReader in = rest_;
        const std::uint8_t before = stack_.label_count;
        bool is_bottom = false;
        while (!is_bottom && in.left() >= 4) {
            const std::uint32_t entry = in.u32();
            if (stack_.label_count < PacketStack::max_labels)
                stack_.labels[stack_.label_count++] = entry >> 12;
            is_bottom = (entry & 0x100u) != 0;
        }
        if (stack_.label_count > before && !enter(Tunnel::mpls)) return;
        if (!is_bottom || in.left() == 0) return;
        // No field tells what is behind the labels; the first four bits do (RFC 4928 section 3).
        switch (in.rest()[0] >> 4) {
            case 4:
            case 6:
                go_on(&Walker::ip, in);
                break;
            case 0:  // the control word of a pseudowire (RFC 4448 section 4.6)
                in.skip(4);
                go_on(&Walker::ethernet, in);
                break;
            default:
                break;
        }
    }
    // RFC 2516 section 4: version and type (1), code (1), session (2), length (2).
    void pppoe() {
        ByteReader in = rest_;
        const std::uint8_t version = in.u8();
        const std::uint8_t code = in.u8();
        const std::uint16_t session = in.u16();
        const std::size_t length = in.u16();
        if (!in.ok() || version != 0x11 || code != 0 || !enter(Tunnel::pppoe)) return;
        stack_.pppoe_session = session;
        go_on(&Walker::ppp, in.sub(std::min(length, in.left())));
    }
    // RFC 1661 section 2 and RFC 1662: the address and control bytes may be left out, the protocol
    // compressed to one byte. Cisco HDLC has an Ethernet type in that place.
    void ppp() {
        ByteReader in = rest_;
        if (in.left() < 2) return;
        const std::uint8_t first = in.rest()[0], second = in.rest()[1];
        if ((first == 0x0F || first == 0x8F) && second == 0) {
            in.skip(2);
            ethertype_ = in.u16();
            go_on(&Walker::by_ethertype, in);
            return;
        }
        if (first == 0xFF && second == 0x03) in.skip(2);
        if (in.left() == 0) return;
        const bool is_compressed = (in.rest()[0] & 1u) != 0;
        switch (is_compressed ? in.u8() : in.u16()) {
            case 0x0021:
            case 0x0057:
                go_on(&Walker::ip, in);
                break;
            case 0x0281:
            case 0x0283:
                go_on(&Walker::mpls, in);
                break;
            default:
                break;
        }
    }
    // RFC 2784, 2890; version 1 (PPTP) is RFC 2637 section 4.1.
    void gre() {
        ByteReader in = rest_;
        const std::uint16_t flags = in.u16();
        ethertype_ = in.u16();
        const unsigned version = flags & 7u;
        if (!in.ok() || version > 1) return;
        if (flags & 0x4000u) return;                        // source routing, which RFC 2784 took away
        if (version == 0 && (flags & 0x8000u)) in.skip(4);  // checksum
        std::optional<std::uint32_t> key;
        if (flags & 0x2000u) key = in.u32();
        if (flags & 0x1000u) in.skip(4);                    // sequence
        if (version == 1 && (flags & 0x0080u)) in.skip(4);  // acknowledgement
        if (!in.ok() || !enter(Tunnel::gre)) return;
        if (key) stack_.gre_key = version == 1 ? *key & 0xFFFFu : *key;
        switch (ethertype_) {
            case ethertype_erspan2:
                // Type I has no sequence number and no header of its own.
                go_on(flags & 0x1000u ? &Walker::erspan2 : &Walker::ethernet, in);
                break;
            case ethertype_erspan3:
                go_on(&Walker::erspan3, in);
                break;
            case ethertype_cisco_metadata:  // in GRE the type of what follows stands first
                ethertype_ = in.u16();
                in.skip(6);
                go_on(&Walker::by_ethertype, in);
                break;
            default:
                go_on(&Walker::by_ethertype, in);
                break;
        }
    }
    // draft-foschiano-erspan: version (4 bits), VLAN (12), class, encapsulation, truncated, session (10).
    void erspan2() { erspan(8); }
    void erspan3() { erspan(12); }
    void erspan(std::size_t length) {
        ByteReader in = rest_;
        in.skip(2);
        const std::uint16_t session = in.u16() & 0x03FFu;
        in.skip(length - 4);
        if (!in.ok() || !enter(Tunnel::erspan)) return;
        // A platform subheader follows when the last bit of a type III header is set.
        if (length == 12 && (rest_.rest()[11] & 1u)) in.skip(8);
        stack_.erspan_session = session;
        go_on(&Walker::ethernet, in);
    }
    // RFC 7348 section 5: flags (1), reserved (3), VNI (3), reserved (1).
    void vxlan() {
        ByteReader in = rest_;
        const std::uint32_t flags = in.u32();
        const std::uint32_t vni = in.u32() >> 8;
        if (!in.ok() || !(flags & 0x08000000u) || !enter(Tunnel::vxlan)) return;
        stack_.vni = vni;
        go_on(&Walker::ethernet, in);
    }
    // draft-ietf-nvo3-vxlan-gpe: flags (1), reserved (2), next protocol (1), VNI (3), reserved (1).
    void vxlan_gpe() {
        ByteReader in = rest_;
        const std::uint32_t flags = in.u32();
        const std::uint32_t vni = in.u32() >> 8;
        if (!in.ok() || !enter(Tunnel::vxlan_gpe)) return;
        if (flags & 0x08000000u) stack_.vni = vni;
        next_protocol(flags & 0x04000000u ? flags & 0xFFu : 3, in);
    }
    void next_protocol(std::uint32_t number, ByteReader in) {
        switch (number) {
            case 1:
            case 2:
                go_on(&Walker::ip, in);
                break;
            case 3:
                go_on(&Walker::ethernet, in);
                break;
            case 4:
                go_on(&Walker::nsh, in);
                break;
            case 5:
                go_on(&Walker::mpls, in);
                break;
            default:
                break;
        }
    }
    // RFC 8300 section 2.2: version, flags, TTL, length in 4-byte units (6 bits), metadata type, next
    // protocol.
    void nsh() {
        ByteReader in = rest_;
        const std::uint32_t base = in.u32();
        const std::size_t length = (base >> 16 & 0x3Fu) * 4;
        if (!in.ok() || length < 8) return;
        in.skip(length - 4);
        if (!in.ok() || !enter(Tunnel::nsh)) return;
        next_protocol(base & 0xFFu, in);
    }
    // RFC 8926 section 3.4: version, option length in 4-byte units (6 bits), flags (1), type (2), VNI (3).
    void geneve() {
        ByteReader in = rest_;
        const std::uint8_t first = in.u8();
        in.skip(1);
        ethertype_ = in.u16();
        const std::uint32_t vni = in.u32() >> 8;
        in.skip((first & 0x3Fu) * std::size_t{4});
        if (!in.ok() || first >> 6 != 0 || !enter(Tunnel::geneve)) return;
        stack_.vni = vni;
        go_on(&Walker::by_ethertype, in);
    }
    // 3GPP TS 29.281 section 5.1: flags (1), type (1), length (2), tunnel (4), then with any of the last
    // three flags sequence (2), N-PDU (1), type of the next extension (1).
    void gtp_u() {
        constexpr std::uint8_t user_data = 255;
        ByteReader in = rest_;
        const std::uint8_t flags = in.u8();
        const std::uint8_t type = in.u8();
        in.skip(2);
        const std::uint32_t teid = in.u32();
        if (!in.ok() || flags >> 4 != 3 || type != user_data) return;
        if (flags & 7u) {
            in.skip(3);
            for (std::uint8_t next = in.u8(); next != 0 && in.ok();) {
                const std::size_t length = in.u8() * std::size_t{4};
                if (length < 4) return;
                in.skip(length - 2);
                next = in.u8();
            }
        }
        if (!in.ok() || !enter(Tunnel::gtp_u)) return;
        stack_.gtp_teid = teid;
        go_on(&Walker::ip, in);
    }
    // RFC 3378: version 3 in the first four bits of two bytes.
    void ether_ip() {
        ByteReader in = rest_;
        const std::uint16_t header = in.u16();
        if (!in.ok() || header != 0x3000 || !enter(Tunnel::ether_ip)) return;
        go_on(&Walker::ethernet, in);
    }

    PacketStack& stack_;
    Packet* packet_;
    ByteReader rest_;
    std::uint16_t ethertype_ = 0;
    Step step_ = nullptr;
};

}  // namespace

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
    Walker(stack).walk(first, bytes);
}

}  // namespace nm
