// Text to a descriptor in 64 KiB batches. Whoever waits for input calls flush() first, so that a batch never
// waits with it. A closed pipe is quiet (closed() turns true, the verb ends); any other failure is kept for
// run_tool, which ends with 74. Proof: tests/cli/contract.bats (full disk, head -1).
#pragma once

#include <memory>

#include "base/result.hpp"
#include "base/text_buffer.hpp"
#include "base/unique_fd.hpp"

namespace nm {

class LineWriter {
  public:
    static constexpr std::size_t batch_bytes = 64 * 1024;

    // Borrows fd, which must stay open. name is for messages: "stdout" or the file.
    LineWriter(int fd, std::string name);
    ~LineWriter();
    LineWriter(const LineWriter&) = delete;
    LineWriter& operator=(const LineWriter&) = delete;

    // The descriptor is a file whose contents go, but not before the first bytes are written or begin() says
    // so.
    void empty_file_first() { must_empty_ = true; }
    void begin();

    // Append whole lines here, then call written().
    TextBuffer& buffer() { return buffer_; }
    void written() {
        if (buffer_.size() >= batch_bytes) flush();
    }
    void flush();

    // From now on a thread of its own writes, so that a slow reader never holds up the caller; what waits is
    // bounded: congested() tells the caller to produce less once this many bytes wait.
    void write_in_background(std::size_t max_waiting_bytes);
    bool congested() const;

    bool closed() const;  // the reader is gone, or writing failed: nothing more will arrive
    // Flushes, waits until all is written, and tells how writing went.
    Status finish();

  private:
    class Background;

    void write_all(std::string_view text);
    void fail(int errno_value);

    int fd_;
    std::string name_;
    TextBuffer buffer_;
    bool must_empty_ = false;
    bool reader_gone_ = false;
    int errno_ = 0;
    std::unique_ptr<Background> background_;
};

int write_fully(int fd, std::string_view text);

}  // namespace nm
