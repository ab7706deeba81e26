// A packet's headers from the link layer to TCP, UDP or ICMP in one pass: Ethernet with a stack of VLAN tags,
// IPv4, IPv6 with its extension headers, fragments. What the bytes do not tell stays unset: a header cut by
// the snap length, or the second fragment of a datagram, has no ports. Tunnels are not entered here, that is
// wire/packet_stack.hpp.
// Proof: tests/unit/wire_packet_test.cpp (against libtins and the golden traps).
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "net/ip.hpp"
#include "wire/byte_reader.hpp"

namespace nm {

// LINKTYPE_* numbers of https://www.tcpdump.org/linktypes.html.
enum class LinkType : std::uint32_t {
    null = 0,
    ethernet = 1,
    raw_bsd = 12,
    raw_openbsd = 14,
    raw = 101,
    loop = 108,
    linux_cooked = 113,
    ipv4 = 228,
    ipv6 = 229,
    linux_cooked_v2 = 276,
};

inline constexpr std::uint16_t ethertype_ipv4 = 0x0800;
inline constexpr std::uint16_t ethertype_ipv6 = 0x86DD;
inline constexpr std::uint16_t ethertype_mpls = 0x8847;

// Tag control information as on the wire: priority (3 bits), DEI (1), VLAN id (12).
struct VlanTag {
    std::uint16_t tci = 0;
    std::uint16_t id() const { return tci & 0x0FFFu; }
    std::uint8_t priority() const { return static_cast<std::uint8_t>(tci >> 13); }
};

struct Packet {
    static constexpr std::size_t max_vlans = 8;  // deeper tags are passed over, and counted in vlan_count

    std::optional<Mac> src_mac;
    std::optional<Mac> dst_mac;
    std::array<VlanTag, max_vlans> vlans;  // outermost first
    std::uint8_t vlan_count = 0;
    std::uint16_t ethertype = 0;  // behind tags and SNAP; 0 when the link layer tells none
    Bytes body;                   // behind the tags, when that is not IP

    Bytes ip;  // from the outermost IP header on; empty when there is none
    IpAddress src_ip;
    IpAddress dst_ip;
    std::optional<std::uint8_t> proto;  // behind the IPv6 extension headers
    std::uint8_t tos = 0;               // set with src_ip
    std::uint8_t ttl = 0;               // set with src_ip
    std::uint32_t ip_length = 0;        // header and payload as the header tells it; 0: it does not
    std::uint16_t ip_id = 0;            // identification, of IPv4
    bool is_fragment = false;
    std::uint16_t fragment_offset = 0;  // in units of 8 bytes
    Bytes transport;                    // behind the IP headers; empty for later fragments

    std::optional<std::uint16_t> src_port;  // TCP, UDP, SCTP, DCCP, UDP-Lite
    std::optional<std::uint16_t> dst_port;
    std::optional<std::uint16_t> tcp_flags;
    std::optional<std::uint8_t> icmp_type;
    std::optional<std::uint8_t> icmp_code;
    std::size_t udp_length = 0;  // payload bytes that the UDP header tells; payload.size() may be less
    Bytes payload;               // behind the UDP header
};

// Fills packet from a captured frame. False for a link type that is not known; then nothing is filled.
bool parse_packet(LinkType link, Bytes frame, Packet& packet);
// The same from an Ethernet header, from behind an Ethernet type, or from an IP header of either version.
void parse_ethernet(ByteReader in, Packet& packet);
void parse_ethertype(std::uint16_t ethertype, ByteReader in, Packet& packet);
void parse_ip(ByteReader in, Packet& packet);

}  // namespace nm
