// Structures of flow samples that stand for a packet whose header was not sampled, and for those of tunnels.
#include "base/hex.hpp"
#include "decode/xdr.hpp"
#include "sflowtool/sflowtool.hpp"
#include "sflowtool/words.hpp"

namespace nmflowtool {

using nm::ByteReader;

bool SflowtoolPrinter::print_sampled_ethernet(ByteReader in, const std::string& prefix) {
    const std::uint32_t length = in.u32();
    const nm::Mac src = xdr_mac(in), dst = xdr_mac(in);
    const std::uint32_t type = in.u32();
    if (!in.ok()) return false;
    listing_.value("flowSampleType", prefix + "ETHERNET");
    listing_.number(prefix + "ethernet_type", type);
    listing_.number(prefix + "ethernet_len", length);
    listing_.value(prefix + "ethernet_src", mac_text(src));
    listing_.value(prefix + "ethernet_dst", mac_text(dst));
    if (!prefix.empty()) return true;
    row_.packet.src_mac = src;
    row_.packet.dst_mac = dst;
    row_.packet.ethertype = static_cast<std::uint16_t>(type);
    return true;
}

bool SflowtoolPrinter::print_sampled_ip(ByteReader in, const std::string& prefix, std::size_t width) {
    const bool is_v4 = width == 4;
    const std::uint32_t length = in.u32();
    const std::uint32_t proto = in.u32();
    const nm::Bytes src = in.bytes(width), dst = in.bytes(width);
    const std::uint32_t src_port = in.u32(), dst_port = in.u32();
    const std::uint32_t tcp_flags = in.u32();
    const std::uint32_t tos = in.u32();
    if (!in.ok()) return false;
    const nm::IpAddress src_ip = nm::IpAddress::from_bytes(src), dst_ip = nm::IpAddress::from_bytes(dst);
    listing_.value("flowSampleType", prefix + (is_v4 ? "IPV4" : "IPV6"));
    listing_.number(prefix + "sampledPacketSize", length);
    listing_.number(prefix + "IPSize", length);
    listing_.value(prefix + (is_v4 ? "srcIP" : "srcIP6"), address_text(src_ip));
    listing_.value(prefix + (is_v4 ? "dstIP" : "dstIP6"), address_text(dst_ip));
    listing_.number(prefix + "IPProtocol", proto);
    listing_.number(prefix + (is_v4 ? "IPTOS" : "priority"), tos);
    constexpr std::uint32_t icmp = 1, tcp = 6, udp = 17;
    if (proto == icmp) listing_.number(prefix + "ICMPType", dst_port);
    if (proto == tcp || proto == udp) {
        listing_.number(prefix + (proto == tcp ? "TCPSrcPort" : "UDPSrcPort"), src_port);
        listing_.number(prefix + (proto == tcp ? "TCPDstPort" : "UDPDstPort"), dst_port);
    }
    if (proto == tcp) listing_.number(prefix + "TCPFlags", tcp_flags);
    if (!prefix.empty()) return true;
    row_.frame_bytes = length;
    row_.ip_bytes = length;
    row_.src_port = src_port;
    row_.dst_port = dst_port;
    row_.packet.src_ip = src_ip;
    row_.packet.dst_ip = dst_ip;
    row_.packet.proto = static_cast<std::uint8_t>(proto);
    row_.packet.tos = is_v4 ? static_cast<std::uint8_t>(tos) : row_.packet.tos;
    if (proto == tcp) row_.packet.tcp_flags = static_cast<std::uint16_t>(tcp_flags);
    return true;
}

// Tags as their type in hex, then priority, drop eligibility and VLAN.
bool SflowtoolPrinter::print_vlan_tunnel(ByteReader in) {
    const std::uint32_t count = in.u32();
    ByteReader tags = in.sub(std::size_t{count} * 4);
    if (!in.ok()) return false;
    std::string text;
    while (tags.left() > 0) {
        if (!text.empty()) text += '-';
        text += "0x";
        nm::append_hex(text, tags.rest().first(2));
        const std::uint32_t tag = tags.u32();
        text += std::to_string(tag >> 13 & 7u) + '.' + std::to_string(tag >> 12 & 1u) + '.' +
                std::to_string(tag & 0xFFFu);
    }
    if (!text.empty()) listing_.value("vlan_tunnel", text);
    return true;
}

}  // namespace nmflowtool
