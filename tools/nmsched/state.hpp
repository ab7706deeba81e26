// A plan under construction: who is where and when, with the free capacity and the timetables kept in step.
// Every change goes through place, place_at and remove, so a State is feasible at every moment.
// Proof: tests/unit/nmsched_solve_test.cpp.
#pragma once

#include <compare>
#include <cstdint>
#include <vector>

#include "problem.hpp"
#include "timetable.hpp"

namespace nmsched {

// Lexicographic, smaller is better: tuples are compared, never squeezed into one number.
struct Score {
    int rejected = 0;
    int evicted = 0;  // rejected although they run now
    int migrations = 0;
    int nodes_used = 0;
    auto operator<=>(const Score&) const = default;
};

// The decisions alone: cheap to copy and keep.
struct Plan {
    std::vector<int> node_of;             // per app; none: rejected
    std::vector<std::int32_t> offset_of;  // per test of a placed app
    Score score;
};

enum class OffsetRule { earliest, snug };

class State {
  public:
    explicit State(const Problem& problem);

    const Problem& problem() const { return *problem_; }
    int node_of(int app) const { return node_of_[index(app)]; }
    std::int32_t offset_of(int test) const { return offset_of_[index(test)]; }
    std::int64_t free_cpu(int node) const { return free_cpu_[index(node)]; }
    std::int64_t free_mem(int node) const { return free_mem_[index(node)]; }
    const std::vector<int>& apps_on(int node) const { return apps_on_[index(node)]; }
    const Timetable& node_table(int node) const { return node_tables_[index(node)]; }
    const Timetable& server_table(int server) const { return server_tables_[index(server)]; }
    Resources resources(const Test& test, int node) const {
        return {&node_tables_[index(node)],
                test.server == none ? nullptr : &server_tables_[index(test.server)]};
    }
    const std::vector<int>& rejected() const { return rejected_; }
    Score score() const { return score_; }
    // A migration is an app that runs somewhere now and is planned for another node.
    bool would_migrate(int app, int node) const {
        const int current = problem_->apps[index(app)].current;
        return current != none && current != node;
    }

    bool has_room(int app, int node) const {
        const App& wanted = problem_->apps[index(app)];
        return wanted.cpu <= free_cpu_[index(node)] && wanted.mem <= free_mem_[index(node)];
    }
    // Places a rejected app with the first offsets that fit; false (and unchanged) when nothing fits.
    bool place(int app, int node, OffsetRule rule = OffsetRule::snug);
    // Places a rejected app with given offsets (offsets[i] for its i-th test); false when they do not fit.
    bool place_at(int app, int node, const std::int32_t* offsets);
    void remove(int app);

    Plan plan() const { return {node_of_, offset_of_, score_}; }
    void load(const Plan& plan);

  private:
    static std::size_t index(int i) { return static_cast<std::size_t>(i); }
    void book(int test, int node, std::int32_t offset_s);
    void unbook(int test, int node);
    void settle(int app, int node);

    const Problem* problem_;
    std::vector<int> node_of_;
    std::vector<std::int32_t> offset_of_;
    std::vector<std::int64_t> free_cpu_;
    std::vector<std::int64_t> free_mem_;
    std::vector<std::vector<int>> apps_on_;
    std::vector<Timetable> node_tables_;
    std::vector<Timetable> server_tables_;
    std::vector<int> rejected_;
    std::vector<int> place_in_list_;  // per app: its place in rejected_ or in apps_on_
    Score score_;
};

}  // namespace nmsched
