// nmbgp mrt: table files in, route records out.
// Proof: tests/cli/nmbgp.bats against bgpdump, tests/lab/nmbgp.bats against birdc.
#pragma once

#include <string>
#include <vector>

#include "app/tool.hpp"

namespace nmbgp {

struct MrtOptions {
    std::vector<std::string> files;  // none: standard input
};

nm::Exit run_mrt(const MrtOptions& options, nm::Context& context);

}  // namespace nmbgp
