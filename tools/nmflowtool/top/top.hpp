// nmflowtool top: flows grouped by keys, ranked by a value. Reads records on stdin, or captures and sockets
// in process; the results are equal (tests/cli/nmflowtool.bats).
#pragma once

#include "flow_input.hpp"
#include "top/ranking.hpp"

namespace nmflowtool {

struct TopOptions {
    InputOptions input;
    RankOptions rank;
    bool names = false;  // of interfaces and others, as exporters told them
};

nm::Exit run_top(const TopOptions& options, nm::Context& context);

}  // namespace nmflowtool
