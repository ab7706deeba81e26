// Lines of a descriptor, in large reads. Before it would wait for input it calls before_block, where output
// is flushed. A line over 1 MiB is skipped and told, never held in memory.
// Proof: tests/unit/json_test.cpp, tests/cli/contract.bats.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

namespace nm {

class LineReader {
  public:
    static constexpr std::size_t longest_line = 1024 * 1024;
    enum class Next {
        line,
        too_long,  // a line over longest_line went by
        end,
        stopped,  // a signal asked the tool to stop
        failed,   // read failed: errno_value()
    };

    LineReader(int fd, std::function<void()> before_block);

    // The next line without its newline; valid until the next call.
    Next next(std::string_view& line);
    std::uint64_t line_number() const { return line_number_; }
    int errno_value() const { return errno_; }

  private:
    Next fill();

    static constexpr std::size_t read_bytes = 64 * 1024;

    int fd_;
    std::function<void()> before_block_;
    std::unique_ptr<char[]> buffer_;
    std::size_t begin_ = 0;    // of the unread bytes
    std::size_t scanned_ = 0;  // no newline before this
    std::size_t end_ = 0;
    std::uint64_t line_number_ = 0;
    bool skipping_ = false;  // inside a line that is too long
    bool at_end_ = false;
    int errno_ = 0;
};

}  // namespace nm
