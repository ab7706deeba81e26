#include "json/escape.hpp"

#include <cstring>

#include "base/text.hpp"

namespace nm {
namespace {

bool is_plain(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 && byte < 0x7F && c != '"' && c != '\\';
}

// The length of the run of plain characters at the front, eight at a time while there are eight.
std::size_t plain_run(std::string_view text) {
    constexpr std::uint64_t ones = 0x0101010101010101, highs = 0x8080808080808080;
    // The high bit of each byte that is zero; exact for the lowest such byte, which is all that matters.
    const auto zero_bytes = [](std::uint64_t word) { return (word - ones) & ~word & highs; };
    std::size_t plain = 0;
    while (plain + 8 <= text.size()) {
        std::uint64_t word;
        std::memcpy(&word, text.data() + plain, sizeof word);
        const std::uint64_t control = (word - 0x20 * ones) & ~word & highs;
        const std::uint64_t special = zero_bytes(word ^ 0x22 * ones) | zero_bytes(word ^ 0x5C * ones) |
                                      zero_bytes(word ^ 0x7F * ones);
        if ((control | special | (word & highs)) != 0) break;
        plain += 8;
    }
    while (plain < text.size() && is_plain(text[plain])) ++plain;
    return plain;
}

template <class Out>
void append_escaped(Out& out, char c) {
    constexpr char digits[] = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    switch (c) {
        case '"':
            out.append(std::string_view("\\\""));
            return;
        case '\\':
            out.append(std::string_view("\\\\"));
            return;
        case '\n':
            out.append(std::string_view("\\n"));
            return;
        case '\r':
            out.append(std::string_view("\\r"));
            return;
        case '\t':
            out.append(std::string_view("\\t"));
            return;
        default:
            break;
    }
    const char escape[] = {'\\', 'u', '0', '0', digits[byte >> 4], digits[byte & 15]};
    out.append(std::string_view(escape, sizeof escape));
}

template <class Out>
void append_string(Out& out, std::string_view text) {
    out.append('"');
    while (!text.empty()) {
        const std::size_t plain = plain_run(text);
        out.append(text.substr(0, plain));
        text.remove_prefix(plain);
        if (text.empty()) break;
        const std::size_t sequence = utf8_sequence(text);
        if (sequence == 1)
            append_escaped(out, text.front());
        else if (sequence == 0)
            out.append(std::string_view("\xEF\xBF\xBD"));
        else
            out.append(text.substr(0, sequence));
        text.remove_prefix(sequence == 0 ? 1 : sequence);
    }
    out.append('"');
}

}  // namespace

void append_json_string(TextBuffer& out, std::string_view text) {
    append_string(out, text);
}

void append_json_string(TextCursor& out, std::string_view text) {
    append_string(out, text);
}

}  // namespace nm
