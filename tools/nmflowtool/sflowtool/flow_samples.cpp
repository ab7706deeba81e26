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
    listing_.value("discardReason", word.empty() ? "<unknown>" : word);
    print_flow_structures(in, "discarded_");
}

void SflowtoolPrinter::print_flow_structures(ByteReader& in, std::string_view prefix) {
    listing_.open_list("elements");
    listing_.set_name_prefix(prefix);
    print_elements(in, "flowBlock_tag", &SflowtoolPrinter::print_flow_structure);
    listing_.set_name_prefix({});
    listing_.close_list();
}

void SflowtoolPrinter::print_flow_structure(std::uint32_t number, ByteReader in) {
    enum : std::uint32_t { raw_header = 1, extended_switch = 1001, gateway = 1003, mpls = 1006 };
    switch (number) {
        case raw_header:
            print_header(in);
            return;
        case gateway:
            print_gateway(in);
            return;
        case mpls:
            print_mpls(in);
            return;
        case extended_switch: {
            ByteReader copy = in;
            row_.in_vlan = copy.u32();
            copy.skip(4);
            row_.out_vlan = copy.u32();
            break;
        }
        default:
            break;
    }
    list_structure(listed_flow_structures(), number, in, listing_);
}

void SflowtoolPrinter::print_header(ByteReader& in) {
    const std::uint32_t protocol = in.u32();
    const std::uint32_t frame_bytes = in.u32();
    const std::uint32_t stripped = in.u32();
    const nm::Bytes header = xdr_opaque(in);
    if (!in.ok()) return;
    listing_.value("flowSampleType", "HEADER");
    listing_.number("headerProtocol", protocol);
    listing_.number("sampledPacketSize", frame_bytes);
    listing_.number("strippedBytes", stripped);
    listing_.number("headerLen", header.size());
    if (!listing_.is_silent()) listing_.value("headerBytes", dashed_hex(header, true));
    row_.frame_bytes = frame_bytes;
    enum : std::uint32_t { ethernet = 1, ipv4 = 11, ipv6 = 12 };
    nm::Packet packet;
    if (protocol == ethernet)
        parse_ethernet(ByteReader(header), packet);
    else if (protocol == ipv4 || protocol == ipv6)
        parse_ip(ByteReader(header), packet);
    else
        return;
    const std::size_t link_bytes = packet.ip.empty() ? 0 : header.size() - packet.ip.size();
    print_packet(packet, link_bytes, frame_bytes >= stripped ? frame_bytes - stripped : frame_bytes);
    if (packet.vlan_count > 0) {
        const std::size_t last = std::min<std::size_t>(packet.vlan_count, nm::Packet::max_vlans) - 1;
        row_.in_vlan = packet.vlans[last].id();
    }
    row_.packet = packet;
    row_.packet.body = row_.packet.ip = row_.packet.transport = row_.packet.payload = {};
}

void SflowtoolPrinter::print_packet(const nm::Packet& packet, std::size_t link_bytes,
                                    std::uint32_t wire_bytes) {
    if (packet.dst_mac) {
        listing_.value("dstMAC", mac_text(packet.dst_mac));
        listing_.value("srcMAC", mac_text(packet.src_mac));
        for (std::size_t i = 0; i < std::min<std::size_t>(packet.vlan_count, nm::Packet::max_vlans); ++i) {
            // The same tag twice would hide one of them in JSON.
            const std::string suffix = i > 0 && listing_.is_json() ? '.' + std::to_string(i) : std::string();
            listing_.number("decodedVLAN" + suffix, packet.vlans[i].id());
            listing_.number("decodedPriority" + suffix, packet.vlans[i].priority());
        }
        if (listing_.is_json()) listing_.number("ethernet_type", packet.ethertype);
    }
    if (!packet.src_ip.is_set()) return;
    row_.ip_bytes = wire_bytes >= link_bytes ? wire_bytes - static_cast<std::uint32_t>(link_bytes) : 0;
    listing_.number("IPSize", row_.ip_bytes);
    print_ip(packet);
    if (packet.fragment_offset == 0) print_transport(packet);
}

