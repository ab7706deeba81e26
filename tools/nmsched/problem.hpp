// The scheduling problem in memory: integers and indices only, so that the search never touches a string.
// Units: cpu in milli-cores, mem in MiB (any integers do, as long as nodes and apps agree), times in seconds.
// Proof: tests/unit/nmsched_timetable_test.cpp, nmsched_solve_test.cpp.
#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

namespace nmsched {

inline constexpr int none = -1;
// The app runs on a node that the input does not have any more: it must move, and the move is told.
inline constexpr int gone = -2;
// Periods are at most about 31 years, so that start + period + duration fits 32 bits in the inner loops.
inline constexpr std::int32_t longest_period_s = 1'000'000'000;

struct Node {
    std::string id;
    std::int64_t cpu = 0;
    std::int64_t mem = 0;
    int lan = none;
};

enum class TestClass { exclusive, background };

struct Test {
    std::string id;
    TestClass kind = TestClass::exclusive;
    std::int32_t period_s = 0;
    std::int32_t duration_s = 0;
    int server = none;                 // the target, which an exclusive test has to itself
    std::int32_t current_s = none;     // the offset it has now: kept while it fits
    int app = none;                    // set by prepare()
    std::int32_t period_class = none;  // set by prepare(); index of period_s among the distinct periods
};

struct App {
    std::string id;
    std::int64_t cpu = 0;
    std::int64_t mem = 0;
    int lan = none;          // none: any node will do
    int current = none;      // node it runs on now, none or gone
    std::string current_id;  // the name of that node
    int first_test = 0;      // its tests are tests[first_test, last_test)
    int last_test = 0;
};

// Why an app can never be placed, whatever the others do; `no` when it could be, alone.
enum class Hopeless { no, no_node_in_lan, too_large, duration_over_period, tests_conflict };

struct Problem {
    std::int32_t slot_s = 1;  // every offset is a multiple of it
    std::vector<Node> nodes;
    std::vector<App> apps;
    std::vector<Test> tests;  // grouped by app
    std::vector<std::string> servers;

    // Derived by prepare().
    std::vector<std::int32_t> periods;       // distinct periods of exclusive tests, ascending
    std::vector<std::int32_t> gcds;          // periods x periods
    std::vector<Hopeless> hopeless;          // per app
    std::vector<std::vector<int>> eligible;  // per app: nodes that could hold it alone, ascending
    bool has_current = false;

    void prepare();
    bool may_use(int app, int node) const {
        const std::vector<int>& nodes_of = eligible[static_cast<std::size_t>(app)];
        return std::binary_search(nodes_of.begin(), nodes_of.end(), node);
    }
    // gcds[row + other class]: the row of one period class.
    const std::int32_t* gcd_row(std::int32_t period_class) const {
        return gcds.data() + static_cast<std::size_t>(period_class) * periods.size();
    }
};

}  // namespace nmsched
