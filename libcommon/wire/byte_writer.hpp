// Numbers in network byte order into packets that we build: at a place whose room the caller has made sure
// of, or at the end of a growing message.
#pragma once

#include <cstdint>
#include <vector>

namespace nm {

inline void put_u16(std::uint8_t* at, std::uint16_t value) {
    at[0] = static_cast<std::uint8_t>(value >> 8);
    at[1] = static_cast<std::uint8_t>(value);
}

inline void put_u32(std::uint8_t* at, std::uint32_t value) {
    put_u16(at, static_cast<std::uint16_t>(value >> 16));
    put_u16(at + 2, static_cast<std::uint16_t>(value));
}

inline void put_u64(std::uint8_t* at, std::uint64_t value) {
    put_u32(at, static_cast<std::uint32_t>(value >> 32));
    put_u32(at + 4, static_cast<std::uint32_t>(value));
}

inline void append_u16(std::vector<std::uint8_t>& out, unsigned value) {
    out.push_back(static_cast<std::uint8_t>(value >> 8));
    out.push_back(static_cast<std::uint8_t>(value));
}

}  // namespace nm
