// Flow samples and discarded packets.
#include <algorithm>
#include <charconv>
#include <cstdio>

#include "decode/wire_sflow.hpp"
#include "decode/xdr.hpp"
#include "sflowtool/sflowtool.hpp"
#include "sflowtool/structures.hpp"
#include "sflowtool/words.hpp"

namespace nmflowtool {

using nm::ByteReader;

namespace {

// Our path has sets in braces, with commas and spaces between: sflowtool's are in parentheses and adjoin.
std::string path_text(std::string_view path) {
    std::string text;
    for (const char c : path) {
        if (c == '{') {
            if (text.ends_with('-')) text.pop_back();
            text += '(';
        } else if (c == '}') {
            text += ')';
        } else if (c == ' ' || c == ',') {
            if (!text.ends_with(')')) text += '-';
        } else {
            text += c;
        }
    }
    return text;
}

bool read_label_stack(ByteReader& in, std::string& text) {
    const std::uint32_t count = in.u32();
    ByteReader words = in.sub(std::size_t{count} * 4);
    if (!in.ok()) return false;
    while (words.left() > 0) {
        // label.class.bottom.ttl of RFC 3032
        const std::uint32_t entry = words.u32();
        if (!text.empty()) text += '-';
        text += std::to_string(entry >> 12) + '.' + std::to_string(entry >> 9 & 7u) + '.' +
                std::to_string(entry >> 8 & 1u) + '.' + std::to_string(entry & 0xFFu);
    }
    return true;
}

}  // namespace

void SflowtoolPrinter::print_flow_sample(ByteReader& in, bool is_expanded) {
    row_ = {};
    listing_.value("sampleType", "FLOWSAMPLE");
    listing_.number("sampleSequenceNo", in.u32());
    const SflowDataSource source = read_data_source(in, is_expanded);
    print_source(source.type, source.index);
    row_.rate = in.u32();
    listing_.number("meanSkipCount", row_.rate);
    listing_.number("samplePool", in.u32());
    listing_.number("dropEvents", in.u32());
    const SflowPort in_port = read_port(in, is_expanded);
    const SflowPort out_port = read_port(in, is_expanded);
    print_port("inputPort", in_port.format, in_port.value);
    print_port("outputPort", out_port.format, out_port.value);
    row_.in_if = in_port.value;
    row_.out_if = out_port.value;
    print_flow_structures(in, {});
    if (style_ == SflowtoolStyle::csv && in.ok()) write_flow_row();
}

void SflowtoolPrinter::print_drop(ByteReader& in) {
    listing_.value("sampleType", "DISCARD");
    listing_.number("sampleSequenceNo", in.u32());
    const SflowDataSource source = read_data_source(in, true);
    print_source(source.type, source.index);
    listing_.number("dropEvents", in.u32());
    listing_.number("inputPort", in.u32());
    listing_.number("outputPort", in.u32());
    const std::uint32_t reason = in.u32();
    listing_.number("discardCode", reason);
    const std::string_view word =
        reason < nm::enum_words<nm::DiscardReason>.size() ? nm::enum_words<nm::DiscardReason>[reason] : "";
    listing_.value("discardReason", word.empty() ? "NotFound" : word);
    print_flow_structures(in, "discarded_");
}

void SflowtoolPrinter::print_flow_structures(ByteReader& in, std::string_view prefix) {
    listing_.open_list("elements");
    listing_.set_name_prefix(prefix);
    print_elements(in, "flowBlock_tag", &SflowtoolPrinter::print_flow_structure);
    listing_.set_name_prefix({});
    listing_.close_list();
}

bool SflowtoolPrinter::print_flow_structure(std::uint32_t number, ByteReader in) {
    switch (number) {
        case 1:
            return print_header(in);
        case 2:
            return print_sampled_ethernet(in, "");
        case 3:
            return print_sampled_ip(in, "", 4);
        case 4:
            return print_sampled_ip(in, "", 16);
        case 1001:
            keep_switch(in);
            break;
        case 1003:
            return print_gateway(in);
        case 1006:
            return print_mpls(in);
        case 1012:
            return print_vlan_tunnel(in);
        case 1021:
            return print_sampled_ethernet(in, "tunnel_l2_out_");
        case 1022:
            return print_sampled_ethernet(in, "tunnel_l2_in_");
        case 1023:
            return print_sampled_ip(in, "tunnel_ipv4_out_", 4);
        case 1024:
            return print_sampled_ip(in, "tunnel_ipv4_in_", 4);
        case 1025:
            return print_sampled_ip(in, "tunnel_ipv6_out_", 16);
        case 1026:
            return print_sampled_ip(in, "tunnel_ipv6_in_", 16);
        case 2100:
            keep_socket(in, 4);
            break;
        case 2101:
            keep_socket(in, 16);
            break;
        default:
            break;
    }
    return list_structure(listed_flow_structures(), number, in, listing_);
}

void SflowtoolPrinter::keep_switch(ByteReader in) {
    const std::uint32_t in_vlan = in.u32();
    in.skip(4);
    const std::uint32_t out_vlan = in.u32();
    if (!in.ok()) return;
    row_.in_vlan = in_vlan;
    row_.out_vlan = out_vlan;
}

void SflowtoolPrinter::keep_socket(ByteReader in, std::size_t width) {
    in.skip(4);  // protocol
    const nm::Bytes local = in.bytes(width), remote = in.bytes(width);
    if (!in.ok()) return;
    row_.packet.src_ip = nm::IpAddress::from_bytes(local);
    row_.packet.dst_ip = nm::IpAddress::from_bytes(remote);
}

bool SflowtoolPrinter::print_header(ByteReader in) {
    const std::uint32_t protocol = in.u32();
    const std::uint32_t frame_bytes = in.u32();
    const std::uint32_t stripped = in.u32();
    const nm::Bytes header = xdr_opaque(in);
    if (!in.ok()) return false;
    listing_.value("flowSampleType", "HEADER");
    listing_.number("headerProtocol", protocol);
    listing_.number("sampledPacketSize", frame_bytes);
    listing_.number("strippedBytes", stripped);
    listing_.number("headerLen", header.size());
    if (!listing_.is_silent()) listing_.value("headerBytes", dashed_hex(header, true));
    row_.frame_bytes = frame_bytes;
    row_.ip_bytes = frame_bytes - stripped;
    nm::Packet packet;
    if (protocol == header_ethernet)
        parse_ethernet(ByteReader(header), packet);
    else if (protocol == header_ipv4 || protocol == header_ipv6)
        parse_ip(ByteReader(header), packet);
    else
        return true;
    row_.packet = packet;
    const std::size_t link_bytes = packet.ip.empty() ? 0 : header.size() - packet.ip.size();
    print_packet(packet, frame_bytes - stripped - static_cast<std::uint32_t>(link_bytes));
    row_.packet.body = row_.packet.ip = row_.packet.transport = row_.packet.payload = {};
    return true;
}

// ip_bytes may be below zero, and is printed as such.
void SflowtoolPrinter::print_packet(const nm::Packet& packet, std::uint32_t ip_bytes) {
    if (packet.dst_mac) {
        listing_.value("dstMAC", mac_text(packet.dst_mac));
        listing_.value("srcMAC", mac_text(packet.src_mac));
        for (std::size_t i = 0; i < std::min<std::size_t>(packet.vlan_count, nm::Packet::max_vlans); ++i) {
            const std::string suffix = i > 0 ? '.' + std::to_string(i) : std::string();
            listing_.number("decodedVLAN" + suffix, packet.vlans[i].id());
            listing_.number("decodedPriority" + suffix, packet.vlans[i].priority());
            row_.in_vlan = packet.vlans[i].id();
        }
        if (listing_.is_json()) listing_.number("ethernet_type", packet.ethertype);
    }
    if (!packet.src_ip.is_set()) return;
    // The column of csv takes the link layer off IPv4 only.
    if (packet.src_ip.is_v4()) row_.ip_bytes = ip_bytes;
    listing_.value("IPSize", std::to_string(static_cast<std::int32_t>(ip_bytes)));
    print_ip(packet);
    if (packet.fragment_offset == 0) print_transport(packet);
}

void SflowtoolPrinter::print_ip(const nm::Packet& packet) {
    if (packet.src_ip.is_v4()) {
        listing_.number("ip.tot_len", packet.ip_length);
        listing_.value("srcIP", address_text(packet.src_ip));
        listing_.value("dstIP", address_text(packet.dst_ip));
        if (packet.proto) listing_.number("IPProtocol", *packet.proto);
        listing_.number("IPTOS", packet.tos);
        listing_.number("IPTTL", packet.ttl);
        listing_.number("IPID", __builtin_bswap16(packet.ip_id));
        if (packet.fragment_offset > 0) listing_.number("IPFragmentOffset", packet.fragment_offset);
        return;
    }
    ByteReader first(packet.ip);
    const std::uint32_t label = first.u32() & 0xFFFFFu;
    std::string hex = "0x";
    char digits[8];
    hex.append(digits, std::to_chars(digits, digits + sizeof digits, label, 16).ptr);
    listing_.number("IPTOS", packet.tos);
    listing_.value("IP6_label", hex);
    const std::uint16_t payload_bytes = first.u16();
    listing_.value("IPV6_payloadLen", payload_bytes == 0 ? "<jumbo>" : std::to_string(payload_bytes));
    listing_.number("IPTTL", packet.ttl);
    listing_.value("srcIP6", address_text(packet.src_ip));
    listing_.value("dstIP6", address_text(packet.dst_ip));
    if (packet.proto) listing_.number("IPProtocol", *packet.proto);
}

void SflowtoolPrinter::print_transport(const nm::Packet& packet) {
    constexpr std::uint8_t icmp = 1, tcp = 6, udp = 17;
    if (packet.proto == icmp && packet.icmp_type) {
        row_.src_port = *packet.icmp_type;
        row_.dst_port = *packet.icmp_code;
        listing_.number("ICMPType", row_.src_port);
        listing_.number("ICMPCode", row_.dst_port);
    }
    if (!packet.src_port || (packet.proto != tcp && packet.proto != udp)) return;
    row_.src_port = *packet.src_port;
    row_.dst_port = *packet.dst_port;
    const bool is_tcp = packet.proto == tcp;
    listing_.number(is_tcp ? "TCPSrcPort" : "UDPSrcPort", row_.src_port);
    listing_.number(is_tcp ? "TCPDstPort" : "UDPDstPort", row_.dst_port);
    if (packet.tcp_flags) listing_.number("TCPFlags", *packet.tcp_flags & 0xFFu);
    if (!is_tcp && packet.transport.size() >= 8) listing_.number("UDPBytes", packet.udp_length + 8);
}

bool SflowtoolPrinter::print_gateway(ByteReader in) {
    nm::SflowSample sample;
    nm::IpAddress next_hop;
    ByteReader begin = in;
    if (!xdr_address(begin, next_hop) || !read_extended_gateway(in, sample, GatewayLayout::full))
        return false;
    std::string communities;
    for (const std::string& community : sample.communities) {
        const std::size_t colon = community.find(':');
        if (!communities.empty()) communities += '-';
        communities += std::to_string(std::stoul(community.substr(0, colon)) << 16 |
                                      std::stoul(community.substr(colon + 1)));
    }
    listing_.value("extendedType", "GATEWAY");
    listing_.value("bgp_nexthop", address_text(next_hop));
    listing_.number("my_as", sample.router_as.value_or(0));
    listing_.number("src_as", sample.src_as.value_or(0));
    listing_.number("src_peer_as", sample.src_peer_as.value_or(0));
    if (!sample.as_path.empty()) listing_.value("dst_as_path", path_text(sample.as_path));
    listing_.number("dst_as", sample.dst_as.value_or(0));
    listing_.number("dst_peer_as", sample.dst_peer_as.value_or(0));
    if (!communities.empty()) listing_.value("BGP_communities", communities);
    listing_.number("BGP_localpref", sample.local_pref.value_or(0));
    return true;
}

bool SflowtoolPrinter::print_mpls(ByteReader in) {
    nm::IpAddress next_hop;
    std::string input, output;
    if (!xdr_address(in, next_hop) || !read_label_stack(in, input) || !read_label_stack(in, output))
        return false;
    listing_.value("extendedType", "MPLS");
    listing_.value("mpls_nexthop", address_text(next_hop));
    if (!input.empty()) listing_.value("mpls_input_stack", input);
    if (!output.empty()) listing_.value("mpls_output_stack", output);
    return true;
}

void SflowtoolPrinter::write_flow_row() {
    const nm::Packet& packet = row_.packet;
    char hex[32];
    const auto as_hex = [&](int width, unsigned value) {
        return std::string(hex,
                           static_cast<std::size_t>(std::snprintf(hex, sizeof hex, "0x%0*x", width, value)));
    };
    std::string line = "FLOW," + agent_;
    const auto add = [&](const std::string& text) { (line += ',') += text; };
    for (const std::uint32_t value : {row_.in_if, row_.out_if}) add(std::to_string(value));
    add(mac_text(packet.src_mac));
    add(mac_text(packet.dst_mac));
    add(as_hex(4, packet.ethertype));
    for (const std::uint32_t value : {row_.in_vlan, row_.out_vlan}) add(std::to_string(value));
    add(address_text(packet.src_ip));
    add(address_text(packet.dst_ip));
    add(std::to_string(packet.proto.value_or(0)));
    add(as_hex(2, packet.tos));
    for (const std::uint32_t value : {std::uint32_t{packet.ttl}, row_.src_port, row_.dst_port})
        add(std::to_string(value));
    add(as_hex(2, packet.tcp_flags.value_or(0) & 0xFFu));
    add(std::to_string(row_.frame_bytes));
    add(std::to_string(static_cast<std::int32_t>(row_.ip_bytes)));
    add(std::to_string(row_.rate));
    listing_.out().append(line);
    listing_.out().append('\n');
}

}  // namespace nmflowtool
