#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <ctime>
#include <random>

#include "base/clock.hpp"
#include "base/fixed_text.hpp"
#include "base/result.hpp"
#include "base/text.hpp"
#include "base/text_buffer.hpp"

namespace nm {
namespace {

TEST(Durations, WholeAndFractionalUnits) {
    EXPECT_EQ(parse_duration_ns("200ms"), 200'000'000);
    EXPECT_EQ(parse_duration_ns("5s"), 5'000'000'000);
    EXPECT_EQ(parse_duration_ns("1m"), 60'000'000'000);
    EXPECT_EQ(parse_duration_ns("2h"), 7'200'000'000'000);
    EXPECT_EQ(parse_duration_ns("1d"), 86'400'000'000'000);
    EXPECT_EQ(parse_duration_ns("50us"), 50'000);
    EXPECT_EQ(parse_duration_ns("10ns"), 10);
    EXPECT_EQ(parse_duration_ns("1.5s"), 1'500'000'000);
    EXPECT_EQ(parse_duration_ns("0"), 0);
    EXPECT_EQ(parse_duration_ns("9007199254740993ns"), 9'007'199'254'740'993);  // above 2^53
}

TEST(Durations, WhatIsNotOneIsRefusedWhole) {
    for (const char* text : {"", "5", "s", "5 s", "-5s", "5S", "5sec", "5s ", " 5s", "0x5s", "1e3s", "1.2.3s",
                             "nan", "inf", "infs", "300000d", "9223372036854775808ns", "99999999999.5d"})
        EXPECT_FALSE(parse_duration_ns(text)) << text;
}

TEST(Durations, TheirTextReadsBackToTheSame) {
    std::mt19937_64 random(1);
    for (int i = 0; i < 10'000; ++i) {
        const auto ns = static_cast<std::int64_t>(random() >> (1 + random() % 60));
        EXPECT_EQ(parse_duration_ns(duration_text(ns)), ns) << duration_text(ns);
    }
    EXPECT_EQ(duration_text(200'000'000), "200ms");
    EXPECT_EQ(duration_text(90'000'000'000), "90s");
}

TEST(Sizes, DecimalAndBinarySuffixes) {
    EXPECT_EQ(parse_size("64"), 64u);
    EXPECT_EQ(parse_size("64k"), 64'000u);
    EXPECT_EQ(parse_size("10M"), 10'000'000u);
    EXPECT_EQ(parse_size("1G"), 1'000'000'000u);
    EXPECT_EQ(parse_size("64Ki"), 65'536u);
    EXPECT_EQ(parse_size("1.5k"), 1'500u);
    for (const char* text : {"", "k", "-1", "1kk", "1 k", "0x10", "1e3", "99999999999999999999", "1B"})
        EXPECT_FALSE(parse_size(text)) << text;
}

TEST(Text, InQuotesIsSafeToPrint) {
    EXPECT_EQ(in_quotes("db1"), "'db1'");
    EXPECT_EQ(in_quotes("a\x1b[31m\n\x7f"), "'a\\x1b[31m\\x0a\\x7f'");
    EXPECT_EQ(in_quotes("\xc3\xa9\xff"), "'\xc3\xa9\\xff'");
}

// Validity by the table of Unicode 15 section 3.9, D92, over all sequences of up to three bytes that matter.
TEST(Text, Utf8SequencesAreThoseOfTheStandard) {
    const auto valid = [](std::uint32_t c, std::string& out) {
        out.clear();
        if (c < 0x80) {
            out += static_cast<char>(c);
        } else if (c < 0x800) {
            out += static_cast<char>(0xC0 | c >> 6);
            out += static_cast<char>(0x80 | (c & 63));
        } else if (c < 0x10000) {
            out += static_cast<char>(0xE0 | c >> 12);
            out += static_cast<char>(0x80 | (c >> 6 & 63));
            out += static_cast<char>(0x80 | (c & 63));
        } else {
            out += static_cast<char>(0xF0 | c >> 18);
            out += static_cast<char>(0x80 | (c >> 12 & 63));
            out += static_cast<char>(0x80 | (c >> 6 & 63));
            out += static_cast<char>(0x80 | (c & 63));
        }
        return c < 0xD800 || (c > 0xDFFF && c <= 0x10FFFF);
    };
    std::string text;
    for (std::uint32_t c = 0; c < 0x120000; ++c) {
        const bool good = valid(c, text);
        ASSERT_EQ(utf8_sequence(text), good ? text.size() : 0) << std::hex << c;
        ASSERT_EQ(utf8_sequence(text.substr(0, text.size() - 1)), 0u) << std::hex << c;
    }
    for (const char* overlong : {"\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xF0\x80\x80\x80", "\x80", "\xFE"})
        EXPECT_EQ(utf8_sequence(overlong), 0u);
}

std::string by_strftime(std::int64_t ns) {
    auto seconds = static_cast<std::time_t>(ns / ns_per_s);
    std::int64_t us = ns % ns_per_s / 1000;
    std::tm broken{};
    gmtime_r(&seconds, &broken);
    char text[64];
    const std::size_t n = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &broken);
    std::snprintf(text + n, sizeof text - n, ".%06dZ", static_cast<int>(us));
    return text;
}

TEST(Times, AreSpelledAsStrftimeDoesAndReadBack) {
    std::mt19937_64 random(2);
    for (int i = 0; i < 20'000; ++i) {
        const auto ns = static_cast<std::int64_t>(random() >> 1);  // 1970 to 2262
        ASSERT_EQ(to_string(Time{ns}), by_strftime(ns));
        ASSERT_EQ(parse_time(to_string(Time{ns})), Time{ns / 1000 * 1000});
    }
    EXPECT_EQ(to_string(Time{-1}), "1969-12-31T23:59:59.999999Z");
    EXPECT_EQ(to_string(Time{951'782'400'000'000'000}), "2000-02-29T00:00:00.000000Z");
}

TEST(Times, ReadWithZonesAndFractionsOfAnyLength) {
    const Time wanted = *parse_time("2026-11-22T01:02:03.5Z");
    EXPECT_EQ(parse_time("2026-11-22T02:02:03.500000000+01:00"), wanted);
    EXPECT_EQ(parse_time("2026-11-21T20:32:03.50-04:30"), wanted);
    EXPECT_EQ(parse_time("2026-11-22 01:02:03.5z"), wanted);
    EXPECT_EQ(parse_time("2026-11-22T01:02:03Z")->ns, wanted.ns - ns_per_s / 2);
    EXPECT_EQ(parse_time("1970-01-01T00:00:00.000000001Z"), Time{1});
}

TEST(Times, WhatIsNoneIsRefused) {
    for (const char* text :
         {"", "2026-11-22", "2026-11-22T01:02:03", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z",
          "2026-11-22T24:00:00Z", "2026-11-22T01:60:00Z", "2026-11-22T01:02:03.Z",
          "2026-11-22T01:02:03.1234567890Z", "2026-11-22T01:02:03Z ", "26-11-22T01:02:03Z",
          "2026-11-22T01:02:03+1:00", "4052-11-22T01:02:03Z", "0001-01-01T00:00:00Z"})
        EXPECT_FALSE(parse_time(text)) << text;
}

std::string decimal(double value, int decimals) {
    TextBuffer out;
    out.append_decimal(value, decimals);
    return std::string(out.view());
}

TEST(Decimals, HaveNoTrailingZerosAndNoExponentBelow9e12) {
    EXPECT_EQ(decimal(0, 3), "0");
    EXPECT_EQ(decimal(12.5, 3), "12.5");
    EXPECT_EQ(decimal(-0.0004, 3), "0");
    EXPECT_EQ(decimal(-0.5, 3), "-0.5");
    EXPECT_EQ(decimal(0.001, 3), "0.001");
    EXPECT_EQ(decimal(100, 3), "100");
    EXPECT_EQ(decimal(1e40, 3), "1e+40");  // never an integer above 2^53
}

TEST(Decimals, KeepIntegersExactThatADoubleHolds) {
    EXPECT_EQ(decimal(4503599627370.497, 3), "4503599627370.497");  // odd above 2^52 when scaled
    EXPECT_EQ(decimal(8999999999999, 3), "8999999999999");
    EXPECT_EQ(decimal(0.4999999, 6), "0.5");
    EXPECT_EQ(decimal(0.0005, 3), "0.001");
}

TEST(Integers, OfEveryLengthAreWhatTheLibraryWrites) {
    for (std::uint64_t power = 1; power <= 1'000'000'000'000'000'000; power *= 10) {
        for (const std::uint64_t value : {power - 1, power, power + 1, power * 9 + 9}) {
            TextBuffer out;
            out.append_integer(value);
            EXPECT_EQ(out.view(), std::to_string(value));
            out.clear();
            out.append_integer(-static_cast<std::int64_t>(value % (1ULL << 63)));
            EXPECT_EQ(out.view(), std::to_string(-static_cast<std::int64_t>(value % (1ULL << 63))));
        }
    }
    for (unsigned value = 0; value < 256; ++value) {
        TextBuffer out;
        out.append_integer(static_cast<std::uint8_t>(value));
        EXPECT_EQ(out.view(), std::to_string(value));
    }
}

TEST(Decimals, AreTheNearestOfTheirLength) {
    std::mt19937_64 random(3);
    std::uniform_real_distribution<double> value(-1e6, 1e6);
    for (int i = 0; i < 20'000; ++i) {
        const double v = value(random);
        for (const int decimals : {0, 1, 3, 6}) {
            const double back = std::strtod(decimal(v, decimals).c_str(), nullptr);
            ASSERT_LE(std::abs(back - v), 0.50001 * std::pow(10, -decimals)) << v;
        }
    }
}

TEST(Results, AnErrnoOfPermissionAsksForPermission) {
    EXPECT_EQ(os_error("open x", EACCES, Exit::no_input).exit, Exit::no_permission);
    EXPECT_EQ(os_error("open x", ENOENT, Exit::no_input).exit, Exit::no_input);
    EXPECT_EQ(os_error("open x", ENOENT).message, "open x: No such file or directory");
}

TEST(FixedText, CutsAtAWholeCharacterAndComparesByItsBytes) {
    using Short = FixedText<8>;
    EXPECT_EQ(Short("abc").view(), "abc");
    EXPECT_EQ(Short("1234567").view(), "1234567");
    EXPECT_EQ(Short("12345678").view(), "1234567");
    EXPECT_EQ(Short("123456\xc3\xa9").view(), "123456");
    Short reused("1234567");
    reused.assign("a");
    EXPECT_TRUE(reused == Short("a"));
    EXPECT_TRUE(Short("").empty());
}

}  // namespace
}  // namespace nm
