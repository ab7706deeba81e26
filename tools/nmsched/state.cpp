#include "state.hpp"

#include <cassert>

namespace nmsched {

State::State(const Problem& problem)
    : problem_(&problem),
      node_of_(problem.apps.size(), none),
      offset_of_(problem.tests.size(), 0),
      apps_on_(problem.nodes.size()),
      node_tables_(problem.nodes.size()),
      server_tables_(problem.servers.size()) {
    for (const Node& node : problem.nodes) {
        free_cpu_.push_back(node.cpu);
        free_mem_.push_back(node.mem);
    }
    for (std::size_t a = 0; a < problem.apps.size(); ++a) {
        rejected_.push_back(static_cast<int>(a));
        place_in_list_.push_back(static_cast<int>(a));
        if (problem.apps[a].current != none) ++score_.evicted;
    }
    score_.rejected = static_cast<int>(problem.apps.size());
}

void State::book(int test, int node, std::int32_t offset_s) {
    const Test& booked = problem_->tests[index(test)];
    offset_of_[index(test)] = offset_s;
    if (booked.kind != TestClass::exclusive) return;
    node_tables_[index(node)].add(booked, test, offset_s);
    if (booked.server != none) server_tables_[index(booked.server)].add(booked, test, offset_s);
}

void State::unbook(int test, int node) {
    const Test& booked = problem_->tests[index(test)];
    if (booked.kind != TestClass::exclusive) return;
    node_tables_[index(node)].remove(test);
    if (booked.server != none) server_tables_[index(booked.server)].remove(test);
}

bool State::place(int app, int node, OffsetRule rule) {
    assert(node_of(app) == none);
    if (!has_room(app, node)) return false;
    const App& placed = problem_->apps[index(app)];
    for (int t = placed.first_test; t < placed.last_test; ++t) {
        const Test& test = problem_->tests[index(t)];
        std::optional<std::int32_t> offset = 0;
        if (test.kind == TestClass::exclusive)
            offset = rule == OffsetRule::snug ? snug_offset(*problem_, test, resources(test, node))
                                              : earliest_offset(*problem_, test, resources(test, node));
        if (!offset) {
            while (--t >= placed.first_test) unbook(t, node);
            return false;
        }
        book(t, node, *offset);
    }
    settle(app, node);
    return true;
}

bool State::place_at(int app, int node, const std::int32_t* offsets) {
    assert(node_of(app) == none);
    if (!has_room(app, node)) return false;
    const App& placed = problem_->apps[index(app)];
    for (int t = placed.first_test; t < placed.last_test; ++t) {
        const Test& test = problem_->tests[index(t)];
        const std::int32_t offset = offsets[t - placed.first_test];
        if (test.kind == TestClass::exclusive && !is_free(*problem_, test, resources(test, node), offset)) {
            while (--t >= placed.first_test) unbook(t, node);
            return false;
        }
        book(t, node, offset);
    }
    settle(app, node);
    return true;
}

// The part of placing that cannot fail: capacity, lists and score.
void State::settle(int app, int node) {
    const App& placed = problem_->apps[index(app)];
    free_cpu_[index(node)] -= placed.cpu;
    free_mem_[index(node)] -= placed.mem;
    const int hole = place_in_list_[index(app)];
    rejected_[index(hole)] = rejected_.back();
    place_in_list_[index(rejected_.back())] = hole;
    rejected_.pop_back();
    auto& here = apps_on_[index(node)];
    if (here.empty()) ++score_.nodes_used;
    place_in_list_[index(app)] = static_cast<int>(here.size());
    here.push_back(app);
    node_of_[index(app)] = node;
    --score_.rejected;
    if (placed.current != none) --score_.evicted;
    if (would_migrate(app, node)) ++score_.migrations;
}

void State::remove(int app) {
    const int node = node_of(app);
    assert(node != none);
    const App& removed = problem_->apps[index(app)];
    for (int t = removed.first_test; t < removed.last_test; ++t) unbook(t, node);
    free_cpu_[index(node)] += removed.cpu;
    free_mem_[index(node)] += removed.mem;
    auto& here = apps_on_[index(node)];
    const int hole = place_in_list_[index(app)];
    here[index(hole)] = here.back();
    place_in_list_[index(here.back())] = hole;
    here.pop_back();
    if (here.empty()) --score_.nodes_used;
    place_in_list_[index(app)] = static_cast<int>(rejected_.size());
    rejected_.push_back(app);
    node_of_[index(app)] = none;
    ++score_.rejected;
    if (removed.current != none) ++score_.evicted;
    if (would_migrate(app, node)) --score_.migrations;
}

void State::load(const Plan& plan) {
    // Two passes: what leaves makes room for what comes.
    for (std::size_t a = 0; a < plan.node_of.size(); ++a) {
        const int app = static_cast<int>(a);
        if (node_of_[a] == none) continue;
        bool same = node_of_[a] == plan.node_of[a];
        for (int t = problem_->apps[a].first_test; same && t < problem_->apps[a].last_test; ++t)
            same = offset_of_[index(t)] == plan.offset_of[index(t)];
        if (!same) remove(app);
    }
    for (std::size_t a = 0; a < plan.node_of.size(); ++a) {
        if (node_of_[a] != none || plan.node_of[a] == none) continue;
        [[maybe_unused]] const bool placed =
            place_at(static_cast<int>(a), plan.node_of[a],
                     plan.offset_of.data() + index(problem_->apps[a].first_test));
        assert(placed);
    }
}

}  // namespace nmsched
