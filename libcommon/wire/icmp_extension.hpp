// What a router adds to an ICMP error behind the quoted packet (RFC 4884): MPLS label stacks (RFC 4950). With
// the length that RFC 4884 section 5 asks for, and in the older form of its section 5.5, which has none and
// begins behind 128 bytes. Proof: tests/unit/wire_icmp_extension_test.cpp, tests/fuzz/fuzz_trace.cpp.
#pragma once

#include <array>
#include <cstdint>

#include "net/ip.hpp"
#include "wire/byte_reader.hpp"

namespace nm {

// Label stack entries as on the wire (RFC 3032): label 20 bits, traffic class 3, bottom of stack 1, TTL 8.
struct MplsStack {
    std::array<std::uint32_t, 8> entries{};  // deeper stacks are cut
    std::size_t count = 0;
};

// in stands behind type and code of an ICMP error.
MplsStack read_mpls_stack(Family family, int type, ByteReader in);

}  // namespace nm
