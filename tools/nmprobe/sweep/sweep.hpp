// nmprobe sweep: which addresses of a prefix answer.
#pragma once

#include <optional>

#include "ping/ping.hpp"

namespace nmprobe {

struct SweepOptions : PingOptions {  // targets: prefixes, ranges, addresses
    std::vector<std::string> excludes;
    std::string shard;
    std::string state;
    std::optional<std::uint64_t> seed;
    // A /12: about 100 s at the default rate. What is larger is more often a typo than a wish.
    std::uint64_t max_addresses = std::uint64_t{1} << 20;
    std::uint64_t prefix_rate_pps = 0;
    bool all = false;
    bool each_silent = false;
};

nm::Exit run_sweep(const SweepOptions& options, nm::Context& context);

}  // namespace nmprobe
