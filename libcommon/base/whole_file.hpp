// A file of the user's as one text. Proof: tests/cli/contract.bats.
#pragma once

#include <string>

namespace nm {

// Throws UserError(no_input) with the system's words when it cannot be read.
std::string read_whole_file(const std::string& path);

}  // namespace nm
