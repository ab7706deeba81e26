#include "base/replace_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "base/unique_fd.hpp"

namespace nm {
namespace {

int write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t n = ::write(fd, text.data(), text.size());
        if (n >= 0)
            text.remove_prefix(static_cast<std::size_t>(n));
        else if (errno != EINTR)
            return errno;
    }
    return 0;
}

// Where pids repeat, as in containers, a run that was killed may have left a file of this name.
UniqueFd create_anew(const std::string& path) {
    constexpr int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
    UniqueFd fd(::open(path.c_str(), flags, 0644));
    if (fd || errno != EEXIST || ::unlink(path.c_str()) != 0) return fd;
    return UniqueFd(::open(path.c_str(), flags, 0644));
}

}  // namespace

Status replace_file(const std::string& path, std::string_view text) {
    std::error_code is_new;
    std::string target = std::filesystem::canonical(path, is_new).native();  // what a link points to
    if (is_new) target = path;
    const std::string temporary = target + "." + std::to_string(::getpid()) + ".tmp";
    UniqueFd fd = create_anew(temporary);
    if (!fd) return os_error(path, errno, Exit::cannot_create);
    struct stat old {};
    if (!is_new && ::stat(target.c_str(), &old) == 0) ::fchmod(fd.get(), old.st_mode & 07777);
    int error = write_all(fd.get(), text);
    if (error == 0 && ::fsync(fd.get()) != 0) error = errno;
    if (error == 0 && std::rename(temporary.c_str(), target.c_str()) != 0) error = errno;
    if (error == 0) return Done{};
    ::unlink(temporary.c_str());
    return os_error(path, error, Exit::io_error);
}

}  // namespace nm
