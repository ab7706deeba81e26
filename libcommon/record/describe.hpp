// One description per record type: the only home of an output key. From it follow the JSON writer and
// reader, CSV, InfluxDB line protocol, Prometheus text, the table, --fields, the JSON Schema and the FIELDS
// block of the manual.
//
//     struct Probe { Time ts; std::string target; std::optional<double> rtt_us; };
//     template <>
//     inline constexpr auto describe<Probe> = record("probe.icmp", 1, "one target, one round",
//         field("ts", &Probe::ts, Role::time, "end of the round"),
//         field("target", &Probe::target, Role::tag, "host as the user wrote it").column(),
//         field("rtt_us", &Probe::rtt_us, Role::value, "round-trip time", Unit::us).column());
//
// A member is a bool, an integer, a double, a std::string, IpAddress, Prefix, Mac, Time, an enum with
// enum_words, Labels, a std::optional or std::vector of these, or a vector of another described struct.
// An empty optional, string, vector, unset address or time is absent: its key is left out.
// Proof: tests/unit/record_test.cpp round-trips every record type.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "record/field_list.hpp"

namespace nm {

// What a key is to a time series: its time, what identifies the series, a number to follow, or words about
// this one record (which would explode the number of series as a tag).
enum class Role : std::uint8_t { time, tag, value, text };

enum class Unit : std::uint8_t { none, us, ms, s, percent, bytes, packets, ratio };

enum class ValueKind : std::uint8_t { boolean, integer, real, string, time, list, labels };

struct FieldInfo {
    std::string_view key;
    Role role = Role::value;
    std::string_view doc;
    Unit unit = Unit::none;
    ValueKind kind = ValueKind::string;
    ValueKind item_kind = ValueKind::string;  // of a list
    bool column = false;                      // shown by --format table
    std::string_view influx_key;              // another name in InfluxDB line protocol, with
    double influx_scale = 1;                  // the factor to that name's unit, as a float
};

// Free key-value pairs that travel from a target into each of its records as keys of their own.
struct Labels {
    std::vector<std::pair<std::string, std::string>> items;
    bool operator==(const Labels&) const = default;
};

// The words of an enum, by value; an empty word is absent.
template <class Enum>
inline constexpr auto enum_words = nullptr;

template <class T, class Member>
struct Field {
    Member T::*member;
    FieldInfo info;

    constexpr Field column() const {
        Field copy = *this;
        copy.info.column = true;
        return copy;
    }
    // The name and scale that dashboards of another system expect in InfluxDB line protocol.
    constexpr Field influx(std::string_view key, double scale = 1) const {
        Field copy = *this;
        copy.info.influx_key = key;
        copy.info.influx_scale = scale;
        return copy;
    }
};

template <class... Fields>
struct Description {
    std::string_view type;  // "<family>.<kind>"; empty for a struct that only occurs inside a list
    int version;
    std::string_view doc;
    FieldList<Fields...> fields;
    std::string_view influx_measurement;

    constexpr Description measurement(std::string_view name) const {
        Description copy = *this;
        copy.influx_measurement = name;
        return copy;
    }
};

template <class T>
inline constexpr auto describe = nullptr;

// For large records: the fields from this index on are rarely there, and T::rest_is_absent says when none is,
// so that the writer passes them over at once.
template <class T>
inline constexpr std::size_t rare_fields_from = static_cast<std::size_t>(-1);

template <class T>
concept Described = !std::is_same_v<decltype(describe<T>), const std::nullptr_t>;

namespace detail {

template <class M>
struct Unwrap {
    using type = M;
};
template <class M>
struct Unwrap<std::optional<M>> {
    using type = M;
};

template <class M>
inline constexpr bool is_vector = false;
template <class V>
inline constexpr bool is_vector<std::vector<V>> = true;

}  // namespace detail

struct Time;

template <class M>
constexpr ValueKind value_kind() {
    using V = typename detail::Unwrap<M>::type;
    if constexpr (std::is_same_v<V, bool>)
        return ValueKind::boolean;
    else if constexpr (std::is_integral_v<V>)
        return ValueKind::integer;
    else if constexpr (std::is_floating_point_v<V>)
        return ValueKind::real;
    else if constexpr (std::is_same_v<V, Time>)
        return ValueKind::time;
    else if constexpr (std::is_same_v<V, Labels>)
        return ValueKind::labels;
    else if constexpr (detail::is_vector<V>)
        return ValueKind::list;
    else
        return ValueKind::string;
}

template <class M>
constexpr ValueKind list_item_kind() {
    if constexpr (detail::is_vector<M>)
        return value_kind<typename M::value_type>();
    else
        return ValueKind::string;
}

template <class T, class Member>
constexpr Field<T, Member> field(std::string_view key, Member T::*member, Role role, std::string_view doc,
                                 Unit unit = Unit::none) {
    FieldInfo info;
    info.key = key;
    info.role = role;
    info.doc = doc;
    info.unit = unit;
    info.kind = value_kind<Member>();
    info.item_kind = list_item_kind<Member>();
    return {member, info};
}

namespace detail {

template <class... Fields>
constexpr Description<Fields...> describe_fields(std::string_view type, int version, std::string_view doc,
                                                 const FieldList<Fields...>& fields) {
    return {type, version, doc, fields, type};
}

}  // namespace detail

// parts: fields, or lists of fields that several records share.
template <class... Parts>
constexpr auto record(std::string_view type, int version, std::string_view doc, const Parts&... parts) {
    if constexpr ((requires { parts.info; } && ...))
        return detail::describe_fields(type, version, doc, FieldList(parts...));
    else
        return detail::describe_fields(type, version, doc, join_fields(parts...));
}

template <Described T>
inline constexpr std::size_t field_count = decltype(describe<T>.fields)::size();

template <Described T>
inline constexpr auto field_infos = []<std::size_t... I>(std::index_sequence<I...>) {
    return std::array<FieldInfo, sizeof...(I)>{get<I>(describe<T>.fields).info...};
}
(std::make_index_sequence<field_count<T>>{});

// Calls visit(std::integral_constant<size_t, I>, field) for each field in order.
template <Described T, class Visit>
constexpr void for_each_field(Visit&& visit) {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        (visit(std::integral_constant<std::size_t, I>{}, get<I>(describe<T>.fields)), ...);
    }
    (std::make_index_sequence<field_count<T>>{});
}

}  // namespace nm
