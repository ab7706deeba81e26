#include "base/byte_window.hpp"

#include <algorithm>
#include <cstring>

namespace nm {
namespace {

constexpr std::size_t first_capacity = 256 * 1024;

}  // namespace

Result<ByteWindow> ByteWindow::open(const std::string& path) {
    Result<FileSource> source = FileSource::open(path);
    if (!source) return source.error();
    ByteWindow window;
    window.source_.emplace(std::move(*source));
    window.buffer_ = std::make_unique_for_overwrite<std::uint8_t[]>(first_capacity);
    window.capacity_ = first_capacity;
    window.at_ = window.end_ = window.buffer_.get();
    return window;
}

ByteWindow ByteWindow::over(Bytes bytes) {
    ByteWindow window;
    window.at_ = bytes.data();
    window.end_ = bytes.data() + bytes.size();
    return window;
}

bool ByteWindow::fill_more(std::size_t n) {
    if (!source_) return false;
    std::size_t unread = left();
    if (n > capacity_) {
        const std::size_t wanted = std::max(n, capacity_ * 2);
        auto larger = std::make_unique_for_overwrite<std::uint8_t[]>(wanted);
        std::memcpy(larger.get(), at_, unread);
        buffer_ = std::move(larger);
        capacity_ = wanted;
    } else {
        std::memmove(buffer_.get(), at_, unread);
    }
    while (unread < n) {
        const auto got = source_->read({buffer_.get() + unread, capacity_ - unread});
        if (!got) problem_ = got.error();
        if (!got || *got == 0) break;
        unread += *got;
    }
    at_ = buffer_.get();
    end_ = at_ + unread;
    return unread >= n;
}

void ByteWindow::close() {
    end_ = at_;
    source_.reset();
}

}  // namespace nm
