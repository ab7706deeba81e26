// The translation of a filter's text into a program, by recursive descent: compile.cpp has the language's
// structure, numbers and addresses, compile_terms.cpp the tests that have words of their own.
#pragma once

#include <span>

#include "filter/addresses.hpp"
#include "filter/expression.hpp"
#include "filter/fields.hpp"
#include "filter/lexer.hpp"

namespace nmflowtool {

class FilterCompiler {
  public:
    explicit FilterCompiler(std::string_view text) : lexer_(text) {}
    FilterProgram compile();

  private:
    using Index = FilterExpression::Index;
    using Kind = FilterToken::Kind;

    Index disjunction();
    Index conjunction();
    Index negation();
    Index term();
    FilterSide side();
    Index term_of(FilterSide side);

    Index numbers(const NumberField& field, FilterSide side);
    Index number_test(const NumberField& field, const FilterValues& values);
    Index addresses(const FilterValues& values);
    Index networks(const FilterValues& values);
    Index addresses_or_networks(const FilterValues& values);

    // The tests that have words of their own.
    std::optional<Index> special_term();
    Index protocol();
    Index flags();
    Index direction();
    Index hardware_address(FilterSide side);
    Index observation();
    Index in_direction(FlowValue vrf);
    Index labels();
    Index firewall_event();
    Index event(std::span<const EventWord> words);

    template <class Make>
    Index of_values(const FilterValues& values, Make&& make);
    Index equal(FlowValue value, std::uint64_t number);
    FilterOp comparator();
    std::uint64_t number(std::uint64_t largest);
    WrittenAddress address(bool must_be_whole);
    unsigned prefix_length(const WrittenAddress& written);
    AddressRange range();
    void expect_word(std::string_view word);
    void expect_sign(std::string_view sign);
    bool accept_word(std::string_view word);
    bool accept_sign(std::string_view sign);
    void refuse_what_we_lack();
    [[noreturn]] void expected(const std::string& what) { lexer_.refuse(lexer_.token(), "expected " + what); }

    static constexpr unsigned deepest = 200;  // parentheses inside each other

    FilterLexer lexer_;
    FilterExpression tree_;
    FilterProgram program_;
    unsigned depth_ = 0;
};

// The same test of one value or of several.
template <class Make>
FilterExpression::Index FilterCompiler::of_values(const FilterValues& values, Make&& make) {
    std::vector<Index> tests;
    for (std::size_t i = 0; i < values.size; ++i) tests.push_back(make(values.values[i]));
    return values.how == FilterValues::How::all ? tree_.all_of(std::move(tests))
                                                : tree_.any_of(std::move(tests));
}

}  // namespace nmflowtool
