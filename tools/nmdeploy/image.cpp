#include "image.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <filesystem>
#include <set>
#include <vector>

#include "base/process.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"
#include "base/whole_file.hpp"
#include "json/document.hpp"
#include "podman.hpp"
#include "tar.hpp"

namespace nmdeploy {

nm::Result<std::string> tools_directory() {
    std::string path(PATH_MAX, '\0');
    const ssize_t n = ::readlink("/proc/self/exe", path.data(), path.size());
    if (n < 0) return nm::os_error("/proc/self/exe", errno);
    path.resize(static_cast<std::size_t>(n));
    return std::filesystem::path(path).parent_path().string();
}

// "	libz.so.1 => /lib/x86_64-linux-gnu/libz.so.1 (0x...)", "	/lib64/ld-linux-x86-64.so.2 (0x...)",
// "	linux-vdso.so.1 (0x...)", "	libx.so.1 => not found", "	statically linked".
nm::Result<std::vector<std::string>> libraries_of(const std::string& ldd_output) {
    std::set<std::string> paths;
    for (const std::string_view raw : nm::split(ldd_output, '\n')) {
        std::string_view line = nm::trim(raw);
        if (line.ends_with("=> not found"))
            return nm::Error{nm::Exit::unavailable,
                             "library " + std::string(line.substr(0, line.find(' '))) + " is not found"};
        if (const auto arrow = line.find("=> "); arrow != std::string_view::npos)
            line.remove_prefix(arrow + 3);
        if (line.starts_with('/')) paths.emplace(line.substr(0, line.find(" (")));
    }
    return std::vector<std::string>(paths.begin(), paths.end());
}

nm::Result<std::string> verb_tree_of(const std::string& directory, const std::string& tool) {
    const std::string binary = directory + "/" + tool;
    if (::access(binary.c_str(), X_OK) != 0)
        return nm::Error{nm::Exit::unavailable, tool + ": is not installed beside nmdeploy in " + directory};
    const auto tree = nm::run_process({{binary, "--generate", "verbs"}, {}, 10 * nm::ns_per_s});
    if (!tree) return tree.error();
    if (!tree->ok()) return nm::Error{nm::Exit::unavailable, tool + ": " + tree->reason()};
    return tree->out;
}

nm::Result<std::vector<std::string>> needs_of(const std::string& tree,
                                              const std::vector<std::string>& command) {
    std::vector<std::string> needs;
    for (const std::string_view line : nm::split(tree, '\n')) {
        if (line.empty()) continue;
        const auto verb = nm::Document::parse(line);
        const nm::Document* name = verb ? verb->find("verb") : nullptr;
        const nm::Document* listed = verb ? verb->find("needs") : nullptr;
        if (name == nullptr || listed == nullptr)
            return nm::Error{nm::Exit::unavailable, command.front() + " does not say what it needs"};
        if (std::find(command.begin() + 1, command.end(), name->text()) == command.end()) continue;
        for (const nm::Document& need : listed->items()) needs.push_back(need.text().value_or(""));
    }
    return needs;
}

namespace {

bool is_file(const std::string& need) {
    return need.starts_with('/');
}

// Those that the binary is linked with and those among its needs, with all that they are linked with.
nm::Result<std::vector<std::string>> libraries_for(const std::string& binary,
                                                   const std::vector<std::string>& needs) {
    std::string loaded;
    for (const std::string& need : needs) {
        if (!is_file(need)) loaded += (loaded.empty() ? "" : ":") + need;
    }
    const auto listed =
        nm::run_process({{"ldd", binary}, {"LC_ALL=C", "LD_PRELOAD=" + loaded}, 10 * nm::ns_per_s});
    if (!listed) return listed.error();
    auto libraries = libraries_of(listed->out);
    if (!libraries) return libraries;
    for (const std::string& need : needs) {
        const bool found =
            is_file(need) || std::any_of(libraries->begin(), libraries->end(),
                                         [&](const auto& path) { return path.ends_with("/" + need); });
        if (!found) return nm::Error{nm::Exit::unavailable, "library " + need + " is not found"};
    }
    return libraries;
}

}  // namespace

nm::Result<Image> make_image(const std::string& directory, const std::string& tool,
                             const std::vector<std::string>& needs) {
    const std::string binary = directory + "/" + tool;
    auto files = libraries_for(binary, needs);
    if (!files) return files.error();
    TarWriter tar;
    for (const char* path : {"bin", "etc", "files", "proc", "sys", "dev", "tmp"})
        tar.add_directory(path, 0755);
    const std::string id = std::to_string(container_uid);
    tar.add_file("etc/passwd", "nm:x:" + id + ":" + id + "::/:/bin/false\n", 0644);
    tar.add_file("etc/group", "nm:x:" + id + ":\n", 0644);
    tar.add_file("records.jsonl", "", 0644);
    files->push_back(binary);
    for (const std::string& need :
         needs) {  // a file that this machine lacks is not there for the tool either
        if (is_file(need) && ::access(need.c_str(), R_OK) == 0) files->push_back(need);
    }
    for (const std::string& path : *files) {
        const auto bytes = nm::read_whole_file(path);
        if (!bytes) return bytes.error();
        const std::string inside = path == binary ? "bin/" + tool : path.substr(1);
        if (!tar.add_file(inside, *bytes, 0755))
            return nm::Error{nm::Exit::software, path + ": too long a path for an archive"};
    }
    Image image;
    image.tar = tar.finish();
    image.tag = image_prefix + tool + ":" + nm::sha256_hex(image.tar);
    return image;
}

}  // namespace nmdeploy
