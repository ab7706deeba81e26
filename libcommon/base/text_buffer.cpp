#include "base/text_buffer.hpp"

#include <cmath>

namespace nm {

void TextBuffer::append_decimal(double value, int decimals) {
    // to_chars in fixed form needs up to 309 digits before the point for a double.
    char* at = room(340);
    char* end = std::to_chars(at, at + 340, value, std::chars_format::fixed, decimals).ptr;
    if (decimals > 0) {
        while (end[-1] == '0') --end;
        if (end[-1] == '.') --end;
    }
    if (std::string_view(at, end) == "-0") *at = '0', end = at + 1;
    used(end);
}

}  // namespace nm
