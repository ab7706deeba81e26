// Ant Colony System (Dorigo and Gambardella 1997) over placements. The pheromone lies on PAIRS of apps that
// share a node (Levine and Ducatelle 2004): identical nodes are symmetric, so app-node pheromone teaches
// nothing. Proof: tests/unit/nmsched_solve_test.cpp.
#pragma once

#include <cstdint>
#include <vector>

#include "random.hpp"
#include "state.hpp"
#include "stop.hpp"

namespace nmsched {

// Symmetric app x app trails. Above `exact_apps` the pairs are hashed into a table of fixed size, where some
// share.
class Pheromone {
  public:
    static constexpr double initial = 0.1;
    explicit Pheromone(std::size_t apps);

    double of(int a, int b) const { return trail_[slot(a, b)]; }
    // trail = (1 - share) * trail + share * target
    void pull(int a, int b, double share, double target) {
        float& trail = trail_[slot(a, b)];
        trail = static_cast<float>((1 - share) * static_cast<double>(trail) + share * target);
    }

  private:
    static constexpr std::size_t exact_apps = 4096;
    static constexpr std::size_t table_bits = 24;
    std::size_t slot(int a, int b) const {
        const auto low = static_cast<std::uint64_t>(a < b ? a : b);
        const auto high = static_cast<std::uint64_t>(a < b ? b : a);
        const std::uint64_t pair = high * apps_ + low;
        return apps_ <= exact_apps ? pair : (pair * 0x9e3779b97f4a7c15U) >> (64 - table_bits);
    }
    std::uint64_t apps_;
    std::vector<float> trail_;
};

class Colony {
  public:
    Colony(const Problem& problem, Random& random, Stop& stop);

    // Fills an empty state as one ant: apps by noisy hardness, nodes by pheromone and fit; the local update
    // follows every placement. Cut short by `stop`, the state is still feasible.
    void run_ant(State& state);
    // Global update: only the best plan so far lays pheromone.
    void reinforce(const Plan& best);

  private:
    struct Candidate {
        int node;
        double weight;
    };
    void rank_nodes(const State& state, int app);
    bool place_by_weight(State& state, int app);
    void local_update(const State& state, int app);

    const Problem& problem_;
    Random& random_;
    Stop& stop_;
    Pheromone pheromone_;
    std::vector<double> hardness_;
    std::vector<Candidate> candidates_;
};

}  // namespace nmsched
