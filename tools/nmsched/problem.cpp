#include "problem.hpp"

#include <algorithm>

namespace nmsched {
namespace {

// Can the app's own tests share one node?
Hopeless tests_alone(const Problem& problem, const App& app) {
    for (int t = app.first_test; t < app.last_test; ++t) {
        const Test& test = problem.tests[static_cast<std::size_t>(t)];
        if (test.duration_s > test.period_s) return Hopeless::duration_over_period;
        if (test.kind != TestClass::exclusive) continue;
        for (int u = app.first_test; u < t; ++u) {
            const Test& other = problem.tests[static_cast<std::size_t>(u)];
            if (other.kind != TestClass::exclusive) continue;
            // d + d' <= gcd(T, T') is necessary for any two offsets.
            if (test.duration_s + other.duration_s > std::gcd(test.period_s, other.period_s))
                return Hopeless::tests_conflict;
        }
    }
    return Hopeless::no;
}

Hopeless find_eligible(const Problem& problem, const App& app, std::vector<int>& eligible) {
    Hopeless why = Hopeless::no_node_in_lan;
    for (std::size_t n = 0; n < problem.nodes.size(); ++n) {
        const Node& node = problem.nodes[n];
        if (app.lan != none && app.lan != node.lan) continue;
        if (why == Hopeless::no_node_in_lan) why = Hopeless::too_large;
        if (app.cpu <= node.cpu && app.mem <= node.mem) eligible.push_back(static_cast<int>(n));
    }
    return eligible.empty() ? why : Hopeless::no;
}

}  // namespace

void Problem::prepare() {
    periods.clear();
    for (std::size_t a = 0; a < apps.size(); ++a) {
        has_current = has_current || apps[a].current != none;
        for (int t = apps[a].first_test; t < apps[a].last_test; ++t) {
            Test& test = tests[static_cast<std::size_t>(t)];
            test.app = static_cast<int>(a);
            if (test.kind == TestClass::exclusive) periods.push_back(test.period_s);
        }
    }
    std::sort(periods.begin(), periods.end());
    periods.erase(std::unique(periods.begin(), periods.end()), periods.end());
    for (Test& test : tests)
        if (test.kind == TestClass::exclusive)
            test.period_class = static_cast<std::int32_t>(
                std::lower_bound(periods.begin(), periods.end(), test.period_s) - periods.begin());
    gcds.clear();
    gcds.reserve(periods.size() * periods.size());
    for (const std::int32_t a : periods)
        for (const std::int32_t b : periods) gcds.push_back(std::gcd(a, b));

    eligible.assign(apps.size(), {});
    hopeless.assign(apps.size(), Hopeless::no);
    for (std::size_t a = 0; a < apps.size(); ++a) {
        hopeless[a] = tests_alone(*this, apps[a]);
        if (hopeless[a] == Hopeless::no) hopeless[a] = find_eligible(*this, apps[a], eligible[a]);
    }
}

}  // namespace nmsched
