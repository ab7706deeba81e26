#include <gtest/gtest.h>

#include "base/nearest_word.hpp"

namespace nm {
namespace {

TEST(NearestWord, IsAtMostTwoLettersAwayAndFewerOfAShortOne) {
    const std::vector<std::string> keys{"src_ip", "dst_ip", "dst_port", "as"};
    EXPECT_EQ(nearest_word("srcip", keys), "src_ip");
    EXPECT_EQ(nearest_word("dstprt", keys), "dst_port");
    EXPECT_EQ(nearest_word("bytes", keys), "");
    EXPECT_EQ(nearest_word("x", keys), "");
    EXPECT_EQ(nearest_word("", keys), "");
}

}  // namespace
}  // namespace nm
