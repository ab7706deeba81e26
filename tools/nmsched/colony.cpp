#include "colony.hpp"

#include <algorithm>

#include "greedy.hpp"

namespace nmsched {
namespace {

constexpr double exploit = 0.9;      // q0: share of steps that take the best candidate instead of drawing one
constexpr double local_share = 0.1;  // xi
constexpr double global_share = 0.1;  // rho
constexpr double noise = 0.4;         // of the order's key, either way
constexpr double stay_bonus = 1000;   // a migration costs more than any fit gains
constexpr double open_malus = 0.2;    // for a node that nobody uses yet
constexpr std::size_t list_size = 20;

std::size_t index(int i) {
    return static_cast<std::size_t>(i);
}

}  // namespace

Pheromone::Pheromone(std::size_t apps)
    : apps_(apps),
      trail_(apps <= exact_apps ? apps * apps : std::size_t{1} << table_bits, static_cast<float>(initial)) {}

Colony::Colony(const Problem& problem, Random& random, Stop& stop)
    : problem_(problem),
      random_(random),
      stop_(stop),
      pheromone_(problem.apps.size()),
      hardness_(hardness(problem)) {}

// Weights the nodes with room: mean pheromone to the apps there, times the square of how well the app fills
// it.
void Colony::rank_nodes(const State& state, int app) {
    const App& wanted = problem_.apps[index(app)];
    const std::vector<int>& eligible = problem_.eligible[index(app)];
    candidates_.clear();
    // A candidate list keeps the work per step bounded; the node it runs on now is always in it.
    const std::size_t start = eligible.size() > list_size ? random_.below(eligible.size()) : 0;
    for (std::size_t i = 0; i < eligible.size(); ++i) {
        const int node = eligible[(start + i) % eligible.size()];
        const bool stays = node == wanted.current;
        if ((candidates_.size() >= list_size && !stays) || !state.has_room(app, node)) continue;
        const std::vector<int>& here = state.apps_on(node);
        double trail = 0;
        for (const int other : here) trail += pheromone_.of(app, other);
        trail = here.empty() ? Pheromone::initial * open_malus : trail / static_cast<double>(here.size());
        const Node& all = problem_.nodes[index(node)];
        const double cpu_left =
            static_cast<double>(state.free_cpu(node) - wanted.cpu) / static_cast<double>(all.cpu + 1);
        const double mem_left =
            static_cast<double>(state.free_mem(node) - wanted.mem) / static_cast<double>(all.mem + 1);
        const double fit = 1.0 - 0.5 * std::max(cpu_left, mem_left);
        candidates_.push_back({node, trail * fit * fit * (stays ? stay_bonus : 1.0)});
    }
}

// The pseudo-random proportional rule, repeated without the nodes whose timetable has no gap.
bool Colony::place_by_weight(State& state, int app) {
    while (!candidates_.empty()) {
        std::size_t pick = 0;
        if (random_.unit() < exploit) {
            for (std::size_t i = 1; i < candidates_.size(); ++i)
                if (candidates_[i].weight > candidates_[pick].weight) pick = i;
        } else {
            double sum = 0;
            for (const Candidate& candidate : candidates_) sum += candidate.weight;
            double left = random_.unit() * sum;
            while (pick + 1 < candidates_.size() && (left -= candidates_[pick].weight) >= 0) ++pick;
        }
        if (state.place(app, candidates_[pick].node)) return true;
        candidates_[pick] = candidates_.back();
        candidates_.pop_back();
    }
    return false;
}

void Colony::local_update(const State& state, int app) {
    for (const int other : state.apps_on(state.node_of(app)))
        if (other != app) pheromone_.pull(app, other, local_share, Pheromone::initial);
}

void Colony::run_ant(State& state) {
    // Easy apps first on every other ant: the count of apps wants them, the packing does not.
    const double direction = random_.below(2) == 0 ? 1.0 : -1.0;
    std::vector<std::pair<double, int>> order;
    for (std::size_t a = 0; a < problem_.apps.size(); ++a) {
        if (state.node_of(static_cast<int>(a)) != none) continue;
        const double stays = problem_.apps[a].current >= 0 ? -1e6 : 0;
        const double key = hardness_[a] * (1.0 + noise * (2.0 * random_.unit() - 1.0));
        order.emplace_back(stays + direction * key, static_cast<int>(a));
    }
    std::sort(order.begin(), order.end());
    for (const auto& [key, app] : order) {
        if (stop_.now()) return;
        if (problem_.eligible[index(app)].empty() || !servers_have_room(state, app)) continue;
        rank_nodes(state, app);
        if (place_by_weight(state, app)) local_update(state, app);
    }
}

void Colony::reinforce(const Plan& best) {
    std::vector<std::vector<int>> on(problem_.nodes.size());
    for (std::size_t a = 0; a < best.node_of.size(); ++a)
        if (best.node_of[a] != none) on[index(best.node_of[a])].push_back(static_cast<int>(a));
    for (const std::vector<int>& here : on)
        for (std::size_t i = 0; i < here.size(); ++i)
            for (std::size_t j = 0; j < i; ++j) pheromone_.pull(here[i], here[j], global_share, 1.0);
}

}  // namespace nmsched
