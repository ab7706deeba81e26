// Whole UDP packets, for raw sockets and capture files: a datagram with the source address of another host.
#pragma once

#include "export/message_writer.hpp"
#include "net/ip.hpp"

namespace nmflowtool {

// Appends IP header, UDP header and payload, with checksums. from and to are of one family. id: of the IPv4
// header (RFC 6864: unique per source as long as it may be fragmented).
void write_udp_packet(MessageWriter& out, const nm::Endpoint& from, const nm::Endpoint& to, nm::Bytes payload,
                      std::uint16_t id);

}  // namespace nmflowtool
