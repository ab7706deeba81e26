// nmtcp ping: the time of TCP handshakes.
#pragma once

#include "app/tool.hpp"
#include "probe/options.hpp"

namespace nmtcp {

enum class Method : std::uint8_t { automatic, syn, connect };
inline constexpr std::array<std::string_view, 3> method_words{"auto", "syn", "connect"};

struct PingOptions : nm::ProbeOptions {
    Method method = Method::automatic;
    std::size_t window = 512;
};

nm::Exit run_ping(const PingOptions& options, nm::Context& context);

}  // namespace nmtcp
