// ICMP echo as our tools write and read it, against libtins: what we send it reads, what it writes we read.
#include <gtest/gtest.h>
#include <tins/icmp.h>
#include <tins/icmpv6.h>
#include <tins/ip.h>
#include <tins/ipv6.h>
#include <tins/rawpdu.h>

#include "probe/wire_icmp.hpp"

namespace {

using nm::Answer;
using nm::Bytes;
using nm::EchoBuilder;
using nm::EchoRun;
using nm::Family;

constexpr std::uint32_t index_a = 0x000ABCDE;  // 20 bits: fits identifier and sequence number
constexpr std::uint32_t index_b = 0x12345678;  // more

EchoRun run_of(std::size_t payload = 56) {
    EchoRun run;
    run.key[0] = 0x0123456789ABCDEF;
    run.key[1] = 0xFEDCBA9876543210;
    run.identifier = 0x4D20;
    run.payload_size = payload;
    return run;
}

std::vector<std::uint8_t> request(const EchoRun& run, std::uint32_t index, Family family = Family::v4) {
    EchoBuilder builder(run, 2);
    const Bytes bytes = builder.build(1, index, family);
    return {bytes.begin(), bytes.end()};
}

// The reply to it in an IPv4 packet, written by libtins.
std::vector<std::uint8_t> reply_v4(const EchoRun& run, std::uint32_t index) {
    const auto echo = request(run, index);
    Tins::ICMP icmp(Tins::ICMP::ECHO_REPLY);
    icmp.id(static_cast<std::uint16_t>(echo[4] << 8 | echo[5]));
    icmp.sequence(static_cast<std::uint16_t>(echo[6] << 8 | echo[7]));
    Tins::IP ip = Tins::IP("10.0.0.1", "192.0.2.7") / icmp /
                  Tins::RawPDU(echo.data() + 8, static_cast<std::uint32_t>(echo.size() - 8));
    ip.ttl(57);
    return ip.serialize();
}

// An error that quotes the request with this many bytes behind the IP header.
std::vector<std::uint8_t> error_v4(const EchoRun& run, std::uint32_t index, std::size_t quoted,
                                   bool options = false, const char* to = "192.0.2.7") {
    const auto echo = request(run, index);
    Tins::IP original =
        Tins::IP(to, "10.0.0.1") / Tins::RawPDU(echo.data(), static_cast<std::uint32_t>(echo.size()));
    original.protocol(1);
    auto quote = original.serialize();
    quote[9] = 1;
    if (options) {  // record route; libtins writes a byte too many
        const std::vector<std::uint8_t> route{7, 7, 4, 0, 0, 0, 0, 0};
        quote.insert(quote.begin() + 20, route.begin(), route.end());
        quote[0] = 0x47;
    }
    quote.resize((quote[0] & 15U) * 4 + quoted);
    Tins::ICMP icmp(Tins::ICMP::DEST_UNREACHABLE);
    icmp.code(1);
    Tins::IP ip = Tins::IP("10.0.0.1", "198.51.100.9") / icmp /
                  Tins::RawPDU(quote.data(), static_cast<std::uint32_t>(quote.size()));
    return ip.serialize();
}

TEST(NmprobeWire, LibtinsReadsOurRequest) {
    const EchoRun run = run_of();
    const auto bytes = request(run, index_a);
    ASSERT_EQ(bytes.size(), 64U);
    const Tins::ICMP icmp(bytes.data(), static_cast<std::uint32_t>(bytes.size()));
    EXPECT_EQ(icmp.type(), Tins::ICMP::ECHO_REQUEST);
    EXPECT_EQ(icmp.id(), 0x4D2A);
    EXPECT_EQ(icmp.sequence(), 0xBCDE);
    // Serialized again with a checksum of its own, nothing differs.
    Tins::ICMP copy = icmp;
    EXPECT_EQ(copy.serialize(), bytes);
}

TEST(NmprobeWire, ChecksumIsRightForEveryPayloadSize) {
    for (std::size_t size = nm::mark_size; size < 200; ++size) {
        const EchoRun run = run_of(size);
        for (const std::uint32_t index : {0U, 1U, index_a, index_b, 0xFFFFFFFFU}) {
            const auto bytes = request(run, index);
            Tins::ICMP copy(bytes.data(), static_cast<std::uint32_t>(bytes.size()));
            EXPECT_EQ(copy.serialize(), bytes) << size << " " << index;
        }
    }
}

TEST(NmprobeWire, OurReplyIsAReplyWithItsIndexAndTtl) {
    const EchoRun run = run_of();
    for (const std::uint32_t index : {0U, index_a, index_b, 0xFFFFFFFFU}) {
        const Answer answer = nm::parse_raw_v4(run, reply_v4(run, index));
        EXPECT_EQ(answer.kind, Answer::Kind::reply);
        EXPECT_EQ(answer.index, index);
        EXPECT_EQ(answer.ttl, 57);
        EXPECT_EQ(nm::to_string(answer.from), "192.0.2.7");
    }
}

TEST(NmprobeWire, AnyChangedByteOfTheReplyIsNoticed) {
    const EchoRun run = run_of();
    const auto good = reply_v4(run, index_a);
    for (std::size_t at = 20; at < good.size(); ++at) {
        auto bad = good;
        bad[at] ^= 0x10;
        const Answer answer = nm::parse_raw_v4(run, bad);
        EXPECT_NE(answer.kind, Answer::Kind::reply) << at;
        EXPECT_NE(answer.kind, Answer::Kind::icmp_error) << at;
    }
}

TEST(NmprobeWire, AnotherRunsReplyIsNotOurs) {
    EchoRun other = run_of();
    other.key[0] ^= 1;
    EXPECT_NE(nm::parse_raw_v4(run_of(), reply_v4(other, index_a)).kind, Answer::Kind::reply);
    other = run_of();
    other.identifier ^= 0x10;
    EXPECT_EQ(nm::parse_raw_v4(run_of(), reply_v4(other, index_a)).kind, Answer::Kind::foreign);
}

TEST(NmprobeWire, CutAnywhereItIsNeverAReplyAndReadsNothingBeyond) {
    const EchoRun run = run_of();
    for (const auto& whole :
         {reply_v4(run, index_a), error_v4(run, index_a, 64), error_v4(run, index_a, 8, true)}) {
        for (std::size_t size = 0; size < whole.size(); ++size) {
            const std::vector<std::uint8_t> cut(whole.begin(),
                                                whole.begin() + static_cast<std::ptrdiff_t>(size));
            const Answer answer = nm::parse_raw_v4(run, cut);
            EXPECT_EQ(answer.kind, Answer::Kind::foreign) << size;
            (void)nm::parse_raw_v6(run, cut);
            (void)nm::parse_dgram(run, cut);
            (void)nm::parse_dgram_quote(run, cut);
        }
    }
}

TEST(NmprobeWire, ErrorsNameTheRequestTheyQuote) {
    const EchoRun run = run_of();
    for (const bool options : {false, true}) {
        const Answer full = nm::parse_raw_v4(run, error_v4(run, index_b, 64, options));
        EXPECT_EQ(full.kind, Answer::Kind::icmp_error);
        EXPECT_EQ(full.index, index_b);
        EXPECT_EQ(full.index_bits, 32U);
        EXPECT_EQ(full.icmp_type, 3);
        EXPECT_EQ(full.icmp_code, 1);
        EXPECT_EQ(nm::to_string(full.from), "198.51.100.9");
        // With the ICMP header alone there are 20 bits and the destination.
        const Answer cut = nm::parse_raw_v4(run, error_v4(run, index_b, 8, options));
        EXPECT_EQ(cut.kind, Answer::Kind::icmp_error);
        EXPECT_EQ(cut.index_bits, 20U);
        EXPECT_EQ(cut.index, index_b & 0xFFFFF);
        EXPECT_EQ(nm::to_string(cut.probed), "192.0.2.7");
    }
}

TEST(NmprobeWire, AnErrorAboutARewrittenAddressIsKnownByItsCookie) {
    const EchoRun run = run_of();
    const Answer answer = nm::parse_raw_v4(run, error_v4(run, index_b, 20, false, "203.0.113.1"));
    EXPECT_EQ(answer.kind, Answer::Kind::icmp_error);
    EXPECT_EQ(answer.index, index_b);
    EXPECT_FALSE(answer.probed.is_set());
}

TEST(NmprobeWire, AnErrorAboutAnotherRunIsNotOurs) {
    EchoRun other = run_of();
    other.key[1] ^= 1;
    EXPECT_EQ(nm::parse_raw_v4(run_of(), error_v4(other, index_a, 64)).kind, Answer::Kind::foreign);
    other = run_of();
    other.identifier ^= 0x40;
    EXPECT_EQ(nm::parse_raw_v4(run_of(), error_v4(other, index_a, 8)).kind, Answer::Kind::foreign);
}

TEST(NmprobeWire, DatagramSocketsReadTheSameWithoutIdentifier) {
    const EchoRun run = run_of();
    auto echo = request(run, index_b);
    EXPECT_EQ(nm::parse_dgram(run, echo).kind, Answer::Kind::foreign);  // a request is no reply
    echo[0] = 0;
    echo[4] ^= 0xFF;  // the kernel's own identifier
    const Answer answer = nm::parse_dgram(run, echo);
    EXPECT_EQ(answer.kind, Answer::Kind::reply);
    EXPECT_EQ(answer.index, index_b);
    echo.back() ^= 1;
    const Answer bad = nm::parse_dgram(run, echo);
    EXPECT_EQ(bad.kind, Answer::Kind::corrupt);
    EXPECT_EQ(bad.index_bits, 16U);
    EXPECT_EQ(bad.index, index_b & 0xFFFF);
    const Answer quote = nm::parse_dgram_quote(run, request(run, index_b));
    EXPECT_EQ(quote.kind, Answer::Kind::icmp_error);
    EXPECT_EQ(quote.index, index_b);
}

TEST(NmprobeWire, Icmpv6ErrorsThroughExtensionHeaders) {
    const EchoRun run = run_of();
    const auto echo = request(run, index_b, Family::v6);
    EXPECT_EQ(echo[0], 128);
    for (const int headers : {0, 1, 3}) {
        std::vector<std::uint8_t> error{
            1, 3, 0, 0, 0, 0, 0, 0, 0x60, 0, 0, 0, 0, 64, static_cast<std::uint8_t>(headers > 0 ? 60 : 58),
            63};
        error.resize(8 + 40, 0xFD);
        for (int i = 0; i < headers; ++i)
            error.insert(error.end(),
                         {static_cast<std::uint8_t>(i + 1 < headers ? 60 : 58), 0, 1, 4, 0, 0, 0, 0});
        error.insert(error.end(), echo.begin(), echo.end());
        const Answer answer = nm::parse_raw_v6(run, error);
        EXPECT_EQ(answer.kind, Answer::Kind::icmp_error) << headers;
        EXPECT_EQ(answer.index, index_b);
        EXPECT_EQ(answer.icmp_type, 1);
        EXPECT_EQ(answer.icmp_code, 3);
        for (std::size_t size = 0; size < error.size() - 56; ++size)
            EXPECT_EQ(nm::parse_raw_v6(run, Bytes(error).first(size)).kind, Answer::Kind::foreign) << size;
    }
}

TEST(NmprobeWire, CookiesDifferByIndexAndKey) {
    const EchoRun a = EchoRun::random(56), b = EchoRun::random(56);
    EXPECT_NE(a.cookie(1), a.cookie(2));
    EXPECT_NE(a.cookie(1), b.cookie(1));
    EXPECT_EQ(a.identifier & ~nm::identifier_mask & 0xFFFF, 0);
}

}  // namespace
