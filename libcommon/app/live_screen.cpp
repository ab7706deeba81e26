#include "app/live_screen.hpp"

#include "app/signals.hpp"
#include "base/terminal_text.hpp"

namespace nm {

std::string LiveFrame::next(const std::vector<std::string>& lines, const WindowSize& window) {
    std::string out;
    // Lines that were wider than the window is now may have been folded or not, as the terminal likes: where
    // they begin is not known.
    if (height_ > 0 && window.columns < columns_) {
        out += escape::clear_screen;
        height_ = 0;
    }
    out += escape::line_start;
    out += escape::up(height_);
    const auto put = [&](const std::string& line) {
        out += line;
        out += escape::erase_to_line_end;
        out += "\r\n";
    };
    for (const std::string& line : above_) put(line);
    for (const std::string& line : lines) put(line);
    out += escape::erase_below;
    above_.clear();
    height_ = lines.size();
    columns_ = window.columns;
    return out;
}

LiveScreen::LiveScreen(Output& out, Console& console)
    : out_(out), console_(console), window_(Console::window_size()) {
    watch_terminal();
    console_.divert([this](const std::string& line) { frame_.above(printable(line)); });
}

LiveScreen::~LiveScreen() {
    console_.divert(nullptr);
}

bool LiveScreen::possible(const Output& out) {
    return out.for_people() && Console::stdout_can_redraw();
}

WindowSize LiveScreen::room() const {
    // The cursor stands in the line below.
    return {window_.columns, window_.lines - 1};
}

bool LiveScreen::disturbed() {
    if (take_continue_request()) {
        frame_.lose_place();
        window_ = Console::window_size();
        return true;
    }
    if (!take_resize_request()) return false;
    window_ = Console::window_size();
    return true;
}

void LiveScreen::draw(const std::vector<std::string>& lines) {
    if (out_.congested()) return;
    out_.draw(frame_.next(lines, window_));
}

}  // namespace nm
