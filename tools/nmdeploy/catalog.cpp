#include "catalog.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "base/result.hpp"
#include "base/text.hpp"
#include "names.hpp"

namespace nmdeploy {
namespace {

constexpr std::array<std::string_view, 6> tools{"nmprobe", "nmtcp",    "nmflowtool",
                                                "nmsched", "nmdeploy", "nmbgp"};
constexpr std::uint64_t least_memory = 4ULL << 20;  // runc itself needs about this
constexpr std::int64_t most_cpu_milli = 1'024'000;
constexpr std::int64_t most_pids = 4'096;

// Walks one file; every message has the place.
class YamlCatalog {
  public:
    explicit YamlCatalog(const std::string& name) : name_(name) {}

    Catalog walk(const YAML::Node& root) {
        each(root,
             "apps: and nodes:", [&](const std::string& key, const YAML::Node& at, const YAML::Node& value) {
                 if (key == "apps")
                     each_named(value, "app", [&](const std::string& id, const YAML::Node& spec) {
                         catalog_.apps[id] = app(spec);
                     });
                 else if (key == "nodes")
                     each_named(value, "node", [&](const std::string& id, const YAML::Node& spec) {
                         catalog_.nodes[id] = node(spec);
                     });
                 else
                     fail(at, "unknown key " + nm::in_quotes(key) + ": there are apps and nodes");
             });
        return std::move(catalog_);
    }

  private:
    [[noreturn]] void fail(const YAML::Node& node, const std::string& why) const {
        const YAML::Mark mark = node.Mark();
        throw nm::UserError(nm::Exit::bad_config, name_ + ":" + std::to_string(mark.line + 1) + ":" +
                                                      std::to_string(mark.column + 1) + ": " + why);
    }

    std::string scalar(const YAML::Node& node, const std::string& what) const {
        if (!node.IsScalar()) fail(node, "expected " + what);
        if (!is_plain(node.Scalar())) fail(node, nm::in_quotes(node.Scalar()) + " has control characters");
        return node.Scalar();
    }

    template <class Visit>
    void each(const YAML::Node& map, const std::string& what, Visit visit) const {
        if (!map.IsMap()) fail(map, "expected a map of " + what);
        std::set<std::string> seen;
        for (const auto& entry : map) {
            const std::string key = scalar(entry.first, "a key");
            if (!seen.insert(key).second) fail(entry.first, "key " + nm::in_quotes(key) + " twice");
            visit(key, entry.first, entry.second);
        }
    }

    template <class Visit>
    void each_named(const YAML::Node& map, const std::string& what, Visit visit) const {
        if (map.IsNull()) return;
        each(map, what + "s", [&](const std::string& id, const YAML::Node& at, const YAML::Node& spec) {
            if (!is_name(id)) fail(at, nm::in_quotes(id) + " " + name_rule);
            visit(id, spec);
        });
    }

    std::vector<std::string> words(const YAML::Node& list, const std::string& what) const {
        if (!list.IsSequence()) fail(list, "expected a list of " + what);
        std::vector<std::string> out;
        for (const YAML::Node& item : list) out.push_back(scalar(item, "a text"));
        return out;
    }

    AppSpec app(const YAML::Node& map) const {
        AppSpec spec;
        each(map, "tool:, files:, memory:, cpu:, pids:",
             [&](const std::string& key, const YAML::Node& at, const YAML::Node& value) {
                 if (key == "tool")
                     spec.command = command(value);
                 else if (key == "files")
                     spec.files = files(value);
                 else if (key == "memory")
                     spec.memory_bytes = memory(value);
                 else if (key == "cpu")
                     spec.cpu_milli = cpu(value);
                 else if (key == "pids")
                     spec.pids = pids(value);
                 else if (key == "image" || key == "command")
                     fail(at, key + ": not in this version; there is tool: [nmprobe, ping, ...]");
                 else
                     fail(at,
                          "unknown key " + nm::in_quotes(key) + ": there are tool, files, memory, cpu, pids");
             });
        if (spec.command.empty()) fail(map, "an app without tool: [nmprobe, ping, ...]");
        return spec;
    }

    std::vector<std::string> command(const YAML::Node& list) const {
        std::vector<std::string> out = words(list, "words: [nmprobe, ping, ...]");
        if (out.empty() || std::find(tools.begin(), tools.end(), out.front()) == tools.end())
            fail(list, nm::in_quotes(out.empty() ? "" : out.front()) + " is not one of our tools");
        return out;
    }

    std::vector<std::string> files(const YAML::Node& list) const {
        std::vector<std::string> out = words(list, "files");
        std::set<std::string> names;
        for (std::size_t i = 0; i < out.size(); ++i) {
            const std::string name = std::filesystem::path(out[i]).filename();
            if (name.empty() || name == "." || name == "..") fail(list[i], "expected the name of a file");
            if (!is_mountable("/" + name))
                fail(list[i], nm::in_quotes(name) + ": a comma, colon, = or quote");
            if (!names.insert(name).second) fail(list[i], "file " + nm::in_quotes(name) + " twice");
        }
        return out;
    }

    std::uint64_t memory(const YAML::Node& node) const {
        const auto bytes = nm::parse_size(scalar(node, "a size"));
        if (!bytes || *bytes < least_memory)
            fail(node, nm::in_quotes(node.Scalar()) + " is not a memory limit: write 64Mi, at least 4Mi");
        return *bytes;
    }

    std::int64_t cpu(const YAML::Node& node) const {
        const auto cores = nm::parse_number<double>(scalar(node, "a number of cores"));
        if (!cores || !(*cores >= 0.01) || *cores * 1000 > static_cast<double>(most_cpu_milli))
            fail(node, nm::in_quotes(node.Scalar()) + " is not a number of cores: write 0.5, at least 0.01");
        return static_cast<std::int64_t>(*cores * 1000 + 0.5);
    }

    std::int64_t pids(const YAML::Node& node) const {
        const auto number = nm::parse_number<std::int64_t>(scalar(node, "a number"));
        if (!number || *number < 1 || *number > most_pids)
            fail(node, nm::in_quotes(node.Scalar()) + " is not a limit of processes: write 1 to 4096");
        return *number;
    }

    NodeSpec node(const YAML::Node& map) const {
        NodeSpec spec;
        if (map.IsNull()) return spec;
        each(map, "netns:", [&](const std::string& key, const YAML::Node& at, const YAML::Node& value) {
            if (key != "netns") fail(at, "unknown key " + nm::in_quotes(key) + ": there is netns");
            spec.netns = scalar(value, "a path");
            if (!is_mountable(spec.netns))
                fail(value, nm::in_quotes(spec.netns) + " is not the path of a network namespace");
        });
        return spec;
    }

    const std::string& name_;
    Catalog catalog_;
};

}  // namespace

Catalog parse_catalog(const std::string& text, const std::string& name) {
    try {
        return YamlCatalog(name).walk(YAML::Load(text));
    } catch (const YAML::Exception& error) {
        throw nm::UserError(nm::Exit::bad_config, name + ":" + std::to_string(error.mark.line + 1) + ":" +
                                                      std::to_string(error.mark.column + 1) + ": " +
                                                      error.msg);
    }
}

Catalog read_catalog(const std::string& path) {
    std::ifstream in(path);
    std::ostringstream text;
    if (in) text << in.rdbuf();
    if (!in || !text) throw nm::UserError(nm::Exit::no_input, nm::os_error(path, errno).message);
    Catalog catalog = parse_catalog(text.str(), path);
    catalog.directory = std::filesystem::absolute(path).parent_path();
    return catalog;
}

}  // namespace nmdeploy
