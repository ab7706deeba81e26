// Is this plan valid for this input? A second opinion that shares no code with the solver: names instead of
// indices, and timetables by laying out every run of two tests over the least common multiple of their
// periods. Proof: tests/unit/nmsched_check_test.cpp (seeded mutations), tests/cli/nmsched.bats.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace nmsched::check {

struct GivenTest {
    std::string id;
    bool exclusive = true;
    std::int64_t period_s = 0;
    std::int64_t duration_s = 0;
    std::string target;  // may be empty
};

struct GivenApp {
    std::int64_t cpu = 0;
    std::int64_t mem = 0;
    std::string lan;  // empty: any
    std::vector<GivenTest> tests;
};

struct GivenNode {
    std::int64_t cpu = 0;
    std::int64_t mem = 0;
    std::string lan;
};

struct Given {
    std::int64_t slot_s = 1;
    std::map<std::string, GivenNode> nodes;
    std::map<std::string, GivenApp> apps;
    std::map<std::string, std::string> current;  // app to node
};

struct SaidSlot {
    std::string app, test, node, target;
    std::int64_t offset_s = 0;
    std::int64_t period_s = 0;
    std::int64_t duration_s = 0;
};

struct SaidMove {
    std::string app, from, to;
};

struct SaidSummary {
    std::int64_t accepted = 0, rejected = 0, migrations = 0, nodes_used = 0;
    std::optional<std::int64_t> bound;
};

struct Said {
    std::vector<std::pair<std::string, std::string>> placements;  // app, node
    std::vector<SaidSlot> slots;
    std::vector<SaidMove> migrations;
    std::vector<std::string> rejects;
    std::vector<SaidSummary> summaries;
};

struct Finding {
    std::string code;  // see codes in check.cpp: one word per promise that is broken
    std::string app, node, target;
    std::string reason;
};

std::vector<Finding> check(const Given& given, const Said& said);

// Do two strictly periodic tests ever run at the same time? (also used alone in the tests)
bool ever_together(const SaidSlot& a, const SaidSlot& b);

}  // namespace nmsched::check
