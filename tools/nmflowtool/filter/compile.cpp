#include "filter/compile.hpp"

#include "base/text.hpp"
#include "filter/addresses.hpp"
#include "filter/expression.hpp"
#include "filter/fields.hpp"
#include "filter/lexer.hpp"

namespace nmflowtool {
namespace {

using Index = FilterExpression::Index;
using Kind = FilterToken::Kind;

constexpr std::uint64_t tcp = 6;
constexpr std::uint64_t icmp = 1;
constexpr std::uint64_t icmp6 = 58;

class FilterCompiler {
  public:
    explicit FilterCompiler(std::string_view text) : lexer_(text) {}
    FilterProgram compile();

  private:
    Index disjunction();
    Index conjunction();
    Index negation();
    Index term();
    FilterSide side();
    Index term_of(FilterSide side);

    Index numbers(const NumberField& field, FilterSide side);
    Index number_test(const NumberField& field, FilterValues values);
    Index addresses(FilterValues values);
    Index networks(FilterValues values);
    Index hardware_address(FilterSide side);
    Index protocol();
    Index flags();
    Index direction();

    template <class Make>
    Index of_values(FilterValues values, Make&& make);
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
    [[noreturn]] void expected(const std::string& what) { lexer_.refuse(lexer_.token(), "expected " + what); }

    static constexpr unsigned deepest = 200;  // parentheses inside each other

