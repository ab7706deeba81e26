#include "export/wire_udp.hpp"

#include "net/checksum.hpp"

namespace nmflowtool {
namespace {

constexpr std::uint8_t udp = 17;
constexpr std::uint8_t hop_limit = 64;
constexpr std::size_t ipv4_header = 20;
constexpr std::size_t udp_header = 8;

// checksum() gives the value in memory order.
void patch_checksum(MessageWriter& out, std::size_t at, std::uint16_t in_memory_order) {
    out.patch_u16(at, __builtin_bswap16(in_memory_order));
}

void write_ipv4_header(MessageWriter& out, const nm::IpAddress& from, const nm::IpAddress& to,
                       std::size_t length, std::uint16_t id) {
    const std::size_t at = out.size();
    out.u8(0x45);  // version 4, 5 words
    out.u8(0);
    out.u16(static_cast<std::uint16_t>(ipv4_header + length));
    out.u16(id);
    out.u16(0);  // may be fragmented
    out.u8(hop_limit);
    out.u8(udp);
    out.u16(0);
    out.u32(from.to_v4());
    out.u32(to.to_v4());
    patch_checksum(out, at + 10, nm::checksum(out.view().subspan(at, ipv4_header)));
}

void write_ipv6_header(MessageWriter& out, const nm::IpAddress& from, const nm::IpAddress& to,
                       std::size_t length) {
    out.u32(0x60000000);  // version 6
    out.u16(static_cast<std::uint16_t>(length));
    out.u8(udp);
    out.u8(hop_limit);
    out.bytes(from.bytes);
    out.bytes(to.bytes);
}

}  // namespace

void write_udp_packet(MessageWriter& out, const nm::Endpoint& from, const nm::Endpoint& to, nm::Bytes payload,
                      std::uint16_t id) {
    const std::size_t length = udp_header + payload.size();
    if (to.address.is_v4())
        write_ipv4_header(out, from.address, to.address, length, id);
    else
        write_ipv6_header(out, from.address, to.address, length);
    const std::size_t at = out.size();
    out.u16(from.port);
    out.u16(to.port);
    out.u16(static_cast<std::uint16_t>(length));
    out.u16(0);
    out.bytes(payload);
    const std::uint64_t pseudo =
        nm::pseudo_header_sum(from.address, to.address, udp, static_cast<std::uint32_t>(length));
    const std::uint16_t sum = nm::checksum_finish(nm::checksum_add(pseudo, out.view().subspan(at)));
    patch_checksum(out, at + 6, sum == 0 ? std::uint16_t{0xFFFF} : sum);  // 0 says "none" (RFC 768)
}

}  // namespace nmflowtool
