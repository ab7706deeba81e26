// Points in time and how they are read and written: RFC 3339 in UTC with microseconds and Z.
// Proof: tests/unit/base_test.cpp.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nm {

// Nanoseconds since 1970-01-01T00:00:00Z (CLOCK_REALTIME). Zero means unset, which records leave out.
struct Time {
    std::int64_t ns = 0;
    auto operator<=>(const Time&) const = default;
};

inline constexpr std::int64_t ns_per_us = 1'000;
inline constexpr std::int64_t ns_per_ms = 1'000'000;
inline constexpr std::int64_t ns_per_s = 1'000'000'000;

Time now();
// CLOCK_MONOTONIC in ns: for intervals and time limits; has no date.
std::int64_t monotonic_ns();

// A duration as a record tells it; below 0: not known, which records leave out.
inline std::optional<double> in_us(std::int64_t ns) {
    return ns < 0 ? std::nullopt : std::optional(static_cast<double>(ns) / 1e3);
}
inline std::optional<double> in_ms(std::int64_t ns) {
    return ns < 0 ? std::nullopt : std::optional(static_cast<double>(ns) / 1e6);
}

// Writes exactly time_text_size bytes, "2026-11-22T01:02:03.123456Z", and returns the end.
inline constexpr std::size_t time_text_size = 27;
char* write_time(char* out, Time time);
std::string to_string(Time time);
// Accepts 1 to 9 fraction digits or none, and Z or +hh:mm.
std::optional<Time> parse_time(std::string_view text);

}  // namespace nm
