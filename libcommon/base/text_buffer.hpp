// A growing run of bytes to append text to: what every formatter writes into. Unlike std::string it hands
// out room to write in place (room) and never fills what it is about to overwrite.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

namespace nm {

class TextBuffer {
  public:
    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    const char* data() const { return data_.get(); }
    std::string_view view() const { return {data_.get(), size_}; }
    void clear() { size_ = 0; }
    void truncate(std::size_t size) { size_ = size; }
    void overwrite(std::size_t at, char c) { data_[at] = c; }

    // At least n writable bytes at the end; tell how many were used with used().
    char* room(std::size_t n) {
        if (size_ + n > capacity_) grow(n);
        return data_.get() + size_;
    }
    void used(char* end) { size_ = static_cast<std::size_t>(end - data_.get()); }

    void append(char c) {
        *room(1) = c;
        ++size_;
    }
    void append(std::string_view text) {
        if (text.empty()) return;  // memcpy takes no null pointer, whatever the length
        std::memcpy(room(text.size()), text.data(), text.size());
        size_ += text.size();
    }
    template <class Integer>
    void append_integer(Integer value) {
        char* at = room(20);
        used(std::to_chars(at, at + 20, value).ptr);
    }
    // Fixed decimals without trailing zeros: 12.5, 3, 0.001.
    void append_decimal(double value, int decimals);

  private:
    void grow(std::size_t n) {
        const std::size_t wanted = std::max(capacity_ * 2, std::max<std::size_t>(size_ + n, 1024));
        auto larger = std::make_unique_for_overwrite<char[]>(wanted);
        if (size_ > 0) std::memcpy(larger.get(), data_.get(), size_);
        data_ = std::move(larger);
        capacity_ = wanted;
    }

    std::unique_ptr<char[]> data_;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

// The same calls without their checks, into room that was asked for beforehand: for what is written field by
// field millions of times, with a known upper bound (json/write.hpp).
class TextCursor {
  public:
    explicit TextCursor(char* at) : at_(at) {}

    char* end() const { return at_; }
    char* room(std::size_t) { return at_; }
    void used(char* end) { at_ = end; }
    void append(char c) { *at_++ = c; }
    // Inline, so that a text whose length is a constant is a few moves.
    [[gnu::always_inline]] void append(std::string_view text) {
        if (text.empty()) return;
        std::memcpy(at_, text.data(), text.size());
        at_ += text.size();
    }
    template <class Integer>
    void append_integer(Integer value) {
        at_ = std::to_chars(at_, at_ + 20, value).ptr;
    }

  private:
    char* at_;
};

}  // namespace nm
