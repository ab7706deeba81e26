#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <tins/tins.h>
#include <tins/utils/checksum_utils.h>

#include <random>

#include "net/checksum.hpp"
#include "net/ip.hpp"

namespace nm {
namespace {

// Random bytes with long runs of zeros, so that :: and its ties are common.
std::array<std::uint8_t, 16> random_v6(std::mt19937_64& random) {
    std::array<std::uint8_t, 16> bytes{};
    const std::uint64_t zeros = random() & random();
    for (std::size_t i = 0; i < 16; ++i) {
        if ((zeros >> (i / 2) & 1) == 0) bytes[i] = static_cast<std::uint8_t>(random());
        if (random() % 3 == 0) bytes[i] = 0;
    }
    return bytes;
}

TEST(Ip, IsSpelledAsInetNtopSpellsItAndReadsBack) {
    std::mt19937_64 random(1);
    char theirs[INET6_ADDRSTRLEN];
    for (int i = 0; i < 100'000; ++i) {
        const auto bytes = random_v6(random);
        const IpAddress v6 = IpAddress::v6(bytes.data());
        inet_ntop(AF_INET6, bytes.data(), theirs, sizeof theirs);
        ASSERT_EQ(parse_ip(to_string(v6)), v6);
        ASSERT_EQ(parse_ip(theirs), v6) << theirs;
        // RFC 5952 section 5 leaves the dotted quad to known prefixes; inet_ntop uses it for ::/96 as well.
        if (std::string_view(theirs).find('.') == std::string_view::npos) {
            ASSERT_EQ(to_string(v6), theirs);
        }
        const IpAddress v4 = IpAddress::v4(bytes.data());
        inet_ntop(AF_INET, bytes.data(), theirs, sizeof theirs);
        ASSERT_EQ(to_string(v4), theirs);
        ASSERT_EQ(parse_ip(theirs), v4);
    }
}

TEST(Ip, ReadsWhatInetPtonReadsAndNothingElse) {
    std::mt19937_64 random(2);
    const std::string_view alphabet = "0123456789abcdefF:::....g ";
    for (int i = 0; i < 400'000; ++i) {
        std::string text;
        if (i % 2 == 0) {  // a good address with a few changes
            text = to_string(IpAddress::v6(random_v6(random).data()));
            if (i % 4 == 0) text = to_string(IpAddress::v4(static_cast<std::uint32_t>(random())));
        }
        for (std::uint64_t change = random() % 4; change > 0 || text.empty(); --change) {
            const char c = alphabet[random() % alphabet.size()];
            const std::size_t at = random() % (text.size() + 1);
            if (random() % 2 == 0 || at == text.size())
                text.insert(at, 1, c);
            else
                text[at] = c;
            if (change == 0) break;
        }
        std::array<std::uint8_t, 16> bytes{};
        const auto ours = parse_ip(text);
        if (inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) {
            ASSERT_EQ(ours, IpAddress::v4(bytes.data())) << text;
        } else if (inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) {
            ASSERT_EQ(ours, IpAddress::v6(bytes.data())) << text;
        } else {
            ASSERT_FALSE(ours) << text;
        }
    }
}

TEST(Ip, ZonesBelongToLinkLocalAddresses) {
    const auto lo = parse_ip("fe80::1%lo");
    ASSERT_TRUE(lo);
    EXPECT_EQ(lo->zone, if_nametoindex("lo"));
    EXPECT_EQ(to_string(*lo), "fe80::1%lo");
    EXPECT_EQ(parse_ip("fe80::1%1"), lo);
    EXPECT_FALSE(parse_ip("fe80::1%no-such-interface"));
    EXPECT_FALSE(parse_ip("fe80::1%"));
    EXPECT_FALSE(parse_ip("192.0.2.1%lo"));
}

TEST(Prefixes, ContainExactlyTheAddressesThatShareTheirBits) {
    std::mt19937_64 random(3);
    for (int i = 0; i < 20'000; ++i) {
        const IpAddress a = IpAddress::v6(random_v6(random).data());
        IpAddress b = a;
        const auto bit = static_cast<unsigned>(random() % 128);
        b.bytes[bit / 8] ^= static_cast<std::uint8_t>(0x80 >> bit % 8);
        const auto length = static_cast<unsigned>(random() % 129);
        const Prefix prefix = make_prefix(a, length);
        ASSERT_TRUE(prefix.contains(a));
        ASSERT_EQ(prefix.contains(b), bit >= length);
        ASSERT_EQ(parse_prefix(to_string(prefix)), prefix);
    }
    EXPECT_EQ(parse_prefix("10.0.0.1"), make_prefix(*parse_ip("10.0.0.1"), 32));
    for (const char* text :
         {"10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "/8", "10.0.0.0/08", "10.0.0.0/-1", "::/129"})
        EXPECT_FALSE(parse_prefix(text)) << text;
    EXPECT_FALSE(make_prefix(*parse_ip("0.0.0.0"), 0).contains(*parse_ip("::")));
}

TEST(Endpoints, AddressAndPort) {
    EXPECT_EQ(parse_endpoint("127.0.0.1:2055"), (Endpoint{*parse_ip("127.0.0.1"), 2055}));
    EXPECT_EQ(parse_endpoint("[::1]:2055"), (Endpoint{*parse_ip("::1"), 2055}));
    for (const char* text :
         {"127.0.0.1", "::1:2055", "127.0.0.1:65536", "127.0.0.1:", "[::1]", "[127.0.0.1:1", ""})
        EXPECT_FALSE(parse_endpoint(text)) << text;
}

TEST(HostPorts, NamesAreNotResolved) {
    const auto parts = parse_host_port("db1.example:5432");
    ASSERT_TRUE(parts);
    EXPECT_EQ(parts->host, "db1.example");
    EXPECT_EQ(parts->port, 5432);
    EXPECT_EQ(parse_host_port("[2001:db8::1]:443")->host, "2001:db8::1");
    for (const char* text : {"db1", "db1:", ":80", "db1:0", "db1:65536", "db1:http", "2001:db8::1:443"})
        EXPECT_FALSE(parse_host_port(text)) << text;
}

TEST(Macs, ReadBack) {
    const auto mac = parse_mac("02:00:5e:10:00:ff");
    ASSERT_TRUE(mac);
    char text[mac_text_size];
    EXPECT_EQ(std::string(text, write_mac(text, *mac)), "02:00:5e:10:00:ff");
    for (const char* bad :
         {"02:00:5e:10:00", "02:00:5e:10:00:fg", "02:00:5e:10:00:ff:", "0200.5e10.00ff", ""})
        EXPECT_FALSE(parse_mac(bad)) << bad;
}

TEST(Checksums, AreThoseOfLibtins) {
    std::mt19937_64 random(4);
    for (int i = 0; i < 20'000; ++i) {
        std::vector<std::uint8_t> bytes(random() % 1600);
        for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
        if (i % 100 == 0) std::fill(bytes.begin(), bytes.end(), i % 200 == 0 ? 0xFF : 0);
        std::uint32_t sum = Tins::Utils::do_checksum(bytes.data(), bytes.data() + bytes.size());
        while (sum >> 16 != 0) sum = (sum & 0xFFFF) + (sum >> 16);
        const auto theirs = htons(static_cast<std::uint16_t>(~sum));
        ASSERT_EQ(checksum(bytes), theirs) << bytes.size();
    }
}

TEST(Checksums, OfUdpOverBothFamiliesAreThoseThatLibtinsWrites) {
    std::mt19937_64 random(5);
    for (int i = 0; i < 2'000; ++i) {
        std::vector<std::uint8_t> payload(random() % 500);
        for (std::uint8_t& byte : payload) byte = static_cast<std::uint8_t>(random());
        const bool v6 = i % 2 == 0;
        const auto from = v6 ? IpAddress::v6(random_v6(random).data())
                             : IpAddress::v4(static_cast<std::uint32_t>(random()));
        const auto to = v6 ? *parse_ip("2001:db8::1") : *parse_ip("192.0.2.1");
        Tins::UDP udp(53, static_cast<std::uint16_t>(random()));
        udp.inner_pdu(Tins::RawPDU(payload));
        std::vector<std::uint8_t> packet;
        if (v6)
            packet = (Tins::IPv6(Tins::IPv6Address(to_string(to)), Tins::IPv6Address(to_string(from))) / udp)
                         .serialize();
        else
            packet = (Tins::IP(Tins::IPv4Address(to_string(to)), Tins::IPv4Address(to_string(from))) / udp)
                         .serialize();
        const Bytes segment = Bytes(packet).subspan(v6 ? 40 : 20);
        // The sum over a segment that holds its right checksum is zero.
        const auto sum = pseudo_header_sum(from, to, IPPROTO_UDP, static_cast<std::uint32_t>(segment.size()));
        ASSERT_EQ(checksum_finish(checksum_add(sum, segment)), 0) << i;
    }
}

}  // namespace
}  // namespace nm
