// nmprobe ping: ICMP echo to any number of targets.
#pragma once

#include "app/tool.hpp"
#include "probe/options.hpp"

namespace nmprobe {

enum class SocketChoice : std::uint8_t { automatic, raw, dgram };
inline constexpr std::array<std::string_view, 3> socket_choice_words{"auto", "raw", "dgram"};

struct PingOptions : nm::ProbeOptions {
    std::uint64_t size = 56;  // payload bytes
    SocketChoice socket = SocketChoice::automatic;
};

nm::Exit run_ping(const PingOptions& options, nm::Context& context);

}  // namespace nmprobe
