#include "wanted.hpp"

#include <filesystem>

#include "base/sha256.hpp"
#include "base/whole_file.hpp"

namespace nmdeploy {
namespace {

class Builder {
  public:
    Builder(const Plan& plan, const Catalog& catalog, const Store& store)
        : plan_(plan), catalog_(catalog), store_(store), tools_(tools_directory().value_or_throw()) {}

    Wanted build() {
        check_against(plan_, catalog_);
        for (const auto& [app, slots] : plan_.slots) {
            const auto spec = catalog_.apps.find(app);
            wanted_.slots += slots.size();
            if (spec == catalog_.apps.end() || !uses_slots(spec->second))
                wanted_.slots_unused += slots.size();
        }
        for (const nm::Placement& placement : plan_.placements) add(placement);
        return std::move(wanted_);
    }

  private:
    void add(const nm::Placement& placement) {
        const AppSpec& app = catalog_.apps.at(placement.app);
        const NodeSpec& node = catalog_.nodes.at(placement.node);
        Container container;
        container.app = placement.app;
        container.node = placement.node;
        container.name = container_name(store_.owner(), placement.app, placement.node);
        container.image = image_of(app.command);
        container.command = command(app, placement.app);
        container.files = files(app);
        container.netns = node.netns;
        container.netns_inode = netns_inode(node.netns);
        if (!container.netns_inode)
            throw nm::UserError(nm::Exit::no_input, "node " + placement.node + ": no network namespace at " +
                                                        node.netns + "; nothing is changed");
        container.records = store_.records_path(placement.app, placement.node);
        container.memory_bytes = app.memory_bytes;
        container.cpu_milli = app.cpu_milli;
        container.pids = app.pids;
        container.hash = hash_of(container);
        wanted_.containers.push_back(std::move(container));
    }

    std::vector<std::string> command(const AppSpec& app, const std::string& id) const {
        const auto slots = plan_.slots.find(id);
        if (slots == plan_.slots.end()) {
            if (uses_slots(app))
                throw nm::UserError(nm::Exit::bad_data,
                                    "app " + id + " asks for its slot, but the plan has none for it");
            return command_of(app, {});
        }
        if (uses_slots(app) && slots->second.size() > 1)
            throw nm::UserError(nm::Exit::bad_data, "app " + id +
                                                        ": several tests in one app are not in this "
                                                        "version; make it one app for each");
        return command_of(app, slots->second);
    }

    const std::string& image_of(const std::vector<std::string>& command) {
        const std::string& tool = command.front();
        if (trees_.count(tool) == 0) trees_.emplace(tool, verb_tree_of(tools_, tool).value_or_throw());
        const auto needs = needs_of(trees_.at(tool), command).value_or_throw();
        const auto known = tags_.find({tool, needs});
        if (known != tags_.end()) return known->second;
        Image image = make_image(tools_, tool, needs).value_or_throw();
        const std::string tag = image.tag;
        wanted_.images.emplace(tag, std::move(image));
        return tags_.emplace(std::pair(tool, needs), tag).first->second;
    }

    std::vector<AppFile> files(const AppSpec& app) const {
        std::vector<AppFile> out;
        for (const std::string& path : app.files) {
            const std::filesystem::path full = std::filesystem::path(catalog_.directory) / path;
            AppFile file;
            file.name = full.filename();
            file.bytes = nm::read_whole_file(full).value_or_throw();
            file.sha256 = nm::sha256_hex(file.bytes);
            out.push_back(std::move(file));
        }
        return out;
    }

    const Plan& plan_;
    const Catalog& catalog_;
    const Store& store_;
    std::string tools_;
    std::map<std::string, std::string> trees_;                                      // by tool
    std::map<std::pair<std::string, std::vector<std::string>>, std::string> tags_;  // by tool and its needs
    Wanted wanted_;
};

}  // namespace

Wanted wanted_containers(const Plan& plan, const Catalog& catalog, const Store& store) {
    return Builder(plan, catalog, store).build();
}

}  // namespace nmdeploy
