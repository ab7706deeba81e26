// Structures of flow samples that tell of addresses, VLANs, routes, labels and translation.
#include <charconv>

#include "base/hex.hpp"
#include "decode/wire_sflow_fields.hpp"

namespace nmflowtool {
namespace {

using nm::ByteReader;
using nm::IpAddress;
using nm::SflowSample;

void append_number(std::string& out, std::uint32_t value) {
    char text[10];
    out.append(text, std::to_chars(text, text + sizeof text, value).ptr);
}

void set_vlan(std::optional<std::uint16_t>& vlan, std::uint32_t value) {
    if (value >= 1 && value <= 4095) vlan = static_cast<std::uint16_t>(value);
}

void set_priority(std::optional<std::uint8_t>& priority, std::uint32_t value) {
    if (value <= 7) priority = static_cast<std::uint8_t>(value);
}

// Sampled addresses without a header (0:3, 0:4): they fill what no header told.
bool read_sampled_ip(ByteReader& in, SflowSample& sample, std::size_t width) {
    const std::uint32_t length = in.u32();
    const std::uint32_t proto = in.u32();
    const nm::Bytes src = in.bytes(width);
    const nm::Bytes dst = in.bytes(width);
    const std::uint32_t src_port = in.u32(), dst_port = in.u32();
    const std::uint32_t tcp_flags = in.u32();
    const std::uint32_t tos = in.u32();
    if (!in.ok()) return false;
    if (sample.src_ip.is_set()) return true;
    sample.src_ip = IpAddress::from_bytes(src);
    sample.dst_ip = IpAddress::from_bytes(dst);
    sample.ip_bytes = length;
    if (!sample.bytes) sample.bytes = length;
    set_small(sample.proto_num, proto);
    if (sample.proto_num) sample.proto = static_cast<nm::Protocol>(*sample.proto_num);
    set_small(sample.tos, tos);
    constexpr std::uint32_t icmp = 1, tcp = 6, icmp6 = 58;
    if (proto == icmp || proto == icmp6) {  // "or equivalent": type and code
        set_small(sample.icmp_type, src_port);
        set_small(sample.icmp_code, dst_port);
    } else if (src_port != 0 || dst_port != 0) {
        set_small(sample.src_port, src_port);
        set_small(sample.dst_port, dst_port);
    }
    if (proto == tcp) sample.tcp_flags = static_cast<nm::TcpFlags>(tcp_flags & 0xFFu);
    return true;
}

// AS numbers with spaces between; a set in braces with commas.
class PathText {
  public:
    explicit PathText(SflowSample& sample) : sample_(sample) { sample.as_path.clear(); }

    void begin_segment(bool is_set) {
        is_set_ = is_set;
        if (is_set) sample_.as_path += sample_.as_path.empty() ? "{" : " {";
        at_begin_ = true;
    }
    void add(std::uint32_t as) {
        if (!at_begin_)
            sample_.as_path += is_set_ ? ',' : ' ';
        else if (!is_set_ && !sample_.as_path.empty())
            sample_.as_path += ' ';
        at_begin_ = false;
        append_number(sample_.as_path, as);
        if (!sample_.dst_peer_as) sample_.dst_peer_as = as;
        sample_.dst_as = as;
    }
    void end_segment() {
        if (is_set_) sample_.as_path += '}';
    }

