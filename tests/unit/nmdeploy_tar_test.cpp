#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "base/process.hpp"
#include "tar.hpp"

namespace nmdeploy {
namespace {

TEST(Tar, TarReadsWhatWeWrite) {
    TarWriter writer;
    const std::string deep = std::string(120, 'd') + "/" + std::string(90, 'f');
    ASSERT_TRUE(writer.add_directory("etc", 0755));
    ASSERT_TRUE(writer.add_file("etc/passwd", "nm:x:1:1::/:\n", 0644));
    ASSERT_TRUE(writer.add_file("empty", "", 0600));
    ASSERT_TRUE(writer.add_file("block", std::string(512, 'b'), 0755));
    ASSERT_TRUE(writer.add_file(deep, "x", 0755));
    const std::string path = testing::TempDir() + "tar." + std::to_string(::getpid());
    std::ofstream(path, std::ios::binary) << writer.finish();
    const auto listed = nm::run_process({{"tar", "-tvf", path, "--numeric-owner", "--utc"}, {"LC_ALL=C"}});
    ASSERT_TRUE(listed);
    EXPECT_TRUE(listed->ok()) << listed->err;
    EXPECT_EQ(listed->err, "");
    EXPECT_EQ(listed->out,
              "drwxr-xr-x 0/0               0 1970-01-01 00:00 etc\n"
              "-rw-r--r-- 0/0              13 1970-01-01 00:00 etc/passwd\n"
              "-rw------- 0/0               0 1970-01-01 00:00 empty\n"
              "-rwxr-xr-x 0/0             512 1970-01-01 00:00 block\n"
              "-rwxr-xr-x 0/0               1 1970-01-01 00:00 " +
                  deep + "\n");
    const auto content = nm::run_process({{"tar", "-xOf", path, "etc/passwd"}, {}});
    ASSERT_TRUE(content);
    EXPECT_EQ(content->out, "nm:x:1:1::/:\n");
    std::remove(path.c_str());
}

TEST(Tar, PathThatDoesNotFitIsRefused) {
    TarWriter writer;
    EXPECT_FALSE(writer.add_file(std::string(101, 'f'), "", 0644));
    EXPECT_FALSE(writer.add_file(std::string(200, 'd') + "/f", "", 0644));
}

}  // namespace
}  // namespace nmdeploy
