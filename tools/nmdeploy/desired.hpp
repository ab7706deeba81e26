// The containers that a plan and a catalog ask for, as plain values, and how they differ from what runs.
// Pure: no engine, no clock. Proof: tests/unit/nmdeploy_difference_test.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "catalog.hpp"
#include "plan.hpp"
#include "record/deploy.hpp"

namespace nmdeploy {

// A file of an app, named by its content.
struct AppFile {
    std::string name;    // in the container: /files/NAME
    std::string sha256;  // hexadecimal
    std::string bytes;
};

struct Container {
    std::string app, node;
    std::string name;   // OWNER_APP_NODE: names have no underscore, so no two are equal
    std::string image;  // localhost/nmtools/TOOL:SHA256
    std::vector<std::string> command;
    std::vector<AppFile> files;
    std::string netns;                         // path or empty
    std::optional<std::uint64_t> netns_inode;  // not part of the hash
    std::string records;                       // host path of the file of its records
    std::uint64_t memory_bytes = 0;
    std::int64_t cpu_milli = 0;
    std::int64_t pids = 0;
    std::string hash;
};

std::string container_name(const std::string& owner, const std::string& app, const std::string& node);
// The app's command with {period} and {offset} of its first slot; the word stays where there is no slot.
std::vector<std::string> command_of(const AppSpec& app, const std::vector<nm::Slot>& slots);
bool uses_slots(const AppSpec& app);
// SHA-256 over all that the engine is asked for, in one canonical spelling.
std::string hash_of(const Container& container);

struct Running {
    std::string app, node, hash;  // from its labels
    std::string name, id, image, image_id;
    std::string status;  // the engine's word: running, exited, created, configured, paused...
    std::int64_t exit_code = 0;
    std::int64_t pid = 0;
    std::int64_t started_s = 0;                // since 1970
    std::optional<std::int64_t> restarts;      // only where asked for
    std::optional<std::uint64_t> netns_inode;  // of its process
    bool is_running() const { return status == "running"; }
};

struct Step {
    nm::DeployAction action = nm::DeployAction::keep;
    nm::Drift drift = nm::Drift::none;
    std::string reason;
    const Container* wanted = nullptr;  // not for remove
    const Running* found = nullptr;     // not for create
};

// In the order in which they are to be done: what goes goes first, so that nothing measures twice.
std::vector<Step> difference(const std::vector<Container>& wanted, const std::vector<Running>& found);

// Placements that vanish without their app being placed anew elsewhere.
std::size_t vanishing(const std::vector<Step>& steps);
// More than one, and more than 20 % of what there is.
bool removes_too_much(const std::vector<Step>& steps, std::size_t found);

}  // namespace nmdeploy
