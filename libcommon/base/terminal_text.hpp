// Text for a terminal: the only home of escape sequences, what is drawn in which colour, how many columns a
// text takes, and what of it a terminal must not receive. Nothing here asks the terminal anything: that is
// app/console's. Proof: tests/unit/base_terminal_text_test.cpp.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace nm {

// What a text says about the world; each has its colour.
enum class Mood : std::uint8_t { plain, heading, good, doubtful, bad, faint };

// The text in the colour of its mood, or as it is without colour.
std::string painted(std::string_view text, Mood mood, bool colour);

// Of the state words that records have: up, open, reached, ok are good; what answers, but not as it should,
// is doubtful; silence, errors and whatever is not known here are bad.
Mood mood_of_state(std::string_view word);
// 0 is plain, all of it is bad, what is between is doubtful.
Mood mood_of_loss(double pct);

// How a person reads a delay, in whatever table: milliseconds, as ping, fping and mtr have them, in five
// characters or so: 0.123, 12.34, 123.4, 1234. Records have microseconds with all their digits.
std::string short_ms(double ns);

// Columns that valid UTF-8 takes: 2 for wide characters (East Asian, emoji), 0 for combining ones.
std::size_t width_of(std::string_view text);
// What a terminal must not receive from a target's name or a packet becomes '?': control characters, C1 too,
// and bytes that are not UTF-8.
std::string printable(std::string_view text);
// At most so many columns of a text without escapes; what is cut off is marked by mark at the end.
std::string clipped(std::string_view text, std::size_t columns, std::string_view mark = "~");

// Lines that stand above the cursor are drawn again in place. A frame leaves the terminal's modes alone, so
// between two frames there is nothing to restore, however the program ends.
namespace escape {
std::string up(std::size_t lines);
inline constexpr std::string_view line_start = "\r";
inline constexpr std::string_view erase_to_line_end = "\033[K";
inline constexpr std::string_view erase_below = "\033[J";
inline constexpr std::string_view clear_screen = "\033[H\033[2J";
}  // namespace escape

}  // namespace nm
