#include <gtest/gtest.h>

#include "wire/pcap_reader.hpp"
#include "wire_builder.hpp"

namespace {

using nm::CapturedPacket;
using nm::PcapReader;
using nm::test::Wire;

nm::PcapReader over(const Wire& file) {
    static Wire kept;  // a reader needs its bytes until the end of the test
    kept = file;
    return PcapReader::over(kept).value_or_throw();
}

// Big-endian, as Wire writes.
Wire classic(std::uint32_t magic) {
    return Wire().u32(magic).u16(2).u16(4).u32(0).u32(0).u32(65535).u32(1);
}

Wire block(std::uint32_t type, Wire body) {
    while (body.size() % 4 != 0) body.u8(0);
    const std::size_t length = body.size() + 12;
    return Wire().u32(type).u32(length).add(body).u32(length);
}

Wire section() {
    return block(0x0A0D0D0A, Wire().u32(0x1A2B3C4D).u16(1).u16(0).u64(~std::uint64_t{0}));
}

Wire interface(std::uint16_t link, const Wire& options = {}) {
    return block(1, Wire().u16(link).u16(0).u32(0).add(options));
}

Wire enhanced(std::uint32_t id, std::uint64_t time, const Wire& bytes) {
    return block(6, Wire().u32(id).u64(time).u32(bytes.size()).u32(1500).add(bytes));
}

TEST(PcapReader, Trap29ReadsMicrosecondsAndNanoseconds) {
    for (const std::uint32_t magic : {0xA1B2C3D4u, 0xA1B23C4Du}) {
        auto reader = over(classic(magic).u32(1'700'000'000).u32(42).u32(3).u32(1500).raw({1, 2, 3}));
        CapturedPacket packet;
        ASSERT_TRUE(reader.next(packet));
        EXPECT_EQ(packet.ts.ns, 1'700'000'000'000'000'000 + (magic == 0xA1B2C3D4u ? 42'000 : 42));
        EXPECT_EQ(packet.bytes.size(), 3u);
        EXPECT_EQ(packet.wire_length, 1500u);
        EXPECT_EQ(packet.link_type, 1u);
        EXPECT_FALSE(reader.next(packet));
        EXPECT_EQ(reader.problem(), "");
    }
}

TEST(PcapReader, Trap29TellsWhereACutFileEnds) {
    auto reader =
        over(classic(0xA1B2C3D4).u32(1).u32(0).u32(1).u32(1).u8(9).u32(2).u32(0).u32(100).u32(100).u8(1));
    CapturedPacket packet;
    EXPECT_TRUE(reader.next(packet));
    EXPECT_FALSE(reader.next(packet));
    EXPECT_EQ(reader.problem(), "the file ends inside a packet at byte 41");
    EXPECT_FALSE(reader.next(packet));
}

TEST(PcapReader, DoesNotAllocateWhatALengthClaims) {
    auto reader = over(classic(0xA1B2C3D4).u32(1).u32(0).u32(0xFFFFFFFF).u32(1));
    CapturedPacket packet;
    EXPECT_FALSE(reader.next(packet));
    EXPECT_EQ(reader.problem(), "corrupt packet length 4294967295 at byte 24");
}

TEST(PcapReader, RefusesWhatIsNoCapture) {
    const auto result = PcapReader::over(nm::as_bytes("this is a text file, not a capture"));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().exit, nm::Exit::bad_data);
    EXPECT_FALSE(PcapReader::over({}));
}

TEST(PcapReader, Trap29ReadsSectionsAndInterfacesOfPcapng) {
    const Wire nanoseconds = Wire().u16(9).u16(1).u8(9).zeros(3).u16(14).u16(8).u64(10).u16(0).u16(0);
    const Wire binary = Wire().u16(9).u16(1).u8(0x80 | 10).zeros(3).u16(0).u16(0);
    auto reader = over(section()
                           .add(interface(1))
                           .add(interface(101, nanoseconds))
                           .add(interface(276, binary))
                           .add(block(0x0BAD, Wire().u32(1)))  // a block nobody knows
                           .add(enhanced(0, 1'700'000'000'000'001, Wire().raw({1, 2, 3})))
                           .add(enhanced(1, 1'700'000'000'000'000'001, Wire().raw({1})))
                           .add(enhanced(2, 1024 * 5 + 512, Wire()))
                           .add(section())
                           .add(interface(113))
                           .add(block(3, Wire().u32(2).raw({7, 8}))));
    CapturedPacket packet;
    ASSERT_TRUE(reader.next(packet)) << reader.problem();
    EXPECT_EQ(packet.ts.ns, 1'700'000'000'000'001'000);
    EXPECT_EQ(packet.bytes.size(), 3u);
    ASSERT_TRUE(reader.next(packet));
    EXPECT_EQ(packet.link_type, 101u);
    EXPECT_EQ(packet.ts.ns, 1'700'000'010'000'000'001);  // the offset of 10 s added
    ASSERT_TRUE(reader.next(packet));
    EXPECT_EQ(packet.ts.ns, 5'500'000'000);
    ASSERT_TRUE(reader.next(packet));
    EXPECT_EQ(packet.link_type, 113u);
    EXPECT_EQ(packet.ts.ns, 0);
    EXPECT_EQ(packet.bytes.size(), 2u);
    EXPECT_FALSE(reader.next(packet));
    EXPECT_EQ(reader.problem(), "");
}

TEST(PcapReader, StopsAtAPacketOfNoInterface) {
    auto reader = over(section().add(enhanced(3, 1, Wire().u8(1))));
    CapturedPacket packet;
    EXPECT_FALSE(reader.next(packet));
    EXPECT_NE(reader.problem().find("unknown interface"), std::string::npos) << reader.problem();
}

}  // namespace
