#include "base/clock.hpp"

#include <array>
#include <chrono>
#include <cstring>
#include <ctime>

namespace nm {
namespace {

std::int64_t read_clock(clockid_t clock) {
    timespec t{};
    clock_gettime(clock, &t);
    return static_cast<std::int64_t>(t.tv_sec) * ns_per_s + t.tv_nsec;
}

constexpr auto digit_pairs = [] {
    std::array<char, 200> pairs{};
    for (std::size_t i = 0; i < 100; ++i) {
        pairs[2 * i] = static_cast<char>('0' + i / 10);
        pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
    }
    return pairs;
}();

// Two digits of a value below 100, and a character behind them.
char* write_pair(char* out, unsigned value, char behind) {
    std::memcpy(out, &digit_pairs[std::size_t{2} * value], 2);
    out[2] = behind;
    return out + 3;
}
char* write_pair(char* out, unsigned value) {
    std::memcpy(out, &digit_pairs[std::size_t{2} * value], 2);
    return out + 2;
}

// Reads `digits` decimal digits from the front of text; nullopt when there are not as many.
std::optional<int> take_digits(std::string_view& text, std::size_t digits) {
    if (text.size() < digits) return std::nullopt;
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
        if (text[i] < '0' || text[i] > '9') return std::nullopt;
        value = value * 10 + (text[i] - '0');
    }
    text.remove_prefix(digits);
    return value;
}

bool take(std::string_view& text, char wanted) {
    if (text.empty() || text.front() != wanted) return false;
    text.remove_prefix(1);
    return true;
}

std::optional<std::int64_t> take_zone_s(std::string_view& text) {
    if (take(text, 'Z') || take(text, 'z')) return 0;
    const int sign = !text.empty() && text.front() == '-' ? -1 : 1;
    if (!take(text, '+') && !take(text, '-')) return std::nullopt;
    const auto hours = take_digits(text, 2);
    if (!hours || !take(text, ':')) return std::nullopt;
    const auto minutes = take_digits(text, 2);
    if (!minutes || *hours > 23 || *minutes > 59) return std::nullopt;
    return sign * (*hours * 3600 + *minutes * 60);
}

}  // namespace

Time now() {
    return {read_clock(CLOCK_REALTIME)};
}

std::int64_t monotonic_ns() {
    return read_clock(CLOCK_MONOTONIC);
}

char* write_time(char* out, Time time) {
    using namespace std::chrono;
    const auto since_epoch = floor<microseconds>(nanoseconds(time.ns));
    const auto day = floor<days>(since_epoch);
    const year_month_day date{sys_days(day)};
    const auto of_day = static_cast<std::uint64_t>((since_epoch - day).count());
    const auto seconds = static_cast<unsigned>(of_day / 1'000'000);
    const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
    const auto fraction_us = static_cast<unsigned>(of_day % 1'000'000);
    out = write_pair(out, year / 100 % 100);
    out = write_pair(out, year % 100, '-');
    out = write_pair(out, static_cast<unsigned>(date.month()), '-');
    out = write_pair(out, static_cast<unsigned>(date.day()), 'T');
    out = write_pair(out, seconds / 3600, ':');
    out = write_pair(out, seconds / 60 % 60, ':');
    out = write_pair(out, seconds % 60, '.');
    out = write_pair(out, fraction_us / 10'000);
    out = write_pair(out, fraction_us / 100 % 100);
    return write_pair(out, fraction_us % 100, 'Z');
}

std::string to_string(Time time) {
    char text[time_text_size];
    return {text, write_time(text, time)};
}

std::optional<Time> parse_time(std::string_view text) {
    using namespace std::chrono;
    const auto y = take_digits(text, 4);
    if (!y || !take(text, '-')) return std::nullopt;
    const auto mo = take_digits(text, 2);
    if (!mo || !take(text, '-')) return std::nullopt;
    const auto d = take_digits(text, 2);
    if (!d || !(take(text, 'T') || take(text, 't') || take(text, ' '))) return std::nullopt;
    const auto h = take_digits(text, 2);
    if (!h || !take(text, ':')) return std::nullopt;
    const auto mi = take_digits(text, 2);
    if (!mi || !take(text, ':')) return std::nullopt;
    const auto s = take_digits(text, 2);
    if (!s) return std::nullopt;
    std::int64_t fraction_ns = 0;
    if (take(text, '.')) {
        std::int64_t unit = ns_per_s / 10;
        if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
        while (!text.empty() && text.front() >= '0' && text.front() <= '9' && unit > 0) {
            fraction_ns += (text.front() - '0') * unit;
            unit /= 10;
            text.remove_prefix(1);
        }
    }
    const auto zone_s = take_zone_s(text);
    const year_month_day date{year{*y}, month{static_cast<unsigned>(*mo)}, day{static_cast<unsigned>(*d)}};
    if (!zone_s || !text.empty() || !date.ok() || *h > 23 || *mi > 59 || *s > 60) return std::nullopt;
    const std::int64_t days_s = sys_days(date).time_since_epoch().count() * std::int64_t{86400};
    const std::int64_t seconds = days_s + *h * 3600 + *mi * 60 + *s - *zone_s;
    std::int64_t ns = 0;  // holds the years 1678 to 2261
    const bool outside =
        __builtin_mul_overflow(seconds, ns_per_s, &ns) || __builtin_add_overflow(ns, fraction_ns, &ns);
    return outside ? std::nullopt : std::optional(Time{ns});
}

}  // namespace nm
