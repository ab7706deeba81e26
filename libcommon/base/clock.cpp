#include "base/clock.hpp"

#include <chrono>
#include <ctime>

namespace nm {
namespace {

std::int64_t read_clock(clockid_t clock) {
    timespec t{};
    clock_gettime(clock, &t);
    return static_cast<std::int64_t>(t.tv_sec) * ns_per_s + t.tv_nsec;
}

char* write_digits(char* out, unsigned value, int digits) {
    for (int i = digits - 1; i >= 0; --i, value /= 10) out[i] = static_cast<char>('0' + value % 10);
    return out + digits;
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
    out = write_digits(out, static_cast<unsigned>(static_cast<int>(date.year())), 4);
    *out++ = '-';
    out = write_digits(out, static_cast<unsigned>(date.month()), 2);
    *out++ = '-';
    out = write_digits(out, static_cast<unsigned>(date.day()), 2);
    *out++ = 'T';
    out = write_digits(out, seconds / 3600, 2);
    *out++ = ':';
    out = write_digits(out, seconds / 60 % 60, 2);
    *out++ = ':';
    out = write_digits(out, seconds % 60, 2);
    *out++ = '.';
    out = write_digits(out, static_cast<unsigned>(of_day % 1'000'000), 6);
    *out++ = 'Z';
    return out;
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
