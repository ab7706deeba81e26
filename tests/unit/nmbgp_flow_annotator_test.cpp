#include <gtest/gtest.h>

#include "flow_annotator.hpp"
#include "mrt_bytes.hpp"

namespace nmbgp {
namespace {

using Fate = FlowAnnotator::Fate;

// 198.51.100.0/24 from AS 64500 2914, 203.0.113.0/24 without a path, 2001:db8::/32 from AS 64500.
class FlowAnnotatorTest : public testing::Test {
  protected:
    FlowAnnotatorTest() {
        MrtBytes mrt;
        mrt.peers({{"192.0.2.1", 64500}, {"::", 0}});
        mrt.rib("198.51.100.0/24", {{0, attribute_origin_igp + attribute_path("0000fbf4 00000b62") +
                                            "400304c0000201" + "4005040000007b" + "c00804fbf4004d"}});
        mrt.rib("203.0.113.0/24", {{1, "400101 02"}});
        mrt.rib("2001:db8::/32", {{0, attribute_origin_igp + attribute_path("0000fbf4") +
                                          "800e1110 20010db8000000000000000000000001"}});
        TableReader reader(mrt.source(), [](const std::string& message) { ADD_FAILURE() << message; });
        table_.read(reader);
        table_.finish();
    }
    std::string annotated(std::string_view line) {
        FlowAnnotator annotator(table_);
        EXPECT_EQ(annotator.annotate(line), Fate::annotated) << annotator.reason();
        return std::string(annotator.line());
    }
    Fate fate(std::string_view line) { return FlowAnnotator(table_).annotate(line); }

    RouteTable table_;
};

constexpr const char* route_of_198 =
    R"("dst_as":2914,"dst_prefix":"198.51.100.0/24","next_hop":"192.0.2.1","as_path":"64500 2914","origin":"igp",)"
    R"("local_pref":123,"communities":["64500:77"],"peer_ip":"192.0.2.1","peer_as":64500)";

TEST_F(FlowAnnotatorTest, KeysAreAddedAtTheEnd) {
    EXPECT_EQ(annotated(R"({"type":"flow","v":1,"dst_ip":"198.51.100.7"})"),
              R"({"type":"flow","v":1,"dst_ip":"198.51.100.7",)" + std::string(route_of_198) + "}");
}

TEST_F(FlowAnnotatorTest, BothEndsAndBothFamiliesAreLookedUp) {
    EXPECT_EQ(annotated(R"({"src_ip":"2001:db8::5","dst_ip":"203.0.113.1"})"),
              R"({"src_ip":"2001:db8::5","dst_ip":"203.0.113.1","src_as":64500,"src_prefix":"2001:db8::/32",)"
              R"("dst_prefix":"203.0.113.0/24","origin":"incomplete"})");
}

TEST_F(FlowAnnotatorTest, UnknownKeysAndSpacingStayByteForByte) {
    const std::string before =
        R"( { "new":{"a":[1,{"}":2}],"b":"\u00e9}"} , "dst_ip" : "198.51.100.7" , "n":1.50 )";
    EXPECT_EQ(annotated(before + "} "), before + "," + std::string(route_of_198) + "} ");
}

TEST_F(FlowAnnotatorTest, AKeyWithAMeaningIsLeftAlone) {
    const std::string before =
        R"({"dst_ip":"198.51.100.7","dst_as":65000,"next_hop":"10.9.9.9","local_pref":0)";
    EXPECT_EQ(annotated(before + "}"),
              before + R"(,"dst_prefix":"198.51.100.0/24","as_path":"64500 2914","origin":"igp",)" +
                  R"("communities":["64500:77"],"peer_ip":"192.0.2.1","peer_as":64500})");
}

TEST_F(FlowAnnotatorTest, AValueThatSaysNothingIsReplacedInItsPlace) {
    EXPECT_EQ(
        annotated(
            R"({"next_hop":"0.0.0.0","as_path":"","communities":[],"dst_as":0 ,"origin":null,"src_as":0,)"
            R"("dst_ip":"198.51.100.7"})"),
        R"({"next_hop":"192.0.2.1","as_path":"64500 2914","communities":["64500:77"],"dst_as":2914 ,)"
        R"("origin":"igp","src_as":0,"dst_ip":"198.51.100.7","dst_prefix":"198.51.100.0/24",)"
        R"("local_pref":123,"peer_ip":"192.0.2.1","peer_as":64500})");
}

TEST_F(FlowAnnotatorTest, EachLineHasOneFate) {
    EXPECT_EQ(fate(R"({"dst_ip":"192.0.2.77"})"), Fate::no_route);
    EXPECT_EQ(fate(R"({"src_ip":"2001:db9::","dst_ip":"192.0.2.77"})"), Fate::no_route);
    EXPECT_EQ(fate(R"({"type":"probe.icmp","target":"198.51.100.7"})"), Fate::forwarded);
    EXPECT_EQ(fate("{}"), Fate::forwarded);
    EXPECT_EQ(fate(R"({"dst_ip":"198.51.100"})"), Fate::rejected);
    EXPECT_EQ(fate(R"({"dst_ip":7})"), Fate::rejected);
    EXPECT_EQ(fate(R"({"dst_ip":"198.51.100.7")"), Fate::rejected);
    EXPECT_EQ(fate(R"({"dst_ip":"198.51.100.7"} {})"), Fate::rejected);
    EXPECT_EQ(fate(R"(["dst_ip"])"), Fate::rejected);
    EXPECT_EQ(fate("dst_ip"), Fate::rejected);
    EXPECT_EQ(fate(""), Fate::rejected);
}

}  // namespace
}  // namespace nmbgp
