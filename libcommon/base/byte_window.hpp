// The unread part of a file as one row of bytes: the reader of a format asks for n bytes, looks at them where
// they lie, and consumes them. Over a FileSource (any packing, or standard input) or over bytes in memory.
// Proof: tests/unit/base_byte_window_test.cpp.
#pragma once

#include <memory>
#include <optional>

#include "base/file_source.hpp"
#include "wire/byte_reader.hpp"

namespace nm {

class ByteWindow {
  public:
    // A path, or "-" for standard input.
    static Result<ByteWindow> open(const std::string& path);
    // Over bytes that outlive the window.
    static ByteWindow over(Bytes bytes);

    // At least n unread bytes; false when there are not as many, and problem() says why if that is not just
    // the end of the file. Moves the unread bytes.
    bool fill(std::size_t n) { return left() >= n || fill_more(n); }
    std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }
    Bytes unread() const { return {at_, left()}; }
    // Valid until the next fill().
    Bytes consume(std::size_t n) {
        const Bytes taken(at_, n);
        at_ += n;
        offset_ += n;
        return taken;
    }
    // Nothing more is read.
    void close();

    const std::string& problem() const { return problem_.message; }
    // io_error, or bad_data of a packed file that is damaged.
    Exit problem_exit() const { return problem_.exit; }
    // Unpacked bytes consumed so far.
    std::uint64_t offset() const { return offset_; }
    // Of the file as it is packed, for a progress bar; the size is 0 for a pipe.
    std::uint64_t file_offset() const { return source_ ? source_->offset() : offset_; }
    std::uint64_t file_size() const { return source_ ? source_->size() : 0; }
    // Called before a read that has to wait for a pipe.
    void before_waiting(std::function<void()> tell) {
        if (source_) source_->before_waiting(std::move(tell));
    }

  private:
    ByteWindow() = default;
    bool fill_more(std::size_t n);

    std::optional<FileSource> source_;
    std::unique_ptr<std::uint8_t[]> buffer_;
    std::size_t capacity_ = 0;
    const std::uint8_t* at_ = nullptr;  // the unread part of buffer_, or of the bytes given to over()
    const std::uint8_t* end_ = nullptr;
    std::uint64_t offset_ = 0;
    Error problem_;
};

}  // namespace nm
