// Lines at the bottom of a terminal that are drawn again in place, as many as the window has room for. What
// the tool has to say meanwhile (Console) goes above them and stays. Nothing is switched on that must be
// switched off, no alternate screen, no raw mode, no hidden cursor: after the last frame the lines just stay,
// and a killed program leaves the terminal as it was. Proof: tests/unit/app_live_test.cpp,
// tests/lab/live.bats.
#pragma once

#include <string>
#include <vector>

#include "app/console.hpp"
#include "base/text_buffer.hpp"
#include "format/output.hpp"

namespace nm {

// The text that turns one frame into the next.
class LiveFrame {
  public:
    // A line that goes above the frame with the next one, and stays there.
    void above(std::string line) { above_.push_back(std::move(line)); }
    // lines: no wider than the window, fewer than it has.
    std::string next(const std::vector<std::string>& lines, const WindowSize& window);
    // The cursor may be anywhere: the next frame begins where it stands.
    void lose_place() { height_ = 0; }

  private:
    std::vector<std::string> above_;
    std::size_t height_ = 0;   // lines of the last frame, above the cursor
    std::size_t columns_ = 0;  // of the window it was drawn for
};

class LiveScreen {
  public:
    LiveScreen(Output& out, Console& console);
    ~LiveScreen();
    LiveScreen(const LiveScreen&) = delete;
    LiveScreen& operator=(const LiveScreen&) = delete;

    // Whether verbs may draw on stdout: it is a terminal that can, and the user wants a table of everything.
    static bool possible(const Output& out);

    // For lines: what the window has room for, below what goes above them.
    WindowSize room() const;
    // True once after the window has changed its size or the program was in the background.
    bool disturbed();
    // Skipped when the terminal does not take what was drawn before.
    void draw(const std::vector<std::string>& lines);
    bool colour() const { return out_.colour(); }

  private:
    Output& out_;
    Console& console_;
    LiveFrame frame_;
    WindowSize window_;
};

}  // namespace nm
