#include <gtest/gtest.h>

#include "mrt_bytes.hpp"
#include "route_table.hpp"
#include "table_reader.hpp"

namespace nmbgp {
namespace {

struct ReadTable {
    std::vector<std::string> routes;  // "prefix peer path"
    std::vector<std::string> told;
    TableCounts counts;
    std::string unsupported;
    bool failed = false;

    explicit ReadTable(std::string_view bytes) {
        TableReader reader(source_of(bytes), [this](const std::string& message) { told.push_back(message); });
        TableRoute route;
        while (reader.next(route)) {
            std::string text = to_string(route.prefix) + ' ' + to_string(route.peer->ip);
            if (route.entry.path_id) text += " id " + std::to_string(*route.entry.path_id);
            if (route.attributes->as_path) {
                text += ' ';
                route.attributes->as_path->append_text(text);
            }
            routes.push_back(text);
        }
        counts = reader.counts();
        unsupported = reader.unsupported_text();
        failed = reader.failed();
    }
};

using Texts = std::vector<std::string>;

const std::string path_1 = attribute_origin_igp + attribute_path("00000001");
const std::string path_1_2 = attribute_origin_igp + attribute_path("00000001 00000002");

TEST(TableReader, RoutesOfBothFamiliesAreReadWithTheirPeers) {
    MrtBytes mrt;
    mrt.peers({{"192.0.2.1", 1}, {"2001:db8::1", 70000}});
    mrt.rib("10.0.0.0/8", {{0, path_1}, {1, path_1_2}});
    mrt.rib("2001:db8::/33", {{1, path_1}});
    mrt.rib("0.0.0.0/0", {{0, ""}});
    const ReadTable table(mrt.bytes);
    EXPECT_EQ(table.routes, (Texts{"10.0.0.0/8 192.0.2.1 1", "10.0.0.0/8 2001:db8::1 1 2",
                                   "2001:db8::/33 2001:db8::1 1", "0.0.0.0/0 192.0.2.1"}));
    EXPECT_EQ(table.told, Texts{});
    EXPECT_EQ(table.counts.routes, 4u);
    EXPECT_FALSE(table.failed);
}

TEST(TableReader, ASecondTableOfPeersReplacesTheFirst) {
    MrtBytes mrt;
    mrt.peers({{"192.0.2.1", 1}});
    mrt.rib("10.0.0.0/8", {{0, path_1}});
    mrt.peers({{"192.0.2.2", 2}});
    mrt.rib("10.0.0.0/8", {{0, path_1}});
    EXPECT_EQ(ReadTable(mrt.bytes).routes, (Texts{"10.0.0.0/8 192.0.2.1 1", "10.0.0.0/8 192.0.2.2 1"}));
}

TEST(TableReader, PathIdentifiersOfAddPathAreRead) {
    MrtBytes mrt;
    mrt.peers({{"192.0.2.1", 1}});
    mrt.rib("10.0.0.0/8", {{0, path_1, 7}, {0, path_1_2, 8}}, true);
    mrt.rib("2001:db8::/32", {{0, path_1, 4294967295}}, true);
    EXPECT_EQ(ReadTable(mrt.bytes).routes,
              (Texts{"10.0.0.0/8 192.0.2.1 id 7 1", "10.0.0.0/8 192.0.2.1 id 8 1 2",
                     "2001:db8::/32 192.0.2.1 id 4294967295 1"}));
}

TEST(TableReader, HostBitsOfAPrefixAreCleared) {
    MrtBytes mrt;
    mrt.peers({{"192.0.2.1", 1}});
    mrt.record(13, 2, unhex("00000000 09 0aff 0001 0000 00000000 0000"));
    EXPECT_EQ(ReadTable(mrt.bytes).routes, Texts{"10.128.0.0/9 192.0.2.1"});
}

TEST(TableReader, DamageIsToldWithItsByteAndTheNextRecordIsRead) {
    MrtBytes mrt;
    mrt.peers({{"192.0.2.1", 1}});
    std::vector<std::string> expected;
    const auto damage = [&](unsigned type, unsigned subtype, const std::string& body,
                            const std::string& what) {
        expected.push_back("byte " + std::to_string(mrt.bytes.size()) + ": " + what);
        mrt.record(type, subtype, unhex(body));
        mrt.rib("10.0.0.0/8", {{0, path_1}});
    };
    damage(13, 2, "00000000 21 0a0a0a0a0a 0001 0000 00000000 0000", "damaged prefix");
    damage(13, 2, "00000000 08", "damaged prefix");
    damage(13, 2, "00000000 08 0a 0001 0000 00000000 0004", "the entries do not fill the record");
    damage(13, 2, "00000000 08 0a 0000 00", "the entries do not fill the record");
    damage(13, 2, "00000000 08 0a 0001 0001 00000000 0000", "peer 1 of 1 in the table of peers");
    damage(13, 2, "00000000 08 0a 0001 0000 00000000 0004 40010107", "route to 10.0.0.0/8: malformed ORIGIN");
    damage(99, 0, "00", "type 99 is not MRT");
    const ReadTable table(mrt.bytes);
    EXPECT_EQ(table.told, expected);
    EXPECT_EQ(table.routes.size(), expected.size());
    EXPECT_EQ(table.counts.damaged, expected.size());
    EXPECT_FALSE(table.failed);
}

TEST(TableReader, AFileCutAnywhereGivesWhatCameBeforeAndTheByte) {
    MrtBytes mrt;
    mrt.peers({{"192.0.2.1", 1}});
    mrt.rib("10.0.0.0/8", {{0, path_1}});
    const std::size_t second = mrt.bytes.size();
    mrt.rib("10.0.0.0/16", {{0, path_1}});
    for (std::size_t size = second + 1; size < mrt.bytes.size(); ++size) {
        const ReadTable table(std::string_view(mrt.bytes).substr(0, size));
        ASSERT_EQ(table.routes, Texts{"10.0.0.0/8 192.0.2.1 1"});
        ASSERT_TRUE(table.failed);
        ASSERT_EQ(table.told.size(), 1u);
        ASSERT_EQ(table.told[0].find("byte " + std::to_string(second) + ": the file ends inside"), 0u)
            << table.told[0];
    }
}

TEST(TableReader, WhatIsNotReadHereIsCountedByKind) {
    MrtBytes mrt;
    mrt.record(16, 4, "x");
    mrt.record(16, 4, "x");
    mrt.record(12, 1, "x");
    mrt.record(13, 6, "x");
    mrt.record(13, 99, "x");
    const ReadTable table(mrt.bytes);
    EXPECT_EQ(table.unsupported, "2 BGP4MP, 1 RIB_GENERIC, 1 TABLE_DUMP, 1 TABLE_DUMP_V2 subtype 99");
    EXPECT_EQ(table.counts.unsupported, 5u);
    EXPECT_EQ(table.told, Texts{});
}

TEST(TableReader, ALengthBeyondSenseEndsTheFile) {
    const ReadTable table(unhex("00000000 000d 0001 ffffffff 00"));
    EXPECT_EQ(table.told, Texts{"byte 0: a record of 4294967295 bytes is not MRT"});
    EXPECT_TRUE(table.failed);
}

TEST(RouteTable, TheBestRouteIsChosenAsARouterDoes) {
    const std::string med_5 = "80040400000005";
    const std::string pref_200 = "400504000000c8";
    const struct {
        const char* why;
        std::string better;
        std::string worse;
    } cases[] = {
        {"local_pref before path length", path_1_2 + pref_200, path_1},
        {"an absent local_pref is 100", path_1, path_1 + "40050400000063"},
        {"path length before origin", "40010102" + attribute_path("00000001"), path_1_2},
        {"origin before med", path_1 + med_5, "40010101" + attribute_path("00000001")},
        {"lowest med, absent is 0", path_1, path_1 + med_5},
        {"lowest peer", path_1, path_1},
    };
    for (const auto& item : cases) {
        for (const bool swapped : {false, true}) {
            MrtBytes mrt;
            mrt.peers({{"192.0.2.1", 1}, {"192.0.2.2", 2}});
            std::vector<MrtBytes::Route> routes{{0, item.better}, {1, item.worse}};
            if (swapped) std::swap(routes[0], routes[1]);
            mrt.rib("10.0.0.0/8", {routes[0]});
            mrt.rib("10.0.0.0/7", {});
            mrt.rib("10.0.0.0/8", {routes[1]});
            mrt.rib("11.0.0.0/8", routes);
            TableReader reader(mrt.source(), [](const std::string& message) { ADD_FAILURE() << message; });
            RouteTable table;
            table.read(reader);
            table.finish();
            ASSERT_EQ(table.size(), 2u);
            for (const char* ip : {"10.0.0.1", "11.0.0.1"}) {
                const RouteTable::Entry* entry = table.find(*nm::parse_ip(ip));
                ASSERT_NE(entry, nullptr);
                EXPECT_EQ(to_string(table.shared(*entry).peer.ip), "192.0.2.1") << item.why;
            }
        }
    }
}

}  // namespace
}  // namespace nmbgp
