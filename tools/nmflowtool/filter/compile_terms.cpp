#include "filter/compiler.hpp"

namespace nmflowtool {
namespace {

constexpr std::uint64_t tcp = 6;
constexpr std::uint64_t denied = 3;

bool is_comparator(const FilterToken& token) {
    return std::ranges::any_of(std::array{"eq", "gt", "lt", "ge", "le"},
                               [&](const char* word) { return token.is_word(word); });
}

// For messages.
std::string list_of(std::span<const EventWord> words) {
    std::string list;
    for (const EventWord& row : words) list += std::string(row.word) + ", ";
    return list;
}

}  // namespace

// Nothing when the next word begins none of these.
std::optional<FilterExpression::Index> FilterCompiler::special_term() {
    if (accept_word("proto")) return protocol();
    if (accept_word("flags")) return flags();
    if (accept_word("dir") || accept_word("flowdir")) return direction();
    if (accept_word("bgpnext")) return addresses_or_networks({FlowValue::bgp_next_hop});
    if (accept_word("router")) return addresses_or_networks({FlowValue::exporter});
    if (accept_word("observation")) return observation();
    if (accept_word("ingress")) return in_direction(FlowValue::in_vrf);
    if (accept_word("egress")) return in_direction(FlowValue::out_vrf);
    if (accept_word("mpls")) return labels();
    if (accept_word("asa")) return firewall_event();
    if (accept_word("nat")) {
        expect_word("event");
        return event(nat_events);
    }
    return std::nullopt;
}

FilterExpression::Index FilterCompiler::hardware_address(FilterSide side) {
    const auto values = values_of_mac(side);
    if (!values) lexer_.refuse(lexer_.token(), refusal_of(side, "mac"));
    const FilterToken token = lexer_.token();
    const auto mac = token.kind == Kind::word ? read_mac(token.text) : std::nullopt;
    if (!mac) expected("a hardware address such as 02:00:00:00:00:01");
    lexer_.advance();
    return of_values(*values, [&](FlowValue value) { return equal(value, *mac); });
}

FilterExpression::Index FilterCompiler::protocol() {
    const FilterToken token = lexer_.token();
    if (token.kind == Kind::number) return equal(FlowValue::proto, number(255));
    const auto found = token.kind == Kind::word ? read_protocol(token.text) : std::nullopt;
    if (!found) expected("a protocol: a number, or a word such as tcp, udp, icmp, icmp6, gre or esp");
    lexer_.advance();
    return equal(FlowValue::proto, *found);
}

FilterExpression::Index FilterCompiler::flags() {
    constexpr std::string_view letters = "FSRPAUEC";
    constexpr std::uint64_t all_of_nfdump = 63;
    FilterTest test;
    test.value = FlowValue::tcp_flags;
    const FilterToken token = lexer_.token();
    if (token.kind == Kind::word && !is_comparator(token)) {
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

FilterExpression::Index FilterCompiler::direction() {
    if (accept_word("ingress")) return equal(FlowValue::direction, 0);
    if (accept_word("egress")) return equal(FlowValue::direction, 1);
    if (lexer_.token().kind != Kind::number) expected("ingress, egress, 0 or 1");
    return equal(FlowValue::direction, number(255));
}

FilterExpression::Index FilterCompiler::observation() {
    const bool is_point = accept_word("point");
    if (!is_point && !accept_word("domain")) expected("domain or point");
    expect_word("id");
    if (is_point) return number_test({.name = "observation point id"}, {FlowValue::obs_point});
    return number_test({.name = "observation domain id", .largest = 0xFFFFFFFF}, {FlowValue::obs_domain});
}

// What is told of the way in or the way out.
FilterExpression::Index FilterCompiler::in_direction(FlowValue vrf) {
    refuse_what_we_lack();
    expect_word(vrf_field.name);
    return number_test(vrf_field, {vrf});
}

// Of a stack of labels only the top one is known by its place.
FilterExpression::Index FilterCompiler::labels() {
    const FilterToken token = lexer_.token();
    if (accept_word("label") || accept_word("any")) return number_test(label_field, {FlowValue::mpls_label});
    if (accept_word("label1")) return number_test(label_field, {FlowValue::top_label});
    for (const std::string_view stem : {"label", "exp", "eos"}) {
        if (token.kind == Kind::word && same_word(token.text.substr(0, stem.size()), stem))
            lexer_.refuse(token,
                          "nfdump has this test, but our flow records have no such field; mpls label "
                          "NUMBER finds a label anywhere in the stack");
    }
    expected("label, label1 or any");
}

FilterExpression::Index FilterCompiler::firewall_event() {
    if (accept_word("xevent")) return number_test(xevent_field, {FlowValue::fw_reason});
    expect_word("event");
    if (!accept_word("denied")) return event(asa_events);
    for (const EventWord& reason : asa_reasons) {
        if (accept_word(reason.word))
            return tree_.all_of(
                {equal(FlowValue::event, denied), equal(FlowValue::fw_reason, reason.number)});
    }
    return equal(FlowValue::event, denied);
}

// A word, or a comparator and a number.
FilterExpression::Index FilterCompiler::event(std::span<const EventWord> words) {
    for (const EventWord& row : words) {
        if (accept_word(row.word)) return equal(FlowValue::event, row.number);
    }
    const FilterToken& token = lexer_.token();
    if (token.kind == Kind::word && !is_comparator(token) && !token.is_word("in"))
        expected(list_of(words) + "or a number");
    return number_test(event_field, {FlowValue::event});
}

}  // namespace nmflowtool
