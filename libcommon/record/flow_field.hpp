// What can stand in a flow record: the keys of our model, and the information elements behind them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "record/value.hpp"

namespace nm {

struct FlowField {
    Time ts;
    std::string name;
    std::string source;
    std::optional<std::uint32_t> enterprise;
    std::optional<std::uint16_t> element_id;
    std::string value_type;
    std::string unit;
    std::string fills;
    std::vector<std::string> elements;
    std::string meaning;
};

template <>
inline constexpr auto describe<FlowField> = [] {
    using F = FlowField;
    return record(
        "flow.field", 1, "a key of flow records, or an information element that exporters send",
        field("ts", &F::ts, Role::time, "when the list was made"),
        field("name", &F::name, Role::tag, "the key, or the element's name in its registry").column(),
        field("source", &F::source, Role::tag,
              "the type of the records that have the key: flow or sflow.sample; or element")
            .column(),
        field("enterprise", &F::enterprise, Role::tag,
              "who defined the element: 0 is IANA, others are private enterprise numbers")
            .column(),
        field("element_id", &F::element_id, Role::tag, "number of the element").column(),
        field("value_type", &F::value_type, Role::text,
              "of a key the JSON type, of an element its abstract data type (RFC 7012)")
            .column(),
        field("unit", &F::unit, Role::text, "unit of a number").column(),
        field("fills", &F::fills, Role::text, "the key of flow records that the element fills").column(),
        field("elements", &F::elements, Role::text, "the elements that fill the key, as NAME(ID)"),
        field("meaning", &F::meaning, Role::text, "what it is").column());
}();

struct FlowFieldSummary {
    Time ts;
    std::uint64_t keys = 0;
    std::uint64_t elements = 0;
};

template <>
inline constexpr auto describe<FlowFieldSummary> = [] {
    using S = FlowFieldSummary;
    return record("flow.field.summary", 1, "how much was listed",
                  field("ts", &S::ts, Role::time, "when the list was made"),
                  field("keys", &S::keys, Role::value, "keys of flow records"),
                  field("elements", &S::elements, Role::value, "information elements"));
}();

}  // namespace nm
