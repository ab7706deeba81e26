// A growing run of bytes to append text to: what every formatter writes into. Unlike std::string it hands
// out room to write in place (room) and never fills what it is about to overwrite.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <type_traits>

namespace nm {

// Bytes of the longest number that the functions below write.
inline constexpr std::size_t number_text_size = 24;

// 00 01 02 ... 99
inline constexpr auto digit_pairs = [] {
    std::array<char, 200> pairs{};
    for (std::size_t i = 0; i < 100; ++i) {
        pairs[2 * i] = static_cast<char>('0' + i / 10);
        pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
    }
    return pairs;
}();

// Writes an integer and returns the end. Most numbers of records have few digits: those inline.
template <class Integer>
inline char* write_integer(char* out, Integer value) {
    if constexpr (std::is_unsigned_v<Integer>) {
        if (value < 10) {
            *out = static_cast<char>('0' + value);
            return out + 1;
        }
        const auto pair = [](char* at, auto number) { std::memcpy(at, &digit_pairs[2 * number], 2); };
        const auto small = static_cast<std::uint32_t>(value);
        if (value < 100) {
            pair(out, small);
            return out + 2;
        }
        if (value < 1000) {
            *out = static_cast<char>('0' + small / 100);
            pair(out + 1, small % 100);
            return out + 3;
        }
    }
    return std::to_chars(out, out + number_text_size, value).ptr;
}
// Writes fixed decimals without trailing zeros, 12.5, 3, 0.001, and returns the end.
char* write_decimal(char* out, double value, int decimals);

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
        used(write_integer(room(number_text_size), value));
    }
    void append_decimal(double value, int decimals) {
        used(write_decimal(room(number_text_size), value, decimals));
    }

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
    explicit TextCursor(char* begin) : begin_(begin), at_(begin) {}

    char* end() const { return at_; }
    std::size_t size() const { return static_cast<std::size_t>(at_ - begin_); }
    void overwrite(std::size_t at, char c) { begin_[at] = c; }
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
        at_ = write_integer(at_, value);
    }
    void append_decimal(double value, int decimals) { at_ = write_decimal(at_, value, decimals); }

  private:
    char* begin_;
    char* at_;
};

}  // namespace nm
