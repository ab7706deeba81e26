#include "sflowtool/listing.hpp"

#include "base/text.hpp"
#include "json/escape.hpp"

namespace nmflowtool {
namespace {

// A line is a line: control characters become spaces, bytes that are no UTF-8 become U+FFFD.
void append_one_line(nm::TextBuffer& out, std::string_view text) {
    while (!text.empty()) {
        const std::size_t sequence = nm::utf8_sequence(text);
        if (sequence == 0)
            out.append(std::string_view("\xEF\xBF\xBD"));
        else if (sequence == 1 && static_cast<unsigned char>(text.front()) < 0x20)
            out.append(' ');
        else
            out.append(text.substr(0, sequence));
        text.remove_prefix(sequence == 0 ? 1 : sequence);
    }
}

}  // namespace

void Listing::comma() {
    if (!first_) out_.append(',');
    first_ = false;
}

void Listing::key(std::string_view name) {
    comma();
    if (name.empty()) return;
    out_.append('"');
    out_.append(name_prefix_);
    out_.append(name);
    out_.append(std::string_view("\":"));
}

void Listing::value(std::string_view name, std::string_view text) {
    if (is_silent()) return;
    if (is_json()) {
        key(name);
        append_json_string(out_, text);
        return;
    }
    out_.append(line_prefix_);
    out_.append(name_prefix_);
    out_.append(name);
    out_.append(' ');
    append_one_line(out_, text);
    out_.append('\n');
}

void Listing::number(std::string_view name, std::uint64_t value_) {
    char text[20];
    value(name, {text, std::to_chars(text, text + sizeof text, value_).ptr});
}

void Listing::banner(std::string_view line) {
    if (is_json() || is_silent()) return;
    if (style_ == SflowtoolStyle::grep) return;
    out_.append(line);
    out_.append('\n');
}

void Listing::open_object(std::string_view name) {
    if (!is_json()) return;
    key(name);
    out_.append('{');
    first_ = true;
}

void Listing::close_object() {
    if (!is_json()) return;
    out_.append('}');
    first_ = false;
}

void Listing::open_list(std::string_view name) {
    if (!is_json()) return;
    key(name);
    out_.append('[');
    first_ = true;
}

void Listing::close_list() {
    if (!is_json()) return;
    out_.append(']');
    first_ = false;
}

void Listing::item(std::string_view name, std::string_view text) {
    value(is_json() ? std::string_view() : name, text);
}

}  // namespace nmflowtool
