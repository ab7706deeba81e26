#include "request.hpp"

#include <algorithm>

namespace netsim {
namespace {

Address take_address(View packet, std::size_t at, bool v6) {
    Address address;
    address.v6 = v6;
    std::copy_n(packet.begin() + static_cast<std::ptrdiff_t>(at), address.size(), address.bytes.begin());
    return address;
}

bool parse_ipv4(Request& request) {
    View& packet = request.packet;
    if (packet.size() < 20) return false;
    const std::size_t header = (packet[0] & 0x0fU) * 4U;
    const std::size_t total = get16(packet, 2);
    if (header < 20 || total < header || total > packet.size()) return false;
    packet = packet.first(total);
    request.tos = packet[1];
    request.ip_id = get16(packet, 4);
    request.ttl = packet[8];
    request.proto = packet[9];
    request.src = take_address(packet, 12, false);
    request.dst = take_address(packet, 16, false);
    request.l4 = header;
    if (fold(add_words(packet.first(header))) != 0) {
        request.kind = Kind::bad_checksum;
    } else if ((get16(packet, 6) & 0x3fffU) != 0) {
        request.kind = Kind::fragment;
    }
    return true;
}

// RFC 8200 section 4: hop-by-hop (0), routing (43) and destination options (60) share one shape.
bool skip_extensions(Request& request) {
    const View packet = request.packet;
    std::size_t at = 40;
    std::uint8_t next = packet[6];
    while (next == 0 || next == 43 || next == 60) {
        if (at + 8 > packet.size()) return false;
        next = packet[at];
        at += 8U + packet[at + 1] * 8U;
    }
    if (at > packet.size()) return false;
    if (next == 44) request.kind = Kind::fragment;
    request.proto = next;
    request.l4 = at;
    return true;
}

bool parse_ipv6(Request& request) {
    View& packet = request.packet;
    if (packet.size() < 40) return false;
    const std::size_t total = 40U + get16(packet, 4);
    if (total > packet.size()) return false;
    packet = packet.first(total);
    const std::uint32_t first = get32(packet, 0);
    request.tos = static_cast<std::uint8_t>(first >> 20U & 0xffU);
    request.ip_id = first & 0xfffffU;
    request.ttl = packet[7];
    request.src = take_address(packet, 8, true);
    request.dst = take_address(packet, 24, true);
    return skip_extensions(request);
}

bool checksum_ok(const Request& request) {
    const View transport = request.transport();
    if (request.proto == proto::icmp && !request.dst.v6) return fold(add_words(transport)) == 0;
    if (request.proto == proto::udp && !request.dst.v6 && get16(transport, 6) == 0) return true;  // RFC 768
    const std::uint32_t sum = pseudo_header(request.src, request.dst, request.proto, transport.size());
    return fold(add_words(transport, sum)) == 0;
}

Kind parse_transport(Request& request) {
    const View transport = request.transport();
    const bool is_icmp = request.proto == (request.dst.v6 ? proto::icmp6 : proto::icmp);
    std::size_t header = 8;
    if (request.proto == proto::tcp) {
        if (transport.size() < 20) return Kind::malformed;
        header = (transport[12] >> 4U) * 4U;
        if (header < 20) return Kind::malformed;
    } else if (!is_icmp && request.proto != proto::udp) {
        request.payload = request.l4;
        return Kind::other;
    }
    if (transport.size() < header) return Kind::malformed;
    request.payload = request.l4 + header;
    if (!checksum_ok(request)) return Kind::bad_checksum;
    if (request.proto == proto::tcp) return Kind::tcp;
    if (request.proto == proto::udp) return Kind::udp;
    const unsigned echo_request = request.dst.v6 ? 128 : 8;
    return transport[0] == echo_request && transport[1] == 0 ? Kind::echo : Kind::other;
}

}  // namespace

std::uint64_t Request::flow() const {
    const AddressHash hash;
    // An ICMP flow is its type, code and checksum: what a router finds where ports would be.
    const std::uint64_t ports = packet.size() >= l4 + 4 ? get32(packet, l4) : 0;
    return mix(hash(src) ^ mix(hash(dst) ^ mix(ports << 8U | proto)));
}

Request parse_request(View packet) {
    Request request;
    request.packet = packet;
    if (packet.empty()) return request;
    request.kind = Kind::other;
    const unsigned version = packet[0] >> 4U;
    const bool parsed = version == 4 ? parse_ipv4(request) : version == 6 && parse_ipv6(request);
    if (!parsed) {
        request.kind = Kind::malformed;
    } else if (request.kind == Kind::other) {
        request.kind = parse_transport(request);
    } else {
        request.payload = request.l4;
    }
    return request;
}

}  // namespace netsim
