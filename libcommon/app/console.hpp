// All questions about the terminal, and the only writer of stderr: one line a message, "tool: what: why".
// Progress bars are drawn here, and erased before anything else is written.
#pragma once

#include <cstdint>
#include <string>

namespace nm {

enum class ColourChoice : std::uint8_t { automatic, always, never };

class Console {
  public:
    explicit Console(std::string tool) : tool_(std::move(tool)) {}
    ~Console() { end_progress(); }
    Console(const Console&) = delete;
    Console& operator=(const Console&) = delete;

    void set_quiet(bool quiet) { quiet_ = quiet; }
    void set_verbose(bool verbose) { verbose_ = verbose; }

    void error(const std::string& message);   // always
    void warn(const std::string& message);    // not with -q
    void detail(const std::string& message);  // only with -v

    // A bar with rate and time left, on a terminal and without -q; total 0 means not known. unit: "packets".
    void progress(std::uint64_t done, std::uint64_t total, const char* unit);
    void end_progress();

    static bool stdout_is_terminal();
    static bool stdin_is_terminal();
    static bool stderr_is_terminal();
    // NO_COLOR and --color respected.
    static bool wants_colour(ColourChoice choice);

  private:
    void write_line(const std::string& message);

    std::string tool_;
    bool quiet_ = false;
    bool verbose_ = false;
    const bool on_terminal_ = stderr_is_terminal();
    bool bar_drawn_ = false;
    std::int64_t bar_started_ns_ = 0;
    std::int64_t bar_drawn_ns_ = 0;
};

}  // namespace nm
