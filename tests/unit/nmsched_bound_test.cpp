#include <gtest/gtest.h>

#include "../../tools/nmsched/bound.hpp"
#include "nmsched_cases.hpp"

namespace nmsched {
namespace {

// Tries every node and every offset for every app.
class Exhaustive {
  public:
    explicit Exhaustive(const Problem& problem) : problem_(problem), state_(problem) {
        best_ = state_.score();
        try_app(0);
    }
    Score best() const { return best_; }

  private:
    void try_app(int app) {
        if (app == static_cast<int>(problem_.apps.size())) {
            best_ = std::min(best_, state_.score());
            return;
        }
        const App& wanted = problem_.apps[static_cast<std::size_t>(app)];
        for (const int node : problem_.eligible[static_cast<std::size_t>(app)]) {
            std::vector<std::int32_t> offsets(static_cast<std::size_t>(wanted.last_test - wanted.first_test),
                                              0);
            do {
                if (!state_.place_at(app, node, offsets.data())) continue;
                try_app(app + 1);
                state_.remove(app);
            } while (next(wanted, offsets));
        }
        try_app(app + 1);
    }
    bool next(const App& app, std::vector<std::int32_t>& offsets) const {
        for (std::size_t i = 0; i < offsets.size(); ++i) {
            const Test& test = problem_.tests[static_cast<std::size_t>(app.first_test) + i];
            if (++offsets[i] < test.period_s) return true;
            offsets[i] = 0;
        }
        return false;
    }

    const Problem& problem_;
    State state_;
    Score best_;
};

Problem tiny_problem(Random& random) {
    static constexpr std::int32_t periods[] = {2, 3, 4, 6};
    Problem problem;
    const auto nodes = 1 + random.below(2);
    for (std::uint32_t n = 0; n < nodes; ++n)
        problem.nodes.push_back({"n" + std::to_string(n), 2 + random.below(4), 10, none});
    problem.servers = {"s0", "s1"};
    const auto apps = 1 + random.below(4);
    for (std::uint32_t a = 0; a < apps; ++a) {
        App app;
        app.id = "a" + std::to_string(a);
        app.cpu = random.below(4);
        app.first_test = static_cast<int>(problem.tests.size());
        Test test;
        test.id = "t";
        test.period_s = periods[random.below(4)];
        test.duration_s = 1 + static_cast<std::int32_t>(random.below(2));
        test.server = static_cast<int>(random.below(3)) - 1;
        problem.tests.push_back(test);
        app.last_test = static_cast<int>(problem.tests.size());
        problem.apps.push_back(app);
    }
    problem.prepare();
    return problem;
}

TEST(NmschedBound, NeitherTheBoundNorTheProofIsEverWrong) {
    Random random(31);
    int proven = 0, optimal = 0, tight = 0;
    constexpr int cases = 1'000;
    for (int round = 0; round < cases; ++round) {
        const Problem problem = tiny_problem(random);
        const Score best = Exhaustive(problem).best();
        const int apps = static_cast<int>(problem.apps.size());
        const Answer answer = solve_iterations(problem, 2);
        ASSERT_GE(answer.accepted_bound, apps - best.rejected) << "case " << round;
        ASSERT_GE(answer.plan.score, best) << "case " << round;
        if (answer.proven_optimal) {
            ASSERT_EQ(answer.plan.score, best) << "case " << round;
        }
        proven += answer.proven_optimal;
        optimal += answer.plan.score == best;
        tight += answer.accepted_bound == apps - best.rejected;
    }
    EXPECT_GT(proven, cases / 2);
    EXPECT_GT(tight, cases / 2);
    EXPECT_GT(optimal, cases * 99 / 100);
}

TEST(NmschedBound, AServersExactSetBeatsItsDensity) {
    // Shares 1/2 + 2/5 stay below one, but 30 + 40 s do not fit gcd(60, 100) = 20 s.
    Problem problem;
    problem.nodes.push_back({"n0", 100, 100, none});
    problem.nodes.push_back({"n1", 100, 100, none});
    problem.servers = {"s0"};
    for (const auto& [period, duration] : {std::pair(60, 30), std::pair(100, 40)}) {
        App app;
        app.first_test = static_cast<int>(problem.tests.size());
        app.last_test = app.first_test + 1;
        nmsched::Test test;
        test.period_s = period;
        test.duration_s = duration;
        test.server = 0;
        problem.tests.push_back(test);
        problem.apps.push_back(app);
    }
    problem.prepare();
    Stop stop(0, nullptr);
    EXPECT_EQ(accepted_bound(problem, 1'000, stop), 1);
    EXPECT_EQ(accepted_bound(problem, 0, stop), 1);
}

}  // namespace
}  // namespace nmsched
