// nmbgp lookup: the route that traffic to an address takes, with all its attributes.
// Proof: tests/cli/nmbgp.bats, tests/lab/nmbgp.bats against birdc.
#pragma once

#include <string>
#include <vector>

#include "app/tool.hpp"

namespace nmbgp {

struct LookupOptions {
    std::vector<std::string> addresses;
    std::vector<std::string> mrt_files;
};

nm::Exit run_lookup(const LookupOptions& options, nm::Context& context);

}  // namespace nmbgp
