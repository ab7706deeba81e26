// nmflowtool filter: the flows that match an expression. JSON lines go on as they came, byte for byte;
// captures, nfcapd files and sockets are decoded in process, as decode does.
#pragma once

#include "flow_input.hpp"

namespace nmflowtool {

struct FilterOptions {
    InputOptions input;
    std::optional<std::string> expression;
    std::string file;  // holds the expression instead
};

nm::Exit run_filter(const FilterOptions& options, nm::Context& context);

}  // namespace nmflowtool
