// What is wrong with a command line, in one line that says what is there instead. Proof:
// tests/cli/contract.bats.
#pragma once

#include <string>

#include "app/cli.hpp"
#include "app/tool.hpp"

namespace nm {

// "nmprobe: trace: ..." for a verb of the design that is not there yet, else the parser's own words, mended.
std::string usage_message(Tool& tool, const CLI::ParseError& error, int argc, char** argv);

}  // namespace nm
