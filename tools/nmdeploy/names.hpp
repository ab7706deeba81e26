// Names that travel from files into names of containers, paths and labels: a DNS label (RFC 1123 section 2.1)
// and nothing else. Proof: tests/unit/nmdeploy_difference_test.cpp.
#pragma once

#include <algorithm>
#include <string_view>

namespace nmdeploy {

inline constexpr std::size_t longest_name = 63;

inline bool is_name(std::string_view text) {
    const auto letter_or_digit = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    return !text.empty() && text.size() <= longest_name && letter_or_digit(text.front()) &&
           letter_or_digit(text.back()) &&
           std::all_of(text.begin(), text.end(), [&](char c) { return letter_or_digit(c) || c == '-'; });
}

inline constexpr const char* name_rule = "is not a name: 1 to 63 of a-z, 0-9 and -, not at the ends";

// Text that is put into a path, an argument or a mount: no control characters.
inline bool is_plain(std::string_view text) {
    return std::none_of(text.begin(), text.end(),
                        [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

// A path that podman's --mount and --network can carry as it is.
inline bool is_mountable(std::string_view path) {
    return path.starts_with('/') && is_plain(path) && path.find_first_of(",\"=:") == std::string_view::npos;
}

}  // namespace nmdeploy
