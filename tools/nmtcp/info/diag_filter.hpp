// Which sockets the user asked for. The kernel drops what it can by itself (states and bytecode, see
// include/uapi/linux/inet_diag.h); matches() is the same question asked here, for kernels that refuse the
// bytecode. Proof: tests/unit/nmtcp_inet_diag_test.cpp, tests/lab/nmtcp_info.bats.
#pragma once

#include <string>
#include <vector>

#include "info/wire_inet_diag.hpp"

namespace nmtcp {

// "established", "listen"... with - or _; "connected" is any but listen, close, time_wait and syn_recv;
// "all". Separated by commas. Throws UserError(usage).
std::uint32_t parse_states(const std::string& text);

struct DiagFilter {
    std::uint32_t states = 0;          // bits by TcpState
    std::vector<std::uint16_t> ports;  // of either end; empty: any
    std::vector<nm::Prefix> peers;     // empty: any
    std::vector<nm::Prefix> locals;

    bool has(nm::TcpState state) const { return (states >> static_cast<unsigned>(state) & 1) != 0; }
    bool matches(const DiagSocket& socket) const;
    // Empty when there is nothing to drop or it would be too long.
    std::vector<std::uint8_t> bytecode() const;
};

}  // namespace nmtcp
