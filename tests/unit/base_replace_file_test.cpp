// Files that are replaced as a whole or not at all.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/replace_file.hpp"

namespace {

std::string content(const std::filesystem::path& path) {
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

class ReplaceFile : public ::testing::Test {
  protected:
    void SetUp() override {
        std::filesystem::remove_all(folder_);
        std::filesystem::create_directory(folder_);
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }
    std::size_t files() const {
        return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder_), {}));
    }

    std::filesystem::path folder_ = ::testing::TempDir() + "replace_file_" + std::to_string(::getpid());
};

TEST_F(ReplaceFile, LeavesTheNewTextAndNothingElse) {
    const std::string path = folder_ / "x";
    ASSERT_TRUE(nm::replace_file(path, "one"));
    ASSERT_TRUE(nm::replace_file(path, std::string(1'000'000, '2')));
    EXPECT_EQ(content(path), std::string(1'000'000, '2'));
    EXPECT_EQ(files(), 1U);
}

TEST_F(ReplaceFile, AFailureKeepsWhatWasThere) {
    std::filesystem::create_directory(folder_ / "folder");
    const auto into_folder = nm::replace_file(folder_ / "folder", "text");
    ASSERT_FALSE(into_folder);
    EXPECT_TRUE(std::filesystem::is_directory(folder_ / "folder"));
    EXPECT_EQ(files(), 1U);
    const auto no_folder = nm::replace_file(folder_ / "none" / "x", "text");
    ASSERT_FALSE(no_folder);
    EXPECT_EQ(no_folder.error().exit, nm::Exit::cannot_create);
}

}  // namespace
