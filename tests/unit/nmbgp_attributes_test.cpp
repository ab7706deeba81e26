#include <gtest/gtest.h>

#include "wire_attributes.hpp"

namespace nmbgp {
namespace {

std::vector<std::uint8_t> hex(std::string_view text) {
    std::vector<std::uint8_t> out;
    std::string digits;
    for (const char c : text) {
        if (c == ' ') continue;
        digits += c;
        if (digits.size() < 2) continue;
        out.push_back(static_cast<std::uint8_t>(std::stoi(digits, nullptr, 16)));
        digits.clear();
    }
    return out;
}

// The bytes must outlive what was decoded from them.
struct Decoded {
    std::vector<std::uint8_t> bytes;
    Attributes attributes;
    const char* malformed;
    explicit Decoded(std::string_view text) : bytes(hex(text)) {
        malformed = decode_attributes(bytes, attributes);
    }
    nm::RouteAttributes members() const {
        nm::RouteAttributes out;
        set_members(attributes, out);
        return out;
    }
};

std::string path_text(std::string_view segments) {
    const auto bytes = hex(segments);
    const auto path = AsPath::decode(bytes);
    if (!path) return "malformed";
    std::string text;
    path->append_text(text);
    return text;
}

TEST(Attributes, EveryKnownAttributeIsRead) {
    const Decoded decoded(
        "40 01 01 00"                            // ORIGIN igp
        "40 02 0a 02 02 0000fde9 00050001"       // AS_PATH 65001 327681
        "40 03 04 c0000201"                      // NEXT_HOP
        "80 04 04 00000064"                      // MED 100
        "40 05 04 000000c8"                      // LOCAL_PREF 200
        "40 06 00"                               // ATOMIC_AGGREGATE
        "c0 07 08 0000fde9 0a000001"             // AGGREGATOR
        "c0 08 08 fde9 004d ffff ff01"           // COMMUNITIES, one of them NO_EXPORT
        "80 09 04 0a000002"                      // ORIGINATOR_ID
        "80 0a 08 0a000003 0a000004"             // CLUSTER_LIST
        "c0 10 08 0002fde900000001"              // extended communities: no row
        "c0 20 0c 0000fde9 00000001 ffffffff");  // LARGE_COMMUNITY
    ASSERT_EQ(decoded.malformed, nullptr);
    const nm::RouteAttributes members = decoded.members();
    EXPECT_EQ(members.origin, nm::BgpOrigin::igp);
    EXPECT_EQ(members.as_path, "65001 327681");
    EXPECT_EQ(to_string(members.next_hop), "192.0.2.1");
    EXPECT_EQ(members.med, 100u);
    EXPECT_EQ(members.local_pref, 200u);
    EXPECT_EQ(members.atomic_aggregate, true);
    EXPECT_EQ(members.aggregator_as, 65001u);
    EXPECT_EQ(to_string(members.aggregator_ip), "10.0.0.1");
    EXPECT_EQ(members.communities, (std::vector<std::string>{"65001:77", "65535:65281"}));
    EXPECT_EQ(to_string(members.originator_id), "10.0.0.2");
    ASSERT_EQ(members.cluster_list.size(), 2u);
    EXPECT_EQ(to_string(members.cluster_list[1]), "10.0.0.4");
    EXPECT_EQ(members.large_communities, (std::vector<std::string>{"65001:1:4294967295"}));
    EXPECT_EQ(members.other_attributes, (std::vector<std::string>{"16:0002fde900000001"}));
}

TEST(Attributes, WhatIsNotThereIsAbsent) {
    const Decoded decoded("");
    ASSERT_EQ(decoded.malformed, nullptr);
    EXPECT_FALSE(decoded.attributes.origin || decoded.attributes.as_path || decoded.attributes.med ||
                 decoded.attributes.local_pref || decoded.attributes.aggregator);
    EXPECT_FALSE(decoded.attributes.effective_next_hop().is_set());
    EXPECT_FALSE(decoded.members().atomic_aggregate);
}

TEST(Attributes, MembersOfTheRouteBeforeDoNotStay) {
    const Decoded full("40 03 04 c0000201 c0 08 04 fde9004d c0 07 08 0000fde9 0a000001 40 06 00 c0 63 01 07");
    nm::RouteAttributes members;
    set_members(full.attributes, members);
    set_members(Decoded("").attributes, members);
    EXPECT_FALSE(members.next_hop.is_set() || members.aggregator_ip.is_set());
    EXPECT_TRUE(members.communities.empty() && members.other_attributes.empty());
    EXPECT_FALSE(members.atomic_aggregate || members.aggregator_as);
}

TEST(Attributes, MpReachIsReadInTheShortFormOfADump) {
    const Decoded decoded("80 0e 11 10 20010db8000000000000000000000001");
    ASSERT_EQ(decoded.malformed, nullptr);
    EXPECT_EQ(to_string(decoded.members().next_hop), "2001:db8::1");
}

TEST(Attributes, MpReachIsReadInTheFullFormOfAMessage) {
    const Decoded decoded(
        "90 0e 002a 0002 01 20 20010db8000000000000000000000001 fe800000000000000000000000000001 00 20 "
        "20010db8");
    ASSERT_EQ(decoded.malformed, nullptr);
    EXPECT_EQ(to_string(decoded.members().next_hop), "2001:db8::1");
    EXPECT_EQ(to_string(decoded.members().next_hop_link_local), "fe80::1");
}

TEST(Attributes, TheFirstOfTwoCounts) {
    const Decoded decoded("80 04 04 00000001 80 04 04 00000002");
    ASSERT_EQ(decoded.malformed, nullptr);
    EXPECT_EQ(decoded.attributes.med, 1u);
}

TEST(Attributes, DamageIsNamed) {
    EXPECT_STREQ(Decoded("40 01 01 07").malformed, "ORIGIN");
    EXPECT_STREQ(Decoded("40 01 02 0000").malformed, "ORIGIN");
    EXPECT_STREQ(Decoded("40 02 06 02 02 0000fde9").malformed, "AS_PATH");
    EXPECT_STREQ(Decoded("40 03 05 c000020100").malformed, "NEXT_HOP");
    EXPECT_STREQ(Decoded("80 04 03 000001").malformed, "MULTI_EXIT_DISC");
    EXPECT_STREQ(Decoded("40 06 01 00").malformed, "ATOMIC_AGGREGATE");
    EXPECT_STREQ(Decoded("c0 07 06 fde9 0a000001").malformed, "AGGREGATOR");
    EXPECT_STREQ(Decoded("c0 08 03 fde900").malformed, "COMMUNITIES");
    EXPECT_STREQ(Decoded("c0 20 00").malformed, "LARGE_COMMUNITY");
    EXPECT_STREQ(Decoded("80 0e 06 05 2001db8000").malformed, "MP_REACH_NLRI");
    EXPECT_STREQ(Decoded("80 0e 00").malformed, "MP_REACH_NLRI");
    EXPECT_STREQ(Decoded("40 01 05 00").malformed, "attribute lengths");
    EXPECT_STREQ(Decoded("40").malformed, "attribute lengths");
}

TEST(AsPath, SegmentsAreSpelledAsRoutersSpellThem) {
    EXPECT_EQ(path_text(""), "");
    EXPECT_EQ(path_text("0202 0000fde9 00000b62"), "65001 2914");
    EXPECT_EQ(path_text("0201 0000fde9 0102 00000001 00000002"), "65001 {1,2}");
    EXPECT_EQ(path_text("0302 00000001 00000002 0201 00000003"), "(1 2) 3");
    EXPECT_EQ(path_text("0402 00000001 00000002 0201 ffffffff"), "[1,2] 4294967295");
    EXPECT_EQ(path_text("0501 00000001"), "malformed");
    EXPECT_EQ(path_text("0200"), "malformed");
    EXPECT_EQ(path_text("02"), "malformed");
}

TEST(AsPath, LengthCountsASetOnceAndAConfederationNever) {
    const auto bytes = hex("0302 00000001 00000002 0202 00000003 00000004 0103 00000005 00000006 00000007");
    EXPECT_EQ(AsPath::decode(bytes)->length(), 3u);
}

TEST(AsPath, OnlyASequenceNamesItsOrigin) {
    const auto sequence = hex("0202 0000fde9 00000b62");
    const auto set = hex("0201 0000fde9 0102 00000001 00000002");
    EXPECT_EQ(AsPath::decode(sequence)->origin_as(), 2914u);
    EXPECT_EQ(AsPath::decode(set)->origin_as(), std::nullopt);
    EXPECT_EQ(AsPath::decode({})->origin_as(), std::nullopt);
}

}  // namespace
}  // namespace nmbgp
