// All questions about the terminal, and the only writer of stderr: one line a message, "tool: what: why".
// Progress bars are drawn here, and erased before anything else is written.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace nm {

struct WindowSize {
    std::size_t columns = 80;
    std::size_t lines = 24;
};

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
    // Erases the bar that stands there; the next progress() draws it again.
    void hide_progress();

    // From now on lines for a person go there instead of to stderr, if that is the terminal that stdout is
    // too; nullptr: no more. For what draws on it.
    void divert(std::function<void(const std::string& line)> to);

    static bool stdout_is_terminal();
    static bool stdin_is_terminal();
    static bool stderr_is_terminal();
    // A terminal that understands cursor movements (TERM is set, and not to dumb).
    static bool stdout_can_redraw();
    // Of the terminal that a descriptor is: stdout, unless told otherwise.
    static WindowSize window_size(int fd = 1);
    // Whether the locale's character set is UTF-8.
    static bool speaks_utf8();
    // NO_COLOR and --color respected.
    static bool wants_colour(ColourChoice choice);

  private:
    void write_line(const std::string& message);

    std::string tool_;
    std::function<void(const std::string& line)> diverted_;
    bool quiet_ = false;
    bool verbose_ = false;
    const bool on_terminal_ = stderr_is_terminal();
    bool bar_drawn_ = false;
    std::int64_t bar_started_ns_ = 0;
    std::int64_t bar_drawn_ns_ = 0;
};

}  // namespace nm