    FilterLexer lexer_;
    FilterExpression tree_;
    FilterProgram program_;
    unsigned depth_ = 0;
};

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

Index FilterCompiler::disjunction() {
    if (++depth_ > deepest) lexer_.refuse(lexer_.token(), "parentheses are nested too deeply");
    std::vector<Index> parts{conjunction()};
    while (accept_word("or") || accept_sign("||")) parts.push_back(conjunction());
    --depth_;
    return tree_.any_of(std::move(parts));
}

Index FilterCompiler::conjunction() {
    std::vector<Index> parts{negation()};
    while (accept_word("and") || accept_sign("&&")) parts.push_back(negation());
    return tree_.all_of(std::move(parts));
}

Index FilterCompiler::negation() {
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

Index FilterCompiler::term() {
    if (accept_word("any")) return tree_.always();
    if (accept_word("ipv4") || accept_word("inet")) return equal(FlowValue::is_ipv6, 0);
    if (accept_word("ipv6") || accept_word("inet6")) return equal(FlowValue::is_ipv6, 1);
    if (accept_word("proto")) return protocol();
    if (accept_word("flags")) return flags();
    if (accept_word("dir") || accept_word("flowdir")) return direction();
    if (accept_word("bgpnext")) {
        expect_word("ip");
        return addresses({FlowValue::bgp_next_hop});
    }
    if (accept_word("router")) {
        expect_word("ip");
        return addresses({FlowValue::exporter});
    }
    if (accept_word("observation")) {
        expect_word("domain");
        expect_word("id");
        return number_test(observation_domain, {FlowValue::obs_domain});
    }
    for (const PairField& pair : pair_fields) {
        if (!accept_word(pair.first_word)) continue;
        expect_word(pair.field.name);
        return number_test(pair.field, {pair.value});
    }
    return term_of(side());
}

Index FilterCompiler::term_of(FilterSide side) {
    const FilterToken name = lexer_.token();
    if (name.kind == Kind::word && is_field_we_lack(name.text)) {
        lexer_.refuse(name, "nfdump has this test, but our flow records have no such field");
    }
    if (accept_word("mac")) return hardware_address(side);
    const bool is_ip = name.is_word("ip") || name.is_word("host");
    if (is_ip && side == FilterSide::next) {
        lexer_.advance();
        return addresses({FlowValue::next_hop});
    }
    const bool is_nat = name.is_word("nip") || name.is_word("xip") || name.is_word("xnet");
    if (is_ip || is_nat || name.is_word("net")) {
        const NumberField& field = is_nat ? nat_ip_field : ip_field;
        const auto values = values_of(field, side);
        if (!values) lexer_.refuse(name, field.refusal(side));
        lexer_.advance();
        return name.is_word("net") || name.is_word("xnet") ? networks(*values) : addresses(*values);
    }
    if (const NumberField* field = find_number_field(name)) return numbers(*field, side);
    expected(side == FilterSide::none ? "a test such as proto, ip, net, port, as, if, vlan, flags or bytes"
                                      : "the name of a field, such as ip, net, port, as, vlan or mac");
}

// The same test of one value or of two.
template <class Make>
Index FilterCompiler::of_values(FilterValues values, Make&& make) {
    const Index first = make(values.first);
    if (values.how == FilterValues::How::one) return first;
    const Index second = make(values.second);
    if (values.how == FilterValues::How::both) return tree_.all_of({first, second});
    return tree_.any_of({first, second});
}

Index FilterCompiler::equal(FlowValue value, std::uint64_t number) {
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

Index FilterCompiler::numbers(const NumberField& field, FilterSide side) {
    const auto values = values_of(field, side);
    if (!values) lexer_.refuse(lexer_.token(), field.refusal(side));
    lexer_.advance();
    const Index test = number_test(field, *values);
    if (field.protocol != ImpliedProtocol::icmp) return test;
    return tree_.all_of(
        {tree_.any_of({equal(FlowValue::proto, icmp), equal(FlowValue::proto, icmp6)}), test});
}

Index FilterCompiler::number_test(const NumberField& field, FilterValues values) {
    FilterTest test;
    if (accept_word("in")) {
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

Index FilterCompiler::addresses(FilterValues values) {
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

// "net 10.0.0.0/8", "net 10.0.0.0 255.0.0.0".
Index FilterCompiler::networks(FilterValues values) {
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

Index FilterCompiler::hardware_address(FilterSide side) {
    const auto values = values_of(mac_field, side);
    if (!values) lexer_.refuse(lexer_.token(), mac_field.refusal(side));
    const FilterToken token = lexer_.token();
    const auto mac = token.kind == Kind::word ? read_mac(token.text) : std::nullopt;
    if (!mac) expected("a hardware address such as 02:00:00:00:00:01");
    lexer_.advance();
    return of_values(*values, [&](FlowValue value) { return equal(value, *mac); });
}

Index FilterCompiler::protocol() {
    const FilterToken token = lexer_.token();
    if (token.kind == Kind::number) return equal(FlowValue::proto, number(255));
    const auto found = token.kind == Kind::word ? read_protocol(token.text) : std::nullopt;
    if (!found) expected("a protocol: a number, or a word such as tcp, udp, icmp, icmp6, gre or esp");
    lexer_.advance();
    return equal(FlowValue::proto, *found);
}

Index FilterCompiler::flags() {
    constexpr std::string_view letters = "FSRPAUEC";
    constexpr std::uint64_t all_of_nfdump = 63;
    FilterTest test;
    test.value = FlowValue::tcp_flags;
    const FilterToken token = lexer_.token();
    if (token.kind == Kind::word && !token.is_word("eq") && !token.is_word("gt") && !token.is_word("lt") &&
        !token.is_word("ge") && !token.is_word("le")) {
        test.op = FilterOp::all_bits;
        for (const char letter : token.text) {
            const auto bit = letters.find(letter);
            const std::uint64_t flag = letter == 'X' ? all_of_nfdump : std::uint64_t{1} << bit % 64;
            if (letter != 'X' && bit == std::string_view::npos)
                expected("letters of FSRPAUEC, or X for F to U");
            test.number |= flag;
        }
        lexer_.advance();
    } else {
        test.op = comparator();
        test.number = number(255);
    }
    return tree_.all_of({equal(FlowValue::proto, tcp), tree_.test(test)});
}

Index FilterCompiler::direction() {
    if (accept_word("ingress")) return equal(FlowValue::direction, 0);
    if (accept_word("egress")) return equal(FlowValue::direction, 1);
    if (lexer_.token().kind != Kind::number) expected("ingress, egress, 0 or 1");
    return equal(FlowValue::direction, number(255));
}

}  // namespace

FilterProgram compile_filter(std::string_view text) {
    return FilterCompiler(text).compile();
}

}  // namespace nmflowtool
