#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <random>

#include "base/result.hpp"
#include "decode/allow_list.hpp"

namespace {

using nmflowtool::AllowList;
using Texts = std::vector<std::string>;

bool admits(AllowList& list, const char* sender) {
    return list.admits(*nm::parse_ip(sender));
}

TEST(AllowList, WithoutOneEverybodyIsAllowed) {
    AllowList list = AllowList::read(Texts{});
    EXPECT_FALSE(list.is_given());
    EXPECT_TRUE(admits(list, "203.0.113.9"));
    EXPECT_TRUE(admits(list, "2001:db8::1"));
}

TEST(AllowList, Trap25AdmitsWhatItNamesAndNothingElse) {
    AllowList list =
        AllowList::read(Texts{"10.0.0.0/8", "10.1.0.0/16", "192.0.2.1", "2001:db8::/32", "0.0.0.0/32"});
    EXPECT_TRUE(list.is_given());
    for (const char* sender : {"10.0.0.0", "10.1.2.3", "10.255.255.255", "192.0.2.1", "2001:db8::1"})
        EXPECT_TRUE(admits(list, sender)) << sender;
    for (const char* sender : {"9.255.255.255", "11.0.0.0", "192.0.2.0", "192.0.2.2", "2001:db9::", "::a00:1",
                               "a00::", "255.255.255.255"})
        EXPECT_FALSE(admits(list, sender)) << sender;
}

// All of IPv6 is none of IPv4.
TEST(AllowList, Trap25KeepsTheFamiliesApart) {
    AllowList list = AllowList::read(Texts{"::/0"});
    EXPECT_TRUE(admits(list, "fe80::1"));
    EXPECT_FALSE(admits(list, "192.0.2.1"));
}

TEST(AllowList, FindsWhatASearchThroughAllNetworksFinds) {
    std::mt19937 random(25);
    Texts texts;
    std::vector<nm::Prefix> networks;
    for (int i = 0; i < 300; ++i) {
        const auto address = nm::IpAddress::v4(static_cast<std::uint32_t>(random()) & 0x0FFF0FFFu);
        networks.push_back(nm::make_prefix(address, 8 + static_cast<unsigned>(random() % 25)));
        texts.push_back(to_string(networks.back()));
    }
    AllowList list = AllowList::read(texts);
    int admitted = 0;
    for (int i = 0; i < 20000; ++i) {
        const auto sender = nm::IpAddress::v4(static_cast<std::uint32_t>(random()) & 0x0FFF0FFFu);
        const bool expected = std::ranges::any_of(
            networks, [&](const nm::Prefix& network) { return network.contains(sender); });
        admitted += expected;
        ASSERT_EQ(list.admits(sender), expected) << to_string(sender);
    }
    EXPECT_GT(admitted, 100);
    EXPECT_LT(admitted, 19900);
}

TEST(AllowList, ReadsAFileAndNamesItsBadLine) {
    const std::string path = testing::TempDir() + "/nmflowtool_allow_list";
    std::ofstream(path) << "# routers\n192.0.2.1\n\n  10.0.0.0/8  # core\n2001:db8::1\n";
    AllowList list = AllowList::read(Texts{path, "198.51.100.1"});
    for (const char* sender : {"192.0.2.1", "10.9.9.9", "2001:db8::1", "198.51.100.1"})
        EXPECT_TRUE(admits(list, sender)) << sender;
    EXPECT_FALSE(admits(list, "198.51.100.2"));
    std::ofstream(path) << "192.0.2.1\n10.0.0.1/8\n";
    try {
        AllowList::read(Texts{path});
        FAIL();
    } catch (const nm::UserError& error) {
        EXPECT_NE(std::string(error.what()).find(path + ":2: "), std::string::npos) << error.what();
    }
    EXPECT_THROW(AllowList::read(Texts{"no-such-file"}), nm::UserError);
}

}  // namespace
