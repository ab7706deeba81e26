#include <gtest/gtest.h>

#include "../../tools/nmsched/input.hpp"
#include "base/result.hpp"

namespace nmsched {
namespace {

std::string refusal(const std::string& line) {
    Input input;
    try {
        input.take(line);
    } catch (const nm::UserError& error) {
        EXPECT_EQ(error.exit(), nm::Exit::bad_data);
        return error.what();
    }
    return "";
}

std::string app_with_test(const std::string& members) {
    return R"({"type":"app","id":"a","cpu":1,"mem":1,"tests":[{"id":"t",)" + members + "}]}";
}

TEST(NmschedInput, RecordsBecomeAProblem) {
    Input input;
    input.take(R"({"type":"config","slot_s":10,"objective":["accepted","nodes_used"]})");
    input.take(
        R"({"type":"app","id":"a","cpu":5,"mem":6,"lan":"l2","tests":[{"id":"t","class":"exclusive",)"
        R"("period_s":60,"duration_s":10,"target":"s"},{"id":"u","class":"background","period_s":60,"duration_s":70}]})");
    input.take(R"({"type":"node","id":"n1","cpu":50,"mem":60,"lan":"l1","colour":"green"})");
    input.take(R"({"type":"node","id":"n2","cpu":50,"mem":60,"lan":"l2"})");
    input.take(R"({"type":"placement","ts":"2026-01-02T03:04:05Z","app":"a","node":"n2"})");
    input.take(
        R"({"type":"slot","app":"a","test":"t","node":"n2","offset_s":20,"period_s":60,"duration_s":10})");
    input.take(R"({"type":"placement","app":"b","node":"n2"})");
    EXPECT_EQ(input.take(R"({"type":"plan.summary","accepted":1})"), Input::Taken::skipped);
    EXPECT_EQ(input.take(R"({"type":"probe.icmp","target":"x"})"), Input::Taken::foreign);
    const Problem problem = input.finish();
    ASSERT_EQ(problem.apps.size(), 1U);
    EXPECT_EQ(problem.slot_s, 10);
    EXPECT_EQ(problem.apps[0].current, 1);
    EXPECT_EQ(problem.tests[0].current_s, 20);
    EXPECT_EQ(problem.hopeless[0], Hopeless::duration_over_period);
    EXPECT_EQ(input.stale(), 1);
    EXPECT_EQ(nm::to_string(input.newest()), "2026-01-02T03:04:05.000000Z");
}

TEST(NmschedInput, ASlotOfAnotherPeriodOrOffTheGridIsNotKept) {
    for (const char* slot : {R"("offset_s":20,"period_s":120)", R"("offset_s":25,"period_s":60)",
                             R"("offset_s":60,"period_s":60)"}) {
        Input input;
        input.take(R"({"type":"config","slot_s":10})");
        input.take(R"({"type":"node","id":"n","cpu":1,"mem":1})");
        input.take(app_with_test(R"("class":"exclusive","period_s":60,"duration_s":10)"));
        input.take(R"({"type":"placement","app":"a","node":"n"})");
        input.take(std::string(R"({"type":"slot","app":"a","test":"t","node":"n","duration_s":10,)") + slot +
                   "}");
        EXPECT_EQ(input.finish().tests[0].current_s, none) << slot;
    }
}

TEST(NmschedInput, WhatIsNotSupportedIsRefusedByName) {
    EXPECT_NE(refusal(app_with_test(R"("class":"normal","period_s":60,"duration_s":10)")).find("normal"),
              std::string::npos);
    EXPECT_NE(refusal(app_with_test(R"("class":"exclusive","period_s":60,"duration_s":10,"slip_s":5)"))
                  .find("slip_s"),
              std::string::npos);
    EXPECT_NE(refusal(R"({"type":"config","guard_s":1})").find("guard_s"), std::string::npos);
    EXPECT_NE(refusal(R"({"type":"config","objective":["nodes_used","accepted"]})").find("objective"),
              std::string::npos);
    EXPECT_NE(refusal(R"({"type":"app","id":"a","cpu":1,"mem":1,"affinity":["b"]})").find("affinity"),
              std::string::npos);
    EXPECT_NE(refusal(R"({"type":"node","id":"n","cpu":1,"mem":1,"state":"drain"})").find("drain"),
              std::string::npos);
    EXPECT_NE(refusal(R"({"type":"event","kind":"node_down"})").find("event"), std::string::npos);
}

TEST(NmschedInput, BadValuesAreRefused) {
    for (const char* line :
         {R"([1])", R"({"id":"n"})", R"({"type":"node","id":"n","cpu":1})",
          R"({"type":"node","id":"n","cpu":-1,"mem":1})", R"({"type":"node","id":"n","cpu":1.5,"mem":1})",
          R"({"type":"node","id":"n","cpu":1e400,"mem":1})",
          R"({"type":"node","id":"n","cpu":9007199254740993,"mem":1})",
          R"({"type":"node","id":"","cpu":1,"mem":1})", R"({"type":"node","id":"n","cpu":1,"mem":1,"lan":7})",
          R"({"type":"app","id":"a","cpu":1,"mem":1,"tests":{}})", R"({"type":"config","slot_s":0})",
          R"({"type":"placement","app":"a"})", "{", ""})
        EXPECT_NE(refusal(line), "") << line;
    for (const char* members : {R"("class":"exclusive","period_s":0,"duration_s":10)",
                                R"("class":"exclusive","period_s":60,"duration_s":0)",
                                R"("class":"exclusive","period_s":-60,"duration_s":1)",
                                R"("class":"exclusive","period_s":9007199254740993,"duration_s":1)",
                                R"("class":"exclusive","duration_s":1)", R"("period_s":60,"duration_s":1)"})
        EXPECT_NE(refusal(app_with_test(members)), "") << members;
}

TEST(NmschedInput, NothingMayBeNamedTwice) {
    for (const char* line :
         {R"({"type":"node","id":"n","cpu":1,"mem":1})", R"({"type":"app","id":"a","cpu":1,"mem":1})",
          R"({"type":"placement","app":"a","node":"n"})", R"({"type":"config","slot_s":1})",
          R"({"type":"slot","app":"a","test":"t","node":"n","offset_s":0,"period_s":60,"duration_s":1})"}) {
        Input input;
        input.take(line);
        EXPECT_THROW(input.take(line), nm::UserError) << line;
    }
}

}  // namespace
}  // namespace nmsched
