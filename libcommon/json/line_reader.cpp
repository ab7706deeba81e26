#include "json/line_reader.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "app/signals.hpp"

namespace nm {

LineReader::LineReader(int fd, std::function<void()> before_block)
    : fd_(fd),
      before_block_(std::move(before_block)),
      buffer_(std::make_unique_for_overwrite<char[]>(longest_line + read_bytes)) {}

LineReader::Next LineReader::next(std::string_view& line) {
    while (true) {
        const auto* newline =
            static_cast<const char*>(std::memchr(buffer_.get() + scanned_, '\n', end_ - scanned_));
        const char* begin = buffer_.get() + begin_;
        if (newline != nullptr || (at_end_ && begin_ < end_)) {
            const char* stop = newline != nullptr ? newline : buffer_.get() + end_;
            line = {begin, static_cast<std::size_t>(stop - begin)};
            begin_ = scanned_ =
                newline != nullptr ? static_cast<std::size_t>(newline - buffer_.get()) + 1 : end_;
            ++line_number_;
            if (!std::exchange(skipping_, false) && line.size() <= longest_line) return Next::line;
            return Next::too_long;
        }
        if (at_end_) {
            if (!std::exchange(skipping_, false)) return Next::end;
            ++line_number_;
            return Next::too_long;
        }
        scanned_ = end_;
        if (const Next state = fill(); state != Next::line) return state;
    }
}

// Reads once. Next::line means: look again.
LineReader::Next LineReader::fill() {
    if (begin_ > 0) {
        std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
        end_ -= begin_;
        scanned_ -= begin_;
        begin_ = 0;
    }
    if (end_ > longest_line) {  // drop what is there of it and go on to its newline
        skipping_ = true;
        end_ = scanned_ = 0;
    }
    pollfd ready{fd_, POLLIN, 0};
    if (::poll(&ready, 1, 0) == 0 && before_block_) before_block_();
    if (stop_requested()) return Next::stopped;
    const ssize_t n = ::read(fd_, buffer_.get() + end_, longest_line + read_bytes - end_);
    if (n < 0 && errno == EINTR) return stop_requested() ? Next::stopped : Next::line;
    if (n < 0 && errno == EAGAIN) {
        ::poll(&ready, 1, -1);
        return Next::line;
    }
    if (n < 0) {
        errno_ = errno;
        return Next::failed;
    }
    at_end_ = n == 0;
    end_ += static_cast<std::size_t>(n);
    return Next::line;
}

}  // namespace nm
