// The words of a filter expression, each with the place it stands at, so that every message can name it.
// Proof: tests/unit/nmflowtool_filter_test.cpp.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace nmflowtool {

struct FilterToken {
    enum class Kind : std::uint8_t {
        end,
        word,    // letters, digits and _ : . -
        number,  // decimal with an optional k, m, g or t, or hexadecimal
        sign,    // ( ) [ ] , / ! = == > < >= <= && ||
        quoted,
    };
    Kind kind = Kind::end;
    std::string_view text;
    std::uint64_t number = 0;

    bool is_sign(std::string_view sign) const { return kind == Kind::sign && text == sign; }
    // Words are the same in capitals.
    bool is_word(std::string_view word) const;
};

class FilterLexer {
  public:
    explicit FilterLexer(std::string_view text) : text_(text) { advance(); }

    const FilterToken& token() const { return token_; }
    void advance();
    // Throws UserError: "filter: column 7: 'foo' is ...".
    [[noreturn]] void refuse(const FilterToken& token, const std::string& why) const;

  private:
    void skip_blanks();
    void read_word();
    void read_quoted();

    std::string_view text_;
    std::size_t at_ = 0;
    FilterToken token_;
};

// The same text when capitals are taken as small letters (ASCII).
bool same_word(std::string_view left, std::string_view right);

}  // namespace nmflowtool
