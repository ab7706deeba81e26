#include "solve.hpp"

#include <algorithm>

#include "bound.hpp"
#include "colony.hpp"
#include "ejection.hpp"
#include "greedy.hpp"

namespace nmsched {
namespace {

// Depth-first steps for the bound: some tens of milliseconds at most.
constexpr std::int64_t bound_steps = 1'000'000;

bool proven(const Score& score, int apps, int accepted_bound, int nodes_bound) {
    return apps - score.rejected == accepted_bound && score.evicted == 0 && score.migrations == 0 &&
           score.nodes_used == nodes_bound;
}

class Search {
  public:
    Search(const Problem& problem, const Limits& limits, Stop& stop, Answer& answer)
        : problem_(problem),
          random_(limits.seed),
          stop_(stop),
          answer_(answer),
          colony_(problem, random_, stop),
          state_(problem),
          ejection_(state_, random_, stop),
          empty_(state_.plan()),
          base_(answer.plan) {
        // An ant costs apps x candidates: few of them where the fleet is large.
        ants_ = std::clamp<std::size_t>(10'000 / std::max<std::size_t>(problem.apps.size(), 1), 1, 10);
    }

    void iterate() {
        explore();
        exploit();
        colony_.reinforce(answer_.plan);
        ++answer_.iterations;
    }

  private:
    // A round of ants; the best of them is improved.
    void explore() {
        Plan round;
        round.score.rejected = static_cast<int>(problem_.apps.size()) + 1;
        for (std::size_t i = 0; i < ants_ && !stop_.now(); ++i) {
            // The first round builds whole plans; later ants rebuild a part of the best plan.
            state_.load(answer_.iterations == 0 ? empty_ : base_);
            if (answer_.iterations > 0) release_some();
            colony_.run_ant(state_);
            if (state_.score() < round.score) round = state_.plan();
        }
        if (round.node_of.empty()) return;
        improve(round, chain_steps);
    }
    // Takes the apps off a random quarter of the nodes in use.
    void release_some() {
        for (std::size_t n = 0; n < problem_.nodes.size(); ++n) {
            const int node = static_cast<int>(n);
            if (random_.below(4) != 0) continue;
            while (!state_.apps_on(node).empty()) state_.remove(state_.apps_on(node).back());
        }
    }
    // The best plan so far is improved further, longer each time it stays what it is.
    void exploit() {
        const Score before = answer_.plan.score;
        improve(base_, patience_);
        patience_ = answer_.plan.score < before ? chain_steps : std::min(patience_ * 2, longest_patience);
    }
    void improve(const Plan& from, int steps) {
        state_.load(from);
        if (accepted() < answer_.accepted_bound) ejection_.accept_more(steps);
        keep();
        if (problem_.has_current) ejection_.go_home();
        keep();
        if (state_.score().rejected <= answer_.plan.score.rejected) ejection_.use_fewer_nodes(steps);
        keep();
    }
    int accepted() const { return static_cast<int>(problem_.apps.size()) - state_.score().rejected; }
    void keep() {
        if (state_.score() > answer_.plan.score) return;
        base_ = state_.plan();
        if (base_.score < answer_.plan.score) answer_.plan = base_;
    }

    static constexpr int chain_steps = 500;
    static constexpr int longest_patience = 4'000;
    const Problem& problem_;
    Random random_;
    Stop& stop_;
    Answer& answer_;
    Colony colony_;
    State state_;
    Ejection ejection_;
    Plan empty_;
    Plan base_;  // as good as the best, where the search goes on: equal plans are walked through
    std::size_t ants_ = 1;
    int patience_ = chain_steps;
};

}  // namespace

Answer solve(const Problem& problem, const Limits& limits) {
    const std::int64_t deadline = limits.time_limit_ns ? limits.started_ns + *limits.time_limit_ns : 0;
    Stop stop(deadline, limits.signalled);
    Answer answer;
    answer.plan = greedy(problem, stop);
    answer.greedy = answer.plan.score;
    answer.accepted_bound = accepted_bound(problem, bound_steps, stop);
    const int apps = static_cast<int>(problem.apps.size());
    const auto prove = [&] {
        answer.nodes_bound = nodes_bound(problem, apps - answer.plan.score.rejected);
        answer.proven_optimal = proven(answer.plan.score, apps, answer.accepted_bound, answer.nodes_bound);
    };
    prove();
    const bool greedy_only = limits.iterations == 0 || limits.time_limit_ns == 0;
    if (answer.proven_optimal || greedy_only || stop.now()) return answer;
    Search search(problem, limits, stop, answer);
    while (!answer.proven_optimal && !stop.now() &&
           answer.iterations < limits.iterations.value_or(INT64_MAX)) {
        search.iterate();
        prove();
    }
    return answer;
}

}  // namespace nmsched
