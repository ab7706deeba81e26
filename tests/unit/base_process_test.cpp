#include <gtest/gtest.h>

#include "base/process.hpp"

namespace nm {
namespace {

TEST(Process, GivesOutputErrorsAndStatus) {
    const auto end = run_process({{"sh", "-c", "echo out; echo first >&2; echo last >&2; exit 3"}, {}});
    ASSERT_TRUE(end);
    EXPECT_EQ(end->exit_code, 3);
    EXPECT_EQ(end->out, "out\n");
    EXPECT_EQ(end->reason(), "last");
    EXPECT_FALSE(end->ok());
}

TEST(Process, ArgumentsReachTheProgramAsTheyAre) {
    const auto end = run_process({{"printf", "%s|", "a b", "$(id)", "", "'\";"}, {}});
    ASSERT_TRUE(end);
    EXPECT_EQ(end->out, "a b|$(id)||'\";|");
}

TEST(Process, EnvironmentReplacesOursOfThatName) {
    const auto end = run_process({{"sh", "-c", "echo $PATH $NEW"}, {"PATH=/bin:/usr/bin", "NEW=x"}});
    ASSERT_TRUE(end);
    EXPECT_EQ(end->out, "/bin:/usr/bin x\n");
}

TEST(Process, MissingProgramIsUnavailable) {
    const auto end = run_process({{"no-such-program-here"}, {}});
    ASSERT_FALSE(end);
    EXPECT_EQ(end.error().exit, Exit::unavailable);
}

TEST(Process, TimeLimitEndsTheWholeGroup) {
    const std::int64_t began = monotonic_ns();
    const auto end = run_process({{"sh", "-c", "sleep 60 & sleep 60"}, {}, 200 * ns_per_ms});
    ASSERT_TRUE(end);
    EXPECT_TRUE(end->timed_out);
    EXPECT_EQ(end->reason(), "took too long");
    EXPECT_LT(monotonic_ns() - began, 10 * ns_per_s);
}

TEST(Process, OneThatStaysBehindWithThePipesDoesNotHoldUsUp) {
    const std::int64_t began = monotonic_ns();
    const auto end = run_process({{"sh", "-c", "sleep 5 & echo started"}, {}});
    ASSERT_TRUE(end);
    EXPECT_EQ(end->out, "started\n");
    EXPECT_LT(monotonic_ns() - began, 3 * ns_per_s);
}

TEST(Process, LargeOutputArrivesWhole) {
    const auto end = run_process({{"head", "-c", "3000000", "/dev/zero"}, {}});
    ASSERT_TRUE(end);
    EXPECT_EQ(end->out.size(), 3'000'000U);
}

TEST(Process, SignalIsTold) {
    const auto end = run_process({{"sh", "-c", "kill -9 $$"}, {}});
    ASSERT_TRUE(end);
    EXPECT_EQ(end->exit_code, 128 + 9);
    EXPECT_EQ(end->reason(), "ended by signal 9");
}

}  // namespace
}  // namespace nm
