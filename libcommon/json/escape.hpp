// JSON strings (RFC 8259 section 7) that are always valid UTF-8: a byte that is not becomes U+FFFD.
#pragma once

#include "base/text_buffer.hpp"

namespace nm {

// text between quotes, escaped.
void append_json_string(TextBuffer& out, std::string_view text);

}  // namespace nm
