#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>

#include "base/unique_fd.hpp"
#include "json/document.hpp"
#include "json/escape.hpp"
#include "json/line_reader.hpp"
#include "json/line_writer.hpp"

namespace nm {
namespace {

using json = nlohmann::json;

std::string escaped(std::string_view text) {
    TextBuffer out;
    append_json_string(out, text);
    return std::string(out.view());
}

TEST(JsonStrings, AreValidAndReadBackByNlohmann) {
    std::mt19937_64 random(1);
    const std::vector<std::string> pieces = {"a",
                                             "\"",
                                             "\\",
                                             "\n",
                                             "\t",
                                             "\x01",
                                             "\x1f",
                                             "\x7f",
                                             "\xc3\xa9",
                                             "\xe2\x82\xac",
                                             "\xf0\x9f\x98\x80",
                                             "\xe2\x80\xa8",
                                             "/",
                                             "</script>"};
    for (int i = 0; i < 20'000; ++i) {
        std::string text;
        for (std::uint64_t n = random() % 40; n > 0; --n) text += pieces[random() % pieces.size()];
        if (i % 50 == 0) text.push_back('\0');
        ASSERT_EQ(json::parse(escaped(text)).get<std::string>(), text);
    }
}

TEST(JsonStrings, OfAnyBytesAreValidUtf8) {
    std::mt19937_64 random(2);
    for (int i = 0; i < 20'000; ++i) {
        std::string text(random() % 60, ' ');
        for (char& c : text) c = static_cast<char>(random() % 3 == 0 ? random() : 0xC0 + random() % 64);
        // nlohmann refuses bytes that are not UTF-8.
        ASSERT_TRUE(json::accept(escaped(text)));
    }
    EXPECT_EQ(escaped("a\xff"
                      "b"),
              "\"a\xEF\xBF\xBD"
              "b\"");
}

TEST(Documents, AgreeWithNlohmann) {
    for (const char* text : {R"({"a":[1,-2,3.5,true,false,null,"x"],"b":{"c":{}},"d":[]})", R"("text")", "17",
                             "[]", R"({"k":"\u00e9\ud83d\ude00"})"}) {
        const auto document = Document::parse(text);
        ASSERT_TRUE(document) << text;
        EXPECT_EQ(json::parse(document->dump()), json::parse(text));
    }
    for (const char* text :
         {"", "{", "[1,]", "{'a':1}", "NaN", R"({"a":1}x)", R"({"a":1,"a":2})", "01", "\"\xff\""})
        EXPECT_FALSE(Document::parse(text)) << text;
}

// A pipe that a thread fills with text in pieces.
struct Pipe {
    UniqueFd read_end, write_end;
    Pipe() {
        int fds[2];
        if (::pipe(fds) != 0) std::abort();
        read_end.reset(fds[0]);
        write_end.reset(fds[1]);
    }
};

std::vector<std::string> read_lines(const std::string& text, std::size_t piece,
                                    std::vector<std::uint64_t>& too_long) {
    Pipe pipe;
    std::thread feeder([&] {
        for (std::size_t at = 0; at < text.size(); at += piece)
            write_fully(pipe.write_end.get(), std::string_view(text).substr(at, piece));
        pipe.write_end.reset();
    });
    LineReader reader(pipe.read_end.get(), nullptr);
    std::vector<std::string> lines;
    std::string_view line;
    for (auto next = reader.next(line); next != LineReader::Next::end; next = reader.next(line)) {
        if (next == LineReader::Next::line)
            lines.emplace_back(line);
        else if (next == LineReader::Next::too_long)
            too_long.push_back(reader.line_number());
        else
            break;
    }
    feeder.join();
    return lines;
}

TEST(Lines, AreTheSameHoweverTheBytesArrive) {
    const std::string text = "one\n\ntwo two\r\n" + std::string(100'000, 'x') + "\nlast without newline";
    const std::vector<std::string> wanted = {"one", "", "two two\r", std::string(100'000, 'x'),
                                             "last without newline"};
    for (const std::size_t piece : {std::size_t{7}, std::size_t{4096}, std::size_t{1} << 20}) {
        std::vector<std::uint64_t> too_long;
        EXPECT_EQ(read_lines(text, piece, too_long), wanted);
        EXPECT_TRUE(too_long.empty());
    }
}

TEST(Lines, OverOneMebibyteAreToldAndTheirNeighboursRead) {
    const std::string at_limit(LineReader::longest_line, 'a');
    const std::string text =
        "before\n" + std::string(3'000'000, 'x') + "\n" + at_limit + "\n" + at_limit + "b\nafter\n";
    std::vector<std::uint64_t> too_long;
    EXPECT_EQ(read_lines(text, 65'536, too_long), (std::vector<std::string>{"before", at_limit, "after"}));
    EXPECT_EQ(too_long, (std::vector<std::uint64_t>{2, 4}));
}

TEST(Lines, OutputIsFlushedBeforeWaitingOnly) {
    Pipe pipe;
    write_fully(pipe.write_end.get(), "a\nb\n");
    int waits = 0;
    LineReader reader(pipe.read_end.get(), [&] {
        ++waits;
        pipe.write_end.reset();
    });
    std::string_view line;
    ASSERT_EQ(reader.next(line), LineReader::Next::line);
    ASSERT_EQ(reader.next(line), LineReader::Next::line);
    EXPECT_EQ(waits, 0);
    EXPECT_EQ(reader.next(line), LineReader::Next::end);
    EXPECT_EQ(waits, 1);
}

TEST(Writers, TellAFullDiskAndAreQuietAboutAReaderThatWent) {
    UniqueFd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
    ASSERT_TRUE(full);
    LineWriter to_full(full.get(), "stdout");
    to_full.buffer().append(std::string_view("x\n"));
    const Status told = to_full.finish();
    ASSERT_FALSE(told);
    EXPECT_EQ(told.error().exit, Exit::io_error);

    Pipe pipe;
    pipe.read_end.reset();
    std::signal(SIGPIPE, SIG_IGN);
    LineWriter to_nobody(pipe.write_end.get(), "stdout");
    to_nobody.buffer().append(std::string_view("x\n"));
    to_nobody.flush();
    EXPECT_TRUE(to_nobody.closed());
    EXPECT_TRUE(to_nobody.finish());
}

}  // namespace
}  // namespace nm
