// Big-endian numbers in byte ranges, and the Internet checksum (RFC 1071).
// Callers check lengths first: a decoder tests a whole header once, then reads it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "address.hpp"

namespace netsim {

using Bytes = std::vector<std::uint8_t>;
using View = std::span<const std::uint8_t>;

inline std::uint16_t get16(View in, std::size_t at) {
    return static_cast<std::uint16_t>(in[at] << 8U | in[at + 1]);
}

inline std::uint32_t get32(View in, std::size_t at) {
    return static_cast<std::uint32_t>(get16(in, at)) << 16U | get16(in, at + 2);
}

inline void put16(std::span<std::uint8_t> out, std::size_t at, std::size_t value) {
    out[at] = static_cast<std::uint8_t>(value >> 8U & 0xffU);
    out[at + 1] = static_cast<std::uint8_t>(value & 0xffU);
}

inline void put32(std::span<std::uint8_t> out, std::size_t at, std::uint32_t value) {
    put16(out, at, value >> 16U);
    put16(out, at + 2, value & 0xffffU);
}

// Unfolded sum of 16-bit words; an odd last byte counts as the high byte of a word.
inline std::uint32_t add_words(View in, std::uint32_t sum = 0) {
    std::size_t at = 0;
    for (; at + 1 < in.size(); at += 2) sum += get16(in, at);
    if (at < in.size()) sum += static_cast<std::uint32_t>(in[at]) << 8U;
    return sum;
}

inline std::uint16_t fold(std::uint32_t sum) {
    while (sum >> 16U != 0) sum = (sum & 0xffffU) + (sum >> 16U);
    return static_cast<std::uint16_t>(~sum & 0xffffU);
}

// What the sum of a transport header starts from: RFC 793 section 3.1, RFC 8200 section 8.1.
inline std::uint32_t pseudo_header(const Address& src, const Address& dst, std::uint8_t proto,
                                   std::size_t length) {
    std::uint32_t sum = proto;
    sum += static_cast<std::uint32_t>(length >> 16U) + static_cast<std::uint32_t>(length & 0xffffU);
    sum = add_words(View(src.bytes).first(src.size()), sum);
    return add_words(View(dst.bytes).first(dst.size()), sum);
}

}  // namespace netsim
