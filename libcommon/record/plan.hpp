// Records of nmsched: where each app goes, when its tests run, and what nmsched check has to say about it.
#pragma once

#include "record/value.hpp"

namespace nm {

struct Placement {
    Time ts;
    std::string app;
    std::string node;
};

template <>
inline constexpr auto describe<Placement> =
    record("placement", 1, "an app and the node it runs on, or shall run on",
           field("ts", &Placement::ts, Role::time, "when the plan was made"),
           field("app", &Placement::app, Role::tag, "the app's id").column(),
           field("node", &Placement::node, Role::tag, "the node's id").column());

struct Slot {
    Time ts;
    std::string app, test, node, target;
    std::int64_t offset_s = 0;
    std::int64_t period_s = 0;
    std::int64_t duration_s = 0;
};

template <>
inline constexpr auto describe<Slot> = record(
    "slot", 1, "when a test runs: at every time t in seconds since 1970 UTC with t mod period_s = offset_s",
    field("ts", &Slot::ts, Role::time, "when the plan was made"),
    field("app", &Slot::app, Role::tag, "the app's id").column(),
    field("test", &Slot::test, Role::tag, "the test's id within the app").column(),
    field("node", &Slot::node, Role::tag, "the node it runs on").column(),
    field("target", &Slot::target, Role::tag, "the server it measures, if it names one").column(),
    field("offset_s", &Slot::offset_s, Role::value, "start within the period, from 0 to period_s - 1",
          Unit::s)
        .column(),
    field("period_s", &Slot::period_s, Role::value, "seconds from start to start", Unit::s).column(),
    field("duration_s", &Slot::duration_s, Role::value, "seconds a run lasts", Unit::s).column());

struct Migration {
    Time ts;
    std::string app, from, to;
};

template <>
inline constexpr auto describe<Migration> =
    record("migration", 1, "an app that runs on another node now; moves have no order yet",
           field("ts", &Migration::ts, Role::time, "when the plan was made"),
           field("app", &Migration::app, Role::tag, "the app's id").column(),
           field("from", &Migration::from, Role::tag, "the node it runs on now").column(),
           field("to", &Migration::to, Role::tag, "the node it shall run on").column());

struct Reject {
    Time ts;
    std::string app, code, reason;
};

template <>
inline constexpr auto describe<Reject> = record(
    "reject", 1, "an app that the plan leaves out",
    field("ts", &Reject::ts, Role::time, "when the plan was made"),
    field("app", &Reject::app, Role::tag, "the app's id").column(),
    field("code", &Reject::code, Role::tag,
          "no_node_in_lan, too_large, duration_over_period, tests_conflict (impossible even alone), or "
          "not_found (no room beside the accepted ones was found within the limit)")
        .column(),
    field("reason", &Reject::reason, Role::text, "the same in words").column());

struct Bound {
    Time ts;
    std::int64_t accepted = 0;
    std::int64_t nodes_used = 0;
};

template <>
inline constexpr auto describe<Bound> =
    record("bound", 1, "what no plan for this input can beat",
           field("ts", &Bound::ts, Role::time, "when the plan was made"),
           field("accepted", &Bound::accepted, Role::value, "no plan accepts more apps").column(),
           field("nodes_used", &Bound::nodes_used, Role::value,
                 "no plan that accepts as many apps as this one uses fewer nodes")
               .column());

struct PlanSummary {
    Time ts;
    std::int64_t nodes = 0;
    std::int64_t apps = 0;
    std::int64_t tests = 0;
    std::int64_t accepted = 0;
    std::int64_t rejected = 0;
    std::int64_t evicted = 0;
    std::int64_t migrations = 0;
    std::int64_t nodes_used = 0;
    std::int64_t bound = 0;
    bool optimal = false;
    bool changed = false;
    std::int64_t stale = 0;
    std::int64_t skipped = 0;
    std::int64_t forwarded = 0;
    std::int64_t greedy_accepted = 0;
    std::int64_t greedy_nodes_used = 0;
    std::int64_t iterations = 0;
    std::string stopped_by;
    std::optional<double> elapsed_ms;
    std::int64_t seed = 0;
};

template <>
inline constexpr auto describe<PlanSummary> = record(
    "plan.summary", 1,
    "the plan in numbers; smaller rejected, then evicted, migrations then nodes_used is better",
    field("ts", &PlanSummary::ts, Role::time, "when the plan was made"),
    field("nodes", &PlanSummary::nodes, Role::value, "nodes of the input"),
    field("apps", &PlanSummary::apps, Role::value, "apps of the input"),
    field("tests", &PlanSummary::tests, Role::value, "tests of these apps"),
    field("accepted", &PlanSummary::accepted, Role::value, "apps with a placement").column(),
    field("rejected", &PlanSummary::rejected, Role::value, "apps without").column(),
    field("evicted", &PlanSummary::evicted, Role::value, "rejected apps that run now"),
    field("migrations", &PlanSummary::migrations, Role::value, "apps that have to move").column(),
    field("nodes_used", &PlanSummary::nodes_used, Role::value, "nodes with at least one app").column(),
    field("bound", &PlanSummary::bound, Role::value, "no plan accepts more apps").column(),
    field("optimal", &PlanSummary::optimal, Role::text, "true only where it is proven").column(),
    field("changed", &PlanSummary::changed, Role::text,
          "the plan differs from the placements and slots of the input"),
    field("stale", &PlanSummary::stale, Role::value,
          "current placements of apps that the input does not have"),
    field("skipped", &PlanSummary::skipped, Role::value, "records of an earlier plan that carry no state"),
    field("forwarded", &PlanSummary::forwarded, Role::value, "records of other types, passed through"),
    field("greedy_accepted", &PlanSummary::greedy_accepted, Role::value,
          "accepted by the first, greedy plan"),
    field("greedy_nodes_used", &PlanSummary::greedy_nodes_used, Role::value, "nodes used by the greedy plan"),
    field("iterations", &PlanSummary::iterations, Role::value, "rounds of the search"),
    field("stopped_by", &PlanSummary::stopped_by, Role::text, "iterations, time_limit, proof or signal"),
    field("elapsed_ms", &PlanSummary::elapsed_ms, Role::value,
          "wall time, unless iterations alone bounded the run: then equal input gives equal bytes", Unit::ms),
    field("seed", &PlanSummary::seed, Role::text, "seed of the random numbers"));

struct PlanViolation {
    Time ts;
    std::string code, app, node, target, reason;
};

template <>
inline constexpr auto describe<PlanViolation> = record(
    "plan.violation", 1, "a promise that a plan breaks",
    field("ts", &PlanViolation::ts, Role::time, "when it was checked"),
    field("code", &PlanViolation::code, Role::tag,
          "unknown_app, unknown_node, missing_app, app_twice, wrong_lan, overfull, missing_slot, slot_twice, "
          "stray_slot, wrong_slot, bad_offset, overlap, missing_migration, wrong_migration, wrong_summary or "
          "wrong_bound")
        .column(),
    field("app", &PlanViolation::app, Role::tag, "the app, if it is about one").column(),
    field("node", &PlanViolation::node, Role::tag, "the node, if it is about one").column(),
    field("target", &PlanViolation::target, Role::tag, "the server, if it is about one").column(),
    field("reason", &PlanViolation::reason, Role::text, "what is wrong, with the values").column());

struct PlanCheck {
    Time ts;
    bool valid = false;
    std::int64_t violations = 0;
    std::int64_t nodes = 0;
    std::int64_t apps = 0;
    std::int64_t placements = 0;
    std::int64_t slots = 0;
    std::int64_t rejects = 0;
    std::int64_t migrations = 0;
    std::int64_t ignored = 0;
};

template <>
inline constexpr auto describe<PlanCheck> = record(
    "plan.check", 1, "the verdict on a plan", field("ts", &PlanCheck::ts, Role::time, "when it was checked"),
    field("valid", &PlanCheck::valid, Role::text, "true when there is no violation").column(),
    field("violations", &PlanCheck::violations, Role::value, "violations told").column(),
    field("nodes", &PlanCheck::nodes, Role::value, "nodes of the input"),
    field("apps", &PlanCheck::apps, Role::value, "apps of the input"),
    field("placements", &PlanCheck::placements, Role::value, "placements of the plan").column(),
    field("slots", &PlanCheck::slots, Role::value, "slots of the plan").column(),
    field("rejects", &PlanCheck::rejects, Role::value, "rejects of the plan").column(),
    field("migrations", &PlanCheck::migrations, Role::value, "migrations of the plan").column(),
    field("ignored", &PlanCheck::ignored, Role::value, "records of other types"));

}  // namespace nm
