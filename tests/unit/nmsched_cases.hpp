// Random scheduling cases, and the bridge from a solver's answer to what the checker reads.
#pragma once

#include <string>

#include "../../tools/nmsched/check.hpp"
#include "../../tools/nmsched/random.hpp"
#include "../../tools/nmsched/solve.hpp"

namespace nmsched {

struct CaseSize {
    int nodes = 4;
    int apps = 16;
    int servers = 3;
    bool with_current = false;
};

inline Problem random_problem(Random& random, const CaseSize& size) {
    static constexpr std::int32_t harmonic[] = {60, 120, 300, 600};
    static constexpr std::int32_t odd[] = {7, 14, 30, 36, 45};
    Problem problem;
    const bool tame = random.below(2) == 0;
    problem.slot_s = tame ? 10 : 1 + static_cast<std::int32_t>(random.below(2));
    const int lans = 1 + static_cast<int>(random.below(3));
    for (int n = 0; n < size.nodes; ++n) {
        Node node{"n" + std::to_string(n), 1000 + random.below(4000), 1000 + random.below(4000), none};
        if (random.below(4) != 0) node.lan = static_cast<int>(random.below(static_cast<std::size_t>(lans)));
        problem.nodes.push_back(node);
    }
    for (int s = 0; s < size.servers; ++s) problem.servers.push_back("s" + std::to_string(s));
    for (int a = 0; a < size.apps; ++a) {
        App app;
        app.id = "a" + std::to_string(a);
        app.cpu = random.below(1500);
        app.mem = random.below(1500);
        if (random.below(3) == 0) app.lan = static_cast<int>(random.below(static_cast<std::size_t>(lans)));
        app.first_test = static_cast<int>(problem.tests.size());
        const auto tests = random.below(4);
        for (std::uint32_t t = 0; t < tests; ++t) {
            Test test;
            test.id = "t" + std::to_string(t);
            test.kind = random.below(4) == 0 ? TestClass::background : TestClass::exclusive;
            test.period_s = tame ? harmonic[random.below(4)] : odd[random.below(5)];
            test.duration_s = tame ? 10 * (1 + static_cast<std::int32_t>(random.below(3)))
                                   : 1 + static_cast<std::int32_t>(random.below(3));
            if (size.servers > 0 && random.below(3) != 0)
                test.server = static_cast<int>(random.below(static_cast<std::size_t>(size.servers)));
            problem.tests.push_back(test);
        }
        app.last_test = static_cast<int>(problem.tests.size());
        if (size.with_current && random.below(2) == 0) {
            app.current = random.below(8) == 0 ? gone : static_cast<int>(random.below(problem.nodes.size()));
            app.current_id =
                app.current == gone ? "lost" : problem.nodes[static_cast<std::size_t>(app.current)].id;
        }
        problem.apps.push_back(app);
    }
    problem.prepare();
    return problem;
}

inline check::Given given_of(const Problem& problem) {
    check::Given given;
    const auto lan = [](int id) { return id == none ? std::string() : "lan" + std::to_string(id); };
    given.slot_s = problem.slot_s;
    for (const Node& node : problem.nodes) given.nodes[node.id] = {node.cpu, node.mem, lan(node.lan)};
    for (const App& app : problem.apps) {
        check::GivenApp wanted{app.cpu, app.mem, lan(app.lan), {}};
        for (int t = app.first_test; t < app.last_test; ++t) {
            const Test& test = problem.tests[static_cast<std::size_t>(t)];
            wanted.tests.push_back(
                {test.id, test.kind == TestClass::exclusive, test.period_s, test.duration_s,
                 test.server == none ? "" : problem.servers[static_cast<std::size_t>(test.server)]});
        }
        given.apps[app.id] = wanted;
        if (app.current != none) given.current[app.id] = app.current_id;
    }
    return given;
}

inline check::Said said_of(const Problem& problem, const Answer& answer) {
    check::Said said;
    for (std::size_t a = 0; a < problem.apps.size(); ++a) {
        const App& app = problem.apps[a];
        const int placed = answer.plan.node_of[a];
        if (placed == none) {
            said.rejects.push_back(app.id);
            continue;
        }
        const std::string& node = problem.nodes[static_cast<std::size_t>(placed)].id;
        said.placements.emplace_back(app.id, node);
        if (app.current != none && app.current != placed)
            said.migrations.push_back({app.id, app.current_id, node});
        for (int t = app.first_test; t < app.last_test; ++t) {
            const Test& test = problem.tests[static_cast<std::size_t>(t)];
            said.slots.push_back(
                {app.id, test.id, node,
                 test.server == none ? "" : problem.servers[static_cast<std::size_t>(test.server)],
                 answer.plan.offset_of[static_cast<std::size_t>(t)], test.period_s, test.duration_s});
        }
    }
    const Score& score = answer.plan.score;
    said.summaries.push_back({static_cast<std::int64_t>(problem.apps.size()) - score.rejected, score.rejected,
                              score.migrations, score.nodes_used, answer.accepted_bound});
    return said;
}

inline Answer solve_iterations(const Problem& problem, std::int64_t iterations, std::uint64_t seed = 1) {
    Limits limits;
    limits.seed = seed;
    limits.iterations = iterations;
    return solve(problem, limits);
}

// "code reason; code reason" of what the checker finds; empty for a valid plan.
inline std::string complaints(const check::Given& given, const check::Said& said) {
    std::string text;
    for (const check::Finding& finding : check::check(given, said))
        text += finding.code + " " + finding.app + " " + finding.reason + "; ";
    return text;
}

}  // namespace nmsched
