#include "wire_attributes.hpp"

#include <array>
#include <bitset>
#include <charconv>

#include "base/hex.hpp"

namespace nmbgp {

namespace {

using nm::ByteReader;
using nm::Bytes;
using nm::IpAddress;

// A decoder sees exactly the bytes of its attribute and returns false when they are malformed.
struct Row {
    std::uint8_t type;
    const char* name;
    bool (*decode)(ByteReader in, Attributes& out);
};

bool decode_origin(ByteReader in, Attributes& out) {
    const unsigned value = in.u8();
    if (!in.ok() || in.left() > 0 || value > 2) return false;
    out.origin = static_cast<nm::BgpOrigin>(value + 1);
    return true;
}

bool decode_as_path(ByteReader in, Attributes& out) {
    out.as_path = AsPath::decode(in.rest());
    return out.as_path.has_value();
}

bool decode_ip(ByteReader in, IpAddress& out) {
    if (in.left() != 4) return false;
    out = IpAddress::from_bytes(in.rest());
    return true;
}

bool decode_u32(ByteReader in, std::optional<std::uint32_t>& out) {
    if (in.left() != 4) return false;
    out = in.u32();
    return true;
}

bool decode_aggregator(ByteReader in, Attributes& out) {
    if (in.left() != 8) return false;
    const std::uint32_t as = in.u32();
    out.aggregator = Aggregator{as, IpAddress::from_bytes(in.rest())};
    return true;
}

bool decode_list(ByteReader in, std::size_t item_size, Bytes& out) {
    out = in.rest();
    return !out.empty() && out.size() % item_size == 0;
}

// 4, 16, or 32 bytes; an RD of 8 zero bytes does not occur in unicast.
bool decode_next_hop(Bytes bytes, Attributes& out) {
    if (bytes.size() == 32) {
        out.mp_next_hop = IpAddress::from_bytes(bytes.first(16));
        out.next_hop_link_local = IpAddress::from_bytes(bytes.last(16));
        return true;
    }
    out.mp_next_hop = IpAddress::from_bytes(bytes);
    return out.mp_next_hop.is_set();
}

// RFC 6396 section 4.3.4 keeps only the next hop and its length; some writers keep the whole attribute of
// RFC 4760 section 3, which begins with an AFI below 256, so with a zero byte.
bool decode_mp_reach(ByteReader in, Attributes& out) {
    const Bytes whole = in.rest();
    if (!whole.empty() && whole.front() == 0) in.skip(3);  // AFI, SAFI
    const Bytes next_hop = in.bytes(in.u8());
    return in.ok() && decode_next_hop(next_hop, out);
}

constexpr Row rows[] = {
    {1, "ORIGIN", decode_origin},
    {2, "AS_PATH", decode_as_path},
    {3, "NEXT_HOP", [](ByteReader in, Attributes& out) { return decode_ip(in, out.next_hop); }},
    {4, "MULTI_EXIT_DISC", [](ByteReader in, Attributes& out) { return decode_u32(in, out.med); }},
    {5, "LOCAL_PREF", [](ByteReader in, Attributes& out) { return decode_u32(in, out.local_pref); }},
    {6, "ATOMIC_AGGREGATE",
     [](ByteReader in, Attributes& out) { return (out.atomic_aggregate = in.left() == 0); }},
    {7, "AGGREGATOR", decode_aggregator},
    {8, "COMMUNITIES", [](ByteReader in, Attributes& out) { return decode_list(in, 4, out.communities); }},
    {9, "ORIGINATOR_ID", [](ByteReader in, Attributes& out) { return decode_ip(in, out.originator_id); }},
    {10, "CLUSTER_LIST", [](ByteReader in, Attributes& out) { return decode_list(in, 4, out.cluster_list); }},
    {14, "MP_REACH_NLRI", decode_mp_reach},
    {32, "LARGE_COMMUNITY",
     [](ByteReader in, Attributes& out) { return decode_list(in, 12, out.large_communities); }},
};

constexpr auto row_by_type = [] {
    std::array<const Row*, 256> table{};
    for (const Row& row : rows) table[row.type] = &row;
    return table;
}();

// RFC 4271 section 4.3: the length has two bytes when this flag is set.
constexpr unsigned extended_length = 0x10;

char* write_u32(char* out, std::uint32_t value) {
    return std::to_chars(out, out + 10, value).ptr;
}

void set_communities(Bytes bytes, std::vector<std::string>& out) {
    out.clear();
    ByteReader in(bytes);
    while (in.left() > 0) {
        char text[16];
        char* end = write_u32(text, in.u16());
        *end++ = ':';
        out.emplace_back(text, write_u32(end, in.u16()));
    }
}

void set_large_communities(Bytes bytes, std::vector<std::string>& out) {
    out.clear();
    ByteReader in(bytes);
    while (in.left() > 0) {
        char text[40];
        char* end = write_u32(text, in.u32());
        *end++ = ':';
        end = write_u32(end, in.u32());
        *end++ = ':';
        out.emplace_back(text, write_u32(end, in.u32()));
    }
}

void set_addresses(Bytes bytes, std::vector<IpAddress>& out) {
    out.clear();
    ByteReader in(bytes);
    while (in.left() > 0) out.push_back(IpAddress::v4(in.u32()));
}

// "16:0002fde900000001": the type in decimal, the value in hex.
void set_others(const std::vector<Attributes::Raw>& others, std::vector<std::string>& out) {
    out.clear();
    for (const Attributes::Raw& raw : others) {
        std::string& text = out.emplace_back(std::to_string(raw.type) + ':');
        nm::append_hex(text, raw.value);
    }
}

}  // namespace

void Attributes::clear() {
    std::vector<Raw> kept = std::move(others);  // its memory serves the next route
    kept.clear();
    *this = Attributes{};
    others = std::move(kept);
}

const char* decode_attributes(Bytes block, Attributes& out) {
    out.clear();
    std::bitset<256> seen;
    ByteReader in(block);
    while (in.left() > 0) {
        const unsigned flags = in.u8();
        const std::uint8_t type = in.u8();
        const std::size_t length = (flags & extended_length) != 0 ? in.u16() : in.u8();
        const ByteReader value = in.sub(length);
        if (!in.ok()) return "attribute lengths";
        if (seen[type]) continue;
        seen[type] = true;
        const Row* row = row_by_type[type];
        if (row == nullptr)
            out.others.push_back({type, value.rest()});
        else if (!row->decode(value, out))
            return row->name;
    }
    return nullptr;
}

void set_members(const Attributes& from, nm::RouteAttributes& out) {
    out.next_hop = from.effective_next_hop();
    out.next_hop_link_local = from.next_hop_link_local;
    out.as_path.clear();
    if (from.as_path) from.as_path->append_text(out.as_path);
    out.origin = from.origin.value_or(nm::BgpOrigin::none);
    out.med = from.med;
    out.local_pref = from.local_pref;
    set_communities(from.communities, out.communities);
    set_large_communities(from.large_communities, out.large_communities);
    out.atomic_aggregate.reset();
    if (from.atomic_aggregate) out.atomic_aggregate = true;
    out.aggregator_as.reset();
    out.aggregator_ip = {};
    if (from.aggregator) {
        out.aggregator_as = from.aggregator->as;
        out.aggregator_ip = from.aggregator->ip;
    }
    out.originator_id = from.originator_id;
    set_addresses(from.cluster_list, out.cluster_list);
    set_others(from.others, out.other_attributes);
}

}  // namespace nmbgp
