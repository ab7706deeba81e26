// A packet that the machine under test sent into the device, taken apart.
#pragma once

#include "address.hpp"
#include "bytes.hpp"

namespace netsim {

namespace proto {
inline constexpr std::uint8_t icmp = 1;
inline constexpr std::uint8_t tcp = 6;
inline constexpr std::uint8_t udp = 17;
inline constexpr std::uint8_t icmp6 = 58;
}  // namespace proto

namespace tcp_flag {
inline constexpr std::uint8_t fin = 0x01;
inline constexpr std::uint8_t syn = 0x02;
inline constexpr std::uint8_t rst = 0x04;
inline constexpr std::uint8_t ack = 0x10;
}  // namespace tcp_flag

enum class Kind : std::uint8_t {
    echo,          // ICMP or ICMPv6 echo request
    tcp,           // any segment
    udp,           //
    other,         // neighbour discovery, MLD, unknown protocols
    fragment,      // not put together again
    bad_checksum,  // of the IPv4 header or the transport: a real host drops it
    malformed,     // lengths contradict each other
};

struct Request {
    Kind kind = Kind::malformed;
    View packet;  // from the IP header to the end that the IP header names
    Address src;
    Address dst;
    std::uint8_t proto = 0;
    std::uint8_t ttl = 0;
    std::uint8_t tos = 0;
    std::uint32_t ip_id = 0;  // IPv4 identification or IPv6 flow label
    std::size_t l4 = 0;       // offset of the transport header
    std::size_t payload = 0;  // offset of what follows the transport header

    // Valid for tcp and udp.
    std::uint16_t sport() const { return get16(packet, l4); }
    std::uint16_t dport() const { return get16(packet, l4 + 2); }
    // Valid for echo.
    std::uint16_t icmp_id() const { return get16(packet, l4 + 4); }
    std::uint16_t icmp_seq() const { return get16(packet, l4 + 6); }
    // Valid for tcp.
    std::uint32_t tcp_seq() const { return get32(packet, l4 + 4); }
    std::uint32_t tcp_ack() const { return get32(packet, l4 + 8); }
    std::uint8_t tcp_flags() const { return packet[l4 + 13]; }

    View transport() const { return packet.subspan(l4); }
    std::uint64_t flow() const;  // hash of addresses, protocol and ports (or ICMP id and checksum)
};

Request parse_request(View packet);

}  // namespace netsim
