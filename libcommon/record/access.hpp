// A record type seen without its C++ type: what the slow formats, the reader, the schema and the manual use.
// The table of a type is a constant: record_type<T>.
#pragma once

#include "json/write.hpp"
#include "record/value.hpp"

namespace nm {

// A JSON value as the reader hands it over; text points into the line.
struct JsonValue {
    enum class Kind : std::uint8_t { null, boolean, integer, big_integer, real, string, list, object };
    Kind kind = Kind::null;
    bool boolean = false;
    std::int64_t integer = 0;
    std::uint64_t big_integer = 0;  // above 2^63-1
    double real = 0;
    std::string_view text;
    std::span<const JsonValue> items;
};

namespace detail {

template <class V>
bool assign(V& out, const JsonValue& in);

template <class V>
bool assign_integer(V& out, const JsonValue& in) {
    if (in.kind == JsonValue::Kind::integer && std::in_range<V>(in.integer)) {
        out = static_cast<V>(in.integer);
        return true;
    }
    if (in.kind == JsonValue::Kind::big_integer && std::in_range<V>(in.big_integer)) {
        out = static_cast<V>(in.big_integer);
        return true;
    }
    if (in.kind != JsonValue::Kind::string) return false;  // above 2^53 they come as strings
    const auto parsed = parse_number<V>(in.text);
    if (parsed) out = *parsed;
    return parsed.has_value();
}

template <class V>
bool assign_real(V& out, const JsonValue& in) {
    if (in.kind == JsonValue::Kind::real)
        out = in.real;
    else if (in.kind == JsonValue::Kind::integer)
        out = static_cast<double>(in.integer);
    else if (in.kind == JsonValue::Kind::big_integer)
        out = static_cast<double>(in.big_integer);
    else
        return false;
    return true;
}

template <class V>
bool assign_parsed(V& out, const std::optional<V>& parsed) {
    if (parsed) out = *parsed;
    return parsed.has_value();
}

template <class V>
bool assign_list(std::vector<V>& out, const JsonValue& in) {
    if (in.kind != JsonValue::Kind::list) return false;
    out.clear();
    for (const JsonValue& item : in.items) {
        if (!assign(out.emplace_back(), item)) return false;
    }
    return true;
}

template <class V>
bool assign(V& out, const JsonValue& in) {
    const bool is_string = in.kind == JsonValue::Kind::string;
    if constexpr (requires {
                      out.emplace();
                      *out;
                  }) {
        if (assign(out.emplace(), in)) return true;
        out.reset();
        return false;
    } else if constexpr (detail::is_vector<V>) {
        if constexpr (Described<typename V::value_type>)
            return false;  // documents, not lines
        else
            return assign_list(out, in);
    } else if constexpr (std::is_same_v<V, bool>) {
        out = in.boolean;
        return in.kind == JsonValue::Kind::boolean;
    } else if constexpr (std::is_integral_v<V>) {
        return assign_integer(out, in);
    } else if constexpr (std::is_floating_point_v<V>) {
        return assign_real(out, in);
    } else if constexpr (std::is_same_v<V, std::string>) {
        if (is_string) out.assign(in.text);
        return is_string;
    } else if constexpr (is_fixed_text<V>) {
        if (is_string) out.assign(in.text);
        return is_string;
    } else if constexpr (std::is_same_v<V, Time>) {
        return is_string && assign_parsed(out, parse_time(in.text));
    } else if constexpr (std::is_same_v<V, IpAddress>) {
        return is_string && assign_parsed(out, parse_ip(in.text));
    } else if constexpr (std::is_same_v<V, Prefix>) {
        return is_string && assign_parsed(out, parse_prefix(in.text));
    } else if constexpr (std::is_same_v<V, Mac>) {
        return is_string && assign_parsed(out, parse_mac(in.text));
    } else if constexpr (std::is_same_v<V, Labels>) {
        return false;
    } else {
        return is_string && assign_parsed(out, enum_of<V>(in.text));
    }
}

template <class V>
void append_list(TextBuffer& out, const std::vector<V>& values, Unit unit) {
    bool first = true;
    for (const V& value : values) {
        if (!first) out.append(' ');
        first = false;
        if constexpr (Described<V>)
            out.append(std::string_view("{}"));
        else
            append_plain(out, value, unit);
    }
}

}  // namespace detail

// What is done with the members of one C++ type, of whatever record.
struct MemberType {
    bool (*present)(const void* member);
    void (*append_text)(const void* member, TextBuffer& out, Unit unit);
    void (*append_json)(const void* member, TextBuffer& out, Unit unit);
    double (*number)(const void* member);
    const Labels* (*labels)(const void* member);
    bool (*set)(void* member, const JsonValue& value);
};

// One field, behind a pointer to the record.
struct FieldAccess {
    const FieldInfo& info;
    const void* (*member)(const void* record);
    const MemberType* type;