void SflowtoolPrinter::print_ip(const nm::Packet& packet) {
    if (packet.src_ip.is_v4()) {
        listing_.number("ip.tot_len", packet.ip_length);
        listing_.value("srcIP", to_string(packet.src_ip));
        listing_.value("dstIP", to_string(packet.dst_ip));
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
    listing_.number("IPV6_payloadLen", first.u16());
    listing_.number("IPTTL", packet.ttl);
    listing_.value("srcIP6", to_string(packet.src_ip));
    listing_.value("dstIP6", to_string(packet.dst_ip));
    if (packet.proto) listing_.number("IPProtocol", *packet.proto);
}

void SflowtoolPrinter::print_transport(const nm::Packet& packet) {
    constexpr std::uint8_t tcp = 6, udp = 17;
    if (packet.icmp_type) {
        listing_.number("ICMPType", *packet.icmp_type);
        listing_.number("ICMPCode", *packet.icmp_code);
    }
    if (!packet.src_port || (packet.proto != tcp && packet.proto != udp)) return;
    const bool is_tcp = packet.proto == tcp;
    listing_.number(is_tcp ? "TCPSrcPort" : "UDPSrcPort", *packet.src_port);
    listing_.number(is_tcp ? "TCPDstPort" : "UDPDstPort", *packet.dst_port);
    if (packet.tcp_flags) listing_.number("TCPFlags", *packet.tcp_flags & 0xFFu);
    if (!is_tcp && packet.transport.size() >= 8) listing_.number("UDPBytes", packet.udp_length + 8);
}

void SflowtoolPrinter::print_gateway(ByteReader& in) {
    nm::SflowSample sample;
    if (!read_extended_gateway(in, sample, GatewayLayout::full)) return;
    std::string path = sample.as_path;
    std::ranges::replace(path, ' ', '-');
    std::string communities;
    for (const std::string& community : sample.communities) {
        const std::size_t colon = community.find(':');
        if (!communities.empty()) communities += '-';
        communities += std::to_string(std::stoul(community.substr(0, colon)) << 16 |
                                      std::stoul(community.substr(colon + 1)));
    }
    listing_.value("extendedType", "GATEWAY");
    listing_.value("bgp_nexthop", address_text(sample.bgp_next_hop));
    listing_.number("my_as", sample.router_as.value_or(0));
    listing_.number("src_as", sample.src_as.value_or(0));
    listing_.number("src_peer_as", sample.src_peer_as.value_or(0));
    if (!path.empty()) listing_.value("dst_as_path", path);
    listing_.number("dst_as", sample.dst_as.value_or(0));
    listing_.number("dst_peer_as", sample.dst_peer_as.value_or(0));
    if (!communities.empty()) listing_.value("BGP_communities", communities);
    listing_.number("BGP_localpref", sample.local_pref.value_or(0));
}

void SflowtoolPrinter::print_mpls(ByteReader& in) {
    nm::IpAddress next_hop;
    if (!xdr_address(in, next_hop)) return;
    listing_.value("extendedType", "MPLS");
    listing_.value("mpls_nexthop", address_text(next_hop));
    for (const std::string_view name : {"mpls_input_stack", "mpls_output_stack"}) {
        const std::uint32_t count = in.u32();
        ByteReader words = in.sub(std::size_t{count} * 4);
        if (!in.ok()) return;
        std::string text;
        while (words.left() > 0) {
            // label.class.bottom.ttl of RFC 3032
            const std::uint32_t entry = words.u32();
            if (!text.empty()) text += '-';
            text += std::to_string(entry >> 12) + '.' + std::to_string(entry >> 9 & 7u) + '.' +
                    std::to_string(entry >> 8 & 1u) + '.' + std::to_string(entry & 0xFFu);
        }
        listing_.value(name, text);
    }
}

void SflowtoolPrinter::write_flow_row() {
    const nm::Packet& packet = row_.packet;
    char hex[32];
    const auto as_hex = [&](int width, unsigned value) {
        return std::string(hex,
                           static_cast<std::size_t>(std::snprintf(hex, sizeof hex, "0x%0*x", width, value)));
    };
    const bool is_icmp = packet.icmp_type.has_value();
    const std::uint32_t src = is_icmp ? *packet.icmp_type : packet.src_port.value_or(0);
    const std::uint32_t dst = is_icmp ? *packet.icmp_code : packet.dst_port.value_or(0);
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
    for (const std::uint32_t value : {std::uint32_t{packet.ttl}, src, dst}) add(std::to_string(value));
    add(as_hex(2, packet.tcp_flags.value_or(0) & 0xFFu));
    for (const std::uint32_t value : {row_.frame_bytes, row_.ip_bytes, row_.rate}) add(std::to_string(value));
    listing_.out().append(line);
    listing_.out().append('\n');
}

}  // namespace nmflowtool
