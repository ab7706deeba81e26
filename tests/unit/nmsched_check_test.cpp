#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "../../tools/nmsched/check.hpp"
#include "nmsched_cases.hpp"

namespace nmsched {
namespace {

using check::Given;
using check::Said;
using check::SaidSlot;

// A mutation returns false when the case has nothing to break that way.
struct Mutation {
    std::string code;  // what the checker must say
    std::function<bool(Given&, Said&)> apply;
};

const check::GivenTest& test_of(const Given& given, const SaidSlot& slot) {
    const auto& tests = given.apps.at(slot.app).tests;
    return *std::find_if(tests.begin(), tests.end(), [&](const auto& test) { return test.id == slot.test; });
}

// Puts an exclusive slot on top of another one of the same node (or of the same server).
bool put_on_top(const Given& given, Said& said, bool same_node) {
    for (SaidSlot& a : said.slots)
        for (const SaidSlot& b : said.slots) {
            if (&a == &b || !test_of(given, a).exclusive || !test_of(given, b).exclusive) continue;
            if (same_node ? a.node != b.node : a.target.empty() || a.target != b.target || a.node == b.node)
                continue;
            if (b.offset_s >= a.period_s) continue;
            a.offset_s = b.offset_s;
            return true;
        }
    return false;
}

std::vector<Mutation> mutations() {
    return {
        {"overlap", [](Given& given, Said& said) { return put_on_top(given, said, true); }},
        {"overlap", [](Given& given, Said& said) { return put_on_top(given, said, false); }},
        {"overfull",
         [](Given& given, Said& said) {
             for (const auto& [app, node] : said.placements)
                 if (given.apps[app].cpu > 0) {
                     given.nodes[node].cpu = given.apps[app].cpu - 1;
                     return true;
                 }
             return false;
         }},
        {"overfull",
         [](Given& given, Said& said) {
             for (const auto& [app, node] : said.placements)
                 if (given.apps[app].mem > 0) {
                     given.nodes[node].mem = given.apps[app].mem - 1;
                     return true;
                 }
             return false;
         }},
        {"wrong_lan",
         [](Given& given, Said& said) {
             if (said.placements.empty()) return false;
             given.apps[said.placements.front().first].lan = "elsewhere";
             return true;
         }},
        {"missing_app",
         [](Given&, Said& said) {
             if (said.rejects.empty()) return false;
             said.rejects.pop_back();
             return true;
         }},
        {"missing_app",
         [](Given& given, Said&) {
             given.apps["forgotten"] = {};
             return true;
         }},
        {"app_twice",
         [](Given&, Said& said) {
             if (said.placements.empty()) return false;
             said.rejects.push_back(said.placements.front().first);
             return true;
         }},
        {"app_twice",
         [](Given&, Said& said) {
             if (said.placements.empty()) return false;
             said.placements.push_back(said.placements.front());
             return true;
         }},
        {"unknown_app",
         [](Given&, Said& said) {
             said.rejects.push_back("stranger");
             return true;
         }},
        {"unknown_node",
         [](Given&, Said& said) {
             if (said.placements.empty()) return false;
             said.placements.front().second = "nowhere";
             return true;
         }},
        {"missing_slot",
         [](Given&, Said& said) {
             if (said.slots.empty()) return false;
             said.slots.pop_back();
             return true;
         }},
        {"slot_twice",
         [](Given&, Said& said) {
             if (said.slots.empty()) return false;
             said.slots.push_back(said.slots.front());
             return true;
         }},
        {"stray_slot",
         [](Given&, Said& said) {
             if (said.slots.empty()) return false;
             said.slots.push_back(said.slots.front());
             said.slots.back().test = "surplus";
             return true;
         }},
        {"stray_slot",
         [](Given&, Said& said) {
             if (said.rejects.empty()) return false;
             said.slots.push_back({said.rejects.front(), "t0", "n0", "", 0, 60, 10});
             return true;
         }},
        {"bad_offset",
         [](Given&, Said& said) {
             if (said.slots.empty()) return false;
             said.slots.front().offset_s = said.slots.front().period_s;
             return true;
         }},
        {"bad_offset",
         [](Given&, Said& said) {
             if (said.slots.empty()) return false;
             said.slots.front().offset_s = -1;
             return true;
         }},
        {"bad_offset",
         [](Given& given, Said& said) {
             if (said.slots.empty() || given.slot_s == 1) return false;
             said.slots.front().offset_s +=
                 said.slots.front().offset_s + 1 < said.slots.front().period_s ? 1 : -1;
             return true;
         }},
        {"wrong_slot",
         [](Given&, Said& said) {
             if (said.slots.empty()) return false;
             said.slots.front().period_s += 60;
             return true;
         }},
        {"wrong_slot",
         [](Given&, Said& said) {
             if (said.slots.empty()) return false;
             said.slots.front().duration_s += 1;
             return true;
         }},
        {"wrong_slot",
         [](Given&, Said& said) {
             if (said.slots.empty()) return false;
             said.slots.front().target += "x";
             return true;
         }},
        {"wrong_slot",
         [](Given&, Said& said) {
             if (said.slots.empty()) return false;
             said.slots.front().node = "elsewhere";
             return true;
         }},
        {"missing_migration",
         [](Given&, Said& said) {
             if (said.migrations.empty()) return false;
             said.migrations.pop_back();
             return true;
         }},
        {"wrong_migration",
         [](Given& given, Said& said) {
             for (const auto& [app, node] : said.placements)
                 if (!given.current.contains(app)) {
                     said.migrations.push_back({app, "n0", node});
                     return true;
                 }
             return false;
         }},
        {"wrong_migration",
         [](Given&, Said& said) {
             if (said.migrations.empty()) return false;
             said.migrations.front().from = "elsewhere";
             return true;
         }},
        {"wrong_summary",
         [](Given&, Said& said) {
             said.summaries.front().nodes_used += 1;
             return true;
         }},
        {"wrong_summary",
         [](Given&, Said& said) {
             said.summaries.clear();
             return true;
         }},
        {"wrong_bound",
         [](Given&, Said& said) {
             if (said.placements.empty()) return false;
             said.summaries.front().bound = said.summaries.front().accepted - 1;
             return true;
         }},
    };
}

TEST(NmschedCheck, EverySeededMutationIsCaught) {
    Random random(41);
    const auto all = mutations();
    std::vector<int> applied(all.size(), 0);
    for (int round = 0; round < 300; ++round) {
        const Problem problem = random_problem(random, {4, 14, 2, true});
        const Given given = given_of(problem);
        const Said said = said_of(problem, solve_iterations(problem, 0));
        ASSERT_EQ(complaints(given, said), "");
        for (std::size_t m = 0; m < all.size(); ++m) {
            Given mutated_given = given;
            Said mutated_said = said;
            if (!all[m].apply(mutated_given, mutated_said)) continue;
            ++applied[m];
            std::set<std::string> codes;
            for (const auto& finding : check::check(mutated_given, mutated_said)) codes.insert(finding.code);
            ASSERT_TRUE(codes.contains(all[m].code))
                << all[m].code << " (mutation " << m << ") of case " << round;
        }
    }
    for (std::size_t m = 0; m < all.size(); ++m) EXPECT_GT(applied[m], 20) << all[m].code << " " << m;
}

// Second by second over the least common multiple.
bool together_by_expansion(const SaidSlot& a, const SaidSlot& b) {
    const std::int64_t all = std::lcm(a.period_s, b.period_s);
    for (std::int64_t s = 0; s < all; ++s)
        if ((s + all - a.offset_s) % a.period_s < a.duration_s &&
            (s + all - b.offset_s) % b.period_s < b.duration_s)
            return true;
    return false;
}

TEST(NmschedCheck, TwoTestsMeetExactlyWhenTheirExpandedTimelinesDo) {
    Random random(42);
    const auto draw = [&] {
        SaidSlot slot;
        slot.period_s = 1 + random.below(24);
        slot.duration_s = 1 + random.below(std::min<std::size_t>(5, static_cast<std::size_t>(slot.period_s)));
        slot.offset_s = random.below(static_cast<std::size_t>(slot.period_s));
        return slot;
    };
    int apart = 0;
    for (int round = 0; round < 50'000; ++round) {
        const SaidSlot a = draw(), b = draw();
        const bool together = check::ever_together(a, b);
        ASSERT_EQ(together, together_by_expansion(a, b));
        ASSERT_EQ(together, check::ever_together(b, a));
        apart += !together;
    }
    EXPECT_GT(apart, 500);
}

TEST(NmschedCheck, PeriodsWithAHugeCommonMultipleAreStillExact) {
    SaidSlot a, b;
    a.period_s = 999'999'998;  // gcd 2
    b.period_s = 999'999'996;
    a.duration_s = b.duration_s = 1;
    a.offset_s = 0;
    b.offset_s = 1;
    EXPECT_FALSE(check::ever_together(a, b));
    b.offset_s = 2;
    EXPECT_TRUE(check::ever_together(a, b));
}

}  // namespace
}  // namespace nmsched