    bool present(const void* record) const { return type->present(member(record)); }
    // Plain text, lists separated by spaces.
    void append_text(const void* record, TextBuffer& out) const {
        type->append_text(member(record), out, info.unit);
    }
    void append_json(const void* record, TextBuffer& out) const {
        type->append_json(member(record), out, info.unit);
    }
    // Of booleans, integers and reals; else 0.
    double number(const void* record) const { return type->number(member(record)); }
    // Of a Labels member, else nullptr.
    const Labels* labels(const void* record) const { return type->labels(member(record)); }
    // False: the value is not of this field's type.
    bool set(void* record, const JsonValue& value) const {
        return type->set(const_cast<void*>(member(record)), value);
    }
};

struct RecordType {
    std::string_view type;
    int version;
    std::string_view doc;
    std::string_view influx_measurement;
    std::span<const FieldAccess> fields;
    void (*reset)(void* record);
    void (*add_label)(void* record, std::string_view key, std::string_view text);  // nullptr: has no Labels

    bool is_summary() const { return type.ends_with(".summary"); }
    bool is_error() const { return type == "error"; }
};

namespace detail {

// The value of a member that is present.
template <class Member>
const auto& value_of(const void* member) {
    const auto& value = *static_cast<const Member*>(member);
    if constexpr (std::is_same_v<Member, typename Unwrap<Member>::type>)
        return value;
    else
        return *value;
}

// One table for each C++ type, not for each field: fields are many.
template <class Member>
inline constexpr MemberType member_type{
    [](const void* member) { return !is_absent(*static_cast<const Member*>(member)); },
    [](const void* member, TextBuffer& out, Unit unit) {
        if constexpr (std::is_same_v<Member, Labels>)
            return;
        else if constexpr (is_vector<Member>)
            append_list(out, value_of<Member>(member), unit);
        else
            append_plain(out, value_of<Member>(member), unit);
    },
    [](const void* member, TextBuffer& out, Unit unit) {
        if constexpr (!std::is_same_v<Member, Labels>) append_json_value(out, value_of<Member>(member), unit);
    },
    [](const void* member) {
        if constexpr (std::is_arithmetic_v<typename Unwrap<Member>::type>)
            return static_cast<double>(value_of<Member>(member));
        else
            return 0.0;
    },
    [](const void* member) -> const Labels* {
        if constexpr (std::is_same_v<Member, Labels>)
            return static_cast<const Labels*>(member);
        else
            return nullptr;
    },
    [](void* member, const JsonValue& value) { return assign(*static_cast<Member*>(member), value); },
};

template <class T, std::size_t I>
constexpr FieldAccess access_of() {
    constexpr auto& the_field = get<I>(describe<T>.fields);
    using Member = std::remove_cvref_t<decltype(std::declval<T>().*(the_field.member))>;
    return {the_field.info,
            [](const void* record) -> const void* {
                return &(static_cast<const T*>(record)->*(get<I>(describe<T>.fields).member));
            },
            &member_type<Member>};
}

template <class T>
inline constexpr auto field_accesses = []<std::size_t... I>(std::index_sequence<I...>) {
    return std::array<FieldAccess, sizeof...(I)>{access_of<T, I>()...};
}
(std::make_index_sequence<field_count<T>>{});

template <class T>
constexpr auto label_adder() -> void (*)(void*, std::string_view, std::string_view) {
    void (*adder)(void*, std::string_view, std::string_view) = nullptr;
    for_each_field<T>([&](auto index, const auto& field) {
        using Member = std::remove_cvref_t<decltype(std::declval<T>().*(field.member))>;
        if constexpr (std::is_same_v<Member, Labels>) {
            adder = [](void* r, std::string_view key, std::string_view text) {
                constexpr auto member = get<decltype(index)::value>(describe<T>.fields).member;
                (static_cast<T*>(r)->*member).items.emplace_back(key, text);
            };
        }
    });
    return adder;
}

}  // namespace detail

template <Described T>
inline constexpr RecordType record_type{
    describe<T>.type,          describe<T>.version,
    describe<T>.doc,           describe<T>.influx_measurement,
    detail::field_accesses<T>, [](void* record) { *static_cast<T*>(record) = T{}; },
    detail::label_adder<T>(),
};

}  // namespace nm
