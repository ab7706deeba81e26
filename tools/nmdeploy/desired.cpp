#include "desired.hpp"

#include <algorithm>
#include <map>

#include "base/sha256.hpp"
#include "json/document.hpp"

namespace nmdeploy {
namespace {

using nm::DeployAction;
using nm::Drift;

// Raised when the way containers are started changes, so that an upgrade replaces those of before.
constexpr std::int64_t recipe = 1;

void replace_all(std::string& text, std::string_view from, const std::string& to) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
}

nm::Document list_of(const std::vector<std::string>& texts) {
    nm::Document list = nm::Document::list();
    for (const std::string& text : texts) list.push(nm::Document::of(text));
    return list;
}

Step compare(const Container& wanted, const Running* found) {
    const auto step = [&](DeployAction action, Drift drift, std::string reason) {
        return Step{action, drift, std::move(reason), &wanted, found};
    };
    if (found == nullptr) return step(DeployAction::create, Drift::missing, "no container");
    if (found->hash != wanted.hash || found->name != wanted.name)
        return step(DeployAction::replace, Drift::changed, "another image, command, file or limit");
    if (found->status == "exited")
        return step(DeployAction::replace, Drift::stopped, "exited with " + std::to_string(found->exit_code));
    if (!found->is_running()) return step(DeployAction::replace, Drift::stopped, "is " + found->status);
    if (wanted.netns_inode && found->netns_inode && wanted.netns_inode != found->netns_inode)
        return step(DeployAction::replace, Drift::lost_netns, "runs in a network namespace that is gone");
    return step(DeployAction::keep, Drift::none, "");
}

int turn_of(DeployAction action) {
    if (action == DeployAction::remove) return 0;
    return action == DeployAction::replace ? 1 : action == DeployAction::create ? 2 : 3;
}

}  // namespace

std::string container_name(const std::string& owner, const std::string& app, const std::string& node) {
    return owner + "_" + app + "_" + node;
}

bool uses_slots(const AppSpec& app) {
    return std::any_of(app.command.begin(), app.command.end(),
                       [](const std::string& word) { return word.find("{offset}") != std::string::npos; });
}

std::vector<std::string> command_of(const AppSpec& app, const std::vector<nm::Slot>& slots) {
    std::vector<std::string> command = app.command;
    if (slots.empty()) return command;
    for (std::string& word : command) {
        replace_all(word, "{period}", std::to_string(slots.front().period_s) + "s");
        replace_all(word, "{offset}", std::to_string(slots.front().offset_s) + "s");
    }
    return command;
}

std::string hash_of(const Container& container) {
    nm::Document tree = nm::Document::object();
    tree.set("recipe", nm::Document::of(recipe));
    tree.set("name", nm::Document::of(container.name));
    tree.set("image", nm::Document::of(container.image));
    tree.set("command", list_of(container.command));
    nm::Document files = nm::Document::list();
    for (const AppFile& file : container.files) files.push(list_of({file.name, file.sha256}));
    tree.set("files", std::move(files));
    tree.set("netns", nm::Document::of(container.netns));
    tree.set("records", nm::Document::of(container.records));
    tree.set("memory_bytes", nm::Document::of(static_cast<std::int64_t>(container.memory_bytes)));
    tree.set("cpu_milli", nm::Document::of(container.cpu_milli));
    tree.set("pids", nm::Document::of(container.pids));
    return nm::sha256_hex(tree.dump());
}

std::vector<Step> difference(const std::vector<Container>& wanted, const std::vector<Running>& found) {
    std::map<std::string, const Running*> by_name;
    for (const Running& running : found) by_name[running.name] = &running;
    std::vector<Step> steps;
    for (const Container& container : wanted) {
        const auto at = by_name.find(container.name);
        steps.push_back(compare(container, at == by_name.end() ? nullptr : at->second));
        if (at != by_name.end()) by_name.erase(at);
    }
    for (const auto& [name, running] : by_name)
        steps.push_back({DeployAction::remove, Drift::extra, "not in the plan", nullptr, running});
    std::stable_sort(steps.begin(), steps.end(),
                     [](const Step& a, const Step& b) { return turn_of(a.action) < turn_of(b.action); });
    return steps;
}

std::size_t vanishing(const std::vector<Step>& steps) {
    std::map<std::string, std::pair<std::size_t, std::size_t>> removed_created;
    for (const Step& step : steps) {
        if (step.action == DeployAction::remove) ++removed_created[step.found->app].first;
        if (step.action == DeployAction::create) ++removed_created[step.wanted->app].second;
    }
    std::size_t count = 0;
    for (const auto& [app, counts] : removed_created)
        count += counts.first - std::min(counts.first, counts.second);
    return count;
}

bool removes_too_much(const std::vector<Step>& steps, std::size_t found) {
    const std::size_t count = vanishing(steps);
    return count > 1 && count * 5 > found;
}

}  // namespace nmdeploy
