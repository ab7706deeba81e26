#include "input_files.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <set>

#include "base/result.hpp"
#include "base/same_file.hpp"

namespace nmflowtool {
namespace {

namespace fs = std::filesystem;

bool is_one_of(const std::string& path, const std::vector<std::string>& outputs) {
    return std::ranges::any_of(outputs,
                               [&](const std::string& output) { return nm::is_same_file(path, output); });
}

nm::UserError refusal(const std::string& name, int error) {
    const nm::Error why = nm::os_error(name, error, nm::Exit::no_input);
    return {why.exit, why.message};
}

void add_folder(const std::string& name, const std::vector<std::string>& outputs,
                std::vector<InputFile>& files) {
    const auto first = static_cast<std::ptrdiff_t>(files.size());
    std::error_code error;
    fs::recursive_directory_iterator at(name, error);
    for (; !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
        const std::string file = at->path().filename().native();
        const bool is_hidden = file.starts_with('.');
        if (at->is_directory(error) && is_hidden) at.disable_recursion_pending();
        if (is_hidden || file.starts_with("nfcapd.current") || !at->is_regular_file(error)) continue;
        if (!is_one_of(at->path().native(), outputs)) files.push_back({at->path().native(), true});
    }
    if (error) throw refusal(name, error.value());
    if (files.begin() + first == files.end())
        throw nm::UserError(nm::Exit::no_input, name + ": a folder without files");
    std::sort(files.begin() + first, files.end(),
              [](const InputFile& a, const InputFile& b) { return a.path < b.path; });
}

}  // namespace

void refuse_twins(const std::vector<std::string>& outputs) {
    std::set<fs::path> seen;
    for (const std::string& output : outputs) {
        std::error_code error;
        if (fs::exists(output, error) && !fs::is_regular_file(output, error)) continue;
        if (!seen.insert(fs::weakly_canonical(output, error)).second)
            throw nm::UserError(nm::Exit::usage, output + ": would be written twice: name another file");
    }
}

std::vector<InputFile> input_files(const std::vector<std::string>& names,
                                   const std::vector<std::string>& outputs) {
    std::vector<InputFile> files;
    for (const std::string& name : names) {
        std::error_code error;
        if (name != "-" && ::access(name.c_str(), R_OK) != 0) throw refusal(name, errno);
        if (name != "-" && fs::is_directory(name, error))
            add_folder(name, outputs, files);
        else if (is_one_of(name, outputs))
            throw nm::UserError(nm::Exit::usage, (name == "-" ? "stdin" : name) +
                                                     ": input file is output file: write to another one");
        else
            files.push_back({name});
    }
    return files;
}

}  // namespace nmflowtool
