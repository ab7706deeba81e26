// JSON strings (RFC 8259 section 7) that are always valid UTF-8: a byte that is not becomes U+FFFD.
#pragma once

#include "base/text_buffer.hpp"

namespace nm {

// text between quotes, escaped.
void append_json_string(TextBuffer& out, std::string_view text);
// Writes at most longest_json_string(text.size()) bytes.
void append_json_string(TextCursor& out, std::string_view text);
constexpr std::size_t longest_json_string(std::size_t bytes) {
    return 6 * bytes + 2;
}

}  // namespace nm
