// Whether two names mean one file: what is read must not be what is replaced.
// Proof: tests/cli/contract.bats.
#pragma once

#include <string>

namespace nm {

// "-" is standard input. Only regular files are ever the same: a device or a pipe can be both.
bool is_same_file(const std::string& input, const std::string& output);

}  // namespace nm
