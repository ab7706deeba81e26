// SYN segments as nmtcp sends them, and what may come back (RFC 9293).
//
// The initial sequence number is the packet's index through a keyed bijection, so the acknowledgement of an
// answer, or the sequence number in the first 8 bytes of an ICMP quote, names the packet. The source port is
// one of 16 that the run has reserved, by index: port, sequence number and target must all agree. Proof:
// tests/unit/nmtcp_wire_test.cpp (against libtins), tests/fuzz/fuzz_tcp.cpp.
#pragma once

#include <cstdint>
#include <vector>

#include "net/ip.hpp"
#include "probe/keyed_index.hpp"
#include "probe/packet_engine.hpp"

namespace nmtcp {

inline constexpr std::uint16_t source_ports = 16;  // a power of two; the first is a multiple of it

// Options of a SYN/ACK, as bits of Answer::tcp_options.
inline constexpr std::uint8_t option_mss = 1;
inline constexpr std::uint8_t option_sack = 2;
inline constexpr std::uint8_t option_timestamps = 4;
inline constexpr std::uint8_t option_window_scale = 8;
std::string option_words(std::uint8_t options);

// What all SYNs of a run have in common.
struct SynRun {
    nm::KeyedIndex key;
    std::uint16_t first_port = 0;

    static SynRun random(std::uint16_t first_port);
    std::uint32_t sequence_of(std::uint32_t index) const { return key.hide(index); }
    std::uint32_t index_of(std::uint32_t sequence) const { return key.find(sequence); }
    std::uint16_t port_of(std::uint32_t index) const {
        return static_cast<std::uint16_t>(first_port + index % source_ports);
    }
};

class SynBuilder {
  public:
    SynBuilder(const SynRun& run, std::size_t slots);
    // from and to go into the checksum; for IPv6 the kernel fills it in.
    nm::Bytes build(std::size_t slot, std::uint32_t index, const nm::IpAddress& from, const nm::IpAddress& to,
                    std::uint16_t port);

  private:
    const SynRun& run_;
    std::vector<std::uint8_t> rooms_;
};

// A packet of a raw IPv4 TCP socket, IP header included.
nm::Answer parse_tcp_v4(const SynRun& run, nm::Bytes packet);
// A segment of a raw IPv6 TCP socket; the kernel has checked its checksum.
nm::Answer parse_tcp_v6(const SynRun& run, nm::Bytes segment);
// An ICMP error that quotes one of our SYNs; a packet of a raw ICMP socket of this family.
nm::Answer parse_icmp(const SynRun& run, nm::Family family, nm::Bytes packet);

}  // namespace nmtcp
