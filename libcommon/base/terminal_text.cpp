#include "base/terminal_text.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/text.hpp"

namespace nm {
namespace {

constexpr std::string_view reset = "\033[0m";
// By Mood.
constexpr std::array<std::string_view, 6> colours{"",         "\033[1m",    "\033[32m",
                                                  "\033[33m", "\033[1;31m", "\033[2m"};

constexpr std::array<std::string_view, 9> good_words{"up",      "open", "reached", "ok",      "answered",
                                                     "no_data", "none", "waiting", "redirect"};
constexpr std::array<std::string_view, 6> doubtful_words{"closed",  "slow",     "lossy",
                                                         "unknown", "nxdomain", "stopped"};

struct Range {
    char32_t first, last;
};
// East Asian Width W and F (UAX #11) and emoji, in the blocks where nearly all of them are.
constexpr std::array<Range, 11> wide{{{0x1100, 0x115F},
                                      {0x2E80, 0x303E},
                                      {0x3041, 0xA4CF},
                                      {0xA960, 0xA97F},
                                      {0xAC00, 0xD7A3},
                                      {0xF900, 0xFAFF},
                                      {0xFE30, 0xFE6F},
                                      {0xFF00, 0xFF60},
                                      {0xFFE0, 0xFFE6},
                                      {0x1F300, 0x1FAFF},
                                      {0x20000, 0x3FFFD}}};
constexpr std::array<Range, 7> zero_width{{{0x0300, 0x036F},
                                           {0x0483, 0x0489},
                                           {0x0591, 0x05BD},
                                           {0x200B, 0x200F},
                                           {0x20D0, 0x20FF},
                                           {0xFE00, 0xFE0F},
                                           {0xFE20, 0xFE2F}}};

template <std::size_t N>
bool is_in(const std::array<Range, N>& ranges, char32_t c) {
    return std::any_of(ranges.begin(), ranges.end(),
                       [c](const Range& range) { return c >= range.first && c <= range.last; });
}

template <std::size_t N>
bool is_in(const std::array<std::string_view, N>& words, std::string_view word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

// The code point of a sequence that utf8_sequence() found.
char32_t code_point(std::string_view sequence) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(sequence[i]); };
    if (sequence.size() == 1) return byte(0);
    char32_t c = byte(0) & (0xFFU >> (sequence.size() + 1));
    for (std::size_t i = 1; i < sequence.size(); ++i) c = c << 6 | (byte(i) & 0x3FU);
    return c;
}

// The next character of text, its bytes at least 1, and its columns.
struct Character {
    std::size_t bytes;
    std::size_t columns;
    bool printable;
};

Character first_of(std::string_view text) {
    const std::size_t bytes = utf8_sequence(text);
    if (bytes == 0) return {1, 1, false};
    const char32_t c = code_point(text.substr(0, bytes));
    const bool is_control = c < 0x20 || (c >= 0x7F && c < 0xA0);
    return {bytes, is_in(zero_width, c) ? 0U : is_in(wide, c) ? 2U : 1U, !is_control};
}

}  // namespace

std::string painted(std::string_view text, Mood mood, bool colour) {
    if (!colour || mood == Mood::plain || text.empty()) return std::string(text);
    return std::string(colours[static_cast<std::size_t>(mood)]) + std::string(text) + std::string(reset);
}

Mood mood_of_state(std::string_view word) {
    if (is_in(good_words, word)) return Mood::good;
    return is_in(doubtful_words, word) ? Mood::doubtful : Mood::bad;
}

Mood mood_of_loss(double pct) {
    if (pct <= 0) return Mood::plain;
    return pct >= 100 ? Mood::bad : Mood::doubtful;
}

std::string short_ms(double ns) {
    const double ms = ns / 1e6;
    char text[32];
    std::snprintf(text, sizeof text, "%.*f", ms < 9.9995 ? 3 : ms < 99.995 ? 2 : ms < 999.95 ? 1 : 0, ms);
    return text;
}

std::size_t width_of(std::string_view text) {
    std::size_t width = 0;
    while (!text.empty()) {
        const Character next = first_of(text);
        width += next.columns;
        text.remove_prefix(next.bytes);
    }
    return width;
}

std::string printable(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const Character next = first_of(text);
        if (next.printable)
            out += text.substr(0, next.bytes);
        else
            out += '?';
        text.remove_prefix(next.bytes);
    }
    return out;
}

std::string clipped(std::string_view text, std::size_t columns, std::string_view mark) {
    if (width_of(text) <= columns) return std::string(text);
    const std::size_t mark_columns = width_of(mark);
    if (columns < mark_columns) return {};
    std::string out;
    std::size_t width = 0;
    while (!text.empty()) {
        const Character next = first_of(text);
        if (width + next.columns + mark_columns > columns) break;
        width += next.columns;
        out += text.substr(0, next.bytes);
        text.remove_prefix(next.bytes);
    }
    return out + std::string(mark);
}

namespace escape {

std::string up(std::size_t lines) {
    return lines == 0 ? std::string() : "\033[" + std::to_string(lines) + "A";
}

}  // namespace escape
}  // namespace nm
