#include <gtest/gtest.h>

#include "../../tools/nmsched/greedy.hpp"
#include "../../tools/nmsched/solve.hpp"
#include "base/clock.hpp"
#include "nmsched_cases.hpp"

namespace nmsched {
namespace {

CaseSize any_size(Random& random) {
    return {1 + static_cast<int>(random.below(6)), static_cast<int>(random.below(25)),
            static_cast<int>(random.below(4)), random.below(2) == 0};
}

TEST(NmschedSolve, EveryPlanPassesTheIndependentChecker) {
    Random random(21);
    for (int round = 0; round < 1'000; ++round) {
        const Problem problem = random_problem(random, any_size(random));
        const Answer answer = solve_iterations(problem, round % 3, random.next());
        ASSERT_EQ(complaints(given_of(problem), said_of(problem, answer)), "") << "case " << round;
        ASSERT_LE(answer.plan.score, answer.greedy);
    }
}

TEST(NmschedSolve, MoreIterationsAreNeverWorse) {
    Random random(22);
    for (int round = 0; round < 8; ++round) {
        const Problem problem = random_problem(random, {4, 20, 3, round % 2 == 0});
        Score last = solve_iterations(problem, 0).plan.score;
        for (const int iterations : {1, 2, 4}) {
            const Score now = solve_iterations(problem, iterations).plan.score;
            ASSERT_LE(now, last);
            last = now;
        }
    }
}

TEST(NmschedSolve, TheSameSeedGivesTheSamePlan) {
    Random random(23);
    for (int round = 0; round < 8; ++round) {
        const Problem problem = random_problem(random, {4, 20, 3, round % 2 == 0});
        const Answer one = solve_iterations(problem, 2, 7);
        const Answer two = solve_iterations(problem, 2, 7);
        ASSERT_EQ(one.plan.node_of, two.plan.node_of);
        ASSERT_EQ(one.plan.offset_of, two.plan.offset_of);
    }
}

// The plan becomes the current state of the next run.
void make_current(Problem& problem, const Plan& plan) {
    for (std::size_t a = 0; a < problem.apps.size(); ++a) {
        App& app = problem.apps[a];
        app.current = plan.node_of[a];
        app.current_id = app.current == none ? "" : problem.nodes[static_cast<std::size_t>(app.current)].id;
        for (int t = app.first_test; t < app.last_test; ++t)
            problem.tests[static_cast<std::size_t>(t)].current_s =
                app.current == none ? none : plan.offset_of[static_cast<std::size_t>(t)];
    }
    problem.prepare();
}

TEST(NmschedSolve, ReplanningItsOwnPlanMovesNothing) {
    Random random(24);
    for (int round = 0; round < 40; ++round) {
        Problem problem = random_problem(random, {5, 12, 3, false});
        const Answer first = solve_iterations(problem, 2);
        make_current(problem, first.plan);
        const Answer again = solve_iterations(problem, 2);
        ASSERT_LE(again.plan.score.rejected, first.plan.score.rejected);
        if (again.plan.score.rejected < first.plan.score.rejected) continue;  // a better plan may move apps
        ASSERT_EQ(again.plan.score.migrations, 0);
        ASSERT_EQ(again.plan.node_of, first.plan.node_of);
        for (std::size_t t = 0; t < problem.tests.size(); ++t)
            if (problem.tests[t].current_s != none) {
                ASSERT_EQ(again.plan.offset_of[t], first.plan.offset_of[t]);
            }
    }
}

TEST(NmschedSolve, ANewAppThatFitsMovesNobody) {
    Random random(25);
    int fitted = 0;
    for (int round = 0; round < 40; ++round) {
        Problem problem = random_problem(random, {5, 12, 3, false});
        make_current(problem, solve_iterations(problem, 1).plan);
        App app;
        app.id = "new";
        app.cpu = app.mem = 10;
        app.first_test = app.last_test = static_cast<int>(problem.tests.size());
        problem.apps.push_back(app);
        problem.prepare();
        const Answer answer = solve_iterations(problem, 1);
        if (answer.plan.node_of.back() == none) continue;
        ++fitted;
        ASSERT_EQ(answer.plan.score.migrations, 0);
    }
    EXPECT_GT(fitted, 35);
}

TEST(NmschedSolve, AnAppOnALostNodeMovesAndIsCounted) {
    Problem problem;
    problem.nodes.push_back({"n0", 1000, 1000, none});
    App app;
    app.id = "a0";
    app.cpu = app.mem = 1;
    app.current = gone;
    app.current_id = "lost";
    problem.apps.push_back(app);
    problem.prepare();
    const Answer answer = solve_iterations(problem, 1);
    EXPECT_EQ(answer.plan.score, (Score{0, 0, 1, 1}));
}

TEST(NmschedSolve, AnOverfullCurrentNodeIsRelievedByMovingAsLittleAsPossible) {
    Problem problem;
    problem.nodes.push_back({"n0", 100, 100, none});
    problem.nodes.push_back({"n1", 100, 100, none});
    for (int a = 0; a < 3; ++a) {
        App app;
        app.id = "a" + std::to_string(a);
        app.cpu = 50;
        app.mem = 10;
        app.current = 0;
        app.current_id = "n0";
        problem.apps.push_back(app);
    }
    problem.prepare();
    EXPECT_EQ(solve_iterations(problem, 1).plan.score, (Score{0, 0, 1, 2}));
}

TEST(NmschedSolve, HopelessAppsSayWhy) {
    Problem problem;
    problem.nodes.push_back({"n0", 100, 100, 0});
    const auto add = [&](std::int64_t cpu, int lan,
                         std::vector<std::pair<std::int32_t, std::int32_t>> tests) {
        App app;
        app.cpu = cpu;
        app.lan = lan;
        app.first_test = static_cast<int>(problem.tests.size());
        for (const auto& [period, duration] : tests) {
            nmsched::Test test;
            test.period_s = period;
            test.duration_s = duration;
            problem.tests.push_back(test);
        }
        app.last_test = static_cast<int>(problem.tests.size());
        problem.apps.push_back(app);
    };
    add(1, 0, {{60, 60}});
    add(101, 0, {});
    add(1, 1, {});
    add(1, 0, {{60, 61}});
    add(1, 0, {{60, 10}, {90, 21}});
    problem.prepare();
    using enum Hopeless;
    EXPECT_EQ(problem.hopeless,
              (std::vector{no, too_large, no_node_in_lan, duration_over_period, tests_conflict}));
    const Answer answer = solve_iterations(problem, 5);
    EXPECT_EQ(answer.plan.score, (Score{4, 0, 0, 1}));
    EXPECT_TRUE(answer.proven_optimal);
}

TEST(NmschedSolve, TheTimeLimitIsKeptWithinFiftyMilliseconds) {
    Random random(26);
    const Problem problem = random_problem(random, {60, 1'000, 40, true});
    for (const std::int64_t limit_ms : {20, 100, 300}) {
        Limits limits;
        limits.started_ns = nm::monotonic_ns();
        limits.time_limit_ns = limit_ms * nm::ns_per_ms;
        solve(problem, limits);
        EXPECT_LT((nm::monotonic_ns() - limits.started_ns) / nm::ns_per_ms, limit_ms + 50);
    }
}

TEST(NmschedSolve, ALimitOfZeroGivesTheGreedyPlan) {
    Random random(27);
    const Problem problem = random_problem(random, {10, 60, 5, false});
    Limits limits;
    limits.started_ns = nm::monotonic_ns();
    limits.time_limit_ns = 0;
    const Answer answer = solve(problem, limits);
    EXPECT_EQ(answer.plan.score, answer.greedy);
    EXPECT_EQ(answer.iterations, 0);
    EXPECT_LT(answer.plan.score.rejected, 60);
}

TEST(NmschedSolve, AnEmptyProblemHasAnEmptyPlan) {
    Problem problem;
    problem.prepare();
    const Answer answer = solve_iterations(problem, 3);
    EXPECT_EQ(answer.plan.score, Score{});
    EXPECT_TRUE(answer.proven_optimal);
}

}  // namespace
}  // namespace nmsched
