// Records as JSON lines, with keys that are constants of the program: append_json(buffer, record).
// Proof: tests/unit/record_test.cpp (against nlohmann); tests/bench/ has its rate.
#pragma once

#include <algorithm>

#include "json/escape.hpp"
#include "record/value.hpp"

namespace nm {

inline constexpr std::uint64_t largest_exact_integer = std::uint64_t{1} << 53;

namespace detail {

// ,"key": as a constant.
template <class T, std::size_t I>
struct KeyText {
    static constexpr std::string_view key = get<I>(describe<T>.fields).info.key;
    static constexpr auto text = [] {
        std::array<char, key.size() + 4> out{};
        out[0] = ',';
        out[1] = '"';
        for (std::size_t i = 0; i < key.size(); ++i) out[2 + i] = key[i];
        out[key.size() + 2] = '"';
        out[key.size() + 3] = ':';
        return out;
    }();
};

// {"type":"probe.icmp","v":1 as a constant (a version has one digit until one needs two).
template <class T>
struct HeadText {
    static constexpr std::string_view type = describe<T>.type;
    static_assert(describe<T>.version < 10);
    static constexpr auto text = [] {
        constexpr std::string_view before = "{\"type\":\"";
        constexpr std::string_view after = "\",\"v\":";
        std::array<char, before.size() + type.size() + after.size() + 1> out{};
        std::size_t at = 0;
        for (const char c : before) out[at++] = c;
        for (const char c : type) out[at++] = c;
        for (const char c : after) out[at++] = c;
        out[at] = static_cast<char>('0' + describe<T>.version);
        return out;
    }();
};

// The longest text that a member of this type can have, quotes included; 0 when it depends on the value.
template <class V>
constexpr std::size_t longest_json_value() {
    if constexpr (std::is_arithmetic_v<V>)
        return number_text_size + 2;
    else if constexpr (is_fixed_text<V>)
        return longest_json_string(sizeof(V));
    else if constexpr (std::is_same_v<V, Time>)
        return time_text_size + 2;
    else if constexpr (std::is_same_v<V, IpAddress> || std::is_same_v<V, Prefix>)
        return ip_text_size + 6;
    else if constexpr (std::is_same_v<V, Mac>)
        return mac_text_size + 2;
    else if constexpr (WordEnum<V>)
        return 40;  // record_test.cpp has the longest word
    else
        return 0;
}

template <class V>
std::size_t longest_json_value(const V& value);

// The longest text of the members with an index below end.
template <std::size_t end, Described T>
std::size_t longest_json_members(const T& record) {
    std::size_t sum = 2;
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        ((sum += get<I>(describe<T>.fields).info.key.size() + 4 +
                 longest_json_value(record.*(get<I>(describe<T>.fields).member))),
         ...);
    }
    (std::make_index_sequence<end>{});
    return sum;
}

template <class V>
std::size_t longest_json_value(const V& value) {
    constexpr std::size_t longest = longest_json_value<typename Unwrap<V>::type>();
    if constexpr (longest > 0) {
        return longest;
    } else if constexpr (requires { value.has_value(); }) {
        return value ? longest_json_value(*value) : 0;
    } else if constexpr (std::is_same_v<V, std::string>) {
        return longest_json_string(value.size());
    } else if constexpr (std::is_same_v<V, Labels>) {
        std::size_t sum = 0;
        for (const auto& [key, text] : value.items)
            sum += longest_json_string(key.size()) + longest_json_string(text.size()) + 2;
        return sum;
    } else if constexpr (is_vector<V>) {
        std::size_t sum = 2;
        for (const auto& item : value) sum += longest_json_value(item) + 1;
        return sum;
    } else {
        return longest_json_members<field_count<V>>(value);
    }
}

}  // namespace detail

template <class Out, Described T>
void append_json_members(Out& out, const T& record);

template <class Out, class V>
void append_json_value(Out& out, const V& value, Unit unit) {
    if constexpr (std::is_integral_v<V> && sizeof(V) == 8) {
        const bool exact = std::cmp_less_equal(value, largest_exact_integer) &&
                           (std::is_unsigned_v<V> ||
                            std::cmp_greater_equal(value, -static_cast<std::int64_t>(largest_exact_integer)));
        if (!exact) out.append('"');
        out.append_integer(value);
        if (!exact) out.append('"');
    } else if constexpr (std::is_arithmetic_v<V>) {
        append_plain(out, value, unit);
    } else if constexpr (std::is_same_v<V, std::string>) {
        append_json_string(out, value);
    } else if constexpr (is_fixed_text<V>) {
        append_json_string(out, value.view());
    } else if constexpr (detail::is_vector<V>) {
        out.append('[');
        bool first = true;
        for (const auto& item : value) {
            if (!first) out.append(',');
            first = false;
            append_json_value(out, item, unit);
        }
        out.append(']');
    } else if constexpr (Described<V>) {
        const std::size_t begin = out.size();
        append_json_members(out, value);
        if (out.size() == begin)
            out.append('{');
        else
            out.overwrite(begin, '{');  // in place of the first comma
        out.append('}');
    } else {
        out.append('"');
        append_plain(out, value, unit);
        out.append('"');
    }
}

// ,"key":value for the member with index I, nothing when it is absent.
template <std::size_t I, class Out, Described T>
void append_json_member(Out& out, const T& record) {
    constexpr auto& field = get<I>(describe<T>.fields);
    const auto& value = record.*(field.member);
    if (is_absent(value)) return;
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(value)>, Labels>) {
        for (const auto& [key, text] : value.items) {
            out.append(',');
            append_json_string(out, key);
            out.append(':');
            append_json_string(out, text);
        }
    } else {
        constexpr auto& key = detail::KeyText<T, I>::text;
        out.append(std::string_view(key.data(), key.size()));
        if constexpr (requires { *value; })
            append_json_value(out, *value, field.info.unit);
        else
            append_json_value(out, value, field.info.unit);
    }
}

// ,"key":value for each member that is present.
template <class Out, Described T>
void append_json_members(Out& out, const T& record) {
    constexpr std::size_t common = std::min(rare_fields_from<T>, field_count<T>);
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        (append_json_member<I>(out, record), ...);
    }
    (std::make_index_sequence<common>{});
    if constexpr (common < field_count<T>) {
        if (record.rest_is_absent) return;
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            (append_json_member<common + I>(out, record), ...);
        }
        (std::make_index_sequence<field_count<T> - common>{});
    }
}

namespace detail {

template <class Out, Described T>
void append_json_line(Out& out, const T& record) {
    constexpr auto& head = HeadText<T>::text;
    out.append(std::string_view(head.data(), head.size()));
    append_json_members(out, record);
    out.append(std::string_view("}\n"));
}

}  // namespace detail

// One whole line with its newline.
template <Described T>
void append_json(TextBuffer& out, const T& record) {
    constexpr std::size_t common = std::min(rare_fields_from<T>, field_count<T>);
    if constexpr (common < field_count<T>) {
        if (!record.rest_is_absent) {
            detail::append_json_line(out, record);
            return;
        }
    }
    const std::size_t longest =
        detail::HeadText<T>::text.size() + detail::longest_json_members<common>(record) + 2;
    TextCursor cursor(out.room(longest));
    detail::append_json_line(cursor, record);
    out.used(cursor.end());
}

}  // namespace nm
