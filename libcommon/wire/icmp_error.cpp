#include "wire/icmp_error.hpp"

#include <array>

namespace nm {
namespace {

// Walks IPv6 extension headers (RFC 8200 section 4) to the transport header; next becomes its protocol.
bool skip_extension_headers(ByteReader& in, unsigned& next) {
    constexpr unsigned hop_by_hop = 0, routing = 43, fragment = 44, destination = 60;
    for (int depth = 0; depth < 8 && in.ok(); ++depth) {
        if (next != hop_by_hop && next != routing && next != fragment && next != destination) return true;
        const bool is_fragment = next == fragment;
        next = in.u8();
        const std::size_t length = in.u8();
        in.skip(is_fragment ? 6 : length * 8 + 6);
    }
    return false;
}

struct Reason {
    Family family;
    int type;
    int code;  // below 0: any
    const char* words;
};

// RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1; RFC 4443 section 3, RFC 9837.
constexpr std::array reasons{
    Reason{Family::v4, 3, 0, "network unreachable"},
    Reason{Family::v4, 3, 1, "host unreachable"},
    Reason{Family::v4, 3, 2, "protocol unreachable"},
    Reason{Family::v4, 3, 3, "port unreachable"},
    Reason{Family::v4, 3, 4, "fragmentation needed"},
    Reason{Family::v4, 3, 5, "source route failed"},
    Reason{Family::v4, 3, 6, "network unknown"},
    Reason{Family::v4, 3, 7, "host unknown"},
    Reason{Family::v4, 3, 8, "source host isolated"},
    Reason{Family::v4, 3, 9, "network administratively prohibited"},
    Reason{Family::v4, 3, 10, "host administratively prohibited"},
    Reason{Family::v4, 3, 11, "network unreachable for this TOS"},
    Reason{Family::v4, 3, 12, "host unreachable for this TOS"},
    Reason{Family::v4, 3, 13, "administratively prohibited"},
    Reason{Family::v4, 3, 14, "host precedence violation"},
    Reason{Family::v4, 3, 15, "precedence cutoff"},
    Reason{Family::v4, 3, -1, "destination unreachable"},
    Reason{Family::v4, 11, 0, "time exceeded in transit"},
    Reason{Family::v4, 11, 1, "fragment reassembly time exceeded"},
    Reason{Family::v4, 12, -1, "parameter problem"},
    Reason{Family::v6, 1, 0, "no route to destination"},
    Reason{Family::v6, 1, 1, "administratively prohibited"},
    Reason{Family::v6, 1, 2, "beyond scope of source address"},
    Reason{Family::v6, 1, 3, "address unreachable"},
    Reason{Family::v6, 1, 4, "port unreachable"},
    Reason{Family::v6, 1, 5, "source address failed policy"},
    Reason{Family::v6, 1, 6, "reject route to destination"},
    Reason{Family::v6, 1, 7, "error in source routing header"},
    Reason{Family::v6, 1, -1, "destination unreachable"},
    Reason{Family::v6, 2, -1, "packet too big"},
    Reason{Family::v6, 3, 0, "hop limit exceeded in transit"},
    Reason{Family::v6, 3, 1, "fragment reassembly time exceeded"},
    Reason{Family::v6, 4, -1, "parameter problem"},
};

}  // namespace

Ipv4Packet read_ipv4(ByteReader in, bool quoted) {
    Ipv4Packet packet;
    const std::size_t available = in.left();
    const unsigned version_ihl = in.u8();
    const std::size_t header = (version_ihl & 15U) * 4;
    packet.tos = in.u8();
    const std::size_t total = in.u16();
    packet.id = in.u16();
    in.skip(2);  // fragment
    packet.ttl = in.u8();
    packet.proto = in.u8();
    in.skip(2);  // checksum: the kernel has checked it
    packet.from = IpAddress::from_bytes(in.bytes(4));
    packet.to = IpAddress::from_bytes(in.bytes(4));
    if (!in.ok() || version_ihl >> 4 != 4 || header < 20) return packet;
    in.skip(header - 20);
    if (!in.ok() || (!quoted && (total < header || total > available))) return packet;
    packet.body = quoted ? in : in.sub(total - header);
    packet.ok = true;
    return packet;
}

bool is_icmp_error(Family family, int type) {
    constexpr int unreachable = 3, time_exceeded = 11, parameter_problem = 12;
    if (family == Family::v4)
        return type == unreachable || type == time_exceeded || type == parameter_problem;
    return type >= 1 && type <= 4;  // RFC 4443: errors with a meaning; 5-127 are unassigned
}

IcmpQuote read_icmp_quote(Family family, ByteReader in) {
    in.skip(6);  // checksum; unused, pointer, MTU, or the length of RFC 4884
    IcmpQuote quote;
    if (family == Family::v4) {
        const Ipv4Packet packet = read_ipv4(in, true);
        return {packet.ok,   packet.proto, packet.to,  packet.body,
                packet.from, packet.ttl,   packet.tos, packet.id};
    }
    quote.tos = static_cast<std::uint8_t>(in.u32() >> 20);  // version, class, flow label
    in.skip(2);                                             // payload length
    unsigned next = in.u8();
    quote.ttl = in.u8();
    quote.from = IpAddress::from_bytes(in.bytes(16));
    quote.to = IpAddress::from_bytes(in.bytes(16));
    quote.ok = skip_extension_headers(in, next) && in.ok();
    quote.proto = static_cast<std::uint8_t>(next);
    quote.body = in;
    return quote;
}

const char* icmp_reason(Family family, int type, int code) {
    for (const Reason& reason : reasons) {
        if (reason.family == family && reason.type == type && (reason.code < 0 || reason.code == code))
            return reason.words;
    }
    return "ICMP error";
}

}  // namespace nm
