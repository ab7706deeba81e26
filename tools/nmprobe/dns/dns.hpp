// nmprobe dns: questions to one or all of a list of servers.
#pragma once

#include "app/tool.hpp"
#include "probe/options.hpp"

namespace nmprobe {

// Of the common options, targets are the names to ask for (and @SERVER), addresses are those of the servers.
struct DnsOptions : nm::ProbeOptions {
    std::vector<std::string> servers;
    std::vector<std::string> types{"A"};
    std::uint64_t window = 100;  // queries waiting for their answer
    std::uint64_t edns_size = 1232;
    bool no_edns = false;
    bool dnssec = false;
    bool nsid = false;
    bool no_recursion = false;
    bool checking_disabled = false;
    bool random_case = false;
    bool tcp = false;     // from the start
    bool no_tcp = false;  // a truncated answer is the answer
};

nm::Exit run_dns(const DnsOptions& options, nm::Context& context);

}  // namespace nmprobe
