#include <algorithm>

#include "wire/packet_walker.hpp"

namespace nm::detail {

// RFC 3032 section 2.1: label (20 bits), traffic class (3), bottom of stack (1), TTL (8).
void PacketWalker::mpls() {
    ByteReader in = rest_;
    const std::uint8_t before = stack_.label_count;
    bool is_bottom = false;
    while (!is_bottom && in.left() >= 4) {
        const std::uint32_t entry = in.u32();
        if (stack_.label_count < PacketStack::max_labels) stack_.labels[stack_.label_count++] = entry >> 12;
        is_bottom = (entry & 0x100u) != 0;
    }
    if (stack_.label_count > before && !enter(Tunnel::mpls)) return;
    if (!is_bottom || in.left() == 0) return;
    // No field tells what is behind the labels; the first four bits do (RFC 4928 section 3).
    switch (in.rest()[0] >> 4) {
        case 4:
        case 6:
            go_on(&PacketWalker::ip, in);
            break;
        case 0:
            // The control word of a pseudowire (RFC 4448 section 4.6) has 12 reserved bits that are zero.
            // Without it this is the frame's first byte, and what the labels carry is not told.
            if (in.u16() != 0) break;
            in.skip(2);  // sequence
            go_on(&PacketWalker::ethernet, in);
            break;
        default:
            break;
    }
}

// RFC 2516 section 4: version and type (1), code (1), session (2), length (2).
void PacketWalker::pppoe() {
    ByteReader in = rest_;
    const std::uint8_t version = in.u8();
    const std::uint8_t code = in.u8();
    const std::uint16_t session = in.u16();
    const std::size_t length = in.u16();
    if (!in.ok() || version != 0x11 || code != 0 || !enter(Tunnel::pppoe)) return;
    stack_.pppoe_session = session;
    go_on(&PacketWalker::ppp, in.sub(std::min(length, in.left())));
}

// RFC 1661 section 2 and RFC 1662: the address and control bytes may be left out, the protocol
// compressed to one byte. Cisco HDLC has an Ethernet type in that place.
void PacketWalker::ppp() {
    ByteReader in = rest_;
    if (in.left() < 2) return;
    const std::uint8_t first = in.rest()[0], second = in.rest()[1];
    if ((first == 0x0F || first == 0x8F) && second == 0) {
        in.skip(2);
        ethertype_ = in.u16();
        go_on(&PacketWalker::by_ethertype, in);
        return;
    }
    if (first == 0xFF && second == 0x03) in.skip(2);
    if (in.left() == 0) return;
    const bool is_compressed = (in.rest()[0] & 1u) != 0;
    switch (is_compressed ? in.u8() : in.u16()) {
        case 0x0021:
        case 0x0057:
            go_on(&PacketWalker::ip, in);
            break;
        case 0x0281:
        case 0x0283:
            go_on(&PacketWalker::mpls, in);
            break;
        default:
            break;
    }
}

// RFC 2784, 2890; version 1 (PPTP) is RFC 2637 section 4.1.
void PacketWalker::gre() {
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
            go_on(flags & 0x1000u ? &PacketWalker::erspan2 : &PacketWalker::ethernet, in);
            break;
        case ethertype_erspan3:
            go_on(&PacketWalker::erspan3, in);
            break;
        case ethertype_cisco_metadata:  // in GRE the type of what follows stands first
            ethertype_ = in.u16();
            in.skip(6);
            go_on(&PacketWalker::by_ethertype, in);
            break;
        default:
            go_on(&PacketWalker::by_ethertype, in);
            break;
    }
}

// draft-foschiano-erspan: version (4 bits), VLAN (12), class, encapsulation, truncated, session (10); type
// III goes on with timestamp (4 bytes), security group (2), and 16 bits: P, frame type (5), hardware (6), D,
// Gra (2), O.
void PacketWalker::erspan2() {
    erspan(8);
}
void PacketWalker::erspan3() {
    erspan(12);
}
void PacketWalker::erspan(std::size_t length) {
    ByteReader in = rest_;
    in.skip(2);
    const std::uint16_t session = in.u16() & 0x03FFu;
    in.skip(length - 4);
    if (!in.ok() || !enter(Tunnel::erspan)) return;
    stack_.erspan_session = session;
    if (length == 8) return go_on(&PacketWalker::ethernet, in);
    enum : unsigned { frame_ethernet = 0, frame_ip = 2 };
    const unsigned frame = rest_.rest()[10] >> 2 & 0x1Fu;
    if (rest_.rest()[11] & 1u) in.skip(8);  // the platform subheader
    if (frame == frame_ethernet) go_on(&PacketWalker::ethernet, in);
    if (frame == frame_ip) go_on(&PacketWalker::ip, in);
}

