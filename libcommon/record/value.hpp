// What every format asks of a member's value: is it absent, and how is it spelled as text.
// Integers above 2^53 are spelled as JSON strings, because jq and JavaScript would corrupt them silently.
#pragma once

#include <cmath>
#include <concepts>
#include <limits>
#include <optional>

#include "base/clock.hpp"
#include "base/fixed_text.hpp"
#include "base/text.hpp"
#include "base/text_buffer.hpp"
#include "net/ip.hpp"
#include "record/describe.hpp"

namespace nm {

template <class E>
concept WordEnum = std::is_enum_v<E> && !std::is_same_v<decltype(enum_words<E>), const std::nullptr_t>;

template <WordEnum E>
constexpr std::string_view word_of(E value) {
    const auto index = static_cast<std::size_t>(value);
    return index < enum_words<E>.size() ? std::string_view(enum_words<E>[index]) : std::string_view();
}

template <WordEnum E>
std::optional<E> enum_of(std::string_view word) {
    for (std::size_t i = 0; i < enum_words<E>.size(); ++i) {
        if (enum_words<E>[i] == word) return static_cast<E>(i);
    }
    return std::nullopt;
}

template <class V>
bool is_absent(const V& value) {
    if constexpr (std::is_floating_point_v<V>)
        return !std::isfinite(value);
    else if constexpr (std::is_integral_v<V>)
        return false;
    else if constexpr (std::is_same_v<V, std::string> || is_fixed_text<V>)
        return value.empty();
    else if constexpr (std::is_same_v<V, Time>)
        return value.ns == 0;
    else if constexpr (std::is_same_v<V, Labels>)
        return value.items.empty();
    else if constexpr (std::is_same_v<V, IpAddress> || std::is_same_v<V, Prefix>)
        return !value.is_set();
    else if constexpr (WordEnum<V>)
        return word_of(value).empty();
    else if constexpr (detail::is_vector<V>)
        return value.empty();
    else
        return false;
}

template <class V>
bool is_absent(const std::optional<V>& value) {
    return !value || is_absent(*value);
}

// Decimals kept of a real number in this unit: nanoseconds of a microsecond, thousandths of a percent.
constexpr int decimals_of(Unit unit) {
    return unit == Unit::s || unit == Unit::ratio ? 6 : 3;
}

// The plain spelling of one scalar, without quotes. Absent values must not come here.
template <class Out, class V>
void append_plain(Out& out, const V& value, Unit unit) {
    if constexpr (std::is_same_v<V, bool>)
        out.append(value ? std::string_view("true") : "false");
    else if constexpr (std::is_integral_v<V>)
        out.append_integer(value);
    else if constexpr (std::is_floating_point_v<V>)
        out.append_decimal(static_cast<double>(value), decimals_of(unit));
    else if constexpr (std::is_same_v<V, std::string>)
        out.append(std::string_view(value));
    else if constexpr (is_fixed_text<V>)
        out.append(value.view());
    else if constexpr (std::is_same_v<V, Time>)
        out.used(write_time(out.room(time_text_size), value));
    else if constexpr (std::is_same_v<V, IpAddress>)
        out.used(write_ip(out.room(ip_text_size), value));
    else if constexpr (std::is_same_v<V, Prefix>)
        out.used(write_prefix(out.room(ip_text_size + 4), value));
    else if constexpr (std::is_same_v<V, Mac>)
        out.used(write_mac(out.room(mac_text_size), value));
    else
        out.append(word_of(value));
}

}  // namespace nm
