#include "store.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "base/sha256.hpp"
#include "base/text.hpp"
#include "json/line_writer.hpp"
#include "names.hpp"
#include "podman.hpp"

namespace nmdeploy {
namespace {

std::string usable_directory(const std::string& option, const std::string& text) {
    const std::string path = std::filesystem::absolute(text).lexically_normal();
    if (!is_mountable(path))
        throw nm::UserError(nm::Exit::usage,
                            option + ": " + nm::in_quotes(path) + " has a comma, colon, = or quote");
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (error)
        throw nm::UserError(nm::Exit::cannot_create,
                            nm::os_error(path, error.value(), nm::Exit::cannot_create).message);
    return path.ends_with('/') ? path.substr(0, path.size() - 1) : path;
}

}  // namespace

Store::Store(const EngineOptions& options) : owner_(options.owner) {
    if (!is_name(owner_))
        throw nm::UserError(nm::Exit::usage, "--owner: " + nm::in_quotes(owner_) + " " + name_rule);
    directory_ = usable_directory("--dir", options.directory);
    const std::string short_name = nm::sha256_hex(directory_).substr(0, 12);
    run_ = usable_directory(
        "--run-dir", options.run_directory.empty() ? "/run/nmdeploy-" + short_name : options.run_directory);
    records_ = usable_directory(
        "--records", options.records_directory.empty() ? path("records") : options.records_directory);
    usable_directory("--dir", path("files"));
}

void Store::lock() {
    const std::string file = path("lock");
    lock_ = nm::UniqueFd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!lock_) throw nm::UserError(nm::Exit::cannot_create, nm::os_error(file, errno).message);
    if (::flock(lock_.get(), LOCK_EX | LOCK_NB) != 0)
        throw nm::UserError(nm::Exit::try_later, file + ": another run of nmdeploy holds this lock");
}

nm::Status Store::keep_file(const std::string& sha256, const std::string& bytes) const {
    const std::string target = file_path(sha256);
    if (::access(target.c_str(), F_OK) == 0) return nm::Done{};
    const std::string temporary = target + ".tmp";
    const nm::UniqueFd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (!fd) return nm::os_error(temporary, errno, nm::Exit::cannot_create);
    int error = nm::write_fully(fd.get(), bytes);
    if (error == 0 && ::fsync(fd.get()) != 0) error = errno;
    if (error == 0 && std::rename(temporary.c_str(), target.c_str()) != 0) error = errno;
    if (error == 0) return nm::Done{};
    ::unlink(temporary.c_str());
    return nm::os_error(target, error, nm::Exit::io_error);
}

nm::Status Store::prepare_records(const std::string& path) const {
    const nm::UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644));
    if (!fd) return nm::os_error(path, errno, nm::Exit::cannot_create);
    if (::fchown(fd.get(), container_uid, container_uid) != 0) return nm::os_error(path, errno);
    return nm::Done{};
}

std::optional<std::uint64_t> netns_inode(const std::string& path) {
    struct stat info {};
    const std::string& target = path.empty() ? "/proc/self/ns/net" : path;
    if (::stat(target.c_str(), &info) != 0) return std::nullopt;
    return info.st_ino;
}

}  // namespace nmdeploy
