// Classic BPF programs for raw sockets: they keep what may be ours, so that the rest costs no buffer and no
// system call. Raw IPv4 sockets see the IP header, raw IPv6 sockets do not.
// Proof: tests/lab/ledger.bats, tests/lab/nmprobe_trace.bats (two instances at once).
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <vector>

#include "net/ip.hpp"

namespace nm {

using PacketFilter = std::vector<sock_filter>;

// ICMP errors: destination unreachable, time exceeded, parameter problem, in IPv6 packet too big.
PacketFilter keep_icmp_errors(Family family);
// The same, and echo replies whose identifier under this mask is `identifier`.
PacketFilter keep_icmp_errors_and_replies(Family family, std::uint16_t identifier, std::uint16_t mask);
// TCP or UDP to one of `count` ports, a power of two; the first is a multiple of it.
PacketFilter keep_ports(Family family, std::uint16_t first, std::uint16_t count);

}  // namespace nm
