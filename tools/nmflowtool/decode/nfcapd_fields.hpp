// What records of both nfdump generations share: how nfdump keeps addresses, times, hardware addresses,
// ports, labels and counters. Proof: through wire_nfcapd.hpp.
#pragma once

#include <array>
#include <cstring>
#include <limits>
#include <span>

#include "decode/mpls_stack.hpp"
#include "record/flow.hpp"
#include "wire/byte_reader.hpp"

namespace nmflowtool::nfcapd {

using nm::FlowRecord;

// nfdump writes addresses in the order of its machine, an IPv6 address as two 64-bit numbers.
inline void set_v4(nm::IpAddress& ip, std::uint32_t host_order) {
    const std::uint32_t wire = __builtin_bswap32(host_order);
    std::memcpy(ip.bytes.data(), &wire, sizeof wire);
    ip.family = nm::Family::v4;
}
inline void set_v6(nm::IpAddress& ip, const std::uint64_t (&halves)[2]) {
    const std::uint64_t wire[2] = {__builtin_bswap64(halves[0]), __builtin_bswap64(halves[1])};
    std::memcpy(ip.bytes.data(), wire, sizeof wire);
    ip.family = nm::Family::v6;
}

inline nm::Time time_of_ms(std::uint64_t ms) {
    constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max() / nm::ns_per_ms;
    return ms <= most ? nm::Time{static_cast<std::int64_t>(ms) * nm::ns_per_ms} : nm::Time{};
}

inline std::optional<nm::Mac> mac_of(std::uint64_t number) {
    if (number == 0) return std::nullopt;
    nm::Mac mac;
    for (unsigned i = 0; i < 6; ++i) mac.bytes[i] = static_cast<std::uint8_t>(number >> (40 - 8 * i));
    return mac;
}

inline void set_vlan(std::optional<std::uint16_t>& vlan, std::uint32_t number) {
    if (number != 0 && number <= 0xFFFF) vlan = static_cast<std::uint16_t>(number);
}

inline constexpr std::uint8_t proto_icmp = 1, proto_tcp = 6, proto_udp = 17, proto_dccp = 33,
                              proto_icmp6 = 58, proto_sctp = 132, proto_udp_lite = 136;

inline void set_protocol(FlowRecord& flow, std::uint8_t proto, std::uint8_t tcp_flags, std::uint16_t src_port,
                         std::uint16_t dst_port) {
    flow.proto_num = proto;
    flow.proto = static_cast<nm::Protocol>(proto);
    switch (proto) {
        case proto_tcp:
            flow.tcp_flags = static_cast<nm::TcpFlags>(tcp_flags);
            [[fallthrough]];
        case proto_udp:
        case proto_sctp:
        case proto_dccp:
        case proto_udp_lite:
            flow.src_port = src_port;
            flow.dst_port = dst_port;
            break;
        case proto_icmp:
        case proto_icmp6:  // type and code are kept where the destination port is
            flow.icmp_type = static_cast<std::uint8_t>(dst_port >> 8);
            flow.icmp_code = static_cast<std::uint8_t>(dst_port);
            break;
        default:
            if (src_port != 0) flow.src_port = src_port;
            if (dst_port != 0) flow.dst_port = dst_port;
            break;
    }
}

// A counter of an event (NAT, firewall) that is zero was not sent: nfdump keeps both in any case.
inline void set_counters(FlowRecord& flow, bool is_event, std::uint64_t packets, std::uint64_t bytes) {
    if (!is_event || packets != 0) flow.packets = packets;
    if (!is_event || bytes != 0) flow.bytes = bytes;
}

// nfdump keeps an extension for the sake of any of its members; those that the exporter did not send are
// zero.
template <class Value, class Number>
void set_nonzero(std::optional<Value>& member, Number number) {
    if (number != 0 && number <= std::numeric_limits<Value>::max()) member = static_cast<Value>(number);
}

template <class Word>
void set_word(std::optional<Word>& member, std::uint8_t number) {
    if (number != 0 && number < nm::enum_words<Word>.size()) member = static_cast<Word>(number);
}

// A record that nothing was added up in is kept as the sum of one.
inline void set_flow_count(FlowRecord& flow, std::uint64_t flows) {
    if (flows > 1) flow.flow_count = flows;
}

inline void set_user(FlowRecord& flow, std::span<const char> name) {
    const std::string_view user(name.data(), ::strnlen(name.data(), name.size()));
    if (!user.empty()) flow.user.emplace(user);
}

class LabelStack {
  public:
    void clear() { size_ = 0; }
    void push(std::uint32_t entry) { entries_[size_++] = entry; }
    // The top first; as many as there are places, or none.
    std::span<const std::uint32_t> entries() const { return {entries_.data(), size_}; }

  private:
    std::array<std::uint32_t, mpls_places> entries_;
    std::size_t size_ = 0;
};

inline bool set_labels(nm::ByteReader in, FlowRecord& flow, LabelStack& stack) {
    stack.clear();
    for (std::size_t place = 0; place < mpls_places; ++place) stack.push(in.u32_le());
    if (const std::uint32_t top = stack.entries().front(); top != 0) flow.mpls_label = label_of(top);
    return in.ok();
}

inline void set_direction(FlowRecord& flow, std::uint8_t direction) {
    if (direction <= 1) flow.direction = static_cast<nm::Direction>(direction);
}

}  // namespace nmflowtool::nfcapd
