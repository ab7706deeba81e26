// nmtcp info: the TCP sockets of this host, as NETLINK_SOCK_DIAG lists them.
#pragma once

#include "app/tool.hpp"

namespace nmtcp {

struct InfoOptions {
    std::string states = "connected";
    std::vector<std::uint16_t> ports;
    std::vector<std::string> peers;
    std::vector<std::string> locals;
    std::string by;  // empty: one record a socket
    std::int64_t every_ns = 0;
    std::uint64_t rounds = 0;  // 0: no end
    std::string netns;
    bool only_v4 = false;
    bool only_v6 = false;
};

nm::Exit run_info(const InfoOptions& options, nm::Context& context);

}  // namespace nmtcp
