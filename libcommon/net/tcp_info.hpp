// What the kernel knows of a TCP connection's handshake (TCP_INFO).
#pragma once

#include <cstdint>

namespace nm {

struct TcpHandshake {
    // From the SYN to the SYN/ACK; below 0: not known. A SYN that was sent again leaves no valid time (Karn's
    // algorithm, RFC 6298 section 3).
    std::int64_t rtt_ns = -1;
    std::uint32_t retransmitted = 0;
    std::uint32_t send_mss = 0;
    bool timestamps = false;  // agreed on
    bool sack = false;
    bool window_scale = false;
};

// Nothing is known of what is no TCP socket.
TcpHandshake tcp_handshake(int fd);

}  // namespace nm
