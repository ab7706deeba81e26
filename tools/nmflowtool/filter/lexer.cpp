#include "filter/lexer.hpp"

#include <algorithm>
#include <array>

#include "base/result.hpp"
#include "base/text.hpp"

namespace nmflowtool {
namespace {

constexpr char small_letter(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

constexpr bool is_word_letter(char c) {
    return is_digit(c) || (small_letter(c) >= 'a' && small_letter(c) <= 'z') || c == '_' || c == ':' ||
           c == '.' || c == '-';
}

constexpr std::uint64_t factor_of(char letter) {
    switch (small_letter(letter)) {
        case 'k':
            return 1'000;
        case 'm':
            return 1'000'000;
        case 'g':
            return 1'000'000'000;
        case 't':
            return 1'000'000'000'000;
        default:
            return 0;
    }
}

enum class NumberState : std::uint8_t { no_number, fits, too_large };

// 80, 10k, 0x1F.
NumberState read_number(std::string_view text, std::uint64_t& value) {
    const bool is_hex = text.size() > 2 && text[0] == '0' && small_letter(text[1]) == 'x';
    std::string_view digits = is_hex ? text.substr(2) : text;
    const std::uint64_t factor = is_hex ? 0 : factor_of(text.back());
    if (factor != 0) digits.remove_suffix(1);
    const char* end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, value, is_hex ? 16 : 10);
    if (stop != end || digits.empty() || error == std::errc::invalid_argument) return NumberState::no_number;
    if (error == std::errc::result_out_of_range) return NumberState::too_large;
    if (factor != 0 && __builtin_mul_overflow(value, factor, &value)) return NumberState::too_large;
    return NumberState::fits;
}

}  // namespace

bool same_word(std::string_view left, std::string_view right) {
    return std::ranges::equal(left, right, {}, small_letter, small_letter);
}

bool FilterToken::is_word(std::string_view word) const {
    return kind == Kind::word && same_word(text, word);
}

void FilterLexer::refuse(const FilterToken& token, const std::string& why) const {
    const auto at = static_cast<std::size_t>(token.text.data() - text_.data());
    const std::string_view before = text_.substr(0, at);
    const auto line = std::ranges::count(before, '\n');
    const std::size_t column = at - (line > 0 ? before.rfind('\n') + 1 : 0) + 1;
    std::string message = "filter: ";
    if (line > 0) message += "line " + std::to_string(line + 1) + ", ";
    message += "column " + std::to_string(column) + ": ";
    message += token.kind == FilterToken::Kind::end ? "the end" : nm::in_quotes(token.text);
    throw nm::UserError(nm::Exit::usage, message + ": " + why);
}

// White space, and comments up to the end of their line.
void FilterLexer::skip_blanks() {
    while (at_ < text_.size()) {
        const char c = text_[at_];
        if (c == '#') {
            at_ = std::min(text_.find('\n', at_), text_.size());
        } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
            ++at_;
        } else {
            return;
        }
    }
}

void FilterLexer::read_word() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_word_letter(text_[at_])) ++at_;
    token_.kind = FilterToken::Kind::word;
    token_.text = text_.substr(begin, at_ - begin);
    if (!is_digit(token_.text.front())) return;
    switch (read_number(token_.text, token_.number)) {
        case NumberState::fits:
            token_.kind = FilterToken::Kind::number;
            break;
        case NumberState::too_large:
            refuse(token_, "the number is too large: 2^64 and more do not occur");
        case NumberState::no_number:
            break;
    }
}

void FilterLexer::read_quoted() {
    const std::size_t begin = at_;
    const std::size_t end = text_.find(text_[begin], begin + 1);
    token_.kind = FilterToken::Kind::quoted;
    token_.text = text_.substr(begin, end == std::string_view::npos ? 1 : end - begin + 1);
    if (end == std::string_view::npos) refuse(token_, "this quotation mark is never closed");
    at_ = end + 1;
}

void FilterLexer::advance() {
    constexpr std::array<std::string_view, 16> signs{"&&", "||", "==", ">=", "<=", "!=", "(", ")",
                                                     "[",  "]",  ",",  "/",  "!",  "=",  ">", "<"};
    skip_blanks();
    token_ = {};
    token_.text = text_.substr(at_, 0);
    if (at_ == text_.size()) return;
    const char c = text_[at_];
    if (is_word_letter(c)) return read_word();
    if (c == '\'' || c == '"') return read_quoted();
    token_.kind = FilterToken::Kind::sign;
    token_.text = text_.substr(at_, 1);
    for (const std::string_view sign : signs) {
        if (!text_.substr(at_).starts_with(sign)) continue;
        token_.text = text_.substr(at_, sign.size());
        at_ += sign.size();
        return;
    }
    refuse(token_, "this sign has no meaning in a filter");
}

}  // namespace nmflowtool
