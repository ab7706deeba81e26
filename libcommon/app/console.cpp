#include "app/console.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <cstdlib>

#include "base/clock.hpp"
#include "base/terminal_text.hpp"
#include "json/line_writer.hpp"

namespace nm {
namespace {

constexpr std::int64_t redraw_ns = 100 * ns_per_ms;

std::string seconds_text(double seconds) {
    char text[32];
    const auto whole = static_cast<long>(seconds);
    std::snprintf(text, sizeof text, "%ld:%02ld", whole / 60, whole % 60);
    return text;
}

bool moves_cursor() {
    const char* kind = std::getenv("TERM");
    return kind != nullptr && *kind != '\0' && std::string_view(kind) != "dumb";
}

// "527 MB/s", "12.3 k packets/s": three digits are enough for a rate.
std::string rate_text(double rate, std::string_view unit) {
    constexpr std::array<std::string_view, 4> steps{"", "k", "M", "G"};
    std::size_t step = 0;
    for (; rate >= 1000 && step + 1 < steps.size(); ++step) rate /= 1000;
    char number[32];
    std::snprintf(number, sizeof number, step > 0 && rate < 100 ? "%.1f" : "%.0f", rate);
    const bool is_bytes = unit == "bytes";
    return std::string(number) + ' ' + std::string(steps[step]) +
           (is_bytes ? "B" : (step > 0 ? " " : "") + std::string(unit)) + "/s";
}

std::string erase_line() {
    return std::string(escape::line_start) + std::string(escape::erase_to_line_end);
}

}  // namespace

void Console::divert(std::function<void(const std::string& line)> to) {
    diverted_ = on_terminal_ ? std::move(to) : nullptr;
}

void Console::write_line(const std::string& message) {
    end_progress();
    if (diverted_)
        diverted_(tool_ + ": " + message);
    else
        write_fully(STDERR_FILENO, tool_ + ": " + message + "\n");
}

void Console::error(const std::string& message) {
    write_line(message);
}

void Console::warn(const std::string& message) {
    if (!quiet_) write_line(message);
}

void Console::detail(const std::string& message) {
    if (verbose_ && !quiet_) write_line(message);
}

void Console::progress(std::uint64_t done, std::uint64_t total, const char* unit) {
    if (quiet_ || !on_terminal_ || diverted_ || !moves_cursor()) return;
    const std::int64_t now_ns = monotonic_ns();
    if (bar_started_ns_ == 0) bar_started_ns_ = bar_drawn_ns_ = now_ns;
    if (now_ns - bar_drawn_ns_ < redraw_ns) return;
    bar_drawn_ns_ = now_ns;
    const double elapsed_s = static_cast<double>(now_ns - bar_started_ns_) / 1e9;
    const double rate = static_cast<double>(done) / elapsed_s;
    std::string text;
    if (total > 0) {
        const double share = std::min(static_cast<double>(done) / static_cast<double>(total), 1.0);
        const double left_s = share > 0 ? elapsed_s / share - elapsed_s : 0;
        constexpr std::size_t bar_width = 30;
        const auto filled = static_cast<std::size_t>(share * bar_width);
        const std::string percent = std::to_string(static_cast<int>(share * 100));
        text = "[" + std::string(filled, '#') + std::string(bar_width - filled, ' ') + "] " +
               std::string(3 - percent.size(), ' ') + percent + " %  " + rate_text(rate, unit) + "  " +
               seconds_text(left_s) + " left";
    } else {
        text = std::to_string(done) + ' ' + unit + "  " + rate_text(rate, unit);
    }
    // A bar that wraps could not be erased.
    if (const std::size_t width = window_size(STDERR_FILENO).columns; text.size() >= width)
        text.resize(width - 1);
    write_fully(STDERR_FILENO, erase_line() + text);
    bar_drawn_ = true;
}

void Console::hide_progress() {
    if (bar_drawn_) write_fully(STDERR_FILENO, erase_line());
    bar_drawn_ = false;
}

void Console::end_progress() {
    hide_progress();
    bar_started_ns_ = 0;
}

bool Console::stdout_is_terminal() {
    return ::isatty(STDOUT_FILENO) == 1;
}

bool Console::stdin_is_terminal() {
    return ::isatty(STDIN_FILENO) == 1;
}

bool Console::stderr_is_terminal() {
    return ::isatty(STDERR_FILENO) == 1;
}

bool Console::stdout_can_redraw() {
    return stdout_is_terminal() && moves_cursor();
}

WindowSize Console::window_size(int fd) {
    winsize size{};
    if (::ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return {};
    return {size.ws_col, std::max<std::size_t>(size.ws_row, 2)};
}

bool Console::speaks_utf8() {
    // The first that is set decides (locale(7)).
    for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
        const char* value = std::getenv(name);
        if (value == nullptr || *value == '\0') continue;
        std::string text = value;
        std::transform(text.begin(), text.end(), text.begin(),
                       [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        return text.find("utf-8") != std::string::npos || text.find("utf8") != std::string::npos;
    }
    return false;
}

bool Console::wants_colour(ColourChoice choice) {
    if (choice != ColourChoice::automatic) return choice == ColourChoice::always;
    const char* no_colour = std::getenv("NO_COLOR");
    return stdout_is_terminal() && (no_colour == nullptr || *no_colour == '\0');
}

}  // namespace nm
