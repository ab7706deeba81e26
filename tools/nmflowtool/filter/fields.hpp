// The names of fields in the filter language, and which values of a record each of them means.
#pragma once

#include <algorithm>
#include <array>
#include <initializer_list>
#include <optional>
#include <string>

#include "filter/lexer.hpp"
#include "filter/terms.hpp"

namespace nmflowtool {

// What stands before the name of a field.
enum class FilterSide : std::uint8_t {
    none,
    src,
    dst,
    src_or_dst,
    src_and_dst,
    in,
    out,
    in_src,
    in_dst,
    out_src,
    out_dst,
    previous,
    next,
};

// One value or several: the test holds when it holds for any of them, or for all.
struct FilterValues {
    enum class How : std::uint8_t { any, all };
    constexpr FilterValues(std::initializer_list<FlowValue> list, How how_joined = How::any)
        : size(list.size()), how(how_joined) {
        std::ranges::copy(list, values.begin());
    }
    std::array<FlowValue, 4> values{};
    std::size_t size;
    How how;
};

enum class Sides : std::uint8_t {
    none,     // stands alone
    src_dst,  // has a source and a destination
    in_out,
    alone_is_src,  // has both, and alone means the source
    alone_is_in,   // has both, and alone means in
};

enum class ImpliedProtocol : std::uint8_t { none, icmp };

struct NumberField {
    std::string_view name;
    Sides sides = Sides::none;
    FlowValue first = FlowValue::flows;
    FlowValue second = FlowValue::flows;
    std::uint64_t largest = ~std::uint64_t{0};
    ImpliedProtocol protocol = ImpliedProtocol::none;
};

inline constexpr NumberField ip_field{"ip", Sides::src_dst, FlowValue::src_ip, FlowValue::dst_ip};
// Behind the translation.
inline constexpr NumberField nat_ip_field{"nip", Sides::src_dst, FlowValue::nat_src_ip,
                                          FlowValue::nat_dst_ip};
inline constexpr NumberField vrf_field{"vrf", Sides::none, FlowValue::in_vrf, FlowValue::out_vrf, 0xFFFFFFFF};
inline constexpr NumberField label_field{"label", Sides::none, FlowValue::mpls_label, FlowValue::mpls_label,
                                         0xFFFFF};
inline constexpr NumberField event_field{"event", Sides::none, FlowValue::event, FlowValue::event, 0xFF};
inline constexpr NumberField xevent_field{"xevent", Sides::none, FlowValue::fw_reason, FlowValue::fw_reason,
                                          0xFFFF};

// Numbers of a firewall's or translator's event by nfdump's words, and ours.
struct EventWord {
    std::string_view word;
    std::uint64_t number;
};
inline constexpr EventWord asa_events[] = {{"ignore", 0}, {"create", 1},   {"delete", 2}, {"term", 2},
                                           {"deny", 3},   {"teardown", 2}, {"alert", 4},  {"update", 5}};
inline constexpr EventWord asa_reasons[] = {
    {"ingress", 1001}, {"egress", 1002}, {"interface", 1003}, {"nosyn", 1004}};
inline constexpr EventWord nat_events[] = {{"invalid", 0}, {"add", 1}, {"create", 1}, {"delete", 2}};

const NumberField* find_number_field(const FilterToken& name);
// Nothing when the field has no such side.
std::optional<FilterValues> values_of(const NumberField& field, FilterSide side);
// Of hardware addresses: as the packets came in, and as they left.
std::optional<FilterValues> values_of_mac(FilterSide side);
// Why a field of that name does not have that side.
std::string refusal_of(FilterSide side, std::string_view name);
// A field of nfdump's language that no record of ours has.
bool is_field_we_lack(std::string_view name);

}  // namespace nmflowtool
