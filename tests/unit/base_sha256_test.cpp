#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "base/process.hpp"
#include "base/sha256.hpp"

namespace nm {
namespace {

// The examples of FIPS 180-4 (and of its predecessor's appendix B).
TEST(Sha256, ExamplesOfTheStandard) {
    EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    EXPECT_EQ(sha256_hex(std::string(1'000'000, 'a')),
              "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, EveryLengthAroundABlockEqualsSha256sum) {
    const std::string path = testing::TempDir() + "sha256." + std::to_string(::getpid());
    for (std::size_t size = 50; size < 140; ++size) {
        std::string bytes(size, '\0');
        for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 37 + size);
        std::ofstream(path, std::ios::binary) << bytes;
        const auto end = run_process({{"sha256sum", path}, {}});
        ASSERT_TRUE(end);
        EXPECT_EQ(sha256_hex(bytes), end->out.substr(0, 64)) << size;
    }
    std::remove(path.c_str());
}

TEST(Sha256, PiecesGiveTheSumOfTheWhole) {
    const std::string bytes(1000, 'x');
    Sha256 sum;
    for (std::size_t at = 0, n = 1; at < bytes.size(); at += n, n = n * 2 + 1)
        sum.add(std::string_view(bytes).substr(at, n));
    EXPECT_EQ(sum.hex(), sha256_hex(bytes));
}

}  // namespace
}  // namespace nm
