// Bytes as small hexadecimal digits, two each and nothing between, and back. Proof: tests/unit/base_hex_test.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nm {

// Writes two characters for each byte, and returns where the next one goes.
inline char* write_hex(char* out, std::span<const std::uint8_t> bytes) {
    constexpr char digits[] = "0123456789abcdef";
    for (const std::uint8_t byte : bytes) {
        *out++ = digits[byte >> 4];
        *out++ = digits[byte & 15];
    }
    return out;
}

inline void append_hex(std::string& out, std::span<const std::uint8_t> bytes) {
    const std::size_t begin = out.size();
    out.resize(begin + 2 * bytes.size());
    write_hex(out.data() + begin, bytes);
}

// Nothing when there is an odd number of characters, or one that append_hex() does not write.
inline std::optional<std::vector<std::uint8_t>> parse_hex(std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    if (text.size() % 2 != 0) return std::nullopt;
    std::vector<std::uint8_t> bytes;
    bytes.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const std::size_t high = digits.find(text[i]), low = digits.find(text[i + 1]);
        if (high == digits.npos || low == digits.npos) return std::nullopt;
        bytes.push_back(static_cast<std::uint8_t>(high << 4 | low));
    }
    return bytes;
}

}  // namespace nm
