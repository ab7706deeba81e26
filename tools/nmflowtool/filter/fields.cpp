#include "filter/fields.hpp"

#include <algorithm>
#include <array>

namespace nmflowtool {
namespace {

using enum FlowValue;
using How = FilterValues::How;

constexpr std::uint64_t byte = 0xFF;
constexpr std::uint64_t two_bytes = 0xFFFF;
constexpr std::uint64_t four_bytes = 0xFFFFFFFF;
constexpr std::uint64_t any_number = ~std::uint64_t{0};

constexpr NumberField number_fields[] = {
    {"port", Sides::src_dst, src_port, dst_port, two_bytes},
    {"as", Sides::src_dst, src_as, dst_as, four_bytes},
    {"nport", Sides::src_dst, nat_src_port, nat_dst_port, two_bytes},
    {"xport", Sides::src_dst, nat_src_port, nat_dst_port, two_bytes},
    {"mask", Sides::src_dst, src_mask, dst_mask, byte},
    {"vlan", Sides::src_dst, src_vlan, dst_vlan, two_bytes},
    {"if", Sides::in_out, in_if, out_if, four_bytes},
    {"tos", Sides::only_src, tos, tos, byte},
    {"ttl", Sides::none, ttl, ttl, byte},
    {"packets", Sides::in_or_out, packets, rev_packets, any_number},
    {"bytes", Sides::in_or_out, bytes, rev_bytes, any_number},
    {"flows", Sides::none, one, one, any_number},
    {"duration", Sides::none, duration_ms, duration_ms, any_number},
    {"pps", Sides::none, packets_per_s, packets_per_s, any_number},
    {"bps", Sides::none, bits_per_s, bits_per_s, any_number},
    {"bpp", Sides::none, bytes_per_packet, bytes_per_packet, any_number},
    {"icmp-type", Sides::none, icmp_type, icmp_type, byte, ImpliedProtocol::icmp},
    {"icmp-code", Sides::none, icmp_code, icmp_code, byte, ImpliedProtocol::icmp},
    {"engine-type", Sides::none, engine_type, engine_type, byte},
    {"engine-id", Sides::none, engine_id, engine_id, byte},
};

constexpr std::string_view lacking[] = {
    "tun",    "tunip",  "ident", "geo",     "flowlabel", "nfversion", "count",    "fwdstat",
    "client", "server", "app",   "latency", "sysid",     "point",     "exporter", "asa",
    "acl",    "ace",    "xace",  "nat",     "pblock",    "payload",   "pf",
};

std::string_view word_of(FilterSide side) {
    constexpr std::array<std::string_view, 13> words{"",        "src",  "dst",    "src or dst", "src and dst",
                                                     "in",      "out",  "in src", "in dst",     "out src",
                                                     "out dst", "prev", "next"};
    return words[static_cast<std::size_t>(side)];
}

std::optional<FilterValues> values_of_mac(const NumberField& field, FilterSide side) {
    switch (side) {
        case FilterSide::src:
        case FilterSide::in_src:
            return FilterValues{field.first, field.first, How::one};
        case FilterSide::dst:
        case FilterSide::in_dst:
            return FilterValues{field.second, field.second, How::one};
        case FilterSide::none:
        case FilterSide::in:
        case FilterSide::src_or_dst:
            return FilterValues{field.first, field.second, How::either};
        default:
            return std::nullopt;
    }
}

}  // namespace

std::string NumberField::refusal(FilterSide side) const {
    return "there is no '" + std::string(word_of(side)) + " " + std::string(name) + "' in our flow records";
}

const NumberField* find_number_field(const FilterToken& name) {
    for (const NumberField& field : number_fields) {
        if (name.is_word(field.name)) return &field;
    }
    return nullptr;
}

std::optional<FilterValues> values_of(const NumberField& field, FilterSide side) {
    const FilterValues first{field.first, field.first, How::one};
    const FilterValues second{field.second, field.second, How::one};
    const FilterValues either{field.first, field.second, How::either};
    if (field.sides == Sides::mac) return values_of_mac(field, side);
    const bool is_pair = field.sides == Sides::src_dst;
    switch (side) {
        case FilterSide::none:
            return is_pair || field.sides == Sides::in_out ? either : first;
        case FilterSide::src:
            if (is_pair || field.sides == Sides::only_src) return first;
            break;
        case FilterSide::dst:
            if (is_pair) return second;
            break;
        case FilterSide::src_or_dst:
            if (is_pair) return either;
            break;
        case FilterSide::src_and_dst:
            if (is_pair) return FilterValues{field.first, field.second, How::both};
            break;
        case FilterSide::in:
            if (field.sides == Sides::in_out || field.sides == Sides::in_or_out) return first;
            break;
        case FilterSide::out:
            if (field.sides == Sides::in_out || field.sides == Sides::in_or_out) return second;
            break;
        default:
            break;
    }
    return std::nullopt;
}

bool is_field_we_lack(std::string_view name) {
    return std::ranges::any_of(lacking, [&](std::string_view word) { return same_word(word, name); });
}

}  // namespace nmflowtool
