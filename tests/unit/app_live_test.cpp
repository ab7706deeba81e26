// What is drawn on a terminal again in place: the frames, and the columns that fit a window.
#include <gtest/gtest.h>

#include "app/live_grid.hpp"
#include "app/live_screen.hpp"

namespace nm {
namespace {

TEST(LiveFrame, TheNextFrameIsWrittenOverTheLast) {
    LiveFrame frame;
    EXPECT_EQ(frame.next({"a", "b"}, {80, 24}), "\ra\033[K\r\nb\033[K\r\n\033[J");
    EXPECT_EQ(frame.next({"c"}, {80, 24}), "\r\033[2Ac\033[K\r\n\033[J");
    EXPECT_EQ(frame.next({"d"}, {80, 24}), "\r\033[1Ad\033[K\r\n\033[J");
}

TEST(LiveFrame, MessagesGoAboveAndStay) {
    LiveFrame frame;
    frame.next({"a"}, {80, 24});
    frame.above("nmprobe: db1: no such host");
    EXPECT_EQ(frame.next({"b"}, {80, 24}), "\r\033[1Anmprobe: db1: no such host\033[K\r\nb\033[K\r\n\033[J");
    EXPECT_EQ(frame.next({"c"}, {80, 24}), "\r\033[1Ac\033[K\r\n\033[J");
}

TEST(LiveFrame, ANarrowerWindowMayHaveFoldedLinesSoItBeginsAgain) {
    LiveFrame frame;
    frame.next({"a"}, {80, 24});
    EXPECT_EQ(frame.next({"b"}, {100, 24}), "\r\033[1Ab\033[K\r\n\033[J");
    EXPECT_EQ(frame.next({"c"}, {60, 24}), "\033[H\033[2J\rc\033[K\r\n\033[J");
    frame.lose_place();
    EXPECT_EQ(frame.next({"d"}, {60, 24}), "\rd\033[K\r\n\033[J");
}

TEST(LiveFrame, NoModeOfTheTerminalIsTouched) {
    LiveFrame frame;
    frame.next({"a"}, {80, 24});
    const std::string text = frame.next({"b"}, {40, 24});
    EXPECT_EQ(text.find("\033[?"), std::string::npos);  // cursor, wrapping, alternate screen
    EXPECT_EQ(text.find("\0337"), std::string::npos);
}

LiveGrid grid() {
    LiveGrid grid({{"NAME", false, 100, 0, 10}, {"LOW", true, 1, 5}, {"HIGH", true, 50, 0}}, false);
    grid.add({{"a"}, {"1"}, {"22222"}});
    grid.add({{"a name too long"}, {""}, {"3"}});
    return grid;
}

TEST(LiveGrid, AlignsItsColumns) {
    LiveGrid it = grid();
    it.fit(80);
    EXPECT_EQ(it.header(), "NAME          LOW   HIGH");
    EXPECT_EQ(it.line(0), "a               1  22222");
    EXPECT_EQ(it.line(1), "a name to~             3");
    EXPECT_EQ(it.room(), 80U - 10 - 2 - 5 - 2 - 5 - 2);
    EXPECT_EQ(it.line(0, true), "a               1  22222  ");
}

TEST(LiveGrid, WhatIsOfLeastUseGoesFirst) {
    LiveGrid it = grid();
    it.fit(24);
    EXPECT_EQ(it.header(), "NAME          LOW   HIGH");
    it.fit(23);
    EXPECT_EQ(it.header(), "NAME         HIGH");
    it.fit(16);
    EXPECT_EQ(it.header(), "NAME");
    it.fit(4);
    EXPECT_EQ(it.line(1), "a n~");
    it.fit(24, 7);  // so many are kept free
    EXPECT_EQ(it.header(), "NAME");
    EXPECT_EQ(it.room(), 12U);
}

TEST(LiveGrid, ColourTakesNoRoom) {
    LiveGrid it({{"STATE", false, 1}, {"N", true, 1}}, true);
    it.add({{"lost", Mood::bad}, {"7"}});
    it.fit(20);
    EXPECT_EQ(it.line(0), "\033[1;31mlost\033[0m   7");
}

TEST(LiveGrid, NumbersAreShortAndHonest) {
    EXPECT_EQ(short_ms(123), "0.000");
    EXPECT_EQ(short_ms(1'234'567), "1.235");
    EXPECT_EQ(short_ms(12'345'678), "12.35");
    EXPECT_EQ(short_ms(123'456'789), "123.5");
    EXPECT_EQ(short_ms(1'234'567'890), "1235");
    EXPECT_EQ(short_pct(0), "0");
    EXPECT_EQ(short_pct(100), "100");
    EXPECT_EQ(short_pct(0.001), "0.1");  // not nothing
    EXPECT_EQ(short_pct(99.999), "99.9");
}

}  // namespace
}  // namespace nm
