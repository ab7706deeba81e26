#include "wire/packet.hpp"

#include <algorithm>
#include <cstring>

namespace nm {
namespace {

enum : std::uint8_t {
    proto_hop_by_hop = 0,
    proto_icmp = 1,
    proto_tcp = 6,
    proto_udp = 17,
    proto_dccp = 33,
    proto_routing = 43,
    proto_fragment = 44,
    proto_ah = 51,
    proto_icmp6 = 58,
    proto_no_next = 59,
    proto_destination = 60,
    proto_sctp = 132,
    proto_mobility = 135,
    proto_udp_lite = 136,
    proto_hip = 139,
    proto_shim6 = 140,
};

bool is_vlan_tag(std::uint16_t ethertype) {
    return ethertype == 0x8100 || ethertype == 0x88A8 || ethertype == 0x9100 || ethertype == 0x9200;
}

void parse_udp(ByteReader in, Packet& packet) {
    packet.src_port = in.u16();
    packet.dst_port = in.u16();
    const std::size_t length = in.u16();
    in.skip(2);
    // Length 0: an IPv6 jumbogram (RFC 2675 section 4), or a segment that the card has yet to cut.
    if (!in.ok() || (length > 0 && length < 8)) return;
    packet.udp_length = length == 0 ? in.left() : length - 8;
    packet.payload = in.bytes(std::min(packet.udp_length, in.left()));
}

void parse_tcp(ByteReader in, Packet& packet) {
    packet.src_port = in.u16();
    packet.dst_port = in.u16();
    in.skip(8);  // sequence and acknowledgement
    const std::uint16_t offset_and_flags = in.u16();
    if (in.ok()) packet.tcp_flags = offset_and_flags & 0x0FFFu;
}

void parse_transport(ByteReader in, Packet& packet) {
    if (packet.fragment_offset > 0) return;
    packet.transport = in.rest();
    switch (*packet.proto) {
        case proto_udp:
            if (in.left() >= 4) parse_udp(in, packet);
            break;
        case proto_tcp:
            if (in.left() >= 4) parse_tcp(in, packet);
            break;
        case proto_sctp:
        case proto_dccp:
        case proto_udp_lite:
            if (in.left() < 4) break;
            packet.src_port = in.u16();
            packet.dst_port = in.u16();
            break;
        case proto_icmp:
        case proto_icmp6:
            if (in.left() < 2) break;
            packet.icmp_type = in.u8();
            packet.icmp_code = in.u8();
            break;
        default:
            break;
    }
}

// RFC 791 section 3.1.
void parse_ipv4(ByteReader in, Packet& packet) {
    const std::size_t header = (in.u8() & 0x0Fu) * std::size_t{4};
    const std::uint8_t tos = in.u8();
    const std::uint16_t total = in.u16();
    const std::uint16_t id = in.u16();
    const std::uint16_t fragment = in.u16();
    const std::uint8_t ttl = in.u8();
    const std::uint8_t proto = in.u8();
    in.skip(2);  // checksum
    const Bytes src = in.bytes(4);
    const Bytes dst = in.bytes(4);
    if (!in.ok() || header < 20 || (total != 0 && total < header)) return;
    packet.src_ip = IpAddress::v4(src.data());
    packet.dst_ip = IpAddress::v4(dst.data());
    packet.tos = tos;
    packet.ttl = ttl;
    packet.proto = proto;
    packet.ip_length = total;
    packet.ip_id = id;
    packet.fragment_offset = fragment & 0x1FFFu;
    packet.is_fragment = (fragment & 0x3FFFu) != 0;
    in.skip(header - 20);
    if (!in.ok()) return;
    // A total length of zero is a segment that the network card will cut (TSO): take what was captured.
    if (total != 0) in = in.sub(std::min<std::size_t>(in.left(), total - header));
    parse_transport(in, packet);
}

// RFC 8200 section 4: walks the extension headers; false when the chain is cut or has no upper layer.
bool skip_extensions(ByteReader& in, std::uint8_t& next, Packet& packet) {
    constexpr int max_headers = 16;
    for (int i = 0; i < max_headers; ++i) {
        switch (next) {
            case proto_hop_by_hop:
            case proto_routing:
            case proto_destination:
            case proto_mobility:
            case proto_hip:
            case proto_shim6: {
                if (in.left() < 2) return false;
                next = in.u8();
                in.skip((in.u8() + std::size_t{1}) * 8 - 2);
                break;
            }
            case proto_ah: {  // RFC 4302 section 2.2: length in 4-byte units, minus 2
                if (in.left() < 2) return false;
                next = in.u8();
                in.skip((in.u8() + std::size_t{2}) * 4 - 2);
                break;
            }
            case proto_fragment: {
                if (in.left() < 8) return false;
                next = in.u8();
                in.skip(1);
                const std::uint16_t offset = in.u16();
                in.skip(4);
                packet.fragment_offset = static_cast<std::uint16_t>(offset >> 3);
                packet.is_fragment = (offset & 0xFFF9u) != 0;  // an atomic fragment (RFC 6946) is whole
                if (packet.fragment_offset > 0) return true;   // what follows is not a header
                break;
            }
            default:
                return in.ok();
        }
        if (!in.ok()) return false;
    }
    return false;
}

// RFC 2675 section 2: the length of a jumbogram is an option of the hop-by-hop header. 0 when it is not
// there.
std::uint32_t jumbo_payload(ByteReader in) {
    constexpr std::uint8_t pad1 = 0, jumbo = 0xC2;
    in.skip(1);
    const std::size_t length = in.u8() * std::size_t{8} + 6;
    ByteReader options = in.sub(std::min(length, in.left()));
    while (options.left() > 0) {
        const std::uint8_t type = options.u8();
        if (type == pad1) continue;
        ByteReader option = options.sub(options.u8());
        if (type == jumbo) return option.left() == 4 ? option.u32() : 0;
    }
    return 0;
}

// Header and payload of a packet whose payload length is zero: nothing follows, or it is a jumbogram, or a
// segment that the network card will cut. 0 when it is not told.
std::uint32_t ipv6_length_without(std::uint8_t next, ByteReader payload) {
    constexpr std::uint32_t header = 40, longest = ~std::uint32_t{0} - header;
    if (next == proto_no_next) return header;
    const std::uint32_t jumbo = next == proto_hop_by_hop ? jumbo_payload(payload) : 0;
    return jumbo > 0 && jumbo <= longest ? header + jumbo : 0;
}

void parse_ipv6(ByteReader in, Packet& packet) {
    const std::uint32_t first = in.u32();
    const std::uint16_t length = in.u16();
    std::uint8_t next = in.u8();
    const std::uint8_t hop_limit = in.u8();
    const Bytes src = in.bytes(16);
    const Bytes dst = in.bytes(16);
    if (!in.ok()) return;
    packet.src_ip = IpAddress::v6(src.data());
    packet.dst_ip = IpAddress::v6(dst.data());
    packet.tos = static_cast<std::uint8_t>(first >> 20);
    packet.ttl = hop_limit;
    packet.ip_length = length != 0 ? 40u + length : ipv6_length_without(next, in);
    ByteReader payload =
        packet.ip_length == 0 ? in : in.sub(std::min<std::size_t>(in.left(), packet.ip_length - 40));
    if (!skip_extensions(payload, next, packet)) return;
    packet.proto = next;
    parse_transport(payload, packet);
}

// IEEE 802.3 clause 3.2.6: up to 1500 this is the length of a frame of IEEE 802.2, which has an Ethernet type
// only in SNAP with the OUI zero (RFC 1042).
void enter_llc(ByteReader& in, Packet& packet) {
    constexpr std::uint32_t snap = 0xAAAA0300;  // DSAP, SSAP, control, and the first byte of the OUI
    packet.ethertype = 0;
    ByteReader header = in;
    if (header.u32() != snap || header.u16() != 0) return;
    packet.ethertype = header.u16();
    if (header.ok()) in = header;
}

void parse_by_ethertype(ByteReader in, Packet& packet) {
    constexpr std::uint16_t longest_8023 = 1500;
    while (is_vlan_tag(packet.ethertype)) {
        const std::uint16_t tci = in.u16();
        const std::uint16_t ethertype = in.u16();
        if (!in.ok()) return;
        if (packet.vlan_count < Packet::max_vlans) packet.vlans[packet.vlan_count].tci = tci;
        if (packet.vlan_count < 255) ++packet.vlan_count;
        packet.ethertype = ethertype;
    }
    if (packet.ethertype <= longest_8023) enter_llc(in, packet);
    if (packet.ethertype == ethertype_ipv4 || packet.ethertype == ethertype_ipv6)
        parse_ip(in, packet);
    else
        packet.body = in.rest();
}

// 16 bytes: packet type, hardware type, address length, address (8), protocol.
void parse_linux_cooked(ByteReader in, Packet& packet) {
    in.skip(14);
    packet.ethertype = in.u16();
    if (in.ok()) parse_by_ethertype(in, packet);
}

// 20 bytes: protocol first, then reserved, interface, hardware type, packet type, address length, address
// (8).
void parse_linux_cooked_v2(ByteReader in, Packet& packet) {
    packet.ethertype = in.u16();
    in.skip(18);
    if (in.ok()) parse_by_ethertype(in, packet);
}

}  // namespace

void parse_ip(ByteReader in, Packet& packet) {
    if (in.left() == 0) return;
    if (packet.ip.empty()) packet.ip = in.rest();
    const unsigned version = in.rest()[0] >> 4;
    if (version == 4) parse_ipv4(in, packet);
    if (version == 6) parse_ipv6(in, packet);
}

void parse_ethertype(std::uint16_t ethertype, ByteReader in, Packet& packet) {
    packet.ethertype = ethertype;
    parse_by_ethertype(in, packet);
}

void parse_ethernet(ByteReader in, Packet& packet) {
    const Bytes macs = in.bytes(12);  // destination, source
    const std::uint16_t ethertype = in.u16();
    if (!in.ok()) return;
    std::memcpy(packet.dst_mac.emplace().bytes.data(), macs.data(), 6);
    std::memcpy(packet.src_mac.emplace().bytes.data(), macs.data() + 6, 6);
    packet.ethertype = ethertype;
    parse_by_ethertype(in, packet);
}

bool parse_packet(LinkType link, Bytes frame, Packet& packet) {
    packet = Packet{};
    ByteReader in(frame);
    switch (link) {
        case LinkType::ethernet:
            parse_ethernet(in, packet);
            return true;
        case LinkType::null:
        case LinkType::loop:
            in.skip(4);  // address family in an unknown byte order; the IP version tells as much
            if (in.ok()) parse_ip(in, packet);
            return true;
        case LinkType::raw:
        case LinkType::raw_bsd:
        case LinkType::raw_openbsd:
        case LinkType::ipv4:
        case LinkType::ipv6:
            parse_ip(in, packet);
            return true;
        case LinkType::linux_cooked:
            parse_linux_cooked(in, packet);
            return true;
        case LinkType::linux_cooked_v2:
            parse_linux_cooked_v2(in, packet);
            return true;
    }
    return false;
}

}  // namespace nm
