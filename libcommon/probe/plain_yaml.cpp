#include "probe/plain_yaml.hpp"

#include <algorithm>

namespace nm {
namespace {

// libyaml takes no longer keys of this kind than 1024; ours are hosts.
constexpr std::size_t longest_word = 255;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_alphanumeric(char c) {
    return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

// Neither a space, a control character, nor a byte of a longer character.
bool is_graphic(char c) {
    return c > 0x20 && c < 0x7F;
}

std::size_t end_of_word(std::string_view text, std::size_t at) {
    while (at < text.size() && is_graphic(text[at])) ++at;
    return at;
}

std::size_t end_of_spaces(std::string_view text, std::size_t at) {
    while (at < text.size() && text[at] == ' ') ++at;
    return at;
}

// Nothing from here on, or a comment.
bool is_over(std::string_view text, std::size_t at) {
    const std::size_t end = end_of_spaces(text, at);
    if (end == text.size()) return true;
    // Behind a word without a space, # would be a part of it.
    if (text[end] != '#' || (end == at && at > 0)) return false;
    return std::all_of(text.begin() + static_cast<std::ptrdiff_t>(end), text.end(),
                       [](char c) { return c == ' ' || is_graphic(c); });
}

// A scalar that is itself and nothing else wherever it stands in a block.
bool is_plain(std::string_view word) {
    return !word.empty() && word.size() <= longest_word && is_alphanumeric(word.front()) &&
           word.back() != ':';
}

}  // namespace

PlainYaml::Line PlainYaml::read_line(std::string_view text) {
    Line line;
    line.kind = Line::Kind::other;
    line.indent = end_of_spaces(text, 0);
    line.word_at = line.indent;
    const bool is_item = text.substr(line.indent).starts_with("- ");
    if (is_item) line.word_at = end_of_spaces(text, line.indent + 1);
    const std::size_t end = end_of_word(text, line.word_at);
    line.word = text.substr(line.word_at, end - line.word_at);
    if (is_item) {
        if (is_plain(line.word) && is_over(text, end)) line.kind = Line::Kind::item;
        return line;
    }
    if (line.word.empty() || line.word.back() != ':') return line;
    line.word.remove_suffix(1);
    if (!is_plain(line.word)) return line;
    if (is_over(text, end)) {
        if (line.indent == 0) line.kind = Line::Kind::region;
        return line;
    }
    line.value_at = end_of_spaces(text, end);
    const std::size_t value_end = end_of_word(text, line.value_at);
    line.value = text.substr(line.value_at, value_end - line.value_at);
    const bool is_number = !line.value.empty() && line.value.size() <= longest_word &&
                           std::all_of(line.value.begin(), line.value.end(), is_digit);
    if (is_number && line.indent > 0 && is_over(text, value_end)) line.kind = Line::Kind::entry;
    return line;
}

// The next line that says something.
PlainYaml::Line PlainYaml::take_line(std::string_view& rest, std::uint32_t& number) {
    while (!rest.empty()) {
        const std::size_t length = std::min(rest.find('\n'), rest.size());
        const std::string_view text = rest.substr(0, length);
        rest.remove_prefix(std::min(length + 1, rest.size()));
        ++number;
        if (is_over(text, 0)) continue;
        Line line = read_line(text);
        line.number = number;
        return line;
    }
    return {};
}

bool PlainYaml::fits(std::string_view text) {
    std::uint32_t number = 0;
    Line before = take_line(text, number);
    if (before.kind != Line::Kind::region) return false;
    while (before.kind != Line::Kind::end) {
        const Line line = take_line(text, number);
        if (line.kind == Line::Kind::other) return false;
        const bool goes_on = line.kind == Line::Kind::item || line.kind == Line::Kind::entry;
        // A line that stands deeper than the one before would go on with its scalar.
        const bool like_before = line.kind == before.kind && line.indent == before.indent;
        if (goes_on && before.kind != Line::Kind::region && !like_before) return false;
        before = line;
    }
    return true;
}

void PlainYaml::scalar(std::string_view text, std::size_t column) {
    event_.kind = YamlEvent::Kind::scalar;
    event_.plain = true;
    event_.text.assign(text);
    event_.at = {line_.number, static_cast<std::uint32_t>(column + 1)};
}

void PlainYaml::say(YamlEvent::Kind kind) {
    event_.kind = kind;
    event_.plain = false;
    event_.text.clear();
    event_.at = {line_.number, static_cast<std::uint32_t>(line_.indent + 1)};
}

const YamlEvent& PlainYaml::next() {
    const auto take = [this] { line_ = take_line(rest_, number_); };
    const bool another = line_.kind == Line::Kind::item || line_.kind == Line::Kind::entry;
    switch (state_) {
        case State::start:
            take();
            say(YamlEvent::Kind::map);
            state_ = State::region;
            break;
        case State::region:
            if (line_.kind == Line::Kind::end) {
                say(YamlEvent::Kind::end);
                state_ = State::over;
                break;
            }
            scalar(line_.word, line_.word_at);
            take();
            state_ = State::value;
            break;
        case State::value:
            state_ = !another                         ? State::region
                     : line_.kind == Line::Kind::item ? State::items
                                                      : State::entries;
            if (another)
                say(line_.kind == Line::Kind::item ? YamlEvent::Kind::list : YamlEvent::Kind::map);
            else
                scalar({}, 0);
            break;
        case State::items:
        case State::entries:
            if (!another) {
                say(YamlEvent::Kind::end);
                state_ = State::region;
                break;
            }
            scalar(line_.word, line_.word_at);
            if (state_ == State::entries)
                state_ = State::number;
            else
                take();
            break;
        case State::number:
            scalar(line_.value, line_.value_at);
            take();
            state_ = State::entries;
            break;
        case State::over:
            say(YamlEvent::Kind::nothing);
            break;
    }
    return event_;
}

}  // namespace nm
