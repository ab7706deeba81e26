#include "base/whole_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/result.hpp"
#include "base/unique_fd.hpp"

namespace nm {

std::string read_whole_file(const std::string& path) {
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) throw UserError(Exit::no_input, os_error(path, errno).message);
    std::string text;
    while (true) {
        constexpr std::size_t step = std::size_t{1} << 18;
        const std::size_t size = text.size();
        text.resize(size + step);
        const ssize_t got = ::read(fd.get(), text.data() + size, step);
        text.resize(size + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
        if (got == 0) return text;
        if (got < 0 && errno != EINTR) throw UserError(Exit::no_input, os_error(path, errno).message);
    }
}

}  // namespace nm
