#include "input_files.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "base/result.hpp"

namespace nmflowtool {
namespace {

namespace fs = std::filesystem;

void add_folder(const std::string& name, std::vector<InputFile>& files) {
    const auto first = static_cast<std::ptrdiff_t>(files.size());
    std::error_code error;
    fs::recursive_directory_iterator at(name, error);
    for (; !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
        const bool is_hidden = at->path().filename().native().starts_with('.');
        if (at->is_directory(error) && is_hidden) at.disable_recursion_pending();
        if (!is_hidden && at->is_regular_file(error)) files.push_back({at->path().native(), true});
    }
    if (error) throw nm::UserError(nm::Exit::no_input, nm::os_error(name, error.value()).message);
    if (files.begin() + first == files.end())
        throw nm::UserError(nm::Exit::no_input, name + ": a folder without files");
    std::sort(files.begin() + first, files.end(),
              [](const InputFile& a, const InputFile& b) { return a.path < b.path; });
}

}  // namespace

std::vector<InputFile> input_files(const std::vector<std::string>& names) {
    std::vector<InputFile> files;
    for (const std::string& name : names) {
        std::error_code error;
        if (name != "-" && ::access(name.c_str(), R_OK) != 0)
            throw nm::UserError(nm::Exit::no_input, nm::os_error(name, errno).message);
        if (name != "-" && fs::is_directory(name, error))
            add_folder(name, files);
        else
            files.push_back({name});
    }
    return files;
}

}  // namespace nmflowtool
