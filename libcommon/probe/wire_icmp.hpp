// ICMP and ICMPv6 echo (RFC 792, RFC 4443) as our tools send and read it.
//
// The payload carries 8 bytes of cookie, keyed for this run and packet, 4 bytes of index and a fixed pattern,
// so that a reply is ours beyond doubt, any altered byte shows, and more packets than a sequence number can
// count may be in flight. Identifier and sequence number carry the low 20 bits of the index (raw sockets;
// identifier = base + high 4 bits) or the low 16 (datagram sockets, whose identifier the kernel chose): what
// an error that quotes only 8 bytes still tells. Proof: tests/unit/probe_wire_icmp_test.cpp (against
// libtins), tests/fuzz/fuzz_icmp.cpp.
#pragma once

#include <cstdint>
#include <vector>

#include "net/ip.hpp"
#include "probe/packet_engine.hpp"
#include "wire/byte_reader.hpp"

namespace nm {

inline constexpr std::size_t icmp_header_size = 8;
inline constexpr std::size_t mark_size = 16;  // cookie, index and four bytes of pattern
inline constexpr unsigned raw_index_bits = 20;
inline constexpr unsigned dgram_index_bits = 16;
// Identifiers of raw sockets: the low 4 bits belong to the index.
inline constexpr std::uint16_t identifier_mask = 0xFFF0;

// What all packets of a run have in common.
struct EchoRun {
    std::uint64_t key[2] = {};
    std::uint16_t identifier = 0;  // raw sockets: & identifier_mask
    std::size_t payload_size = 56;

    static EchoRun random(std::size_t payload_size);
    std::uint64_t cookie(std::uint32_t index) const;
};

// Writes requests into rooms of its own; the constant part of a packet and its checksum are written once.
class EchoBuilder {
  public:
    EchoBuilder(const EchoRun& run, std::size_t slots);
    // An echo request with a valid checksum where the kernel does not fill it in (raw IPv4).
    Bytes build(std::size_t slot, std::uint32_t index, Family family);

  private:
    const EchoRun& run_;
    std::size_t packet_size_;
    std::vector<std::uint8_t> rooms_;
    std::uint64_t pattern_sum_ = 0;
};

// A packet of a raw IPv4 socket, IP header included.
Answer parse_raw_v4(const EchoRun& run, Bytes packet);
// A packet of a raw ICMPv6 socket, which begins with the ICMPv6 header.
Answer parse_raw_v6(const EchoRun& run, Bytes packet);
// A packet of a datagram socket of either family, which begins with the ICMP header.
Answer parse_dgram(const EchoRun& run, Bytes packet);
// What an error in the queue of a datagram socket quotes: from the ICMP header on.
Answer parse_dgram_quote(const EchoRun& run, Bytes quote);

}  // namespace nm
