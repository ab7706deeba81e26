// The names of fields in the filter language, and which values of a record each of them means.
#pragma once

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

struct FilterValues {
    enum class How : std::uint8_t { one, either, both };
    FlowValue first = FlowValue::one;
    FlowValue second = FlowValue::one;
    How how = How::one;
};

enum class Sides : std::uint8_t {
    none,     // stands alone
    src_dst,  // has a source and a destination
    in_out,
    only_src,   // may be called src
    in_or_out,  // alone it means in; out is the other direction of the connection
    mac,
};

enum class ImpliedProtocol : std::uint8_t { none, icmp };

struct NumberField {
    std::string_view name;
    Sides sides = Sides::none;
    FlowValue first = FlowValue::one;
    FlowValue second = FlowValue::one;
    std::uint64_t largest = ~std::uint64_t{0};
    ImpliedProtocol protocol = ImpliedProtocol::none;

    // Why this field does not have that side.
    std::string refusal(FilterSide side) const;
};

inline constexpr NumberField ip_field{"ip", Sides::src_dst, FlowValue::src_ip, FlowValue::dst_ip};
// Behind the translation.
inline constexpr NumberField nat_ip_field{"nip", Sides::src_dst, FlowValue::nat_src_ip,
                                          FlowValue::nat_dst_ip};
inline constexpr NumberField mac_field{"mac", Sides::mac, FlowValue::src_mac, FlowValue::dst_mac};
inline constexpr NumberField observation_domain{"observation domain id", Sides::none, FlowValue::obs_domain,
                                                FlowValue::obs_domain, 0xFFFFFFFF};
inline constexpr NumberField vrf_field{"vrf", Sides::none, FlowValue::in_vrf, FlowValue::out_vrf, 0xFFFFFFFF};
inline constexpr NumberField label_field{"label", Sides::none, FlowValue::mpls_label, FlowValue::mpls_label,
                                         0xFFFFF};
// Those that are named by two words.
struct PairField {
    std::string_view first_word;
    const NumberField& field;
    FlowValue value;
};
inline constexpr PairField pair_fields[] = {{"ingress", vrf_field, FlowValue::in_vrf},
                                            {"egress", vrf_field, FlowValue::out_vrf},
                                            {"mpls", label_field, FlowValue::mpls_label}};

const NumberField* find_number_field(const FilterToken& name);
// Nothing when the field has no such side.
std::optional<FilterValues> values_of(const NumberField& field, FilterSide side);
// A field of nfdump's language that no record of ours has.
bool is_field_we_lack(std::string_view name);

}  // namespace nmflowtool
