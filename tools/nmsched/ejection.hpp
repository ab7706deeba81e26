// Local search on a State: a rejected app is forced in, what stood in its way is ejected and placed again
// elsewhere (ejection chains after Nagata and Braysy); apps are shifted home or off the least loaded node.
// Proof: tests/unit/nmsched_solve_test.cpp.
#pragma once

#include "random.hpp"
#include "state.hpp"
#include "stop.hpp"

namespace nmsched {

class Ejection {
  public:
    Ejection(State& state, Random& random, Stop& stop);

    // Tries to lower the number of rejected apps; leaves the best state it saw.
    void accept_more(int steps);
    // Brings migrated apps back to where they run now, as far as that costs no rejection.
    void go_home();
    // Tries to empty the least loaded nodes; leaves the state better or as it was.
    void use_fewer_nodes(int steps);

  private:
    static constexpr double never = 1e9;
    struct Entry {  // one way to force an app in
        int node = none;
        double cost = 0;
        std::vector<std::int32_t> offsets;
        std::vector<int> victims;
    };
    bool insert(int app);
    bool force_in(int app);
    bool try_entry(int app, int node);
    void add_victim(int victim);
    void keep_best();
    bool empty_node(int node, int steps);
    std::int32_t draw_offset(const Test& test, int node);

    State& state_;
    Random& random_;
    Stop& stop_;
    Plan best_;
    Entry entry_;
    Entry best_entry_;
    std::vector<double> penalty_;      // per app: how often it could not be inserted
    std::vector<std::uint32_t> mark_;  // per app: stamp of the entry that ejects it
    std::vector<std::uint32_t> tabu_;  // per app: step until which it may not be ejected
    std::uint32_t stamp_ = 0;
    std::uint32_t step_ = 0;
    std::vector<bool> closed_;  // per node: takes nothing while a node is being emptied
    int hopeless_ = 0;
};

}  // namespace nmsched
