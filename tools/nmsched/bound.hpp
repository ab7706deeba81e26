// Limits that no plan can pass, so that a good plan can be called optimal.
// Proof: tests/unit/nmsched_bound_test.cpp (against exhaustive search on tiny cases).
#pragma once

#include <cstdint>

#include "problem.hpp"
#include "stop.hpp"

namespace nmsched {

// No plan accepts more apps. Exact per server while `steps` last (each server's apps are counted apart), the
// density bound sum(d/T) <= 1 beyond.
int accepted_bound(const Problem& problem, std::int64_t steps, Stop& stop);

// No plan that accepts this many apps uses fewer nodes: the smallest apps against the largest nodes, one
// resource at a time.
int nodes_bound(const Problem& problem, int accepted);

}  // namespace nmsched
