// The whole search: greedy, then colony and ejection chains in turn until a limit, a signal or a proof ends
// it. Proof: tests/unit/nmsched_solve_test.cpp.
#pragma once

#include <cstdint>
#include <optional>

#include "state.hpp"

namespace nmsched {

struct Limits {
    std::uint64_t seed = 1;
    std::optional<std::int64_t> iterations;     // 0: greedy only
    std::optional<std::int64_t> time_limit_ns;  // from `started_ns`
    std::int64_t started_ns = 0;                // monotonic
    bool (*signalled)() = nullptr;
};

struct Answer {
    Plan plan;
    Score greedy;
    int accepted_bound = 0;
    int nodes_bound = 0;
    bool proven_optimal = false;
    std::int64_t iterations = 0;
};

Answer solve(const Problem& problem, const Limits& limits);

}  // namespace nmsched
