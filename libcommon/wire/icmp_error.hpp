// ICMP errors and what they quote of the packet that caused them: the bounds-checked way from a received
// packet to the transport header inside the quote, through IP options and IPv6 extension headers. RFC 792,
// RFC 1122 section 3.2.2, RFC 4443 section 3. Proof: tests/unit/wire_icmp_error_test.cpp,
// tests/fuzz/fuzz_icmp.cpp.
#pragma once

#include "net/ip.hpp"
#include "wire/byte_reader.hpp"

namespace nm {

// An IPv4 packet as a raw socket delivers it.
struct Ipv4Packet {
    bool ok = false;
    IpAddress from;
    IpAddress to;
    std::uint8_t ttl = 0;
    std::uint8_t proto = 0;
    ByteReader body;  // behind the options
    std::uint8_t tos = 0;
    std::uint16_t id = 0;
};
// quoted: the total length is that of the packet before it was cut, so the body is whatever is there.
Ipv4Packet read_ipv4(ByteReader in, bool quoted);

struct IcmpQuote {
    bool ok = false;  // an error that quotes a packet whose transport header begins in body
    std::uint8_t proto = 0;
    IpAddress to;
    ByteReader body;
    IpAddress from;
    std::uint8_t ttl = 0;
    std::uint8_t tos = 0;  // IPv6: traffic class
    std::uint16_t id = 0;  // IPv4
};

bool is_icmp_error(Family family, int type);
// in stands behind type and code.
IcmpQuote read_icmp_quote(Family family, ByteReader in);

// "host unreachable", "hop limit exceeded in transit"...; never null.
const char* icmp_reason(Family family, int type, int code);

}  // namespace nm
