#include <gtest/gtest.h>

#include "../../tools/nmsched/random.hpp"
#include "../../tools/nmsched/timetable.hpp"

namespace nmsched {
namespace {

// One app per test, so that any period and duration can be asked for.
struct Fixture {
    Problem problem;
    int add(std::int32_t period_s, std::int32_t duration_s) {
        Test test;
        test.period_s = period_s;
        test.duration_s = duration_s;
        problem.tests.push_back(test);
        App app;
        app.first_test = static_cast<int>(problem.apps.size());
        app.last_test = app.first_test + 1;
        problem.apps.push_back(app);
        return app.first_test;
    }
    const Test& test(int index) const { return problem.tests[static_cast<std::size_t>(index)]; }
};

// Second by second over the least common multiple.
bool overlap_by_expansion(const Test& a, std::int32_t a_offset, const Test& b, std::int32_t b_offset) {
    const std::int32_t all = std::lcm(a.period_s, b.period_s);
    for (std::int32_t s = 0; s < all; ++s) {
        const bool in_a = (s + a.period_s - a_offset % a.period_s) % a.period_s < a.duration_s;
        const bool in_b = (s + b.period_s - b_offset % b.period_s) % b.period_s < b.duration_s;
        if (in_a && in_b) return true;
    }
    return false;
}

Fixture random_tests(Random& random, int count) {
    static constexpr std::int32_t periods[] = {6, 8, 9, 12, 16, 18, 24, 36};
    Fixture fixture;
    fixture.problem.slot_s = 1 + static_cast<std::int32_t>(random.below(3));
    for (int i = 0; i < count; ++i)
        fixture.add(periods[random.below(8)], 1 + static_cast<std::int32_t>(random.below(4)));
    fixture.problem.prepare();
    return fixture;
}

TEST(NmschedTimetable, AnOffsetIsFreeExactlyWhenTheExpandedTimelineIs) {
    Random random(11);
    int free_seen = 0, taken_seen = 0;
    for (int round = 0; round < 20'000; ++round) {
        const Fixture f = random_tests(random, 2);
        const auto booked_at =
            static_cast<std::int32_t>(random.below(static_cast<std::size_t>(f.test(0).period_s)));
        const auto asked =
            static_cast<std::int32_t>(random.below(static_cast<std::size_t>(f.test(1).period_s)));
        Timetable node, server;
        (round % 2 == 0 ? node : server).add(f.test(0), 0, booked_at);
        const bool free = is_free(f.problem, f.test(1), {&node, &server}, asked);
        ASSERT_EQ(free, !overlap_by_expansion(f.test(0), booked_at, f.test(1), asked));
        (free ? free_seen : taken_seen) += 1;
    }
    EXPECT_GT(free_seen, 1000);
    EXPECT_GT(taken_seen, 1000);
}

TEST(NmschedTimetable, TheEarliestOffsetIsTheFirstFreeOneOfTheGrid) {
    Random random(12);
    int found = 0, full = 0;
    for (int round = 0; round < 20'000; ++round) {
        const Fixture f = random_tests(random, 5);
        Timetable node, server;
        for (int t = 0; t < 4; ++t) {
            Timetable& table = random.below(2) == 0 ? node : server;
            const auto offset = earliest_offset(f.problem, f.test(t), {&table, nullptr},
                                                static_cast<std::int32_t>(random.below(6)));
            if (offset) table.add(f.test(t), t, *offset);
        }
        std::optional<std::int32_t> first;
        for (std::int32_t o = 0; o < f.test(4).period_s && !first; o += f.problem.slot_s)
            if (is_free(f.problem, f.test(4), {&node, &server}, o)) first = o;
        ASSERT_EQ(earliest_offset(f.problem, f.test(4), {&node, &server}), first);
        const auto snug = snug_offset(f.problem, f.test(4), {&node, &server});
        ASSERT_EQ(snug.has_value(), first.has_value());
        if (snug) {
            ASSERT_TRUE(is_free(f.problem, f.test(4), {&node, &server}, *snug));
            ASSERT_EQ(*snug % f.problem.slot_s, 0);
            ASSERT_LT(*snug, f.test(4).period_s);
        }
        (first ? found : full) += 1;
    }
    EXPECT_GT(found, 1000);
    EXPECT_GT(full, 1000);
}

TEST(NmschedTimetable, DurationsThatFillTheCommonDivisorExactlyFit) {
    Fixture f;
    f.add(60, 20);
    f.add(90, 10);
    f.add(90, 11);
    f.problem.prepare();
    Timetable node;
    node.add(f.test(0), 0, 0);
    EXPECT_EQ(earliest_offset(f.problem, f.test(1), {&node, nullptr}), 20);
    EXPECT_EQ(earliest_offset(f.problem, f.test(2), {&node, nullptr}), std::nullopt);
}

TEST(NmschedTimetable, ALongPeriodIsStackedWhereShortOnesStillFit) {
    Fixture f;
    f.add(600, 30);
    f.add(600, 30);
    f.add(60, 30);
    f.problem.prepare();
    Timetable node;
    node.add(f.test(0), 0, 0);
    const auto second = snug_offset(f.problem, f.test(1), {&node, nullptr});
    ASSERT_TRUE(second);
    node.add(f.test(1), 1, *second);
    EXPECT_TRUE(earliest_offset(f.problem, f.test(2), {&node, nullptr}));
}

TEST(NmschedTimetable, ARemovedBookingLeavesNoTrace) {
    Fixture f;
    f.add(60, 60);
    f.add(60, 1);
    f.problem.prepare();
    Timetable node;
    node.add(f.test(0), 0, 0);
    EXPECT_FALSE(earliest_offset(f.problem, f.test(1), {&node, nullptr}));
    node.remove(0);
    EXPECT_EQ(earliest_offset(f.problem, f.test(1), {&node, nullptr}), 0);
}

}  // namespace
}  // namespace nmsched
