#include "decode/state_file.hpp"

#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "base/replace_file.hpp"
#include "base/whole_file.hpp"

namespace nmflowtool {
namespace {

constexpr std::size_t largest_state = 256 * 1024 * 1024;

}  // namespace

StateFile::StateFile(std::string path, nm::Console& console) : path_(std::move(path)), console_(console) {
    if (path_.empty()) return;
    std::error_code unknown;
    const std::filesystem::file_status found = std::filesystem::status(path_, unknown);
    int error = std::filesystem::is_directory(found) ? EISDIR : 0;
    // A device or a pipe would be replaced by a file.
    if (error == 0 && std::filesystem::exists(found) && !std::filesystem::is_regular_file(found))
        throw nm::UserError(
            nm::Exit::cannot_create,
            "--state " + path_ + ": is no regular file; without a state leave the option out");
    const std::string folder = std::filesystem::path(path_).parent_path().native();
    // The new file is made beside the old one.
    if (error == 0 && ::access(folder.empty() ? "." : folder.c_str(), W_OK | X_OK) != 0) error = errno;
    if (error != 0)
        throw nm::UserError(nm::Exit::cannot_create, nm::os_error("--state " + path_, error).message);
}

void StateFile::load(Decoder& decoder) {
    if (path_.empty() || ::access(path_.c_str(), F_OK) != 0) return;
    const nm::Result<std::string> text = nm::read_whole_file(path_, largest_state);
    if (text && !text->empty() && !is_state(*text)) {
        throw nm::UserError(nm::Exit::bad_data,
                            "--state " + path_ + ": is no state of nmflowtool, and would be replaced");
    }
    std::string problem;
    if (!text)
        problem = text.error().message;
    else if (const nm::Result<std::size_t> loaded = decoder.load_state(*text); !loaded) {
        problem = path_ + ": " + loaded.error().message;
        if (loaded.error().exit == nm::Exit::usage)
            throw nm::UserError(nm::Exit::usage, "--state " + problem);
    }
    if (!problem.empty()) console_.warn(problem + ": it is ignored, and replaced at the end");
}

nm::Status StateFile::save(const Decoder& decoder) {
    if (path_.empty()) return nm::Done{};
    std::string state = decoder.save_state();
    if (state == saved_) return nm::Done{};
    nm::Status written = nm::replace_file(path_, state);
    if (written) saved_ = std::move(state);
    return written;
}

}  // namespace nmflowtool
