#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <random>

#include "base/result.hpp"
#include "top/groups.hpp"
#include "top/keys.hpp"

namespace {

using namespace nmflowtool;

nm::FlowTop through(const char* by, const nm::FlowRecord& flow) {
    const GroupKey key = GroupKey::parse(by);
    std::vector<std::uint8_t> packed(key.width());
    key.pack(flow, {}, packed.data());
    nm::FlowTop top;
    key.unpack(packed.data(), top);
    return top;
}

nm::FlowRecord sample_flow() {
    nm::FlowRecord flow;
    flow.src_ip = *nm::parse_ip("192.0.2.77");
    flow.dst_ip = *nm::parse_ip("2001:db8:1:2::3");
    flow.dst_port = 443;
    flow.proto_num = 6;
    flow.src_mac = nm::Mac{{2, 0, 0, 0, 0, 1}};
    return flow;
}

TEST(GroupKey, GivesBackWhatItPacked) {
    const nm::FlowTop top = through("src_ip,dst_ip,dst_port,proto,src_mac,vlan", sample_flow());
    EXPECT_EQ(to_string(top.src_ip), "192.0.2.77");
    EXPECT_EQ(to_string(top.dst_ip), "2001:db8:1:2::3");
    EXPECT_EQ(top.dst_port, 443);
    EXPECT_EQ(top.proto_num, 6);
    EXPECT_EQ(word_of(*top.proto), "tcp");
    EXPECT_EQ(top.src_mac, sample_flow().src_mac);
    EXPECT_FALSE(top.vlan);
    EXPECT_FALSE(top.src_port);
}

TEST(GroupKey, CutsAddressesToNetworksOfTheirFamily) {
    EXPECT_EQ(to_string(through("src_ip/24", sample_flow()).src_prefix), "192.0.2.0/24");
    EXPECT_EQ(to_string(through("dst_ip/24", sample_flow()).dst_prefix), "2001:db8:1:2::3/128");
    EXPECT_EQ(to_string(through("dst_ip/24/48", sample_flow()).dst_prefix), "2001:db8:1::/48");
    EXPECT_FALSE(through("src_ip/24", sample_flow()).src_ip.is_set());
    EXPECT_FALSE(through("src_ip/24", {}).src_prefix.is_set());
}

TEST(GroupKey, TellsAbsentFromZero) {
    const GroupKey key = GroupKey::parse("dst_port");
    nm::FlowRecord zero;
    zero.dst_port = 0;
    std::vector<std::uint8_t> a(key.width()), b(key.width());
    key.pack(zero, {}, a.data());
    key.pack({}, {}, b.data());
    EXPECT_NE(a, b);
}

TEST(GroupKey, WhatIsNeverWrittenIsAbsent) {
    const GroupKey key = GroupKey::parse("tcp_flags,nat_event,fw_event,user,direction");
    nm::FlowRecord silent;
    silent.tcp_flags = nm::TcpFlags{0};
    silent.nat_event = nm::NatEvent{0};
    silent.fw_event = nm::FirewallEvent::ignore;
    silent.user.emplace("");
    std::vector<std::uint8_t> a(key.width()), b(key.width());
    key.pack(silent, {}, a.data());
    key.pack({}, {}, b.data());
    EXPECT_EQ(a, b);
}

TEST(GroupKey, NamesThePartThatIsNoKey) {
    for (const char* bad :
         {"", "src_ip,", "src", "bytes", "start", "vlan/3", "src_ip/33", "src_ip/x", "src_ip/8/129"}) {
        EXPECT_THROW(GroupKey::parse(bad), nm::UserError) << bad;
    }
    try {
        GroupKey::parse("src_ip,host");
    } catch (const nm::UserError& error) {
        EXPECT_NE(std::string(error.what()).find("'host' is not a key"), std::string::npos) << error.what();
        EXPECT_EQ(error.exit(), nm::Exit::usage);
    }
}

TEST(GroupKey, SeesAFlowFromBothSides) {
    const GroupKey key = GroupKey::parse("ip/8,port,proto");
    EXPECT_TRUE(key.has_sides());
    EXPECT_FALSE(GroupKey::parse("src_ip,dst_port").has_sides());
    std::vector<std::uint8_t> packed(key.width());
    key.pack(sample_flow(), {}, packed.data(), GroupKey::Side::source);
    nm::FlowTop source, destination;
    key.unpack(packed.data(), source);
    key.pack(sample_flow(), {}, packed.data(), GroupKey::Side::destination);
    key.unpack(packed.data(), destination);
    EXPECT_EQ(to_string(source.prefix), "192.0.0.0/8");
    EXPECT_FALSE(source.port);
    EXPECT_EQ(to_string(destination.prefix), "2001:db8:1:2::3/128");
    EXPECT_EQ(destination.port, 443);
    EXPECT_EQ(destination.proto_num, 6);
}

using Key = std::array<std::uint64_t, 2>;

void add(Groups& groups, const Key& key, const Sums& sums) {
    std::memcpy(groups.next_key(), key.data(), sizeof key);
    groups.add(sums);
}

Key key_at(const Groups& groups, std::size_t index) {
    Key key;
    std::memcpy(key.data(), groups.key(index), sizeof key);
    return key;
}

TEST(Groups, WhatPassesTheLargestNumberIsTheLargestNumber) {
    constexpr std::uint64_t most = ~std::uint64_t{0};
    Groups groups(sizeof(Key), &Sums::bytes);
    add(groups, {1, 2}, {most - 5, 1, 1});
    add(groups, {1, 2}, {10, 1, 1});
    groups.flush();
    EXPECT_EQ(groups.sums(0).bytes, most);
    EXPECT_EQ(saturated_product(most / 2, 3), most);
    EXPECT_EQ(saturated_product(most / 2, 2), most - 1);
}

TEST(Groups, AgreesWithAMapOnManyKeys) {
    std::mt19937_64 random(1);
    Groups groups(16, &Sums::bytes);
    for (int round = 0; round < 2; ++round) {
        std::map<Key, std::uint64_t> expected;
        for (int i = 0; i < 200'000; ++i) {
            const Key key{random() % 300, random() % 200};
            const std::uint64_t bytes = random() % 1500;
            add(groups, key, {bytes, 1, 1});
            expected[key] += bytes;
        }
        groups.flush();
        ASSERT_EQ(groups.size(), expected.size());
        for (std::size_t i = 0; i < groups.size(); ++i) {
            EXPECT_EQ(groups.sums(i).bytes, expected.at(key_at(groups, i)));
            EXPECT_EQ(groups.error(i), 0u);
        }
        groups.clear();
        EXPECT_EQ(groups.size(), 0u);
    }
}

// Space-saving promises: a value is at least its sum and at most its sum and error; what is not there is at
// most the bound; and what is larger than its share of a table of half the size is there.
// Whatever is given up takes its own along, and no other.
TEST(Groups, KeepsTheVarianceOfEachKeyBesideItsSums) {
    Groups groups(8, &Sums::packets, 40, true);
    std::map<std::uint64_t, double> expected;
    for (std::uint64_t i = 0; i < 300; ++i) {
        const std::uint64_t key = i % 3;
        std::memcpy(groups.next_key(), &key, sizeof key);
        groups.add({0, 1000, 1}, 100.0 * static_cast<double>(key));
        expected[key] += 100.0 * static_cast<double>(key);
    }
    for (std::uint64_t key = 100; key < 300; ++key) {
        std::memcpy(groups.next_key(), &key, sizeof key);
        groups.add({0, 1, 1}, 7);
    }
    groups.flush();
    EXPECT_GT(groups.given_up(), 0u);
    std::size_t found = 0;
    for (std::size_t i = 0; i < groups.size(); ++i) {
        std::uint64_t key;
        std::memcpy(&key, groups.key(i), sizeof key);
        EXPECT_EQ(groups.variance(i), key < 3 ? expected[key] : 7.0) << key;
        found += key < 3;
    }
    EXPECT_EQ(found, 3u);
    groups.clear();
    const std::uint64_t key = 1;
    std::memcpy(groups.next_key(), &key, sizeof key);
    groups.add({0, 5, 1}, 9);
    groups.flush();
    EXPECT_EQ(groups.variance(0), 9.0);
}

TEST(Groups, BeyondItsLimitStatesHowWrongItCanBe) {
    for (const std::size_t limit : {1u, 7u, 100u, 1000u}) {
        std::mt19937_64 random(limit);
        Groups groups(16, &Sums::bytes, limit);
        std::map<Key, std::uint64_t> exact;
        std::uint64_t whole = 0;
        for (int i = 0; i < 50'000; ++i) {
            const Key key{random() % 3 == 0 ? random() % 10 : random() % 20'000, 1};
            const std::uint64_t bytes = random() % 1500;
            add(groups, key, {bytes, 1, 1});
            exact[key] += bytes;
            whole += bytes;
        }
        groups.flush();
        EXPECT_LE(groups.size(), limit);
        EXPECT_GT(groups.given_up(), 0u);
        EXPECT_LE(groups.given_up_bound(), 2 * whole / limit + 1500);
        std::map<Key, std::size_t> found;
        for (std::size_t i = 0; i < groups.size(); ++i) {
            found[key_at(groups, i)] = i;
            const std::uint64_t truth = exact.at(key_at(groups, i));
            EXPECT_LE(groups.sums(i).bytes, truth);
            EXPECT_GE(groups.sums(i).bytes + groups.error(i), truth);
        }
        EXPECT_EQ(found.size(), groups.size());
        for (const auto& [key, truth] : exact) {
            if (!found.contains(key)) {
                EXPECT_LE(truth, groups.given_up_bound());
            }
        }
    }
}

}  // namespace
