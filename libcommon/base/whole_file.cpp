#include "base/whole_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/unique_fd.hpp"

namespace nm {

Result<std::string> read_whole_file(const std::string& path, std::size_t most_bytes) {
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) return os_error(path, errno, Exit::no_input);
    std::string text;
    while (true) {
        constexpr std::size_t step = std::size_t{1} << 18;
        const std::size_t size = text.size();
        text.resize(size + step);
        const ssize_t got = ::read(fd.get(), text.data() + size, step);
        text.resize(size + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
        if (got == 0) return text;
        if (got < 0 && errno != EINTR) return os_error(path, errno, Exit::no_input);
        if (text.size() > most_bytes)
            return Error{Exit::bad_data, path + ": larger than " + std::to_string(most_bytes) + " bytes"};
    }
}

}  // namespace nm
