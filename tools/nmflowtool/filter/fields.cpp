#include "filter/fields.hpp"

#include <algorithm>
#include <array>

namespace nmflowtool {
namespace {

using enum FlowValue;

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
    {"tos", Sides::alone_is_src, tos, post_tos, byte},
    {"ttl", Sides::none, ttl, ttl, byte},
    {"packets", Sides::alone_is_in, packets, out_packets, any_number},
    {"bytes", Sides::alone_is_in, bytes, out_bytes, any_number},
    {"flows", Sides::none, flows, flows, any_number},
    {"duration", Sides::none, duration_ms, duration_ms, any_number},
    {"pps", Sides::none, packets_per_s, packets_per_s, any_number},
    {"bps", Sides::none, bits_per_s, bits_per_s, any_number},
    {"bpp", Sides::none, bytes_per_packet, bytes_per_packet, any_number},
    {"icmp-type", Sides::none, icmp_type, icmp_type, byte, ImpliedProtocol::icmp},
    {"icmp-code", Sides::none, icmp_code, icmp_code, byte, ImpliedProtocol::icmp},
    {"engine-type", Sides::none, engine_type, engine_type, byte},
    {"engine-id", Sides::none, engine_id, engine_id, byte},
    {"fwdstat", Sides::none, forwarding_status, forwarding_status, byte},
    {"flowlabel", Sides::none, flow_label, flow_label, 0xFFFFF},
};

constexpr std::string_view lacking[] = {
    "tun",     "tunip", "ident",    "geo", "nfversion", "count", "client", "server",  "app",
    "latency", "sysid", "exporter", "acl", "ace",       "xace",  "pblock", "payload", "pf",
};

std::string_view word_of(FilterSide side) {
    constexpr std::array<std::string_view, 13> words{"",        "src",  "dst",    "src or dst", "src and dst",
                                                     "in",      "out",  "in src", "in dst",     "out src",
                                                     "out dst", "prev", "next"};
    return words[static_cast<std::size_t>(side)];
}

}  // namespace

std::optional<FilterValues> values_of_mac(FilterSide side) {
    switch (side) {
        case FilterSide::none:
        case FilterSide::src_or_dst:
            return FilterValues{src_mac, dst_mac, post_src_mac, post_dst_mac};
        case FilterSide::src:
            return FilterValues{src_mac, post_src_mac};
        case FilterSide::dst:
            return FilterValues{dst_mac, post_dst_mac};
        case FilterSide::in:
            return FilterValues{src_mac, dst_mac};
        case FilterSide::out:
            return FilterValues{post_src_mac, post_dst_mac};
        case FilterSide::in_src:
            return FilterValues{src_mac};
        case FilterSide::in_dst:
            return FilterValues{dst_mac};
        case FilterSide::out_src:
            return FilterValues{post_src_mac};
        case FilterSide::out_dst:
            return FilterValues{post_dst_mac};
        default:
            return std::nullopt;
    }
}

std::string refusal_of(FilterSide side, std::string_view name) {
    return "there is no '" + std::string(word_of(side)) + " " + std::string(name) + "' in our flow records";
}

const NumberField* find_number_field(const FilterToken& name) {
    for (const NumberField& field : number_fields) {
        if (name.is_word(field.name)) return &field;
    }
    return nullptr;
}

std::optional<FilterValues> values_of(const NumberField& field, FilterSide side) {
    const FilterValues first{field.first}, second{field.second}, either{field.first, field.second};
    const bool has_src = field.sides == Sides::src_dst || field.sides == Sides::alone_is_src;
    const bool has_in = field.sides == Sides::in_out || field.sides == Sides::alone_is_in;
    const bool alone_is_either = field.sides == Sides::src_dst || field.sides == Sides::in_out;
    switch (side) {
        case FilterSide::none:
            return alone_is_either ? either : first;
        case FilterSide::src:
            if (has_src) return first;
            break;
        case FilterSide::dst:
            if (has_src) return second;
            break;
        case FilterSide::src_or_dst:
            if (has_src) return either;
            break;
        case FilterSide::src_and_dst:
            if (has_src) return FilterValues({field.first, field.second}, FilterValues::How::all);
            break;
        case FilterSide::in:
            if (has_in) return first;
            break;
        case FilterSide::out:
            if (has_in) return second;
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
