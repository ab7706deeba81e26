#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "json/line_members.hpp"

namespace nm {
namespace {

TEST(LineMembers, ValuesAreTheirTextInTheLine) {
    LineMembers members({"a", "list", "object", "text", "absent"});
    const std::string_view line =
        R"( {"a" : 1.50 , "skip":{"a":2}, "list":[1, "]"],"object":{"x":"}"}, "text":"10.0.0.1" } )";
    ASSERT_TRUE(members.read(line)) << members.error();
    EXPECT_EQ(members.value(0), "1.50");
    EXPECT_EQ(members.value(1), R"([1, "]"])");
    EXPECT_EQ(members.value(2), R"({"x":"}"})");
    EXPECT_EQ(members.value(3), R"("10.0.0.1")");
    EXPECT_EQ(members.text(3), "10.0.0.1");
    EXPECT_EQ(members.text(0), "");
    EXPECT_FALSE(members.has(4));
    EXPECT_EQ(members.value(0).data(), line.data() + line.find("1.50"));
    EXPECT_EQ(members.closing_brace(), line.rfind('}'));
}

TEST(LineMembers, EscapedKeysAreTheSameKeys) {
    LineMembers members({"key"});
    ASSERT_TRUE(members.read(R"({"\u006bey":7})"));
    EXPECT_EQ(members.value(0), "7");
}

TEST(LineMembers, ALineLeavesNothingForTheNext) {
    LineMembers members({"a"});
    ASSERT_TRUE(members.read(R"({"a":1})"));
    ASSERT_TRUE(members.read("{}"));
    EXPECT_FALSE(members.has(0));
    ASSERT_FALSE(members.read("{"));
    EXPECT_FALSE(members.error().empty());
}

TEST(LineMembers, WhatIsNotOneObjectIsRefused) {
    LineMembers members({"a"});
    for (const char* line : {"", " ", "7", "[]", "\"a\"", "{", "{\"a\"}", "{\"a\":}", "{\"a\":1",
                             "{\"a\":1}}", "{\"a\":1} 2", "{\"a\":[1}", "{\"a\":\"x}", "{a:1}"}) {
        EXPECT_FALSE(members.read(line)) << line;
    }
}

// Random objects written by nlohmann: each value found must be, as text, what nlohmann has under that key.
TEST(LineMembers, AgreesWithNlohmannOnRandomObjects) {
    const std::vector<std::string_view> keys{"src_ip", "dst_ip", "dst_as", "as_path", "communities", "x", ""};
    LineMembers members(keys);
    std::mt19937 engine(3);
    const auto pick = [&](std::size_t limit) { return engine() % limit; };
    for (int round = 0; round < 2000; ++round) {
        nlohmann::ordered_json object = nlohmann::ordered_json::object();
        for (std::size_t i = pick(12); i > 0; --i) {
            const std::string key(pick(3) == 0 ? "other" : keys[pick(keys.size())]);
            switch (pick(5)) {
                case 0:
                    object[key] = static_cast<std::int64_t>(engine()) - 2'000'000'000;
                    break;
                case 1:
                    object[key] = "text \"}{\\ \xc3\xa9" + std::to_string(engine());
                    break;
                case 2:
                    object[key] = {1, "two", {{"three", 3.25}}};
                    break;
                case 3:
                    object[key] = {{"dst_ip", "inner"}, {"empty", nlohmann::json::object()}};
                    break;
                default:
                    object[key] = nullptr;
            }
        }
        const std::string line = object.dump(pick(2) == 0 ? -1 : 0);
        ASSERT_TRUE(members.read(line)) << line << ": " << members.error();
        for (std::size_t i = 0; i < keys.size(); ++i) {
            const auto at = object.find(std::string(keys[i]));
            ASSERT_EQ(members.has(i), at != object.end()) << line;
            if (at != object.end()) {
                ASSERT_EQ(nlohmann::ordered_json::parse(members.value(i)), *at) << line;
            }
        }
    }
}

}  // namespace
}  // namespace nm
