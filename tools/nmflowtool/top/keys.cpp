#include "top/keys.hpp"

#include <algorithm>
#include <cstring>

#include "base/nearest_word.hpp"
#include "base/result.hpp"
#include "base/text.hpp"
#include "record/access.hpp"
#include "record/key_of.hpp"
#include "record/value.hpp"

namespace nmflowtool {
namespace {

using nm::FlowNames;
using nm::FlowRecord;
using nm::FlowTop;

[[noreturn]] void refuse(std::string_view text, const std::string& why) {
    throw nm::UserError(nm::Exit::usage, "--by: " + nm::in_quotes(text) + " " + why);
}

// An address as its family and 16 bytes; family none is absent.
constexpr std::size_t ip_width = 17;
void pack_ip(const nm::IpAddress& ip, std::uint8_t* out) {
    out[0] = static_cast<std::uint8_t>(ip.family);
    std::memcpy(out + 1, ip.bytes.data(), 16);
}
nm::IpAddress unpack_ip(const std::uint8_t* in) {
    nm::IpAddress ip;
    ip.family = static_cast<nm::Family>(in[0]);
    std::memcpy(ip.bytes.data(), in + 1, 16);
    return ip;
}

template <class Member>
struct Packing;

template <>
struct Packing<nm::IpAddress> {
    static constexpr std::size_t width = ip_width;
    static void pack(const nm::IpAddress& value, std::uint8_t* out) { pack_ip(value, out); }
    static void unpack(const std::uint8_t* in, nm::IpAddress& value) { value = unpack_ip(in); }
};

// A byte that says whether there is a value, then the value. A value that is never written, such as no TCP
// flags at all, is none: else a flow would belong elsewhere than its own line of JSON.
template <class Value>
struct Packing<std::optional<Value>> {
    static_assert(std::is_trivially_copyable_v<Value>);
    static constexpr std::size_t width = 1 + sizeof(Value);
    static void pack(const std::optional<Value>& value, std::uint8_t* out) {
        out[0] = !nm::is_absent(value);
        if (out[0] != 0) std::memcpy(out + 1, &*value, sizeof(Value));
    }
    static void unpack(const std::uint8_t* in, std::optional<Value>& value) {
        if (in[0] != 0) std::memcpy(&value.emplace(), in + 1, sizeof(Value));
    }
};

using Pack = void (*)(const FlowRecord& flow, const FlowNames& names, std::uint8_t* out);

struct PackRow {
    std::string_view name;
    std::size_t width = 0;
    std::array<Pack, 2> pack{};  // of the source's side and the destination's
    void (*unpack)(const std::uint8_t* in, FlowTop& top) = nullptr;
    std::array<std::string_view, 2> keys{};  // of the members that are packed
};

// The protocol is one key under two names: only the number identifies it, and both are shown.
void unpack_protocol(const std::uint8_t* in, FlowTop& top) {
    Packing<std::optional<std::uint8_t>>::unpack(in, top.proto_num);
    if (top.proto_num) top.proto = static_cast<nm::Protocol>(*top.proto_num);
}
void pack_protocol(const FlowRecord& flow, const FlowNames&, std::uint8_t* out) {
    Packing<std::optional<std::uint8_t>>::pack(flow.proto_num, out);
}

template <auto Member>
void pack_member(const FlowRecord& flow, const FlowNames&, std::uint8_t* out) {
    Packing<std::remove_cvref_t<decltype(flow.*Member)>>::pack(flow.*Member, out);
}

template <auto Member>
void pack_name(const FlowRecord&, const FlowNames& names, std::uint8_t* out) {
    Packing<std::remove_cvref_t<decltype(names.*Member)>>::pack(names.*Member, out);
}

template <auto Member>
void unpack_member(const std::uint8_t* in, FlowTop& top) {
    Packing<std::remove_cvref_t<decltype(top.*Member)>>::unpack(in, top.*Member);
}

// Times and sums are not keys.
template <std::size_t I>
constexpr PackRow row() {
    constexpr auto& field = nm::get<I>(nm::flow_fields);
    using Member = std::remove_cvref_t<decltype(std::declval<FlowRecord>().*(field.member))>;
    constexpr std::string_view key = field.info.key;
    if constexpr (std::is_same_v<Member, nm::Time> || field.info.unit == nm::Unit::bytes ||
                  field.info.unit == nm::Unit::packets || key == "flow_count") {
        return {};
    } else if constexpr (key == "proto" || key == "proto_num") {
        return {key, 2, {pack_protocol, pack_protocol}, unpack_protocol, {"proto", "proto_num"}};
    } else {
        constexpr Pack pack = pack_member<field.member>;
        // An application's name may be told beside the flow, by its number.
        constexpr std::string_view told_by = key == "app_name" ? std::string_view("app_id") : key;
        return {key, Packing<Member>::width, {pack, pack}, unpack_member<field.member>, {key, told_by}};
    }
}

constexpr auto member_rows = []<std::size_t... I>(std::index_sequence<I...>) {
    return std::array{row<I>()...};
}
(std::make_index_sequence<nm::flow_fields.size()>{});

// A key that is the source's on one side of the flow and the destination's on the other.
template <auto Source, auto Destination, auto Shown>
constexpr PackRow either() {
    using Member = std::remove_cvref_t<decltype(std::declval<FlowTop>().*Shown)>;
    return {nm::key_of<FlowTop>(Shown),
            Packing<Member>::width,
            {pack_member<Source>, pack_member<Destination>},
            unpack_member<Shown>,
            {nm::key_of<FlowTop>(Source), nm::key_of<FlowTop>(Destination)}};
}

// A name, and the number that it is of.
template <auto Name, auto Number>
constexpr PackRow name() {
    using Member = std::remove_cvref_t<decltype(std::declval<FlowNames>().*Name)>;
    return {nm::key_of<FlowTop>(Name),
            Packing<Member>::width,
            {pack_name<Name>, pack_name<Name>},
            unpack_member<Name>,
            {nm::key_of<FlowTop>(Name), nm::key_of<FlowTop>(Number)}};
}

constexpr std::array name_rows{
    name<&FlowNames::in_if_name, &FlowRecord::in_if>(),
    name<&FlowNames::out_if_name, &FlowRecord::out_if>(),
    name<&FlowNames::in_vrf_name, &FlowRecord::in_vrf>(),
    name<&FlowNames::out_vrf_name, &FlowRecord::out_vrf>(),
    name<&FlowNames::sampler_name, &FlowRecord::sampler_id>(),
};
static_assert(name_rows.size() == nm::flow_name_fields.size());

constexpr std::array either_rows{
    either<&FlowRecord::src_ip, &FlowRecord::dst_ip, &FlowTop::ip>(),
    either<&FlowRecord::src_port, &FlowRecord::dst_port, &FlowTop::port>(),
    either<&FlowRecord::src_as, &FlowRecord::dst_as, &FlowTop::as_number>(),
    either<&FlowRecord::in_if, &FlowRecord::out_if, &FlowTop::interface>(),
    either<&FlowRecord::src_mac, &FlowRecord::dst_mac, &FlowTop::mac>(),
};

const PackRow* find_row(std::string_view name) {
    for (const PackRow& row : either_rows) {
        if (row.name == name) return &row;
    }
    for (const PackRow& row : name_rows) {
        if (row.name == name) return &row;
    }
    for (const PackRow& row : member_rows) {
        if (row.name == name && !name.empty()) return &row;
    }
    return nullptr;
}

std::string all_names() {
    std::string names;
    for (const PackRow& row : member_rows) {
        if (!row.name.empty()) names += std::string(row.name) + ", ";
    }
    for (const PackRow& row : name_rows) names += std::string(row.name) + ", ";
    for (const PackRow& row : either_rows) {
        names += std::string(&row == &either_rows.back() ? "and " : "") + std::string(row.name) +
                 (&row == &either_rows.back() ? "" : ", ");
    }
    return names;
}

// name: the key in text, without prefix lengths.
[[noreturn]] void refuse_unknown(std::string_view text, std::string_view name) {
    const std::string meant = nm::nearest_word(name, group_keys());
    if (meant.empty()) refuse(text, "is not a key; the keys are " + all_names());
    refuse(name, "is not a key: did you mean " + meant + "?");
}

}  // namespace

std::vector<std::string> group_keys() {
    std::vector<std::string> keys;
    for (const nm::FieldAccess& field : nm::record_type<FlowTop>.fields) {
        if (find_row(field.info.key) != nullptr) keys.emplace_back(field.info.key);
    }
    return keys;
}

GroupKey GroupKey::parse(std::string_view text) {
    GroupKey key;
    for (const std::string_view part : nm::split(text, ',')) key.add(nm::trim(part));
    key.width_ = (key.width_ + 7) / 8 * 8;
    return key;
}

void GroupKey::add(std::string_view text) {
    const auto slash = text.find('/');
    if (slash != std::string_view::npos) {
        add_prefix(text, text.substr(0, slash), text.substr(slash + 1));
        return;
    }
    const PackRow* row = find_row(text);
    if (row == nullptr) refuse_unknown(text, text);
    Part part;
    part.pack = row->pack;
    part.unpack = row->unpack;
    part.offset = width_;
    parts_.push_back(part);
    shown_.push_back(row->name);
    keys_.insert(keys_.end(), row->keys.begin(), row->keys.end());
    has_sides_ = has_sides_ || row->pack[0] != row->pack[1];
    has_names_ = has_names_ || std::ranges::any_of(name_rows, [&](const PackRow& of) { return &of == row; });
    width_ += row->width;
}

// "/24" cuts IPv4 addresses and leaves IPv6 whole; "/24/48" cuts both.
void GroupKey::add_prefix(std::string_view text, std::string_view name, std::string_view bits) {
    Part part;
    if (name == nm::key_of<FlowTop>(&FlowRecord::src_ip)) {
        part.address = {&FlowRecord::src_ip, &FlowRecord::src_ip};
        part.prefix = &FlowTop::src_prefix;
        shown_.push_back(nm::key_of<FlowTop>(&FlowTop::src_prefix));
    } else if (name == nm::key_of<FlowTop>(&FlowRecord::dst_ip)) {
        part.address = {&FlowRecord::dst_ip, &FlowRecord::dst_ip};
        part.prefix = &FlowTop::dst_prefix;
        shown_.push_back(nm::key_of<FlowTop>(&FlowTop::dst_prefix));
    } else if (name == nm::key_of<FlowTop>(&FlowTop::ip)) {
        part.address = {&FlowRecord::src_ip, &FlowRecord::dst_ip};
        part.prefix = &FlowTop::prefix;
        shown_.push_back(nm::key_of<FlowTop>(&FlowTop::prefix));
        has_sides_ = true;
    } else {
        if (find_row(name) == nullptr && !nm::nearest_word(name, group_keys()).empty())
            refuse_unknown(text, name);
        refuse(text, "has a prefix length; only src_ip, dst_ip and ip take one");
    }
    const auto slash = bits.find('/');
    const auto v4 = nm::parse_number<unsigned>(bits.substr(0, slash));
    const auto v6 =
        slash == std::string_view::npos ? 128u : nm::parse_number<unsigned>(bits.substr(slash + 1));
    if (!v4 || *v4 > 32 || !v6 || *v6 > 128) refuse(text, "is not KEY/LENGTH or KEY/LENGTH/LENGTH6");
    part.v4_bits = *v4;
    part.v6_bits = *v6;
    part.offset = width_;
    parts_.push_back(part);
    keys_.push_back(part.address[0] == &FlowRecord::src_ip ? nm::key_of<FlowTop>(&FlowRecord::src_ip)
                                                           : nm::key_of<FlowTop>(&FlowRecord::dst_ip));
    if (part.address[1] == &FlowRecord::dst_ip) keys_.push_back(nm::key_of<FlowTop>(&FlowRecord::dst_ip));
    width_ += ip_width;
}

void GroupKey::pack(const FlowRecord& flow, const FlowNames& names, std::uint8_t* out, Side side) const {
    const auto s = static_cast<std::size_t>(side);
    std::memset(out, 0, width_);
    for (const Part& part : parts_) {
        if (part.prefix == nullptr) {
            part.pack[s](flow, names, out + part.offset);
            continue;
        }
        const nm::IpAddress& ip = flow.*part.address[s];
        if (ip.is_set())
            pack_ip(make_prefix(ip, ip.is_v4() ? part.v4_bits : part.v6_bits).address, out + part.offset);
    }
}

void GroupKey::unpack(const std::uint8_t* key, FlowTop& top) const {
    for (const Part& part : parts_) {
        if (part.prefix == nullptr) {
            part.unpack(key + part.offset, top);
            continue;
        }
        const nm::IpAddress ip = unpack_ip(key + part.offset);
        if (ip.is_set()) top.*part.prefix = make_prefix(ip, ip.is_v4() ? part.v4_bits : part.v6_bits);
    }
}

}  // namespace nmflowtool
