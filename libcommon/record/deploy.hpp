// Records of nmdeploy: what was done to bring the machines to the plan, and what runs.
#pragma once

#include "record/value.hpp"

namespace nm {

enum class DeployAction : std::uint8_t { none, create, replace, keep, remove };
template <>
inline constexpr std::array<std::string_view, 5> enum_words<DeployAction> = {"", "create", "replace", "keep",
                                                                             "remove"};

enum class DeployResult : std::uint8_t { none, done, planned, failed, not_done };
template <>
inline constexpr std::array<std::string_view, 5> enum_words<DeployResult> = {"", "done", "planned", "failed",
                                                                             "not_done"};

// How what runs differs from the plan.
enum class Drift : std::uint8_t { none, missing, stopped, changed, extra, lost_netns };
template <>
inline constexpr std::array<std::string_view, 6> enum_words<Drift> = {"",        "missing", "stopped",
                                                                      "changed", "extra",   "lost_netns"};

struct DeployStep {
    Time ts;
    std::string app, node;
    DeployAction action = DeployAction::none;
    DeployResult result = DeployResult::none;
    Drift drift = Drift::none;
    std::string reason;
    std::string container, image, hash;
    std::optional<double> duration_ms;
};

template <>
inline constexpr auto describe<DeployStep> = record(
    "deploy.action", 1, "one placement brought to what the plan says",
    field("ts", &DeployStep::ts, Role::time, "when it was done"),
    field("app", &DeployStep::app, Role::tag, "the app's id").column(),
    field("node", &DeployStep::node, Role::tag, "the node's id").column(),
    field("action", &DeployStep::action, Role::tag, "create, replace, keep or remove").column(),
    field("result", &DeployStep::result, Role::tag,
          "done, failed (what was made of it is removed again), not_done (a signal came first), or planned "
          "with --dry-run")
        .column(),
    field("drift", &DeployStep::drift, Role::tag,
          "what was found: missing, stopped, changed (another hash), extra (not in the plan) or lost_netns "
          "(runs in a network namespace that was made anew since)")
        .column(),
    field("reason", &DeployStep::reason, Role::text, "why, in words").column(),
    field("container", &DeployStep::container, Role::text, "name of the container"),
    field("image", &DeployStep::image, Role::text, "image, named by its content"),
    field("hash", &DeployStep::hash, Role::text, "SHA-256 of all that was asked of the container"),
    field("duration_ms", &DeployStep::duration_ms, Role::value, "time the engine took", Unit::ms));

struct DeployState {
    Time ts;
    std::string app, node, status;
    Drift drift = Drift::none;
    std::optional<std::int64_t> exit_code;
    std::optional<std::int64_t> restarts;
    Time since;
    std::string container, container_id, image, image_id, hash;
};

template <>
inline constexpr auto describe<DeployState> = record(
    "deploy.state", 1, "a container that runs, or that the plan wants",
    field("ts", &DeployState::ts, Role::time, "when it was looked at"),
    field("app", &DeployState::app, Role::tag, "the app's id").column(),
    field("node", &DeployState::node, Role::tag, "the node's id").column(),
    field("status", &DeployState::status, Role::text,
          "the engine's word: running, exited, created...; missing when there is no container")
        .column(),
    field("drift", &DeployState::drift, Role::text,
          "against the plan, if one was given: missing, stopped, changed, extra or lost_netns")
        .column(),
    field("exit_code", &DeployState::exit_code, Role::text, "of a container that has ended").column(),
    field("restarts", &DeployState::restarts, Role::value, "times the engine started it again").column(),
    field("since", &DeployState::since, Role::text, "when it was started").column(),
    field("container", &DeployState::container, Role::text, "name of the container"),
    field("container_id", &DeployState::container_id, Role::text, "the engine's id of the container"),
    field("image", &DeployState::image, Role::text, "image, named by its content"),
    field("image_id", &DeployState::image_id, Role::text, "the engine's id of the image"),
    field("hash", &DeployState::hash, Role::text, "SHA-256 of all that was asked of the container"));

struct DeploySummary {
    Time ts;
    std::uint64_t placements = 0;
    std::optional<std::uint64_t> created, replaced, kept, removed, failed, not_done;
    std::optional<std::uint64_t> running, drifted;
    std::optional<std::uint64_t> images_made, engine_writes;
    std::optional<std::uint64_t> slots, slots_unused;
    std::optional<bool> dry_run, changed;
};

template <>
inline constexpr auto describe<DeploySummary> = record(
    "deploy.summary", 1, "a run of nmdeploy in numbers",
    field("ts", &DeploySummary::ts, Role::time, "end of the run"),
    field("placements", &DeploySummary::placements, Role::value,
          "apply: placements of the plan; state: containers told"),
    field("created", &DeploySummary::created, Role::value, "containers started that were not there"),
    field("replaced", &DeploySummary::replaced, Role::value, "containers removed and started anew"),
    field("kept", &DeploySummary::kept, Role::value, "containers left alone"),
    field("removed", &DeploySummary::removed, Role::value, "containers removed for good"),
    field("failed", &DeploySummary::failed, Role::value, "actions that failed"),
    field("not_done", &DeploySummary::not_done, Role::value, "actions that a signal kept from being done"),
    field("running", &DeploySummary::running, Role::value, "containers that run"),
    field("drifted", &DeploySummary::drifted, Role::value, "placements that differ from the plan"),
    field("images_made", &DeploySummary::images_made, Role::value, "images that had to be made"),
    field("engine_writes", &DeploySummary::engine_writes, Role::value,
          "calls that change the engine's state"),
    field("slots", &DeploySummary::slots, Role::value, "slots of the plan"),
    field("slots_unused", &DeploySummary::slots_unused, Role::value,
          "slots of apps whose command has no {offset}: they run, but not in their slot"),
    field("dry_run", &DeploySummary::dry_run, Role::text, "nothing was done"),
    field("changed", &DeploySummary::changed, Role::text,
          "something was, or with --dry-run would be, changed"));

}  // namespace nm
