// The stack of MPLS labels of a flow, as NetFlow and nfdump have it: an entry for each place, of 20 bits of
// label, 3 of traffic class, 1 of bottom; zero where none was sent. A flow record has room for the label on
// top only.
#pragma once

#include <cstdint>

namespace nmflowtool {

inline constexpr std::uint16_t mpls_top_id = 70;  // the element of the top; the others follow (RFC 7012)
inline constexpr std::uint16_t mpls_places = 10;

constexpr std::uint32_t label_of(std::uint32_t entry) {
    return entry >> 4 & 0xFFFFFu;
}

}  // namespace nmflowtool
