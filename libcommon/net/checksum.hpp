// The Internet checksum (RFC 1071) and its incremental form (RFC 1624).
// Proof: tests/unit/net_test.cpp against libtins.
#pragma once

#include <cstdint>

#include "net/ip.hpp"

namespace nm {

// The unfolded one's complement sum of bytes taken as 16-bit words in memory order, added to sum.
std::uint64_t checksum_add(std::uint64_t sum, Bytes bytes);
// Folds and complements: the value to store, in memory order, with memcpy.
std::uint16_t checksum_finish(std::uint64_t sum);
inline std::uint16_t checksum(Bytes bytes) {
    return checksum_finish(checksum_add(0, bytes));
}
// The sum of the pseudo header of TCP, UDP or ICMPv6 (RFC 8200 section 8.1).
std::uint64_t pseudo_header_sum(const IpAddress& from, const IpAddress& to, std::uint8_t proto,
                                std::uint32_t length);

}  // namespace nm
