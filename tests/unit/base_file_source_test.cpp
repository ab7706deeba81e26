#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <random>

#include "base/file_source.hpp"

namespace nm {
namespace {

class FileSourceTest : public testing::Test {
  protected:
    FileSourceTest() {
        std::string name = testing::TempDir() + "file_source_XXXXXX";
        directory_ = ::mkdtemp(name.data());
        std::mt19937 engine(7);
        // Larger than any buffer on the way even when packed: random bytes do not shrink.
        for (int i = 0; i < 600'000; ++i) content_ += static_cast<char>(engine());
        write("plain", content_);
    }
    ~FileSourceTest() override { std::system(("rm -rf " + directory_).c_str()); }

    void write(const std::string& name, const std::string& bytes) {
        std::ofstream(directory_ + '/' + name, std::ios::binary) << bytes;
    }
    // In the test's directory, with the packers that people use.
    void shell(const std::string& command) {
        ASSERT_EQ(std::system(("cd " + directory_ + " && " + command).c_str()), 0);
    }
    struct Outcome {
        std::string bytes;
        std::string error;
    };
    Outcome read_all(const std::string& name) {
        auto source = FileSource::open(directory_ + '/' + name).value_or_throw();
        Outcome outcome;
        std::vector<std::uint8_t> buffer(10'007);
        while (true) {
            const auto count = source.read(buffer);
            if (!count) outcome.error = count.error().message;
            if (!count || *count == 0) return outcome;
            outcome.bytes.append(reinterpret_cast<const char*>(buffer.data()), *count);
        }
    }

    std::string directory_;
    std::string content_;
};

TEST_F(FileSourceTest, EveryFormatIsToldByItsMagicWhateverItsName) {
    for (const char* packer : {"cat", "gzip -1", "bzip2", "xz -0", "zstd -1", "lz4 -1"}) {
        shell(std::string(packer) + " < plain > packed.dat");
        const Outcome outcome = read_all("packed.dat");
        EXPECT_TRUE(outcome.bytes == content_) << packer;
        EXPECT_EQ(outcome.error, "") << packer;
    }
}

TEST_F(FileSourceTest, MembersThatFollowEachOtherAreOneFile) {
    for (const char* packer : {"gzip -1", "bzip2", "xz -0"}) {
        shell("(" + std::string(packer) + " < plain; printf '' | " + packer + "; " + packer +
              " < plain) > packed");
        const Outcome outcome = read_all("packed");
        EXPECT_TRUE(outcome.bytes == content_ + content_) << packer;
        EXPECT_EQ(outcome.error, "") << packer;
    }
}

TEST_F(FileSourceTest, AFileThatIsCutShortGivesWhatIsThereAndSaysSo) {
    for (const std::string packer : {"gzip", "bzip2", "xz"}) {
        shell(packer + " < plain > whole; head -c 400000 whole > packed");
        const Outcome outcome = read_all("packed");
        EXPECT_TRUE(packer == "bzip2" || !outcome.bytes.empty()) << packer;
        EXPECT_TRUE(content_.starts_with(outcome.bytes)) << packer;
        EXPECT_NE(outcome.error.find(packer + " data is cut short at packed byte 400000"), std::string::npos)
            << outcome.error;
    }
}

TEST_F(FileSourceTest, WhatCameBeforeADamageOfFramesIsDelivered) {
    for (const char* packer : {"zstd -q -1 --check", "lz4 -q -1"}) {
        shell(std::string(packer) +
              " < plain > packed && cat packed packed > twice && truncate -s -9 packed");
        EXPECT_TRUE(read_all("twice").bytes == content_ + content_) << packer;
        const Outcome cut = read_all("packed");
        EXPECT_TRUE(content_.starts_with(cut.bytes)) << packer;
        EXPECT_NE(cut.error.find("is cut short"), std::string::npos) << cut.error;
        // The last bytes are a checksum.
        shell(std::string(packer) + " < plain > packed && truncate -s -1 packed && printf x >> packed");
        const Outcome damaged = read_all("packed");
        EXPECT_TRUE(damaged.bytes == content_) << packer << ' ' << damaged.bytes.size();
        EXPECT_NE(damaged.error.find("is damaged"), std::string::npos) << damaged.error;
    }
}

TEST_F(FileSourceTest, DamageInTheMiddleIsTold) {
    for (const std::string packer : {"gzip", "bzip2", "xz"}) {
        shell(packer +
              " < plain > packed; printf '\\377\\377\\377\\377\\377\\377' | "
              "dd of=packed bs=1 seek=300000 conv=notrunc status=none");
        EXPECT_NE(read_all("packed").error.find(packer + " data is damaged"), std::string::npos) << packer;
    }
}

TEST_F(FileSourceTest, AnEmptyFileHasNoBytesAndNoError) {
    write("empty", "");
    const Outcome outcome = read_all("empty");
    EXPECT_EQ(outcome.bytes, "");
    EXPECT_EQ(outcome.error, "");
}

TEST_F(FileSourceTest, AFileThatIsNotThereIsAMissingInput) {
    const auto source = FileSource::open(directory_ + "/nothing");
    ASSERT_FALSE(source);
    EXPECT_EQ(source.error().exit, Exit::no_input);
    EXPECT_NE(source.error().message.find("nothing: No such file"), std::string::npos);
}

}  // namespace
}  // namespace nm
