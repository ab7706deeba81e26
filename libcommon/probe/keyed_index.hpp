// A running index as 32 bits that nobody can guess: a keyed bijection, so that the index comes back out of
// whatever carries it (a TCP sequence number). Proof: tests/unit/nmtcp_wire_test.cpp.
#pragma once

#include <cstdint>

#include "base/random.hpp"

namespace nm {
namespace detail {

constexpr std::uint32_t swap_halves(std::uint32_t x) {
    return x << 16 | x >> 16;
}
// An odd factor and its inverse modulo 2^32 make a bijection that can be undone.
constexpr std::uint32_t inverse_of(std::uint32_t odd) {
    std::uint32_t inverse = odd;  // Newton: each step doubles the correct bits
    for (int i = 0; i < 5; ++i) inverse *= 2 - odd * inverse;
    return inverse;
}
inline constexpr std::uint32_t odd_factor = 0x9E3779B1;
inline constexpr std::uint32_t odd_factor_inverse = inverse_of(odd_factor);
static_assert(odd_factor * odd_factor_inverse == 1);

}  // namespace detail

struct KeyedIndex {
    std::uint32_t key[2] = {};

    static KeyedIndex random() {
        KeyedIndex index;
        fill_random(index.key, sizeof index.key);
        return index;
    }
    std::uint32_t hide(std::uint32_t index) const {
        return detail::swap_halves((index ^ key[0]) * detail::odd_factor) * detail::odd_factor ^ key[1];
    }
    std::uint32_t find(std::uint32_t hidden) const {
        return (detail::swap_halves((hidden ^ key[1]) * detail::odd_factor_inverse) *
                detail::odd_factor_inverse) ^
               key[0];
    }
};

}  // namespace nm
