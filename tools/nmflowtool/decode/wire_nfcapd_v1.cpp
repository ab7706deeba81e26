#include "decode/nfcapd_fields.hpp"
#include "decode/wire_nfcapd.hpp"

namespace nmflowtool {
namespace {

using namespace nfcapd;

// nfdump 1.6: the bytes that each extension takes; 0 is unknown, and what follows it cannot be found.
constexpr std::size_t known_extensions_v1 = 49;
constexpr std::array<std::uint8_t, known_extensions_v1> sizes_v1 = [] {
    std::array<std::uint8_t, known_extensions_v1> sizes{};
    constexpr std::uint8_t from_4[] = {4, 8, 4, 8, 4,  4,  16, 4, 16, 4, 4, 8,
                                       4, 8, 4, 8, 16, 16, 40, 4, 16, 4, 8, 8};
    for (std::size_t i = 0; i < std::size(from_4); ++i) sizes[4 + i] = from_4[i];
    constexpr std::uint8_t from_37[] = {20, 4, 8, 32, 24, 24, 72, 0, 24, 12, 8, 8};
    for (std::size_t i = 0; i < std::size(from_37); ++i) sizes[37 + i] = from_37[i];
    return sizes;
}();

void set_v1_address(std::uint16_t id, nm::ByteReader& in, FlowRecord& flow) {
    const bool is_v6 = id == 10 || id == 12 || id == 24;
    nm::IpAddress& ip = id <= 10 ? flow.next_hop : id <= 12 ? flow.bgp_next_hop : flow.exporter;
    if (is_v6) {
        const std::uint64_t halves[2] = {in.u64_le(), in.u64_le()};
        set_v6(ip, halves);
    } else {
        set_v4(ip, in.u32_le());
    }
}

template <class Value>
void set_v1_number(std::optional<Value>& member, nm::ByteReader in) {
    set_nonzero(member, in.left() == 4 ? in.u32_le() : in.u64_le());
}

void set_v1_nat_addresses(std::uint16_t id, nm::ByteReader& in, FlowRecord& flow) {
    for (nm::IpAddress* ip : {&flow.nat_src_ip, &flow.nat_dst_ip}) {
        if (id == 39) {
            if (const std::uint32_t v4 = in.u32_le(); v4 != 0) set_v4(*ip, v4);
            continue;
        }
        const std::uint64_t halves[2] = {in.u64_le(), in.u64_le()};
        if ((halves[0] | halves[1]) != 0) set_v6(*ip, halves);
    }
}

// Firewalls and translators of addresses.
void set_v1_event(std::uint16_t id, nm::ByteReader in, FlowRecord& flow) {
    switch (id) {
        case 37:
            flow.event_time = time_of_ms(in.u64_le());
            set_nonzero(flow.flow_id, in.u32_le());
            in.skip(2);  // ICMP type and code
            set_word(flow.fw_event, in.u8());
            in.skip(1);
            set_nonzero(flow.fw_ext_event, in.u16_le());
            break;
        case 38:
            set_nonzero(flow.nat_src_port, in.u16_le());
            set_nonzero(flow.nat_dst_port, in.u16_le());
            break;
        case 39:
        case 40:
            set_v1_nat_addresses(id, in, flow);
            break;
        case 42:
        case 43: {
            const nm::Bytes name = in.rest();
            set_user(flow, {reinterpret_cast<const char*>(name.data()), name.size()});
            break;
        }
        case 46:
            set_word(flow.nat_event, in.u8());
            in.skip(3);
            set_nonzero(flow.out_vrf, in.u32_le());
            set_nonzero(flow.in_vrf, in.u32_le());
            break;
        default:
            break;
    }
}

// What the exporter tells of a flow beside who sent how much to whom.
void set_v1_detail(std::uint16_t id, nm::ByteReader in, FlowRecord& flow, LabelStack& labels) {
    switch (id) {
        case 14:
        case 15:
            set_v1_number(flow.post_packets, in);
            break;
        case 16:
        case 17:
            set_v1_number(flow.post_bytes, in);
            break;
        case 18:
        case 19:
            set_flow_count(flow, in.left() == 4 ? in.u32_le() : in.u64_le());
            break;
        case 20:
            flow.src_mac = mac_of(in.u64_le());
            flow.post_dst_mac = mac_of(in.u64_le());
            break;
        case 21:
            flow.dst_mac = mac_of(in.u64_le());
            flow.post_src_mac = mac_of(in.u64_le());
            break;
        case 22:
            set_labels(in, flow, labels);
            break;
        case 27:
            flow.ts = time_of_ms(in.u64_le());
            break;
        default:
            set_v1_event(id, in, flow);
            break;
    }
}

void set_v1_extension(std::uint16_t id, nm::ByteReader in, FlowRecord& flow, LabelStack& labels) {
    switch (id) {
        case 4:
        case 5:
            flow.in_if = id == 4 ? in.u16_le() : in.u32_le();
            flow.out_if = id == 4 ? in.u16_le() : in.u32_le();
            break;
        case 6:
        case 7:
            flow.src_as = id == 6 ? in.u16_le() : in.u32_le();
            flow.dst_as = id == 6 ? in.u16_le() : in.u32_le();
            break;
        case 8:
            set_nonzero(flow.post_tos, in.u8());
            set_direction(flow, in.u8());
            flow.src_mask = in.u8();
            flow.dst_mask = in.u8();
            break;
        case 9:
        case 10:
        case 11:
        case 12:
        case 23:
        case 24:
            set_v1_address(id, in, flow);
            break;
        case 13:
            set_vlan(flow.vlan, in.u16_le());
            set_vlan(flow.post_vlan, in.u16_le());
            break;
        default:
            set_v1_detail(id, in, flow, labels);
            break;
    }
}

}  // namespace

// The common record of nfdump 1.6; type 1 has 8 bits of flags and no exporter.
NfcapdRecords::Got NfcapdRecords::read_common(std::uint16_t type, nm::Bytes body, FlowRecord& flow) {
    enum : std::uint16_t { ipv6_addresses = 1, packets_64 = 2, bytes_64 = 4, event = 64 };
    nm::ByteReader in(body);
    const std::uint16_t flags = in.u16_le();
    const std::uint16_t map = in.u16_le();
    const std::uint64_t first_ms = in.u16_le(), last_ms = in.u16_le();
    const std::uint64_t first_s = in.u32_le(), last_s = in.u32_le();
    const std::uint8_t forwarding = in.u8();
    const std::uint8_t tcp_flags = in.u8(), proto = in.u8(), tos = in.u8();
    const std::uint16_t src_port = in.u16_le(), dst_port = in.u16_le();
    flow = FlowRecord{};
    labels_.clear();
    if (type == common_record) {
        set_exporter(in.u16_le(), flow);
        in.skip(2);
    }
    if ((flags & ipv6_addresses) != 0) {
        const std::uint64_t src[2] = {in.u64_le(), in.u64_le()};
        const std::uint64_t dst[2] = {in.u64_le(), in.u64_le()};
        set_v6(flow.src_ip, src);
        set_v6(flow.dst_ip, dst);
    } else {
        set_v4(flow.src_ip, in.u32_le());
        set_v4(flow.dst_ip, in.u32_le());
    }
    const std::uint64_t packets = (flags & packets_64) != 0 ? in.u64_le() : in.u32_le();
    const std::uint64_t bytes = (flags & bytes_64) != 0 ? in.u64_le() : in.u32_le();
    if (!in.ok() || map >= maps_.size() || !maps_[map].is_known) return Got::malformed;
    flow.start = time_of_ms(first_s * 1000 + first_ms);
    flow.ts = flow.end = time_of_ms(last_s * 1000 + last_ms);
    flow.tos = tos;
    set_nonzero(flow.forwarding_status, forwarding);
    set_protocol(flow, proto, tcp_flags, src_port, dst_port);
    set_counters(flow, (flags & event) != 0, packets, bytes);
    return read_extensions(maps_[map], in.rest(), flow) ? Got::flow : Got::malformed;
}

bool NfcapdRecords::read_extensions(const ExtensionMap& map, nm::Bytes extensions, FlowRecord& flow) {
    for (const ExtensionMap::Entry& entry : map.entries) {
        const std::size_t size = sizes_v1[entry.id];
        if (entry.offset + size > extensions.size()) return false;
        set_v1_extension(entry.id, nm::ByteReader(extensions.subspan(entry.offset, size)), flow, labels_);
    }
    return true;
}

// Map number (2), bytes of all extensions (2), their ids (2 each), zero.
bool NfcapdRecords::read_map(nm::Bytes body) {
    nm::ByteReader in(body);
    const std::uint16_t number = in.u16_le();
    in.skip(2);
    ExtensionMap map;
    map.is_known = true;
    std::size_t offset = 0;
    while (in.left() >= 2) {
        const std::uint16_t id = in.u16_le();
        if (id == 0 || id >= sizes_v1.size() || sizes_v1[id] == 0) break;
        const bool has_room = map.entries.size() < sizes_v1.size();
        if (!has_room || offset > std::numeric_limits<std::uint16_t>::max()) return false;
        map.entries.push_back({id, static_cast<std::uint16_t>(offset)});
        offset += sizes_v1[id];
    }
    if (!in.ok()) return false;
    if (number >= maps_.size()) maps_.resize(number + std::size_t{1});
    maps_[number] = std::move(map);
    return true;
}

}  // namespace nmflowtool
