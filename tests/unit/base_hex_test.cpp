#include <gtest/gtest.h>

#include <numeric>

#include "base/hex.hpp"

namespace nm {
namespace {

TEST(Hex, EveryByteBothWays) {
    std::vector<std::uint8_t> bytes(256);
    std::iota(bytes.begin(), bytes.end(), std::uint8_t{0});
    std::string text = "=";
    append_hex(text, bytes);
    ASSERT_EQ(text.size(), 513u);
    EXPECT_EQ(text.substr(0, 9), "=00010203");
    EXPECT_EQ(text.substr(507), "fdfeff");
    EXPECT_EQ(parse_hex(std::string_view(text).substr(1)), bytes);
}

TEST(Hex, WhatIsNoneIsRefusedWhole) {
    EXPECT_EQ(parse_hex(""), std::vector<std::uint8_t>{});
    for (const char* text : {"0", "000", "0g", "-1", "+1", " 1", "0x", "AB", "00 "})
        EXPECT_FALSE(parse_hex(text)) << text;
}

}  // namespace
}  // namespace nm
