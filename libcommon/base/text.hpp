// Readers of what people write: numbers, durations (200ms, 5s, 1m), sizes and rates (64k, 10M), lists.
// Every reader takes the whole text or nothing. Proof: tests/unit/base_test.cpp.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nm {

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

// "200ms", "5s", "1m", "2h", "1d", "50us", "10ns", "1.5s". A bare 0 is allowed, any other bare number is not.
std::optional<std::int64_t> parse_duration_ns(std::string_view text);
// The shortest exact spelling: 200ms, 5s, 90s.
std::string duration_text(std::int64_t ns);
// "64", "64k", "10M", "1G" in steps of 1000; "64Ki", "1Mi" in steps of 1024.
std::optional<std::uint64_t> parse_size(std::string_view text);

std::string_view trim(std::string_view text);
std::vector<std::string_view> split(std::string_view text, char separator);
// Puts text between single quotes with control characters and non-UTF-8 escaped: safe in a message.
std::string in_quotes(std::string_view text);
// Bytes of a valid UTF-8 sequence at the front of text (1-4), or 0 when there is none.
std::size_t utf8_sequence(std::string_view text);

}  // namespace nm
