#include "filter/compile.hpp"

#include "filter/compiler.hpp"

namespace nmflowtool {
namespace {

constexpr std::uint64_t icmp = 1;
constexpr std::uint64_t icmp6 = 58;

}  // namespace

FilterProgram FilterCompiler::compile() {
    if (lexer_.token().kind == Kind::end) return std::move(program_);
    const Index root = disjunction();
    if (lexer_.token().kind != Kind::end) expected("and, or, or the end of the filter");
    program_.set_start(tree_.emit(root, program_));
    return std::move(program_);
}

bool FilterCompiler::accept_word(std::string_view word) {
    if (!lexer_.token().is_word(word)) return false;
    lexer_.advance();
    return true;
}

bool FilterCompiler::accept_sign(std::string_view sign) {
    if (!lexer_.token().is_sign(sign)) return false;
    lexer_.advance();
    return true;
}

void FilterCompiler::expect_word(std::string_view word) {
    if (!accept_word(word)) expected(std::string(word));
}

void FilterCompiler::expect_sign(std::string_view sign) {
    if (!accept_sign(sign)) expected(std::string(sign));
}

FilterExpression::Index FilterCompiler::disjunction() {
    if (++depth_ > deepest) lexer_.refuse(lexer_.token(), "parentheses are nested too deeply");
    std::vector<Index> parts{conjunction()};
    while (accept_word("or") || accept_sign("||")) parts.push_back(conjunction());
    --depth_;
    return tree_.any_of(std::move(parts));
}

FilterExpression::Index FilterCompiler::conjunction() {
    std::vector<Index> parts{negation()};
    while (accept_word("and") || accept_sign("&&")) parts.push_back(negation());
    return tree_.all_of(std::move(parts));
}

FilterExpression::Index FilterCompiler::negation() {
    bool is_inverted = false;
    while (accept_word("not") || accept_sign("!")) is_inverted = !is_inverted;
    Index part;
    if (accept_sign("(")) {
        part = disjunction();
        expect_sign(")");
    } else {
        part = term();
    }
    return is_inverted ? tree_.inverted(part) : part;
}

// src, "dst or src", "in src", next: what stands before the name of a field.
FilterSide FilterCompiler::side() {
    if (accept_word("in")) {
        if (accept_word("src")) return FilterSide::in_src;
        return accept_word("dst") ? FilterSide::in_dst : FilterSide::in;
    }
    if (accept_word("out")) {
        if (accept_word("src")) return FilterSide::out_src;
        return accept_word("dst") ? FilterSide::out_dst : FilterSide::out;
    }
    if (accept_word("next")) return FilterSide::next;
    if (accept_word("prev") || accept_word("previous")) return FilterSide::previous;
    const bool is_src = lexer_.token().is_word("src");
    if (!is_src && !lexer_.token().is_word("dst")) return FilterSide::none;
    lexer_.advance();
    const bool is_or = accept_word("or") || accept_sign("||");
    if (!is_or && !accept_word("and") && !accept_sign("&&"))
        return is_src ? FilterSide::src : FilterSide::dst;
    expect_word(is_src ? "dst" : "src");
    return is_or ? FilterSide::src_or_dst : FilterSide::src_and_dst;
}

void FilterCompiler::refuse_what_we_lack() {
    const FilterToken& name = lexer_.token();
    if (name.kind == Kind::word && is_field_we_lack(name.text))
        lexer_.refuse(name, "nfdump has this test, but our flow records have no such field");
}

FilterExpression::Index FilterCompiler::term() {
    if (accept_word("any")) return tree_.always();
    if (accept_word("ipv4") || accept_word("inet")) return equal(FlowValue::is_ipv6, 0);
    if (accept_word("ipv6") || accept_word("inet6")) return equal(FlowValue::is_ipv6, 1);
    if (const auto special = special_term()) return *special;
    return term_of(side());
}

FilterExpression::Index FilterCompiler::term_of(FilterSide side) {
    const FilterToken name = lexer_.token();
    refuse_what_we_lack();
    if (accept_word("mac")) return hardware_address(side);
    const bool is_address = name.is_word("ip") || name.is_word("host") || name.is_word("net");
    if (is_address && side == FilterSide::next) return addresses_or_networks({FlowValue::next_hop});
    const bool is_nat = name.is_word("nip") || name.is_word("xip") || name.is_word("xnet");
    if (is_address || is_nat) {
        const auto values = values_of(is_nat ? nat_ip_field : ip_field, side);
        if (!values) lexer_.refuse(name, refusal_of(side, name.text));
        lexer_.advance();
        return name.is_word("net") || name.is_word("xnet") ? networks(*values) : addresses(*values);
    }
    if (const NumberField* field = find_number_field(name)) return numbers(*field, side);
    expected(side == FilterSide::none ? "a test such as proto, ip, net, port, as, if, vlan, flags or bytes"
                                      : "the name of a field, such as ip, net, port, as, vlan or mac");
}

FilterExpression::Index FilterCompiler::equal(FlowValue value, std::uint64_t number) {
    FilterTest test;
    test.value = value;
    test.number = number;
    return tree_.test(test);
}

FilterOp FilterCompiler::comparator() {
    if (accept_sign(">=") || accept_word("ge")) return FilterOp::at_least;
    if (accept_sign("<=") || accept_word("le")) return FilterOp::at_most;
    if (accept_sign(">") || accept_word("gt")) return FilterOp::greater;
    if (accept_sign("<") || accept_word("lt")) return FilterOp::less;
    if (lexer_.token().is_sign("!=") || lexer_.token().is_word("ne")) {
        lexer_.refuse(lexer_.token(), "there is no such comparator: write not in front of the test");
    }
    if (!accept_sign("==") && !accept_sign("=")) accept_word("eq");
    return FilterOp::equal;
}

std::uint64_t FilterCompiler::number(std::uint64_t largest) {
    const FilterToken token = lexer_.token();
    if (token.kind != Kind::number) expected("a number, such as 80, 10k or 0x1f");
    if (token.number > largest) lexer_.refuse(token, "the largest number here is " + std::to_string(largest));
    lexer_.advance();
    return token.number;
}

FilterExpression::Index FilterCompiler::numbers(const NumberField& field, FilterSide side) {
    const auto values = values_of(field, side);
    if (!values) lexer_.refuse(lexer_.token(), refusal_of(side, field.name));
    lexer_.advance();
    const Index test = number_test(field, *values);
    if (field.protocol != ImpliedProtocol::icmp) return test;
    return tree_.all_of(
        {tree_.any_of({equal(FlowValue::proto, icmp), equal(FlowValue::proto, icmp6)}), test});
}

FilterExpression::Index FilterCompiler::number_test(const NumberField& field, const FilterValues& values) {
    FilterTest test;
    if (accept_word("in")) {
        refuse_what_we_lack();  // port in pblock
        expect_sign("[");
        std::vector<std::uint64_t> list;
        while (!accept_sign("]")) {
            if (!list.empty()) accept_sign(",");
            list.push_back(number(field.largest));
        }
        if (list.empty()) lexer_.refuse(lexer_.token(), "the list before this is empty");
        program_.add_numbers(std::move(list), test);
    } else {
        test.op = comparator();
        test.number = number(field.largest);
    }
    return of_values(values, [&](FlowValue value) {
        test.value = value;
        return tree_.test(test);
    });
}

WrittenAddress FilterCompiler::address(bool must_be_whole) {
    const FilterToken token = lexer_.token();
    const bool may_be_one = token.kind == Kind::word || token.kind == Kind::number;
    const auto written = may_be_one ? read_address(token.text) : std::nullopt;
    if (!written) expected("an IPv4 or IPv6 address; names are not looked up");
    if (must_be_whole && written->written_bits < written->bits) {
        lexer_.refuse(token, "the address is cut short: only networks may be");
    }
    lexer_.advance();
    return *written;
}

unsigned FilterCompiler::prefix_length(const WrittenAddress& written) {
    const FilterToken token = lexer_.token();
    const std::uint64_t length = number(written.bits);
    if (length > written.written_bits) {
        lexer_.refuse(token,
                      "the address before it has only " + std::to_string(written.written_bits) + " bits");
    }
    return static_cast<unsigned>(length);
}

// An item of a list: an address or a network.
AddressRange FilterCompiler::range() {
    const WrittenAddress written = address(false);
    unsigned length = written.bits;
    if (accept_sign("/")) {
        length = prefix_length(written);
    } else if (written.written_bits < written.bits) {
        expected("/ and a prefix length after an address that is cut short");
    }
    const Address128 mask = mask_of(written.bits, length);
    const Address128 first{written.address.high & mask.high, written.address.low & mask.low};
    return {first, {first.high | ~mask.high, first.low | ~mask.low}};
}

FilterExpression::Index FilterCompiler::addresses(const FilterValues& values) {
    FilterTest test;
    if (accept_word("in")) {
        expect_sign("[");
        std::vector<AddressRange> list;
        while (!accept_sign("]")) {
            if (!list.empty()) accept_sign(",");
            list.push_back(range());
        }
        if (list.empty()) lexer_.refuse(lexer_.token(), "the list before this is empty");
        program_.add_ranges(std::move(list), test);
    } else {
        test.op = FilterOp::in_network;
        test.network = address(true).address;
        test.mask = mask_of(128, 128);
        if (lexer_.token().is_sign("/"))
            expected("an address alone: networks are written net ADDRESS/LENGTH");
    }
    return of_values(values, [&](FlowValue value) {
        test.value = value;
        return tree_.test(test);
    });
}

FilterExpression::Index FilterCompiler::addresses_or_networks(const FilterValues& values) {
    if (accept_word("net")) return networks(values);
    if (accept_word("ip") || accept_word("host")) return addresses(values);
    expected("ip, host or net");
}

// "net 10.0.0.0/8", "net 10.0.0.0 255.0.0.0".
FilterExpression::Index FilterCompiler::networks(const FilterValues& values) {
    const FilterToken token = lexer_.token();
    const WrittenAddress written = address(false);
    FilterTest test;
    test.op = FilterOp::in_network;
    if (accept_sign("/")) {
        test.mask = mask_of(written.bits, prefix_length(written));
    } else {
        if (lexer_.token().kind != Kind::word) expected("/ and a prefix length, or an IPv4 mask");
        if (written.written_bits != 32) lexer_.refuse(token, "a mask goes with a whole IPv4 address only");
        const FilterToken mask_token = lexer_.token();
        const WrittenAddress mask = address(true);
        if (mask.bits != 32) lexer_.refuse(mask_token, "expected an IPv4 mask such as 255.255.0.0");
        test.mask = {mask_of(32, 0).high, mask_of(32, 0).low | mask.address.low};
    }
    test.network = {written.address.high & test.mask.high, written.address.low & test.mask.low};
    return of_values(values, [&](FlowValue value) {
        test.value = value;
        return tree_.test(test);
    });
}

FilterProgram compile_filter(std::string_view text) {
    return FilterCompiler(text).compile();
}

}  // namespace nmflowtool
