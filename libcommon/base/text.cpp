#include "base/text.hpp"

#include <array>
#include <cmath>
#include <cstdio>
#include <utility>

namespace nm {
namespace {

struct DurationUnit {
    std::string_view name;
    std::int64_t ns;
};
constexpr std::array duration_units{
    DurationUnit{"ns", 1},
    DurationUnit{"us", 1'000},
    DurationUnit{"ms", 1'000'000},
    DurationUnit{"s", 1'000'000'000},
    DurationUnit{"m", 60'000'000'000},
    DurationUnit{"h", 3'600'000'000'000},
    DurationUnit{"d", 86'400'000'000'000},
};

constexpr std::array<std::pair<std::string_view, double>, 9> size_units{{
    {"", 1},
    {"k", 1e3},
    {"K", 1e3},
    {"M", 1e6},
    {"G", 1e9},
    {"Ki", 1024},
    {"Mi", 1024.0 * 1024},
    {"Gi", 1024.0 * 1024 * 1024},
    {"T", 1e12},
}};

// The end of the digits and the point at the front of text.
std::size_t number_end(std::string_view text) {
    const std::size_t end = text.find_first_not_of("0123456789.");
    return end == std::string_view::npos ? text.size() : end;
}

}  // namespace

std::optional<std::int64_t> parse_duration_ns(std::string_view text) {
    const std::size_t end = number_end(text);
    const std::string_view digits = text.substr(0, end);
    const auto value = parse_number<double>(digits);
    if (!value) return std::nullopt;
    if (end == text.size()) return *value == 0 ? std::optional<std::int64_t>(0) : std::nullopt;
    for (const DurationUnit& unit : duration_units) {
        if (text.substr(end) != unit.name) continue;
        // Whole numbers stay exact; a double would lose digits above 2^53 ns.
        if (const auto whole = parse_number<std::int64_t>(digits)) {
            std::int64_t ns = 0;
            if (__builtin_mul_overflow(*whole, unit.ns, &ns)) return std::nullopt;
            return ns;
        }
        const double ns = *value * static_cast<double>(unit.ns);
        if (ns > 9e18) return std::nullopt;
        return std::llround(ns);
    }
    return std::nullopt;
}

std::string duration_text(std::int64_t ns) {
    if (ns == 0) return "0s";
    constexpr std::array<std::size_t, 4> order{3, 2, 1, 0};  // seconds down to nanoseconds
    for (const std::size_t i : order) {
        const DurationUnit& unit = duration_units[i];
        if (ns % unit.ns == 0) return std::to_string(ns / unit.ns) + std::string(unit.name);
    }
    return {};
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
    const std::size_t end = number_end(text);
    const auto value = parse_number<double>(text.substr(0, end));
    if (!value) return std::nullopt;
    for (const auto& [name, factor] : size_units) {
        if (text.substr(end) != name) continue;
        const double size = *value * factor;
        if (size > 9e18) return std::nullopt;
        return static_cast<std::uint64_t>(std::llround(size));
    }
    return std::nullopt;
}

std::string_view trim(std::string_view text) {
    const std::size_t begin = text.find_first_not_of(" \t\r\n");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    while (true) {
        const std::size_t at = text.find(separator);
        parts.push_back(text.substr(0, at));
        if (at == std::string_view::npos) return parts;
        text.remove_prefix(at + 1);
    }
}

std::size_t utf8_sequence(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const auto follows = [&](std::size_t i) { return i < text.size() && (byte(i) & 0xC0) == 0x80; };
    if (text.empty()) return 0;
    const unsigned first = byte(0);
    if (first < 0x80) return 1;
    if (first >= 0xC2 && first <= 0xDF) return follows(1) ? 2 : 0;
    if (first >= 0xE0 && first <= 0xEF) {
        if (!follows(1) || !follows(2)) return 0;
        const bool overlong = first == 0xE0 && byte(1) < 0xA0;
        const bool surrogate = first == 0xED && byte(1) >= 0xA0;
        return overlong || surrogate ? 0 : 3;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        if (!follows(1) || !follows(2) || !follows(3)) return 0;
        const bool outside = (first == 0xF0 && byte(1) < 0x90) || (first == 0xF4 && byte(1) >= 0x90);
        return outside ? 0 : 4;
    }
    return 0;
}

std::string in_quotes(std::string_view text) {
    std::string out = "'";
    while (!text.empty()) {
        const std::size_t n = utf8_sequence(text);
        const auto byte = static_cast<unsigned char>(text.front());
        if (n == 0 || byte < 0x20 || byte == 0x7F) {
            char escape[5];
            std::snprintf(escape, sizeof escape, "\\x%02x", byte);
            out += escape;
            text.remove_prefix(1);
        } else {
            out += text.substr(0, n);
            text.remove_prefix(n);
        }
    }
    return out + "'";
}

}  // namespace nm
