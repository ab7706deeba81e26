// Frames and packets put together for tests: 192.0.2.x sends to 198.51.100.x, 2001:db8::1 to 2001:db8::2.
#pragma once

#include "wire_builder.hpp"

namespace nm::test {

// 0N:00:00:00:00:01 is the destination, 0N:00:00:00:00:02 the source.
inline Wire ethernet(std::uint16_t ethertype, int first_byte = 2) {
    return Wire().raw({first_byte, 0, 0, 0, 0, 1, first_byte, 0, 0, 0, 0, 2}).u16(ethertype);
}

// From 192.0.2.last to 198.51.100.last; fragment holds flags and offset.
inline Wire ipv4(std::uint8_t last, std::uint8_t proto, const Wire& payload, std::uint16_t fragment = 0) {
    return Wire()
        .raw({0x45, 0xB8})
        .u16(20 + payload.size())
        .u16(7)
        .u16(fragment)
        .u8(64)
        .u8(proto)
        .u16(0)
        .raw({192, 0, 2, last, 198, 51, 100, last})
        .add(payload);
}

inline Wire ipv6(std::uint8_t next, const Wire& payload) {
    return Wire()
        .u32(0x60000000)
        .u16(payload.size())
        .u8(next)
        .u8(60)
        .u64(0x20010db800000000)
        .u64(1)
        .u64(0x20010db800000000)
        .u64(2)
        .add(payload);
}

inline Wire udp(std::uint16_t to_port, const Wire& payload) {
    return Wire().u16(1001).u16(to_port).u16(8 + payload.size()).u16(0).add(payload);
}

// To port 443; flags are SYN and ACK.
inline Wire tcp(std::uint16_t flags = 0x12) {
    return Wire().u16(1001).u16(443).u32(1).u32(2).u16(0x5000u | flags).u16(1000).u32(0);
}

}  // namespace nm::test
