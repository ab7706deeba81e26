#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

#include "base/whole_file.hpp"

namespace nm {
namespace {

TEST(WholeFile, IsReadUpToItsBound) {
    const std::string path = testing::TempDir() + "whole_file";
    const std::string content(1'000'000, 'x');
    std::ofstream(path) << content;
    EXPECT_EQ(read_whole_file(path).value_or_throw(), content);
    EXPECT_EQ(read_whole_file(path, 1'000'000).value_or_throw(), content);
    const auto refused = read_whole_file(path, 999'999);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().exit, Exit::bad_data);
    EXPECT_NE(refused.error().message.find(path), std::string::npos);
    std::remove(path.c_str());
}

TEST(WholeFile, WhatCannotBeReadIsToldByName) {
    for (const std::string path : {"/nowhere/at/all", "/"}) {
        const auto refused = read_whole_file(path);
        ASSERT_FALSE(refused) << path;
        EXPECT_EQ(refused.error().exit, Exit::no_input);
        EXPECT_EQ(refused.error().message.rfind(path + ":", 0), 0u) << refused.error().message;
    }
}

}  // namespace
}  // namespace nm
