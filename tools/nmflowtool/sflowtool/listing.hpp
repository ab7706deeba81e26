// One datagram in the words of sflowtool, in one of its shapes: tag and value on a line each, the same behind
// a prefix for grep, or one JSON object. A value is always one line and, in JSON, always a valid string.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/text_buffer.hpp"
#include "wire/byte_reader.hpp"

namespace nmflowtool {

// From http on not datagrams but what was sampled: sampled_traffic.hpp.
enum class SflowtoolStyle : std::uint8_t { none, text, csv, grep, json, http, pcap, discards };
inline constexpr std::array<std::string_view, 8> sflowtool_styles{"none", "text", "csv",  "grep",
                                                                  "json", "http", "pcap", "discards"};
constexpr bool lists_datagrams(SflowtoolStyle style) {
    return style < SflowtoolStyle::http;
}

class Listing {
  public:
    explicit Listing(SflowtoolStyle style) : style_(style) {}

    bool is_json() const { return style_ == SflowtoolStyle::json; }
    bool is_silent() const { return style_ == SflowtoolStyle::csv; }
    void clear() {
        out_.clear();
        first_ = true;
    }
    nm::TextBuffer& out() { return out_; }

    // What stands before each value name (discarded_), and before each line (grep).
    void set_name_prefix(std::string_view prefix) { name_prefix_ = prefix; }
    void set_line_prefix(std::string prefix) { line_prefix_ = std::move(prefix); }

    void value(std::string_view name, std::string_view text);
    void number(std::string_view name, std::uint64_t value);
    // A line of its own, in the shapes for people only.
    void banner(std::string_view line);

    // JSON structure; nothing in the other shapes. An empty name is for items of a list.
    void open_object(std::string_view name = {});
    void close_object();
    void open_list(std::string_view name);
    void close_list();
    // An item of a list of strings; for the others it is a value.
    void item(std::string_view name, std::string_view text);

  private:
    void comma();
    void key(std::string_view name);

    SflowtoolStyle style_;
    nm::TextBuffer out_;
    bool first_ = true;
    std::string_view name_prefix_;
    std::string line_prefix_;
};

}  // namespace nmflowtool
