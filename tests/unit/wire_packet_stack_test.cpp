#include <gtest/gtest.h>

#include "frame_bytes.hpp"
#include "wire/packet_stack.hpp"

namespace {

using nm::FirstHeader;
using nm::PacketStack;
using nm::Tunnel;
using namespace nm::test;

Wire inner_ethernet(std::uint16_t ethertype) {
    return ethernet(ethertype, 6);
}
Wire packet(std::uint8_t last) {
    return ipv4(last, 6, tcp());
}

PacketStack parse(const Wire& bytes, FirstHeader first = FirstHeader::ethernet) {
    PacketStack stack;
    parse_stack(first, bytes, stack);
    return stack;
}

std::vector<Tunnel> tunnels(const PacketStack& stack) {
    return {stack.tunnels.begin(), stack.tunnels.begin() + stack.tunnel_count};
}

void expect_inner(const PacketStack& stack, std::vector<Tunnel> expected) {
    EXPECT_EQ(tunnels(stack), expected);
    EXPECT_EQ(to_string(stack.outer.src_ip), "192.0.2.1");
    ASSERT_TRUE(stack.has_inner);
    EXPECT_EQ(to_string(stack.inner.src_ip), "192.0.2.2");
    EXPECT_EQ(stack.inner.dst_port, 443);
}

TEST(PacketStack, APlainPacketIsTheOuterOne) {
    const PacketStack stack = parse(ethernet(0x0800).add(packet(1)));
    EXPECT_FALSE(stack.has_inner);
    EXPECT_EQ(stack.tunnel_count, 0);
    EXPECT_EQ(stack.outer.dst_port, 443);
}

TEST(PacketStack, Trap22EntersVxlanToTheInnerFrame) {
    const Wire vxlan = Wire().u32(0x08000000).u32(5000 << 8).add(inner_ethernet(0x0800)).add(packet(2));
    const PacketStack stack = parse(ethernet(0x0800).add(ipv4(1, 17, udp(4789, vxlan))));
    expect_inner(stack, {Tunnel::vxlan});
    EXPECT_EQ(stack.vni, 5000u);
    EXPECT_EQ(stack.inner.src_mac->bytes[0], 6);
    EXPECT_EQ(stack.outer.src_mac->bytes[0], 2);
    EXPECT_EQ(stack.outer.dst_port, 4789);
}

TEST(PacketStack, Trap22EntersVxlanGpeByItsNextProtocol) {
    const Wire gpe = Wire().u32(0x0C000001).u32(7 << 8).add(packet(2));
    const PacketStack stack = parse(ethernet(0x0800).add(ipv4(1, 17, udp(4790, gpe))));
    expect_inner(stack, {Tunnel::vxlan_gpe});
    EXPECT_EQ(stack.vni, 7u);
}

TEST(PacketStack, Trap22EntersGeneveBehindItsOptions) {
    const Wire geneve =
        Wire().u8(2).u8(0).u16(0x6558).u32(9 << 8).zeros(8).add(inner_ethernet(0x0800)).add(packet(2));
    const PacketStack stack = parse(ethernet(0x0800).add(ipv4(1, 17, udp(6081, geneve))));
    expect_inner(stack, {Tunnel::geneve});
    EXPECT_EQ(stack.vni, 9u);
}

TEST(PacketStack, Trap22EntersGreWithChecksumKeyAndSequence) {
    const Wire gre = Wire().u16(0xB000).u16(0x0800).u32(0).u32(77).u32(1).add(packet(2));
    const PacketStack stack = parse(ethernet(0x0800).add(ipv4(1, 47, gre)));
    expect_inner(stack, {Tunnel::gre});
    EXPECT_EQ(stack.gre_key, 77u);
}

TEST(PacketStack, Trap22EntersErspanOfAllTypes) {
    const Wire frame = inner_ethernet(0x0800).add(packet(2));
    const Wire one = Wire().u16(0).u16(0x88BE).add(frame);
    const Wire two = Wire().u16(0x1000).u16(0x88BE).u32(1).u32(0x10000000 | 5).u32(0).add(frame);
    const Wire three =
        Wire().u16(0x1000).u16(0x22EB).u32(1).u32(0x20000000 | 6).u32(0).u32(1).zeros(8).add(frame);
    expect_inner(parse(ethernet(0x0800).add(ipv4(1, 47, one))), {Tunnel::gre});
    const PacketStack second = parse(ethernet(0x0800).add(ipv4(1, 47, two)));
    expect_inner(second, {Tunnel::gre, Tunnel::erspan});
    EXPECT_EQ(second.erspan_session, 5);
    const PacketStack third = parse(ethernet(0x0800).add(ipv4(1, 47, three)));
    expect_inner(third, {Tunnel::gre, Tunnel::erspan});
    EXPECT_EQ(third.erspan_session, 6);
    const auto with_frame_type = [](unsigned type, const Wire& carried) {
        const Wire erspan = Wire().u16(0x1000).u16(0x22EB).u32(1).u32(0x20000000 | 6).u32(0).u32(type << 10);
        return parse(ethernet(0x0800).add(ipv4(1, 47, Wire(erspan).add(carried))));
    };
    expect_inner(with_frame_type(2, packet(2)), {Tunnel::gre, Tunnel::erspan});
    EXPECT_FALSE(with_frame_type(1, frame).has_inner);
}

TEST(PacketStack, Trap22EntersIpInIpOfBothVersions) {
    expect_inner(parse(ethernet(0x0800).add(ipv4(1, 4, packet(2)))), {Tunnel::ipip});
    const PacketStack six = parse(ethernet(0x0800).add(ipv4(1, 41, ipv6(6, tcp()))));
    EXPECT_EQ(tunnels(six), std::vector{Tunnel::ip6_in_ip4});
    EXPECT_EQ(to_string(six.inner.src_ip), "2001:db8::1");
    EXPECT_EQ(six.inner.src_port, 1001);
    const PacketStack four = parse(ethernet(0x86DD).add(ipv6(4, packet(2))));
    EXPECT_EQ(tunnels(four), std::vector{Tunnel::ip4_in_ip6});
    EXPECT_EQ(to_string(four.inner.src_ip), "192.0.2.2");
}

TEST(PacketStack, Trap22LabelsAreOfThePacketBehindThem) {
    const Wire labels = Wire().u32(100 << 12 | 64).u32(200 << 12 | 0x100 | 64);
    const PacketStack stack = parse(ethernet(0x8847).add(labels).add(packet(1)));
    EXPECT_FALSE(stack.has_inner);
    ASSERT_EQ(stack.label_count, 2);
    EXPECT_EQ(stack.labels[0], 100u);
    EXPECT_EQ(stack.labels[1], 200u);
    EXPECT_EQ(to_string(stack.outer.src_ip), "192.0.2.1");
    EXPECT_EQ(stack.outer.dst_port, 443);
    const PacketStack bare =
        parse(labels.size() > 0 ? Wire(labels).add(packet(1)) : labels, FirstHeader::mpls);
    EXPECT_EQ(bare.outer.dst_port, 443);
}

TEST(PacketStack, Trap22APseudowireCarriesAFrame) {
    const Wire labels = Wire().u32(300 << 12 | 0x100 | 64).u32(0);
    const PacketStack stack =
        parse(ethernet(0x8847).add(labels).add(inner_ethernet(0x8100)).u16(7).u16(0x0800).add(packet(2)));
    ASSERT_TRUE(stack.has_inner);
    EXPECT_EQ(stack.inner.vlans[0].id(), 7);
    EXPECT_EQ(stack.inner.dst_port, 443);
    EXPECT_FALSE(stack.outer.src_ip.is_set());
    // A hardware address can begin as a control word does.
    const Wire plain =
        Wire().u32(300 << 12 | 0x100 | 64).raw({0, 0x1B, 0x21, 1, 1, 1}).add(inner_ethernet(0x0800));
    const PacketStack untold = parse(ethernet(0x8847).add(plain));
    EXPECT_FALSE(untold.has_inner);
    EXPECT_EQ(tunnels(untold), std::vector{Tunnel::mpls});
}

TEST(PacketStack, Trap22EntersPppoeAndPpp) {
    const Wire ppp = Wire().u16(0x0021).add(packet(1));
    const PacketStack stack =
        parse(ethernet(0x8864).u8(0x11).u8(0).u16(33).u16(ppp.size()).add(ppp).zeros(4));
    EXPECT_EQ(stack.pppoe_session, 33);
    EXPECT_EQ(stack.outer.dst_port, 443);
    EXPECT_FALSE(stack.has_inner);
    EXPECT_EQ(parse(ppp, FirstHeader::ppp).outer.dst_port, 443);
    EXPECT_EQ(parse(Wire().u16(0xFF03).add(ppp), FirstHeader::ppp).outer.dst_port, 443);
    EXPECT_EQ(parse(Wire().u8(0x21).add(packet(1)), FirstHeader::ppp).outer.dst_port, 443);
    EXPECT_EQ(parse(Wire().u16(0x0F00).u16(0x0800).add(packet(1)), FirstHeader::ppp).outer.dst_port, 443);
}

TEST(PacketStack, Trap22EntersGtpUserDataBehindExtensions) {
    const Wire gtp =
        Wire().u8(0x34).u8(255).u16(0).u32(42).u16(0).u8(0).u8(0x85).u8(1).u16(0).u8(0).add(packet(2));
    const PacketStack stack = parse(ethernet(0x0800).add(ipv4(1, 17, udp(2152, gtp))));
    expect_inner(stack, {Tunnel::gtp_u});
    EXPECT_EQ(stack.gtp_teid, 42u);
    // Only a sequence number: what stands where the type of an extension would is nothing.
    const Wire numbered = Wire().u8(0x32).u8(255).u16(0).u32(42).u16(7).u8(0).u8(0x85).add(packet(2));
    expect_inner(parse(ethernet(0x0800).add(ipv4(1, 17, udp(2152, numbered)))), {Tunnel::gtp_u});
}

TEST(PacketStack, TellsTheOutermostAndTheInnermostOfMany) {
    const Wire deep = ipv4(1, 4, ipv4(9, 4, ipv4(8, 4, packet(2))));
    expect_inner(parse(deep, FirstHeader::ip), {Tunnel::ipip, Tunnel::ipip, Tunnel::ipip});
}

TEST(PacketStack, Trap22StopsAtItsDepthLimit) {
    Wire deep = packet(2);
    for (unsigned i = 0; i < 20; ++i) deep = ipv4(1, 4, deep);
    const PacketStack stack = parse(deep, FirstHeader::ip);
    EXPECT_EQ(stack.tunnel_count, PacketStack::max_depth);
    EXPECT_FALSE(stack.inner.src_port);
}

TEST(PacketStack, Trap20ALaterFragmentIsNotEntered) {
    Wire outer = ipv4(1, 4, packet(2));
    outer.bytes[7] = 185;
    const PacketStack stack = parse(outer, FirstHeader::ip);
    EXPECT_FALSE(stack.has_inner);
    EXPECT_EQ(stack.outer.fragment_offset, 185);
}

TEST(PacketStack, AnyCutGivesNoGarbage) {
    const Wire vxlan = Wire().u32(0x08000000).u32(5000 << 8).add(inner_ethernet(0x0800)).add(packet(2));
    const Wire whole = ethernet(0x0800).add(ipv4(1, 17, udp(4789, vxlan)));
    for (std::size_t length = 0; length <= whole.size(); ++length) {
        PacketStack stack;
        parse_stack(FirstHeader::ethernet, nm::Bytes(whole.bytes).first(length), stack);
        EXPECT_EQ(stack.vni.has_value(), length > 14 + 20 + 8 + 8 - 1) << length;
        EXPECT_EQ(stack.has_inner && stack.inner.src_ip.is_set(), length >= 14 + 20 + 8 + 8 + 14 + 20)
            << length;
    }
}

}  // namespace
