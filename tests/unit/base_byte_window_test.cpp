#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <random>
#include <thread>

#include "base/byte_window.hpp"

namespace {

using nm::ByteWindow;

class ByteWindowTest : public testing::Test {
  protected:
    ByteWindowTest() {
        std::mt19937 engine(3);
        for (int i = 0; i < 3'000'000; ++i) content_ += static_cast<char>(engine());
        path_ = testing::TempDir() + "byte_window_" + std::to_string(::getpid());
        std::ofstream(path_, std::ios::binary) << content_;
    }
    ~ByteWindowTest() override { ::unlink(path_.c_str()); }

    std::string path_;
    std::string content_;
};

TEST_F(ByteWindowTest, GivesTheFileInPiecesOfAnySize) {
    std::mt19937 engine(4);
    ByteWindow window = ByteWindow::open(path_).value_or_throw();
    EXPECT_EQ(window.file_size(), content_.size());
    std::string got;
    for (;;) {
        std::size_t wanted = engine() % 700'000;  // more than the first buffer holds
        if (!window.fill(wanted)) wanted = window.left();
        const nm::Bytes bytes = window.consume(wanted);
        got.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        if (wanted == 0 && !window.fill(1)) break;
    }
    EXPECT_TRUE(got == content_);
    EXPECT_EQ(window.offset(), content_.size());
    EXPECT_EQ(window.file_offset(), content_.size());
    EXPECT_EQ(window.problem(), "");
}

TEST_F(ByteWindowTest, OverMemory) {
    const std::uint8_t bytes[] = {1, 2, 3};
    ByteWindow window = ByteWindow::over(bytes);
    EXPECT_TRUE(window.fill(3));
    EXPECT_FALSE(window.fill(4));
    EXPECT_EQ(window.consume(2).size(), 2u);
    EXPECT_EQ(window.unread()[0], 3);
    window.close();
    EXPECT_FALSE(window.fill(1));
}

TEST_F(ByteWindowTest, DamageIsToldAfterWhatCameBefore) {
    ASSERT_EQ(std::system(("gzip -c " + path_ + " | head -c 1000000 > " + path_ + ".gz").c_str()), 0);
    ByteWindow window = ByteWindow::open(path_ + ".gz").value_or_throw();
    EXPECT_FALSE(window.fill(content_.size()));
    EXPECT_GT(window.left(), 900'000u);
    EXPECT_NE(window.problem().find("cut short"), std::string::npos) << window.problem();
    ::unlink((path_ + ".gz").c_str());
}

TEST_F(ByteWindowTest, SaysBeforeItWaitsForAPipe) {
    const std::string pipe = path_ + ".pipe";
    ASSERT_EQ(std::system(("mkfifo " + pipe).c_str()), 0);
    std::thread writer([&] {
        std::ofstream out(pipe, std::ios::binary);
        out << "first..." << std::flush;
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        out << "second";
    });
    ByteWindow window = ByteWindow::open(pipe).value_or_throw();
    int told = 0;
    window.before_waiting([&] { ++told; });
    EXPECT_TRUE(window.fill(8));
    window.consume(8);
    EXPECT_TRUE(window.fill(6));
    EXPECT_GE(told, 1);
    writer.join();
    ::unlink(pipe.c_str());
}

}  // namespace
