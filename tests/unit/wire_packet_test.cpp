#include <gtest/gtest.h>

#include "frame_bytes.hpp"
#include "wire/packet.hpp"

namespace {

using nm::LinkType;
using nm::Packet;
using namespace nm::test;

Packet parse(const Wire& frame, LinkType link = LinkType::ethernet) {
    Packet packet;
    EXPECT_TRUE(parse_packet(link, frame, packet));
    return packet;
}

TEST(Packet, TellsAddressesPortsAndPayloadOfUdp) {
    const Packet packet = parse(ethernet(0x0800).add(ipv4(1, 17, udp(2055, Wire().u32(0xCAFE)))));
    EXPECT_EQ(to_string(packet.src_ip), "192.0.2.1");
    EXPECT_EQ(to_string(packet.dst_ip), "198.51.100.1");
    EXPECT_EQ(packet.src_port, 1001);
    EXPECT_EQ(packet.dst_port, 2055);
    EXPECT_EQ(packet.tos, 0xB8);
    EXPECT_EQ(packet.ttl, 64);
    EXPECT_EQ(packet.payload.size(), 4u);
    EXPECT_EQ(packet.ip_length, 32u);
    EXPECT_FALSE(packet.is_fragment);
}

TEST(Packet, Trap19TakesOffAStackOfVlanTagsOfAnyKind) {
    const Packet packet =
        parse(ethernet(0x88A8).u16(0xA064).u16(0x9100).u16(200).u16(0x8100).u16(300).u16(0x86DD).add(
            ipv6(6, tcp(0x12))));
    ASSERT_EQ(packet.vlan_count, 3);
    EXPECT_EQ(packet.vlans[0].id(), 100);
    EXPECT_EQ(packet.vlans[0].priority(), 5);
    EXPECT_EQ(packet.vlans[1].id(), 200);
    EXPECT_EQ(packet.vlans[2].id(), 300);
    EXPECT_EQ(packet.tcp_flags, 0x12);
    EXPECT_EQ(packet.ethertype, 0x86DD);
}

TEST(Packet, Trap19CountsTagsThatItHasNoRoomFor) {
    Wire frame = ethernet(0x8100);
    for (unsigned i = 0; i < 9; ++i) frame.u16(i).u16(0x8100);
    const Packet packet = parse(frame.u16(10).u16(0x0800).add(ipv4(1, 6, tcp(2))));
    EXPECT_EQ(packet.vlan_count, 10);
    EXPECT_EQ(packet.dst_port, 443);
}

TEST(Packet, Trap21WalksIpv6ExtensionHeaders) {
    Wire chain;
    chain.u8(43).u8(0).zeros(6);   // hop-by-hop, then routing
    chain.u8(51).u8(1).zeros(14);  // routing of 16 bytes, then authentication
    chain.u8(60).u8(4).zeros(22);  // authentication of 24 bytes, then destination options
    chain.u8(6).u8(0).zeros(6);    // destination options, then TCP
    const Packet packet = parse(ethernet(0x86DD).add(ipv6(0, chain.add(tcp(0x10)))));
    EXPECT_EQ(packet.proto, 6);
    EXPECT_EQ(packet.src_port, 1001);
    EXPECT_EQ(packet.tcp_flags, 0x10);
}

TEST(Packet, Trap20GivesALaterFragmentNoPorts) {
    const Packet v4 = parse(ethernet(0x0800).add(ipv4(1, 17, udp(2055, Wire().u32(1)), 185)));
    EXPECT_EQ(v4.fragment_offset, 185);
    EXPECT_TRUE(v4.is_fragment);
    EXPECT_FALSE(v4.src_port);
    const Wire fragment = Wire().u8(17).u8(0).u16(185 << 3).u32(9).add(udp(2055, Wire().u32(1)));
    const Packet v6 = parse(ethernet(0x86DD).add(ipv6(44, fragment)));
    EXPECT_EQ(v6.proto, 17);
    EXPECT_EQ(v6.fragment_offset, 185);
    EXPECT_FALSE(v6.src_port);
}

TEST(Packet, Trap20TakesAnAtomicFragmentAsWhole) {
    const Wire fragment = Wire().u8(17).u8(0).u16(0).u32(9).add(udp(2055, Wire().u32(1)));
    const Packet packet = parse(ethernet(0x86DD).add(ipv6(44, fragment)));
    EXPECT_FALSE(packet.is_fragment);
    EXPECT_EQ(packet.dst_port, 2055);
}

TEST(Packet, Trap21ClaimsNoProtocolWhenTheExtensionChainIsCut) {
    const Packet packet = parse(ethernet(0x86DD).add(ipv6(0, Wire().u8(6).u8(200).zeros(6))));
    EXPECT_TRUE(packet.src_ip.is_set());
    EXPECT_FALSE(packet.proto);
}

TEST(Packet, Trap21RefusesImpossibleIpv4Headers) {
    Wire short_header = ipv4(1, 6, tcp(2));
    short_header.bytes[0] = 0x44;
    EXPECT_FALSE(parse(short_header, LinkType::raw).src_ip.is_set());
    Wire short_total = ipv4(1, 6, tcp(2));
    short_total.bytes[3] = 19;
    EXPECT_FALSE(parse(short_total, LinkType::raw).src_ip.is_set());
}

TEST(Packet, Trap21TakesWhatIsThereWhenTheTotalLengthIsZero) {
    Wire offloaded = ipv4(1, 6, tcp(2));
    offloaded.bytes[2] = offloaded.bytes[3] = 0;
    EXPECT_EQ(parse(offloaded, LinkType::raw).dst_port, 443);
    EXPECT_EQ(parse(offloaded, LinkType::raw).ip_length, 0u) << "not told";
}

TEST(Packet, Trap21APayloadLengthOfZeroIsNoneOrAJumbogram) {
    const auto without_length = [](Wire packet) {
        packet.bytes[4] = packet.bytes[5] = 0;
        return parse(packet, LinkType::raw);
    };
    const Wire jumbo = Wire().u8(6).u8(0).u16(0xC204).u32(70'000).add(tcp(2));
    const Packet big = without_length(ipv6(0, jumbo));
    EXPECT_EQ(big.ip_length, 70'040u);
    EXPECT_EQ(big.dst_port, 443);
    const Wire no_jumbo = Wire().u8(6).u8(0).u16(0x0104).u32(0).add(tcp(2));
    EXPECT_EQ(without_length(ipv6(0, no_jumbo)).ip_length, 0u);
    EXPECT_EQ(without_length(ipv6(6, tcp(2))).ip_length, 0u) << "a segment that the card will cut";
    EXPECT_EQ(without_length(ipv6(6, tcp(2))).dst_port, 443);
    EXPECT_EQ(without_length(ipv6(59, Wire().zeros(6))).ip_length, 40u);
}

TEST(Packet, ALengthIsNoEthernetType) {
    const Wire stp = Wire().raw({0x42, 0x42, 3}).zeros(35);
    EXPECT_EQ(parse(ethernet(38).add(stp)).ethertype, 0);
    EXPECT_EQ(parse(ethernet(38).add(stp)).body.size(), 38u);
    const Wire snap = Wire().raw({0xAA, 0xAA, 3, 0, 0, 0}).u16(0x0800).add(ipv4(1, 6, tcp(2)));
    for (const Wire& frame : {ethernet(48).add(snap), ethernet(0x8100).u16(7).u16(48).add(snap)}) {
        EXPECT_EQ(parse(frame).ethertype, 0x0800);
        EXPECT_EQ(parse(frame).dst_port, 443);
    }
    const Wire cisco = Wire().raw({0xAA, 0xAA, 3, 0, 0, 0x0C}).u16(0x0800).add(ipv4(1, 6, tcp(2)));
    EXPECT_EQ(parse(ethernet(48).add(cisco)).ethertype, 0);
    EXPECT_FALSE(parse(ethernet(48).add(cisco)).src_ip.is_set());
}

TEST(Packet, DoesNotReadPaddingBehindTheIpPacket) {
    const Packet packet = parse(ethernet(0x0800).add(ipv4(1, 17, udp(2055, Wire()))).zeros(18));
    EXPECT_EQ(packet.payload.size(), 0u);
}

TEST(Packet, KnowsCookedRawAndLoopbackFrames) {
    const Wire ip = ipv4(1, 17, udp(2055, Wire().u32(1)));
    EXPECT_EQ(parse(Wire().zeros(14).u16(0x0800).add(ip), LinkType::linux_cooked).dst_port, 2055);
    EXPECT_EQ(parse(Wire().u16(0x0800).zeros(18).add(ip), LinkType::linux_cooked_v2).dst_port, 2055);
    EXPECT_EQ(parse(Wire().u32(0x02000000).add(ip), LinkType::null).dst_port, 2055);
    EXPECT_EQ(parse(ip, LinkType::ipv4).dst_port, 2055);
    Packet packet;
    EXPECT_FALSE(parse_packet(static_cast<LinkType>(147), ip, packet));
}

TEST(Packet, AnyCutLeavesOnlyWhatWasBeforeIt) {
    const Wire whole = ethernet(0x8100).u16(5).u16(0x0800).add(ipv4(1, 6, tcp(0x18)));
    for (std::size_t length = 0; length <= whole.size(); ++length) {
        Packet packet;
        parse_packet(LinkType::ethernet, nm::Bytes(whole.bytes).first(length), packet);
        EXPECT_EQ(packet.src_mac.has_value(), length >= 14) << length;
        EXPECT_EQ(packet.src_ip.is_set(), length >= 38) << length;
        EXPECT_EQ(packet.src_port.has_value(), length >= 42) << length;
        EXPECT_EQ(packet.tcp_flags.has_value(), length >= 52) << length;
    }
}

}  // namespace