  private:
    SflowSample& sample_;
    bool is_set_ = false;
    bool at_begin_ = true;
};

bool read_as_path(ByteReader& in, SflowSample& sample, bool has_segments) {
    PathText path(sample);
    std::uint32_t segments = has_segments ? in.u32() : 1;
    for (; segments > 0 && in.ok(); --segments) {
        constexpr std::uint32_t as_set = 1;
        const std::uint32_t kind = has_segments ? in.u32() : 0;
        const std::uint32_t count = in.u32();
        ByteReader numbers = in.sub(std::size_t{count} * 4);
        if (!in.ok()) return false;
        if (count == 0) continue;
        path.begin_segment(kind == as_set);
        while (numbers.left() > 0) path.add(numbers.u32());
        path.end_segment();
    }
    return in.ok();
}

// Entries of a label stack (RFC 3032 section 2.1): label (20 bits), traffic class (3), bottom (1), TTL (8).
bool read_labels(ByteReader& in, std::vector<std::uint32_t>& out) {
    const std::uint32_t count = in.u32();
    ByteReader entries = in.sub(std::size_t{count} * 4);
    if (!in.ok()) return false;
    while (entries.left() > 0) out.push_back(entries.u32() >> 12);
    return true;
}

// 802.1Q tags: type in the upper half of each word, control in the lower.
bool read_tags(ByteReader& in, std::vector<std::string>& out) {
    const std::uint32_t count = in.u32();
    ByteReader words = in.sub(std::size_t{count} * 4);
    if (!in.ok()) return false;
    while (words.left() > 0) {
        std::string& tag = out.emplace_back();
        nm::append_hex(tag, words.bytes(2));
        tag += ':';
        nm::append_hex(tag, words.bytes(2));
    }
    return true;
}

bool read_sampled_ethernet(ByteReader& in, SflowSample& sample) {
    const std::uint32_t length = in.u32();
    const nm::Mac src = xdr_mac(in), dst = xdr_mac(in);
    const std::uint32_t type = in.u32();
    if (!in.ok()) return false;
    if (sample.src_mac) return true;
    sample.src_mac = src;
    sample.dst_mac = dst;
    set_small(sample.ethertype, type);
    sample.bytes = length;
    return true;
}

bool read_gateway(ByteReader& in, SflowSample& sample) {
    return read_extended_gateway(in, sample, GatewayLayout::full);
}

bool read_user(ByteReader& in, SflowSample& sample) {
    in.skip(4);  // character set
    xdr_string(in, sample.src_user);
    in.skip(4);
    xdr_string(in, sample.dst_user);
    return in.ok();
}

bool read_url(ByteReader& in, SflowSample& sample) {
    set_word(sample.url_direction, in.u32());
    xdr_string(in, sample.url);
    xdr_string(in, sample.url_host);
    return in.ok();
}

bool read_mpls(ByteReader& in, SflowSample& sample) {
    IpAddress next_hop;
    if (!xdr_address(in, next_hop)) return false;
    if (!is_zero(next_hop)) sample.mpls_next_hop = next_hop;
    return read_labels(in, sample.mpls_in) && read_labels(in, sample.mpls_out);
}

bool read_nat(ByteReader& in, SflowSample& sample) {
    return xdr_address(in, sample.nat_src_ip) && xdr_address(in, sample.nat_dst_ip);
}

bool read_nat_port(ByteReader& in, SflowSample& sample) {
    set_small(sample.nat_src_port, in.u32());
    set_small(sample.nat_dst_port, in.u32());
    return in.ok();
}

template <auto Name, auto Id, auto Cos>
bool read_mpls_name(ByteReader& in, SflowSample& sample) {
    xdr_string(in, sample.*Name);
    sample.*Id = in.u32();
    sample.*Cos = in.u32();
    return in.ok();
}

bool read_mpls_ftn(ByteReader& in, SflowSample& sample) {
    xdr_string(in, sample.mpls_ftn);
    sample.mpls_ftn_mask = in.u32();
    return in.ok();
}

template <auto Member>
bool read_tag_stack(ByteReader& in, SflowSample& sample) {
    return read_tags(in, sample.*Member);
}

using S = SflowSample;
constexpr FlowStructure rows[] = {
    {1001, read_extended_switch, true},
    {1002, read_extended_router, true},
    {2, read_sampled_ethernet, true},
    {3, read_sampled_ipv4, true},
    {4, read_sampled_ipv6, true},
    {1003, read_gateway},
    {1004, read_user},
    {1005, read_url},
    {1006, read_mpls},
    {1007, read_nat},
    {1008, read_mpls_name<&S::mpls_tunnel, &S::mpls_tunnel_id, &S::mpls_tunnel_cos>},
    {1009, read_mpls_name<&S::mpls_vc, &S::mpls_vc_id, &S::mpls_vc_cos>},
    {1010, read_mpls_ftn},
    {1011, read_word<&S::mpls_fec_prefix>},
    {1012, read_tag_stack<&S::vlans_stripped>},
    {1020, read_nat_port},
    {1034, read_tag_stack<&S::vlans_in>},
    {1035, read_tag_stack<&S::vlans_out>},
};

}  // namespace

std::span<const FlowStructure> network_structures() {
    return rows;
}

bool read_sampled_ipv4(ByteReader& in, SflowSample& sample) {
    return read_sampled_ip(in, sample, 4);
}

bool read_sampled_ipv6(ByteReader& in, SflowSample& sample) {
    return read_sampled_ip(in, sample, 16);
}

bool read_extended_switch(ByteReader& in, SflowSample& sample) {
    const std::uint32_t in_vlan = in.u32(), in_priority = in.u32();
    const std::uint32_t out_vlan = in.u32(), out_priority = in.u32();
    if (!in.ok()) return false;
    set_vlan(sample.in_vlan, in_vlan);
    set_priority(sample.in_priority, in_priority);
    set_vlan(sample.out_vlan, out_vlan);
    set_priority(sample.out_priority, out_priority);
    return true;
}

bool read_extended_router(ByteReader& in, SflowSample& sample) {
    IpAddress next_hop;
    if (!xdr_address(in, next_hop)) return false;
    const std::uint32_t src_mask = in.u32(), dst_mask = in.u32();
    if (!in.ok()) return false;
    if (!is_zero(next_hop)) sample.next_hop = next_hop;
    if (src_mask <= 128) sample.src_mask = static_cast<std::uint8_t>(src_mask);
    if (dst_mask <= 128) sample.dst_mask = static_cast<std::uint8_t>(dst_mask);
    return true;
}

bool read_extended_gateway(ByteReader& in, SflowSample& sample, GatewayLayout layout) {
    sample.rest_is_absent = false;
    if (layout == GatewayLayout::full) {
        IpAddress next_hop;
        if (!xdr_address(in, next_hop)) return false;
        if (!is_zero(next_hop)) sample.bgp_next_hop = next_hop;
    }
    const std::uint32_t router_as = in.u32(), src_as = in.u32(), src_peer_as = in.u32();
    if (!in.ok()) return false;
    if (router_as != 0) sample.router_as = router_as;
    if (src_as != 0) sample.src_as = src_as;
    if (src_peer_as != 0) sample.src_peer_as = src_peer_as;
    if (!read_as_path(in, sample, layout != GatewayLayout::plain_path)) return false;
    if (layout == GatewayLayout::plain_path) return true;
    const std::uint32_t count = in.u32();
    ByteReader communities = in.sub(std::size_t{count} * 4);
    sample.local_pref = in.u32();
    if (!in.ok()) return false;
    while (communities.left() > 0) {
        std::string& text = sample.communities.emplace_back();
        append_number(text, communities.u16());
        text += ':';
        append_number(text, communities.u16());
    }
    return true;
}

}  // namespace nmflowtool
