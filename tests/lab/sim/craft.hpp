// Builds the packets that the simulator sends: whole IP packets, checksums filled in.
#pragma once

#include "bytes.hpp"
#include "request.hpp"
#include "rule.hpp"

namespace netsim {

// How an answer is addressed.
struct Envelope {
    Address from;
    Address to;
    std::uint8_t ttl = 64;
    bool ip_options = false;  // IPv4: record route, 8 bytes
};

struct Segment {
    std::uint32_t seq = 0;
    std::uint32_t ack = 0;
    std::uint8_t flags = 0;
    std::uint16_t mss = 0;  // 0: no option
};

void craft_echo_reply(Bytes& out, const Envelope& envelope, const Request& request);
void craft_udp_reply(Bytes& out, const Envelope& envelope, const Request& request);
void craft_segment(Bytes& out, const Envelope& envelope, const Request& request, const Segment& segment);

struct IcmpError {
    std::uint8_t type = 0;
    std::uint8_t code = 0;
    std::uint8_t quoted_ttl = 1;
};

void craft_error(Bytes& out, const Envelope& envelope, const Request& request, const ErrorForm& form,
                 const IcmpError& error);

// Damages a finished packet; ICMP, TCP and UDP.
void damage(Bytes& packet, Corrupt how);

}  // namespace netsim
