// The first answer: what runs now stays, the rest goes first-fit in a few fixed orders, and the best order
// wins. Proof: tests/unit/nmsched_solve_test.cpp.
#pragma once

#include "state.hpp"
#include "stop.hpp"

namespace nmsched {

// How hard an app is to place: its shares of an average node's cpu, memory and time, added.
std::vector<double> hardness(const Problem& problem);

// False when some test of the app finds its server full, so that no node can help.
bool servers_have_room(const State& state, int app);

// Keeps every app where (and, if it can, when) it runs now; what does not fit there any more stays rejected.
void keep_current(State& state);

// Puts the apps of `order` that are rejected on the first node that takes them. False when cut short by
// `stop`, which may be null.
bool first_fit(State& state, const std::vector<int>& order, Stop* stop);

Plan greedy(const Problem& problem, Stop& stop);

}  // namespace nmsched