// RFC 7348 section 5: flags (1), reserved (3), VNI (3), reserved (1).
void PacketWalker::vxlan() {
    ByteReader in = rest_;
    const std::uint32_t flags = in.u32();
    const std::uint32_t vni = in.u32() >> 8;
    if (!in.ok() || !(flags & 0x08000000u) || !enter(Tunnel::vxlan)) return;
    stack_.vni = vni;
    go_on(&PacketWalker::ethernet, in);
}

// draft-ietf-nvo3-vxlan-gpe: flags (1), reserved (2), next protocol (1), VNI (3), reserved (1).
void PacketWalker::vxlan_gpe() {
    ByteReader in = rest_;
    const std::uint32_t flags = in.u32();
    const std::uint32_t vni = in.u32() >> 8;
    if (!in.ok() || !enter(Tunnel::vxlan_gpe)) return;
    if (flags & 0x08000000u) stack_.vni = vni;
    next_protocol(flags & 0x04000000u ? flags & 0xFFu : 3, in);
}

void PacketWalker::next_protocol(std::uint32_t number, ByteReader in) {
    switch (number) {
        case 1:
        case 2:
            go_on(&PacketWalker::ip, in);
            break;
        case 3:
            go_on(&PacketWalker::ethernet, in);
            break;
        case 4:
            go_on(&PacketWalker::nsh, in);
            break;
        case 5:
            go_on(&PacketWalker::mpls, in);
            break;
        default:
            break;
    }
}

// RFC 8300 section 2.2: version, flags, TTL, length in 4-byte units (6 bits), metadata type, next
// protocol.
void PacketWalker::nsh() {
    ByteReader in = rest_;
    const std::uint32_t base = in.u32();
    const std::size_t length = (base >> 16 & 0x3Fu) * 4;
    if (!in.ok() || length < 8) return;
    in.skip(length - 4);
    if (!in.ok() || !enter(Tunnel::nsh)) return;
    next_protocol(base & 0xFFu, in);
}

// RFC 8926 section 3.4: version, option length in 4-byte units (6 bits), flags (1), type (2), VNI (3).
void PacketWalker::geneve() {
    ByteReader in = rest_;
    const std::uint8_t first = in.u8();
    in.skip(1);
    ethertype_ = in.u16();
    const std::uint32_t vni = in.u32() >> 8;
    in.skip((first & 0x3Fu) * std::size_t{4});
    if (!in.ok() || first >> 6 != 0 || !enter(Tunnel::geneve)) return;
    stack_.vni = vni;
    go_on(&PacketWalker::by_ethertype, in);
}

// 3GPP TS 29.281 section 5.1: flags (1), type (1), length (2), tunnel (4), then with any of the last
// three flags sequence (2), N-PDU (1), type of the next extension (1): each counts only with its own flag.
void PacketWalker::gtp_u() {
    constexpr std::uint8_t user_data = 255;
    constexpr std::uint8_t has_extension = 4;
    ByteReader in = rest_;
    const std::uint8_t flags = in.u8();
    const std::uint8_t type = in.u8();
    in.skip(2);
    const std::uint32_t teid = in.u32();
    if (!in.ok() || flags >> 4 != 3 || type != user_data) return;
    if (flags & 7u) {
        in.skip(3);
        const std::uint8_t type_of_next = in.u8();
        for (std::uint8_t next = flags & has_extension ? type_of_next : 0; next != 0 && in.ok();) {
            const std::size_t length = in.u8() * std::size_t{4};
            if (length < 4) return;
            in.skip(length - 2);
            next = in.u8();
        }
    }
    if (!in.ok() || !enter(Tunnel::gtp_u)) return;
    stack_.gtp_teid = teid;
    go_on(&PacketWalker::ip, in);
}

// RFC 3378: version 3 in the first four bits of two bytes.
void PacketWalker::ether_ip() {
    ByteReader in = rest_;
    const std::uint16_t header = in.u16();
    if (!in.ok() || header != 0x3000 || !enter(Tunnel::ether_ip)) return;
    go_on(&PacketWalker::ethernet, in);
}

}  // namespace nm::detail
