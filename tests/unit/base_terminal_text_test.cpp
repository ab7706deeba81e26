#include <gtest/gtest.h>

#include "base/terminal_text.hpp"

namespace nm {
namespace {

TEST(TerminalText, WidthIsInColumnsNotBytes) {
    EXPECT_EQ(width_of(""), 0U);
    EXPECT_EQ(width_of("db1"), 3U);
    EXPECT_EQ(width_of("r\xc3\xa9seau"), 6U);
    EXPECT_EQ(width_of("e\xcc\x81"), 1U);                 // e and a combining accent
    EXPECT_EQ(width_of("\xe6\x9d\xb1\xe4\xba\xac"), 4U);  // two wide characters
    EXPECT_EQ(width_of("\xff"), 1U);                      // shown as ?
}

TEST(TerminalText, NothingThatMovesTheCursorReachesATerminal) {
    EXPECT_EQ(printable("a\x1b[2Jb\r\n\tc\x7f"), "a?[2Jb???c?");
    EXPECT_EQ(printable("\xc2\x9b"
                        "1m"),
              "?1m");  // CSI as one C1 character
    EXPECT_EQ(printable("\xe2\x82"), "??");
    EXPECT_EQ(printable("r\xc3\xa9"), "r\xc3\xa9");
}

TEST(TerminalText, ClippingKeepsWholeCharactersAndMarksTheCut) {
    EXPECT_EQ(clipped("abcdef", 6), "abcdef");
    EXPECT_EQ(clipped("abcdef", 4), "abc~");
    EXPECT_EQ(clipped("\xe6\x9d\xb1\xe4\xba\xac\xe6\x9d\xb1", 4), "\xe6\x9d\xb1~");
    EXPECT_EQ(clipped("abc", 0), "");
}

TEST(TerminalText, StatesAndLossesHaveTheirColours) {
    EXPECT_EQ(mood_of_state("up"), Mood::good);
    EXPECT_EQ(mood_of_state("open"), Mood::good);
    EXPECT_EQ(mood_of_state("closed"), Mood::doubtful);
    for (const char* word : {"lost", "filtered", "unreachable", "error", "unresolved", "gap", "loop"})
        EXPECT_EQ(mood_of_state(word), Mood::bad) << word;
    EXPECT_EQ(mood_of_loss(0), Mood::plain);
    EXPECT_EQ(mood_of_loss(0.5), Mood::doubtful);
    EXPECT_EQ(mood_of_loss(100), Mood::bad);
    EXPECT_EQ(painted("up", Mood::good, true), "\033[32mup\033[0m");
    EXPECT_EQ(painted("up", Mood::good, false), "up");
}

}  // namespace
}  // namespace nm
