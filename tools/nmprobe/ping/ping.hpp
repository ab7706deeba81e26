// nmprobe ping: ICMP echo to any number of targets.
#pragma once

#include "app/tool.hpp"
#include "probe/icmp_protocol.hpp"

namespace nmprobe {

using PingOptions = nm::IcmpOptions;

nm::Exit run_ping(const PingOptions& options, nm::Context& context);

}  // namespace nmprobe
