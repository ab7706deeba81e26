#include "ejection.hpp"

#include <algorithm>

#include "greedy.hpp"

namespace nmsched {
namespace {

std::size_t index(int i) {
    return static_cast<std::size_t>(i);
}

// How far above the best number of rejects the walk may climb.
constexpr int slack = 2;
constexpr int entries_tried = 40;
// Of a large fleet an insertion looks at this many nodes only.
constexpr std::size_t nodes_tried = 200;
constexpr std::uint32_t tabu_steps = 12;
constexpr double penalty_step = 0.1;
constexpr double penalty_cap = 1.0;

bool meet(const Problem& problem, const Test& a, std::int32_t a_offset, const Test& b,
          std::int32_t b_offset) {
    const std::int32_t g = problem.gcd_row(a.period_class)[b.period_class];
    const Booking booking{b_offset, b.duration_s, b.period_class, 0};
    return a.duration_s + b.duration_s > g || past(booking, g, a_offset, a.duration_s) != a_offset;
}

}  // namespace

Ejection::Ejection(State& state, Random& random, Stop& stop)
    : state_(state),
      random_(random),
      stop_(stop),
      penalty_(state.problem().apps.size(), 0.0),
      mark_(state.problem().apps.size(), 0),
      tabu_(state.problem().apps.size(), 0),
      closed_(state.problem().nodes.size(), false) {
    for (const Hopeless why : state.problem().hopeless) hopeless_ += why != Hopeless::no;
}

bool Ejection::insert(int app) {
    const Problem& problem = state_.problem();
    const std::vector<int>& eligible = problem.eligible[index(app)];
    const int current = problem.apps[index(app)].current;
    if (problem.may_use(app, current) && !closed_[index(current)] && state_.place(app, current)) return true;
    if (eligible.empty() || !servers_have_room(state_, app)) return false;
    const std::size_t start = random_.below(eligible.size());
    const std::size_t tried = std::min(eligible.size(), nodes_tried);
    // Nodes in use first: a fresh one costs the objective's last term.
    for (const bool used : {true, false})
        for (std::size_t i = 0; i < tried; ++i) {
            const int node = eligible[(start + i) % eligible.size()];
            if (closed_[index(node)] || state_.apps_on(node).empty() == used) continue;
            if (state_.place(app, node)) return true;
        }
    return false;
}

// An offset next to, or in place of, something booked: the others cannot be better.
std::int32_t Ejection::draw_offset(const Test& test, int node) {
    const Problem& problem = state_.problem();
    const Resources on = state_.resources(test, node);
    const std::size_t here = on.node->bookings().size();
    const std::size_t there = on.server == nullptr ? 0 : on.server->bookings().size();
    if (here + there == 0) return 0;
    const std::size_t pick = random_.below(here + there);
    const Booking& booking = pick < here ? on.node->bookings()[pick] : on.server->bookings()[pick - here];
    const std::int32_t g = problem.gcd_row(test.period_class)[booking.period_class];
    std::int64_t offset = booking.offset_s + std::int64_t{g} * random_.below(index(test.period_s / g));
    switch (random_.below(3)) {
        case 0:
            break;
        case 1:
            offset += booking.duration_s;
            break;
        default:
            offset += test.period_s - test.duration_s;
            break;
    }
    offset %= test.period_s;
    offset += (problem.slot_s - offset % problem.slot_s) % problem.slot_s;
    return offset < test.period_s ? static_cast<std::int32_t>(offset) : 0;
}

void Ejection::add_victim(int victim) {
    if (mark_[index(victim)] == stamp_) return;
    mark_[index(victim)] = stamp_;
    entry_.victims.push_back(victim);
    entry_.cost += tabu_[index(victim)] > step_ ? never : 1.0 + penalty_[index(victim)];
}

// Fills entry_ with a random way to put the app on the node; false when it is no better than best_entry_.
bool Ejection::try_entry(int app, int node) {
    const Problem& problem = state_.problem();
    const App& wanted = problem.apps[index(app)];
    ++stamp_;
    entry_.node = node;
    entry_.victims.clear();
    entry_.offsets.clear();
    entry_.cost = random_.unit() * 0.5;
    if (state_.apps_on(node).empty()) entry_.cost += 0.5;
    for (int t = wanted.first_test; t < wanted.last_test; ++t) {
        const Test& test = problem.tests[index(t)];
        if (test.kind != TestClass::exclusive) {
            entry_.offsets.push_back(0);
            continue;
        }
        const std::int32_t offset = draw_offset(test, node);
        for (int u = wanted.first_test; u < t; ++u) {
            const Test& own = problem.tests[index(u)];
            if (own.kind != TestClass::exclusive) continue;
            if (meet(problem, test, offset, own, entry_.offsets[index(u - wanted.first_test)])) return false;
        }
        entry_.offsets.push_back(offset);
        const Resources on = state_.resources(test, node);
        for (const Timetable* table : {on.node, on.server}) {
            if (table == nullptr) continue;
            for (const Booking& booking : table->bookings()) {
                const Test& other = problem.tests[index(booking.test)];
                if (meet(problem, test, offset, other, booking.offset_s)) add_victim(other.app);
            }
            if (entry_.cost >= best_entry_.cost) return false;
        }
    }
    std::int64_t cpu = state_.free_cpu(node) - wanted.cpu;
    std::int64_t mem = state_.free_mem(node) - wanted.mem;
    for (const int victim : entry_.victims) {
        if (state_.node_of(victim) != node) continue;
        cpu += problem.apps[index(victim)].cpu;
        mem += problem.apps[index(victim)].mem;
    }
    const std::vector<int>& here = state_.apps_on(node);
    const std::size_t start = here.empty() ? 0 : random_.below(here.size());
    for (std::size_t i = 0; i < here.size() && (cpu < 0 || mem < 0); ++i) {
        const int victim = here[(start + i) % here.size()];
        if (mark_[index(victim)] == stamp_) continue;
        add_victim(victim);
        cpu += problem.apps[index(victim)].cpu;
        mem += problem.apps[index(victim)].mem;
    }
    return entry_.cost < best_entry_.cost;
}

bool Ejection::force_in(int app) {
    const std::vector<int>& eligible = state_.problem().eligible[index(app)];
    const int room = best_.score.rejected + slack - state_.score().rejected + 1;
    best_entry_.cost = never;
    for (int i = 0; i < entries_tried; ++i) {
        const int node = eligible[random_.below(eligible.size())];
        if (closed_[index(node)] || !try_entry(app, node)) continue;
        if (static_cast<int>(entry_.victims.size()) <= std::max(room, 1)) std::swap(entry_, best_entry_);
    }
    if (best_entry_.cost >= never) return false;
    for (const int victim : best_entry_.victims) state_.remove(victim);
    if (!state_.place_at(app, best_entry_.node, best_entry_.offsets.data())) return false;
    tabu_[index(app)] = step_ + tabu_steps + random_.below(tabu_steps);
    for (const int victim : best_entry_.victims) insert(victim);
    return true;
}

void Ejection::keep_best() {
    if (state_.score() < best_.score) best_ = state_.plan();
}

void Ejection::accept_more(int steps) {
    best_ = state_.plan();
    for (int i = 0; i < steps && !stop_.now(); ++i) {
        ++step_;
        const std::vector<int>& rejected = state_.rejected();
        if (static_cast<int>(rejected.size()) <= hopeless_) break;
        const int app = rejected[random_.below(rejected.size())];
        if (state_.problem().eligible[index(app)].empty()) continue;
        if (!insert(app)) {
            penalty_[index(app)] = std::min(penalty_[index(app)] + penalty_step, penalty_cap);
            force_in(app);
        }
        keep_best();
    }
    state_.load(best_);
}

void Ejection::go_home() {
    best_ = state_.plan();
    for (std::size_t a = 0; a < state_.problem().apps.size() && !stop_.now(); ++a) {
        const int app = static_cast<int>(a);
        const int home = state_.problem().apps[a].current;
        const int node = state_.node_of(app);
        if (home < 0 || node == none || node == home) continue;
        state_.remove(app);
        if (!state_.problem().may_use(app, home) || !state_.place(app, home)) insert(app);
        keep_best();
    }
    state_.load(best_);
}

bool Ejection::empty_node(int node, int steps) {
    const Plan before = state_.plan();
    // Unused nodes stay unused: the one emptied must not be traded for another.
    for (std::size_t n = 0; n < closed_.size(); ++n) closed_[n] = state_.apps_on(static_cast<int>(n)).empty();
    closed_[index(node)] = true;
    while (!state_.apps_on(node).empty()) state_.remove(state_.apps_on(node).back());
    Score wanted = before.score;
    wanted.nodes_used -= 1;
    best_ = state_.plan();
    best_.score = before.score;  // the walk's ceiling: so many rejects and a few more
    bool done = false;
    for (int i = 0; i < steps && !done && !stop_.now(); ++i) {
        ++step_;
        const std::vector<int>& rejected = state_.rejected();
        done = state_.score() <= wanted;
        if (done || rejected.empty()) break;
        const int app = rejected[random_.below(rejected.size())];
        if (state_.problem().eligible[index(app)].empty() || insert(app)) continue;
        force_in(app);
    }
    done = done || state_.score() <= wanted;
    std::fill(closed_.begin(), closed_.end(), false);
    if (!done) state_.load(before);
    return done;
}

void Ejection::use_fewer_nodes(int steps) {
    const Problem& problem = state_.problem();
    std::vector<std::pair<std::size_t, int>> by_load;
    for (std::size_t n = 0; n < problem.nodes.size(); ++n) {
        const int node = static_cast<int>(n);
        const std::vector<int>& here = state_.apps_on(node);
        // Moving an app off the node it runs on costs more than a node gains.
        const bool home = std::any_of(here.begin(), here.end(),
                                      [&](int app) { return problem.apps[index(app)].current == node; });
        if (!here.empty() && !home) by_load.emplace_back(here.size(), node);
    }
    std::sort(by_load.begin(), by_load.end());
    for (const auto& [apps, node] : by_load)
        if (stop_.now() || empty_node(node, steps)) return;
}

}  // namespace nmsched
