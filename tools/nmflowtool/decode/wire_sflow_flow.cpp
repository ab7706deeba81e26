#include <algorithm>
#include <charconv>

#include "decode/wire_sflow_structures.hpp"
#include "decode/xdr.hpp"

namespace nmflowtool {
namespace {

using nm::ByteReader;
using nm::IpAddress;
using nm::SflowSample;

// header_protocol of a raw packet header.
enum : std::uint32_t {
    header_ethernet = 1,
    header_ppp = 7,
    header_ipv4 = 11,
    header_ipv6 = 12,
    header_mpls = 13,
    header_pos = 14
};

constexpr std::string_view tunnel_words[] = {
    "",      "mpls",    "pppoe",      "ppp", "gre",  "erspan",     "vxlan",      "vxlan-gpe", "geneve",
    "gtp-u", "etherip", "mac-in-mac", "nsh", "ipip", "ip4-in-ip6", "ip6-in-ip4", "ip6-in-ip6"};

// --- the sampled header

void fill_ip(const nm::Packet& packet, SflowSample& sample) {
    sample.src_ip = packet.src_ip;
    sample.dst_ip = packet.dst_ip;
    sample.tos = packet.tos;
    sample.ttl = packet.ttl;
    sample.ip_bytes = packet.ip_length;
    if (packet.fragment_offset > 0) sample.fragment_offset = packet.fragment_offset;
    if (packet.proto) sample.proto = static_cast<nm::Protocol>(*packet.proto);
    sample.proto_num = packet.proto;
    sample.src_port = packet.src_port;
    sample.dst_port = packet.dst_port;
    if (packet.tcp_flags) sample.tcp_flags = static_cast<nm::TcpFlags>(*packet.tcp_flags & 0xFFu);
    sample.icmp_type = packet.icmp_type;
    sample.icmp_code = packet.icmp_code;
}

void fill_inner_ip(const nm::Packet& packet, SflowSample& sample) {
    sample.inner_src_ip = packet.src_ip;
    sample.inner_dst_ip = packet.dst_ip;
    sample.inner_tos = packet.tos;
    sample.inner_ttl = packet.ttl;
    sample.inner_ip_bytes = packet.ip_length;
    if (packet.fragment_offset > 0) sample.inner_fragment_offset = packet.fragment_offset;
    if (packet.proto) sample.inner_proto = static_cast<nm::Protocol>(*packet.proto);
    sample.inner_proto_num = packet.proto;
    sample.inner_src_port = packet.src_port;
    sample.inner_dst_port = packet.dst_port;
    if (packet.tcp_flags) sample.inner_tcp_flags = static_cast<nm::TcpFlags>(*packet.tcp_flags & 0xFFu);
    sample.inner_icmp_type = packet.icmp_type;
    sample.inner_icmp_code = packet.icmp_code;
}

void fill_link(const nm::Packet& packet, SflowSample& sample) {
    sample.src_mac = packet.src_mac;
    sample.dst_mac = packet.dst_mac;
    if (packet.ethertype != 0) sample.ethertype = packet.ethertype;
    if (packet.vlan_count > 0 && packet.vlans[0].id() != 0) sample.vlan = packet.vlans[0].id();
    if (packet.vlan_count > 1) sample.inner_vlan = packet.vlans[1].id();
    if (packet.vlan_count > 2) {
        const std::size_t kept = std::min<std::size_t>(packet.vlan_count, nm::Packet::max_vlans);
        for (std::size_t i = 0; i < kept; ++i) sample.vlans.push_back(packet.vlans[i].id());
    }
}

void fill_tunnels(const nm::PacketStack& stack, SflowSample& sample) {
    sample.rest_is_absent = false;
    for (std::size_t i = 0; i < stack.tunnel_count; ++i)
        sample.tunnels.emplace_back(tunnel_words[static_cast<std::size_t>(stack.tunnels[i])]);
    sample.mpls_labels.assign(stack.labels.begin(), stack.labels.begin() + stack.label_count);
    sample.vni = stack.vni;
    sample.gre_key = stack.gre_key;
    sample.gtp_teid = stack.gtp_teid;
    sample.erspan_session = stack.erspan_session;
    sample.pppoe_session = stack.pppoe_session;
    if (!stack.has_inner) return;
    const nm::Packet& inner = stack.inner;
    sample.inner_src_mac = inner.src_mac;
    sample.inner_dst_mac = inner.dst_mac;
    if (inner.ethertype != 0) sample.inner_ethertype = inner.ethertype;
    if (inner.vlan_count > 0 && inner.vlans[0].id() != 0) sample.inner_frame_vlan = inner.vlans[0].id();
    if (!inner.src_ip.is_set()) return;
    // A frame inside labels: its IP packet is the only one, so it is the flow's.
    if (sample.src_ip.is_set())
        fill_inner_ip(inner, sample);
    else
        fill_ip(inner, sample);
}

std::optional<nm::FirstHeader> first_header(std::uint32_t protocol) {
    switch (protocol) {
        case header_ethernet:
            return nm::FirstHeader::ethernet;
        case header_ipv4:
        case header_ipv6:
            return nm::FirstHeader::ip;
        case header_mpls:
            return nm::FirstHeader::mpls;
        case header_ppp:
        case header_pos:
            return nm::FirstHeader::ppp;
        default:
            return std::nullopt;  // told by its number
    }
}

// --- shared pieces of structures

void set_vlan(std::optional<std::uint16_t>& vlan, std::uint32_t value) {
    if (value >= 1 && value <= 4095) vlan = static_cast<std::uint16_t>(value);
}

void set_priority(std::optional<std::uint8_t>& priority, std::uint32_t value) {
    if (value <= 7) priority = static_cast<std::uint8_t>(value);
}

template <class Small>
void set_small(std::optional<Small>& out, std::uint32_t value) {
    if (value <= std::numeric_limits<Small>::max()) out = static_cast<Small>(value);
}

template <class Enum>
void set_word(std::optional<Enum>& out, std::uint32_t value) {
    if (value < nm::enum_words<Enum>.size()) out = static_cast<Enum>(value);
}
template <class Enum>
void set_word(Enum& out, std::uint32_t value) {
    if (value < nm::enum_words<Enum>.size()) out = static_cast<Enum>(value);
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

void append_number(std::string& out, std::uint32_t value) {
    char text[10];
    out.append(text, std::to_chars(text, text + sizeof text, value).ptr);
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

bool read_words(ByteReader& in, std::vector<std::uint32_t>& out) {
    const std::uint32_t count = in.u32();
    ByteReader words = in.sub(std::size_t{count} * 4);
    if (!in.ok()) return false;
    while (words.left() > 0) out.push_back(words.u32());
    return true;
}

// Label stacks come as bare labels or as whole entries of RFC 3032, which are above 20 bits.
bool read_labels(ByteReader& in, std::vector<std::uint32_t>& out) {
    if (!read_words(in, out)) return false;
    for (std::uint32_t& label : out) {
        if (label > 0xFFFFF) label >>= 12;
    }
    return true;
}

// 802.1Q tags: type in the upper half of each word, control in the lower.
bool read_tags(ByteReader& in, std::vector<std::string>& out) {
    const std::uint32_t count = in.u32();
    ByteReader words = in.sub(std::size_t{count} * 4);
    if (!in.ok()) return false;
    while (words.left() > 0) {
        std::string& tag = out.emplace_back();
        append_hex(tag, words.bytes(2));
        tag += ':';
        append_hex(tag, words.bytes(2));
    }
    return true;
}

// --- rows

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

// One number of 32 bits.
template <auto Member>
bool read_word(ByteReader& in, SflowSample& sample) {
    sample.*Member = in.u32();
    return in.ok();
}

template <auto Member>
bool read_text(ByteReader& in, SflowSample& sample) {
    xdr_string(in, sample.*Member);
    return in.ok();
}

template <auto Member>
bool read_tag_stack(ByteReader& in, SflowSample& sample) {
    return read_tags(in, sample.*Member);
}

bool read_wifi_payload(ByteReader& in, SflowSample& sample) {
    sample.wifi_cipher = in.u32();
    append_hex(sample.wifi_payload, xdr_opaque(in));
    return in.ok();
}

bool read_wifi_received(ByteReader& in, SflowSample& sample) {
    xdr_string(in, sample.wifi_ssid);
    sample.wifi_bssid = xdr_mac(in);
    sample.wifi_version = in.u32();
    sample.wifi_channel = in.u32();
    sample.wifi_speed_bps = in.u64();
    sample.wifi_rsni = in.u32();
    sample.wifi_rcpi = in.u32();
    sample.wifi_duration_us = in.u32();
    return in.ok();
}

bool read_wifi_sent(ByteReader& in, SflowSample& sample) {
    xdr_string(in, sample.wifi_ssid);
    sample.wifi_bssid = xdr_mac(in);
    sample.wifi_version = in.u32();
    const std::uint32_t transmissions = in.u32();
    if (transmissions != 0) sample.wifi_transmissions = transmissions;
    sample.wifi_duration_us = in.u32();
    sample.wifi_retrans_duration_us = in.u32();
    sample.wifi_channel = in.u32();
    sample.wifi_speed_bps = in.u64();
    sample.wifi_power_mw = in.u32();
    return in.ok();
}

bool read_queue_length(ByteReader& in, SflowSample& sample) {
    sample.queue = in.u32();
    sample.queue_length = in.u32();
    return in.ok();
}

template <auto SrcMac, auto DstMac, auto Type>
bool read_tunnel_frame(ByteReader& in, SflowSample& sample) {
    in.skip(4);  // length
    sample.*SrcMac = xdr_mac(in);
    sample.*DstMac = xdr_mac(in);
    set_small(sample.*Type, in.u32());
    return in.ok();
}

template <std::size_t Width, auto SrcIp, auto DstIp, auto Proto, auto SrcPort, auto DstPort, auto Tos>
bool read_tunnel_ip(ByteReader& in, SflowSample& sample) {
    in.skip(4);  // length
    set_small(sample.*Proto, in.u32());
    const nm::Bytes src = in.bytes(Width), dst = in.bytes(Width);
    const std::uint32_t src_port = in.u32(), dst_port = in.u32();
    in.skip(4);  // TCP flags
    set_small(sample.*Tos, in.u32());
    if (!in.ok()) return false;
    sample.*SrcIp = IpAddress::from_bytes(src);
    sample.*DstIp = IpAddress::from_bytes(dst);
    if (src_port != 0 || dst_port != 0) {
        set_small(sample.*SrcPort, src_port);
        set_small(sample.*DstPort, dst_port);
    }
    return true;
}

bool read_acl(ByteReader& in, SflowSample& sample) {
    sample.acl = in.u32();
    xdr_string(in, sample.acl_name);
    set_word(sample.acl_direction, in.u32());
    return in.ok();
}

bool read_trap(ByteReader& in, SflowSample& sample) {
    xdr_string(in, sample.trap_group);
    xdr_string(in, sample.trap);
    return in.ok();
}

bool read_timestamp(ByteReader& in, SflowSample& sample) {
    const std::uint64_t ns = in.u64();
    if (in.ok() && ns <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        sample.sampled.ns = static_cast<std::int64_t>(ns);
    return in.ok();
}

template <std::size_t Width, auto Proto, auto LocalIp, auto RemoteIp, auto LocalPort, auto RemotePort>
bool read_socket(ByteReader& in, SflowSample& sample) {
    set_small(sample.*Proto, in.u32());
    const nm::Bytes local = in.bytes(Width), remote = in.bytes(Width);
    set_small(sample.*LocalPort, in.u32());
    set_small(sample.*RemotePort, in.u32());
    if (!in.ok()) return false;
    sample.*LocalIp = IpAddress::from_bytes(local);
    sample.*RemoteIp = IpAddress::from_bytes(remote);
    return true;
}

// 0:2206; 0:2201 is the same without the version.
template <bool HasVersion>
bool read_http(ByteReader& in, SflowSample& sample) {
    set_word(sample.http_method, in.u32());
    if (HasVersion) sample.http_protocol = in.u32();
    for (const auto member : {&SflowSample::http_uri, &SflowSample::http_host, &SflowSample::http_referer,
                              &SflowSample::http_user_agent, &SflowSample::http_xff,
                              &SflowSample::http_auth_user, &SflowSample::http_mime_type})
        xdr_string(in, sample.*member);
    sample.http_req_bytes = in.u64();
    sample.http_resp_bytes = in.u64();
    sample.http_duration_us = in.u32();
    sample.http_status = in.u32();
    return in.ok();
}

bool read_proxy_request(ByteReader& in, SflowSample& sample) {
    xdr_string(in, sample.proxy_uri);
    xdr_string(in, sample.proxy_host);
    return in.ok();
}

bool read_memcache(ByteReader& in, SflowSample& sample) {
    set_word(sample.memcache_protocol, in.u32());
    set_word(sample.memcache_command, in.u32());
    xdr_string(in, sample.memcache_key);
    sample.memcache_keys = in.u32();
    sample.memcache_value_bytes = in.u32();
    sample.memcache_duration_us = in.u32();
    set_word(sample.memcache_status, in.u32());
    return in.ok();
}

template <auto App, auto Operation, auto Attributes>
bool read_app_context(ByteReader& in, SflowSample& sample) {
    xdr_string(in, sample.*App);
    xdr_string(in, sample.*Operation);
    xdr_string(in, sample.*Attributes);
    return in.ok();
}

bool read_app(ByteReader& in, SflowSample& sample) {
    read_app_context<&SflowSample::app, &SflowSample::app_operation, &SflowSample::app_attributes>(in,
                                                                                                   sample);
    xdr_string(in, sample.app_status_text);
    sample.app_req_bytes = in.u64();
    sample.app_resp_bytes = in.u64();
    sample.app_duration_us = in.u32();
    set_word(sample.app_status, in.u32());
    return in.ok();
}

bool read_tcp_info(ByteReader& in, SflowSample& sample) {
    set_word(sample.tcp_direction, in.u32());
    sample.tcp_snd_mss = in.u32();
    sample.tcp_rcv_mss = in.u32();
    sample.tcp_unacked = in.u32();
    sample.tcp_lost = in.u32();
    sample.tcp_retrans = in.u32();
    sample.tcp_pmtu = in.u32();
    sample.tcp_rtt_us = in.u32();
    sample.tcp_rttvar_us = in.u32();
    sample.tcp_cwnd = in.u32();
    sample.tcp_reordering = in.u32();
    const std::uint32_t min_rtt = in.u32();
    // All ones before the first round trip; the kernel says 0 when it keeps none.
    if (min_rtt != 0 && min_rtt != 0xFFFFFFFF) sample.tcp_min_rtt_us = min_rtt;
    return in.ok();
}

bool read_entities(ByteReader& in, SflowSample& sample) {
    sample.src_entity_class = in.u32();
    sample.src_entity_index = in.u32();
    sample.dst_entity_class = in.u32();
    sample.dst_entity_index = in.u32();
    return in.ok();
}

struct FlowStructure {
    std::uint32_t number;
    bool (*read)(ByteReader& in, SflowSample& sample);
    bool is_common = false;  // sets nothing behind SampleNumbers
};

using S = SflowSample;
constexpr FlowStructure flow_structures[] = {
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
    {1013, read_wifi_payload},
    {1014, read_wifi_received},
    {1015, read_wifi_sent},
    {1019, read_queue_length},
    {1020, read_nat_port},
    {1021, read_tunnel_frame<&S::tunnel_out_src_mac, &S::tunnel_out_dst_mac, &S::tunnel_out_ethertype>},
    {1022, read_tunnel_frame<&S::tunnel_in_src_mac, &S::tunnel_in_dst_mac, &S::tunnel_in_ethertype>},
    {1023, read_tunnel_ip<4, &S::tunnel_out_src_ip, &S::tunnel_out_dst_ip, &S::tunnel_out_proto_num,
                          &S::tunnel_out_src_port, &S::tunnel_out_dst_port, &S::tunnel_out_tos>},
    {1024, read_tunnel_ip<4, &S::tunnel_in_src_ip, &S::tunnel_in_dst_ip, &S::tunnel_in_proto_num,
                          &S::tunnel_in_src_port, &S::tunnel_in_dst_port, &S::tunnel_in_tos>},
    {1025, read_tunnel_ip<16, &S::tunnel_out_src_ip, &S::tunnel_out_dst_ip, &S::tunnel_out_proto_num,
                          &S::tunnel_out_src_port, &S::tunnel_out_dst_port, &S::tunnel_out_tos>},
    {1026, read_tunnel_ip<16, &S::tunnel_in_src_ip, &S::tunnel_in_dst_ip, &S::tunnel_in_proto_num,
                          &S::tunnel_in_src_port, &S::tunnel_in_dst_port, &S::tunnel_in_tos>},
    {1027, read_word<&S::tunnel_out_inner_offset>},
    {1028, read_word<&S::tunnel_in_inner_offset>},
    {1029, read_word<&S::tunnel_out_vni>},
    {1030, read_word<&S::tunnel_in_vni>},
    {1034, read_tag_stack<&S::vlans_in>},
    {1035, read_tag_stack<&S::vlans_out>},
    {1036, read_word<&S::queue>},
    {1037, read_acl},
    {1038, read_text<&S::function>},
    {1039, read_word<&S::transit_ns>},
    {1040, read_word<&S::queue_depth_bytes>},
    {1041, read_trap},
    {1042, read_text<&S::drop_reason>},
    {1043, read_timestamp},
    {2100, read_socket<4, &S::socket_proto_num, &S::socket_local_ip, &S::socket_remote_ip,
                       &S::socket_local_port, &S::socket_remote_port>},
    {2101, read_socket<16, &S::socket_proto_num, &S::socket_local_ip, &S::socket_remote_ip,
                       &S::socket_local_port, &S::socket_remote_port>},
    {2102, read_socket<4, &S::proxy_proto_num, &S::proxy_local_ip, &S::proxy_remote_ip, &S::proxy_local_port,
                       &S::proxy_remote_port>},
    {2103, read_socket<16, &S::proxy_proto_num, &S::proxy_local_ip, &S::proxy_remote_ip, &S::proxy_local_port,
                       &S::proxy_remote_port>},
    {2200, read_memcache},
    {2201, read_http<false>},
    {2202, read_app},
    {2203, read_app_context<&S::parent_app, &S::parent_operation, &S::parent_attributes>},
    {2204, read_text<&S::app_initiator>},
    {2205, read_text<&S::app_target>},
    {2206, read_http<true>},
    {2207, read_proxy_request},
    {2209, read_tcp_info},
    {2210, read_entities},
};

}  // namespace

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

void clear_sample(SflowSample& sample) {
    static_cast<nm::FlowRecord&>(sample) = {};
    std::vector<std::uint16_t> vlans = std::move(sample.vlans);
    std::string header = std::move(sample.header);
    static_cast<nm::SampleNumbers&>(sample) = {};
    vlans.clear();
    header.clear();
    sample.vlans = std::move(vlans);
    sample.header = std::move(header);
    if (sample.rest_is_absent) return;
    static_cast<nm::InnerPacket&>(sample) = {};
    static_cast<nm::SampleUnknown&>(sample) = {};
    static_cast<nm::DropDetails&>(sample) = {};
    static_cast<nm::SampleRoute&>(sample) = {};
    static_cast<nm::SampleTunnels&>(sample) = {};
    static_cast<nm::SampleWifi&>(sample) = {};
    static_cast<nm::SampleTcpInfo&>(sample) = {};
    static_cast<nm::SampleApp&>(sample) = {};
    sample.rest_is_absent = true;
}

bool FlowStructures::read_header(ByteReader& in, SflowSample& sample, bool has_stripped) {
    const std::uint32_t protocol = in.u32();
    const std::uint32_t frame_length = in.u32();
    const std::uint32_t stripped = has_stripped ? in.u32() : 0;
    const nm::Bytes header = xdr_opaque(in);
    if (!in.ok()) return false;
    if (sample.header_protocol) return true;  // a sample has one header
    sample.header_protocol = protocol;
    sample.header_bytes = static_cast<std::uint32_t>(header.size());
    if (has_stripped) sample.stripped = stripped;
    sample.bytes = frame_length;
    if (keep_.header) append_hex(sample.header, header);
    const auto first = first_header(protocol);
    if (!first) return true;
    parse_stack(*first, header, stack_);
    fill_link(stack_.outer, sample);
    if (stack_.outer.src_ip.is_set()) fill_ip(stack_.outer, sample);
    if (stack_.tunnel_count > 0 || stack_.label_count > 0) fill_tunnels(stack_, sample);
    return true;
}

bool FlowStructures::read(ByteReader& in, SflowSample& sample, StructureCounts& counts) {
    constexpr std::uint32_t raw_header = 1;
    std::uint32_t left = in.u32();
    for (; left > 0 && in.left() > 0; --left) {
        const std::uint32_t number = in.u32();
        const std::uint32_t length = in.u32();
        ByteReader body = in.sub(length);
        if (!body.ok()) return false;
        if (number == raw_header) {
            if (!read_header(body, sample, true)) return false;
        } else {
            const FlowStructure* row = std::ranges::find(flow_structures, number, &FlowStructure::number);
            if (row == std::end(flow_structures)) {
                ++counts.unknown;
                sample.rest_is_absent = false;
                sample.unknown_records = counts.unknown;
                if (keep_.unknown) {
                    std::string& text = sample.unknown.emplace_back();
                    append_number(text, number >> 12);
                    text += ':';
                    append_number(text, number & 0xFFFu);
                    text += ':';
                    append_hex(text, body.rest());
                }
                continue;
            }
            if (!row->is_common) sample.rest_is_absent = false;
            if (!row->read(body, sample)) return false;
        }
        if (body.left() > 0) ++counts.trailing;
    }
    return in.ok() && left == 0;
}

}  // namespace nmflowtool
