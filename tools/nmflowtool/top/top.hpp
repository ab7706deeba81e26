// nmflowtool top: flows grouped by keys, ranked by a value. Reads records on stdin, or captures and sockets
// in process; the results are equal (tests/cli/nmflowtool.bats).
#pragma once

#include <array>

#include "flow_input.hpp"

namespace nmflowtool {

enum class RankBy : std::uint8_t { bytes, packets, flows };
inline constexpr std::array<std::string_view, 3> rank_by_words{"bytes", "packets", "flows"};

struct TopOptions {
    InputOptions input;
    std::string by;
    RankBy value = RankBy::bytes;
    std::uint64_t number = 10;  // groups to show; 0: all
};

nm::Exit run_top(const TopOptions& options, nm::Context& context);

}  // namespace nmflowtool
