#include "greedy.hpp"

#include <algorithm>
#include <map>

namespace nmsched {
namespace {

std::size_t index(int i) {
    return static_cast<std::size_t>(i);
}

std::vector<int> sorted_by(const std::vector<double>& key) {
    std::vector<int> order(key.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return key[index(a)] > key[index(b)]; });
    return order;
}

// The app's exclusive test that takes the most of its period, or null.
const Test* longest_test(const Problem& problem, int app) {
    const Test* longest = nullptr;
    const auto share = [](const Test& test) { return static_cast<double>(test.duration_s) / test.period_s; };
    for (int t = problem.apps[index(app)].first_test; t < problem.apps[index(app)].last_test; ++t) {
        const Test& test = problem.tests[index(t)];
        if (test.kind != TestClass::exclusive) continue;
        if (longest == nullptr || share(test) > share(*longest)) longest = &test;
    }
    return longest;
}

}  // namespace

bool servers_have_room(const State& state, int app) {
    static const Timetable idle;
    const Problem& problem = state.problem();
    const App& wanted = problem.apps[index(app)];
    for (int t = wanted.first_test; t < wanted.last_test; ++t) {
        const Test& test = problem.tests[index(t)];
        if (test.kind != TestClass::exclusive || test.server == none) continue;
        if (!earliest_offset(problem, test, {&idle, &state.server_table(test.server)})) return false;
    }
    return true;
}

std::vector<double> hardness(const Problem& problem) {
    double cpu = 1, mem = 1;
    for (const Node& node : problem.nodes) {
        cpu += static_cast<double>(node.cpu);
        mem += static_cast<double>(node.mem);
    }
    const double nodes = static_cast<double>(std::max<std::size_t>(problem.nodes.size(), 1));
    std::vector<double> result;
    for (const App& app : problem.apps) {
        double key = static_cast<double>(app.cpu) * nodes / cpu + static_cast<double>(app.mem) * nodes / mem;
        for (int t = app.first_test; t < app.last_test; ++t) {
            const Test& test = problem.tests[index(t)];
            if (test.kind == TestClass::exclusive)
                key += static_cast<double>(test.duration_s) / static_cast<double>(test.period_s);
        }
        result.push_back(key);
    }
    return result;
}

void keep_current(State& state) {
    const Problem& problem = state.problem();
    std::vector<std::int32_t> offsets;
    std::vector<int> retime;
    for (std::size_t a = 0; a < problem.apps.size(); ++a) {
        const App& app = problem.apps[a];
        const int node = app.current;
        if (!problem.may_use(static_cast<int>(a), node)) continue;
        offsets.clear();
        bool timed = true;
        for (int t = app.first_test; t < app.last_test; ++t) {
            const std::int32_t now = problem.tests[index(t)].current_s;
            timed = timed && now != none;
            offsets.push_back(now);
        }
        if (!timed || !state.place_at(static_cast<int>(a), node, offsets.data()))
            retime.push_back(static_cast<int>(a));
    }
    for (const int app : retime) state.place(app, problem.apps[index(app)].current);
}

bool first_fit(State& state, const std::vector<int>& order, Stop* stop) {
    const Problem& problem = state.problem();
    // Nodes only fill up here, so a node without a gap for one (period, duration) never has one again.
    std::map<std::pair<std::int32_t, std::int32_t>, std::vector<bool>> no_gap;
    for (const int app : order) {
        if (stop != nullptr && stop->now()) return false;
        if (state.node_of(app) != none || !servers_have_room(state, app)) continue;
        const Test* longest = longest_test(problem, app);
        std::vector<bool>* full = nullptr;
        if (longest != nullptr) {
            full = &no_gap[{longest->period_s, longest->duration_s}];
            full->resize(problem.nodes.size(), false);
        }
        for (const int node : problem.eligible[index(app)]) {
            if (!state.has_room(app, node) || (full != nullptr && (*full)[index(node)])) continue;
            if (state.place(app, node)) break;
            if (full != nullptr && !earliest_offset(problem, *longest, {&state.node_table(node), nullptr}))
                (*full)[index(node)] = true;
        }
    }
    return true;
}

Plan greedy(const Problem& problem, Stop& stop) {
    const std::vector<double> hard = hardness(problem);
    std::vector<double> easy;
    std::vector<double> time_only;
    for (std::size_t a = 0; a < problem.apps.size(); ++a) {
        easy.push_back(-hard[a]);
        double busy = 0;
        for (int t = problem.apps[a].first_test; t < problem.apps[a].last_test; ++t)
            busy -=
                static_cast<double>(problem.tests[index(t)].duration_s) / problem.tests[index(t)].period_s;
        time_only.push_back(busy);
    }
    State state(problem);
    keep_current(state);
    const Plan kept = state.plan();
    Plan best = kept;
    // Easy apps first: the count of apps decides. That order is always finished: even a limit of 0 has an
    // answer.
    const std::vector<double>* const keys[] = {&easy, &hard, &time_only};
    for (const std::vector<double>* key : keys) {
        state.load(kept);
        if (!first_fit(state, sorted_by(*key), key == &easy ? nullptr : &stop)) break;
        if (best.score > state.score()) best = state.plan();
    }
    return best;
}

}  // namespace nmsched
