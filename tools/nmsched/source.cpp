#include "source.hpp"

#include <fcntl.h>

#include <cerrno>

#include "base/text.hpp"
#include "base/unique_fd.hpp"
#include "json/line_reader.hpp"

namespace nmsched {

void each_line(nm::Context& context, const std::string& path,
               const std::function<void(std::string_view, std::uint64_t)>& visit) {
    nm::UniqueFd file;
    int fd = STDIN_FILENO;
    if (path != "-") {
        file.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
        if (!file) throw nm::UserError(nm::Exit::no_input, nm::os_error(path, errno).message);
        fd = file.get();
    } else if (nm::Console::stdin_is_terminal()) {
        throw nm::UserError(nm::Exit::usage, "stdin is a terminal: name a file or pipe records in");
    }
    nm::LineReader reader(fd, [&] { context.out.flush(); });
    for (std::string_view line;;) {
        switch (reader.next(line)) {
            case nm::LineReader::Next::line:
                if (!nm::trim(line).empty()) visit(line, reader.line_number());
                break;
            case nm::LineReader::Next::too_long:
                throw nm::UserError(nm::Exit::bad_data,
                                    path + ":" + std::to_string(reader.line_number()) + ": line over 1 MiB");
            case nm::LineReader::Next::end:
                return;
            case nm::LineReader::Next::stopped:
                throw nm::UserError(nm::Exit::io_error, path + ": stopped before the end of the input");
            case nm::LineReader::Next::failed:
                throw nm::UserError(nm::Exit::io_error, nm::os_error(path, reader.errno_value()).message);
        }
    }
}

}  // namespace nmsched
