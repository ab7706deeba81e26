// A file of the user's as one text. Proof: tests/unit/base_whole_file_test.cpp, tests/cli/contract.bats.
#pragma once

#include <limits>
#include <string>

#include "base/result.hpp"

namespace nm {

// no_input with the system's words when it cannot be read, bad_data when it has more than most_bytes.
Result<std::string> read_whole_file(const std::string& path,
                                    std::size_t most_bytes = std::numeric_limits<std::size_t>::max());

}  // namespace nm
