// DNS messages: what is asked, what is read (libtins as second opinion), and what no message can do.
#include <gtest/gtest.h>
#include <tins/dns.h>

#include <set>

#include "dns/dns_engine.hpp"
#include "wire_builder.hpp"

namespace nmprobe {
namespace {

using nm::test::Wire;

DnsQuery query_for(const std::string& name, std::uint16_t type = 1) {
    DnsQuestion question;
    question.name = name;
    question.type = type;
    return *encode_query(question);
}

// An answer to query_for(name) with these records behind the question.
Wire answer_to(const DnsQuery& query, const Wire& records, unsigned answers, unsigned additional = 0,
               unsigned flags = 0x8180) {
    Wire wire;
    wire.u16(0x1234).u16(flags).u16(1).u16(answers).u16(0).u16(additional);
    for (const std::uint8_t byte : query.question()) wire.u8(byte);
    return wire.add(records);
}

TEST(DnsWire, LibtinsReadsTheQueryAsItWasMeant) {
    const DnsQuery query = query_for("www.Example.org", 28);
    const Tins::DNS dns(query.bytes.data(), static_cast<std::uint32_t>(query.bytes.size()));
    ASSERT_EQ(dns.queries().size(), 1U);
    EXPECT_EQ(dns.queries().front().dname(), "www.Example.org");
    EXPECT_EQ(dns.queries().front().query_type(), Tins::DNS::AAAA);
    EXPECT_EQ(dns.type(), Tins::DNS::QUERY);
    EXPECT_EQ(dns.recursion_desired(), 1);
    EXPECT_EQ(dns.additional_count(), 1);  // OPT
}

TEST(DnsWire, FlagsAndEdnsOfTheQueryAreWhereTheRfcPutsThem) {
    DnsQuestion question;
    question.name = ".";
    question.type = 2;
    question.recursion = false;
    question.checking_disabled = true;
    question.dnssec_ok = true;
    question.nsid = true;
    question.edns_size = 4096;
    Wire wanted;
    wanted.u16(0).u16(0x0010).u16(1).u16(0).u16(0).u16(1).u8(0).u16(2).u16(1);
    wanted.u8(0).u16(41).u16(4096).u16(0).u16(0x8000).u16(4).u16(3).u16(0);
    EXPECT_EQ(encode_query(question)->bytes, wanted.bytes);
    question.edns = false;
    EXPECT_EQ(encode_query(question)->bytes.size(), 17U);
}

TEST(DnsWire, NamesThatCannotBeAreRefused) {
    const std::string label(63, 'a');
    EXPECT_TRUE(encode_name(label + ".org"));
    EXPECT_FALSE(encode_name(label + "a.org"));
    EXPECT_TRUE(encode_name(label + "." + label + "." + label + "." + std::string(61, 'b')));
    EXPECT_FALSE(encode_name(label + "." + label + "." + label + "." + std::string(62, 'b')));
    for (const char* text : {"", "..", "a..b", ".a", "a\\", "a\\25", "a\\256.b"})
        EXPECT_FALSE(encode_name(text)) << text;
    EXPECT_EQ(*encode_name("a\\.b.c."), (std::vector<std::uint8_t>{3, 'a', '.', 'b', 1, 'c', 0}));
    EXPECT_EQ(*encode_name("\\065\\000"), (std::vector<std::uint8_t>{2, 'A', 0, 0}));
}

TEST(DnsWire, AnswersReadAsDigShortSpellsThem) {
    const DnsQuery query = query_for("www.example.org");
    Wire records;
    // www.example.org CNAME web.example.org (compressed), web A 192.0.2.7, OPT with NSID and EDE
    records.u16(0xC00C).u16(5).u16(1).u32(300).u16(6).u8(3).raw({'w', 'e', 'b'}).u16(0xC010);
    records.u16(0xC02D).u16(1).u16(1).u32(60).u16(4).raw({192, 0, 2, 7});
    records.u8(0).u16(41).u16(1232).u32(0).u16(14);
    records.u16(3).u16(2).raw({'n', '1'}).u16(15).u16(4).u16(22).raw({'x', 'y'});
    DnsMessage message;
    const Wire wire = answer_to(query, records, 2, 1);
    ASSERT_TRUE(read_message(wire, message));
    EXPECT_EQ(message.answers, (std::vector<std::string>{"web.example.org.", "192.0.2.7"}));
    EXPECT_EQ(message.ttl_s, 60U);
    EXPECT_EQ(message.edns_size, 1232);
    EXPECT_EQ(message.nsid, "n1");
    EXPECT_EQ(message.ede, (std::vector<std::string>{"22 No Reachable Authority: xy"}));
    EXPECT_EQ(message.additional_count, 0U);
    const Tins::DNS dns(wire.bytes.data(), static_cast<std::uint32_t>(wire.size()));
    EXPECT_EQ(dns.answers().back().data(), "192.0.2.7");
    EXPECT_EQ(dns.answers().front().data() + ".", message.answers.front());
}

TEST(DnsWire, EachTypeOfDataHasItsSpelling) {
    struct Case {
        std::uint16_t type;
        Wire data;
        const char* text;
    };
    Wire soa;
    soa.u16(0xC00C).u16(0xC00C).u32(1).u32(2).u32(3).u32(4).u32(5);
    const std::vector<Case> cases{
        {28, Wire().zeros(15).u8(1), "::1"},
        {15, Wire().u16(10).u16(0xC00C), "10 a."},
        {16, Wire().u8(3).raw({'a', '"', 7}).u8(0), "\"a\\\"\\007\" \"\""},
        {6, soa, "a. a. 1 2 3 4 5"},
        {33, Wire().u16(1).u16(2).u16(443).u8(0), "1 2 443 ."},
        {257, Wire().u8(0).u8(5).raw({'i', 's', 's', 'u', 'e', 'x'}), "0 issue \"x\""},
        {43, Wire().u16(1).u8(2).u8(3).raw({0xAB}), "1 2 3 AB"},
        {48, Wire().u16(257).u8(3).u8(8).raw({1, 2, 3, 4}), "257 3 8 AQIDBA=="},
        {65280, Wire().raw({1, 255}), "\\# 2 01FF"},
        {65280, Wire(), "\\# 0"},
    };
    for (const Case& one : cases) {
        Wire records;
        records.u16(0xC00C).u16(one.type).u16(1).u32(1).u16(one.data.size()).add(one.data);
        DnsMessage message;
        ASSERT_TRUE(read_message(answer_to(query_for("a", one.type), records, 1), message)) << one.text;
        EXPECT_EQ(message.answers.front(), one.text);
    }
}

TEST(DnsWire, ANameThatPointsForwardOrToItselfIsRefused) {
    DnsMessage message;
    for (const unsigned pointer : {0xC012U + 1U, 0xC013U, 0xC0FFU, 0xFFFFU}) {
        Wire records;  // begins at 19 in the message
        records.u16(pointer).u16(1).u16(1).u32(1).u16(4).u32(1);
        EXPECT_FALSE(read_message(answer_to(query_for("a"), records, 1), message)) << pointer;
    }
    Wire two;  // a name that points to one that points on to it
    two.u16(0xC00C).u16(5).u16(1).u32(1).u16(2).u16(0xC01F);
    EXPECT_FALSE(read_message(answer_to(query_for("a"), two, 1), message));
}

TEST(DnsWire, EveryCutOfAMessageIsReadWithoutHarmAndNotTakenForWhole) {
    Wire records;
    records.u16(0xC00C).u16(16).u16(1).u32(1).u16(4).u8(3).raw({'a', 'b', 'c'});
    const Wire whole = answer_to(query_for("www.example.org", 16), records, 1);
    DnsMessage message;
    for (std::size_t size = 0; size < whole.size(); ++size)
        EXPECT_FALSE(read_message(nm::Bytes(whole).first(size), message)) << size;
    EXPECT_TRUE(read_message(whole, message));
}

TEST(DnsWire, OnlyTheQuestionThatWasAskedMatches) {
    const DnsQuery query = query_for("www.example.org");
    const auto matches = [&](const DnsQuery& answered, bool exact) {
        return same_question(answer_to(answered, Wire(), 0), query.question(), exact);
    };
    EXPECT_TRUE(matches(query, true));
    EXPECT_TRUE(matches(query_for("WWW.example.org"), false));
    EXPECT_FALSE(matches(query_for("WWW.example.org"), true));
    EXPECT_FALSE(matches(query_for("www.example.com"), false));
    EXPECT_FALSE(matches(query_for("www.example.org", 28), false));
    EXPECT_FALSE(same_question(nm::Bytes(query.bytes).first(12), query.question(), false));
}

TEST(DnsWire, TypesCodesAndFlagsHaveTheirWords) {
    EXPECT_EQ(parse_type("aaaa"), 28);
    EXPECT_EQ(parse_type("TYPE65280"), 65280);
    EXPECT_EQ(parse_type("TYPE65536"), std::nullopt);
    EXPECT_EQ(parse_type("AAAAA"), std::nullopt);
    EXPECT_EQ(type_name(257), "CAA");
    EXPECT_EQ(type_name(4711), "TYPE4711");
    EXPECT_EQ(rcode_name(3), "NXDOMAIN");
    EXPECT_EQ(rcode_name(12), "RCODE12");
    EXPECT_EQ(flag_words(0x8580), "aa rd ra");
    EXPECT_EQ(reverse_name("192.0.2.1"), "1.2.0.192.in-addr.arpa");
    EXPECT_EQ(reverse_name("2001:db8::1")->substr(0, 8), "1.0.0.0.");
    EXPECT_EQ(reverse_name("www"), std::nullopt);
}

TEST(DnsIds, ThePermutationMeetsEveryIdOnceAndIsUndone) {
    const IdCipher cipher;
    std::set<std::uint16_t> ids;
    for (unsigned n = 0; n < 65536; ++n) {
        const auto id = cipher.encode(static_cast<std::uint16_t>(n));
        ids.insert(id);
        ASSERT_EQ(cipher.decode(id), n);
    }
    EXPECT_EQ(ids.size(), 65536U);
}

TEST(DnsServers, AreWrittenInManyWays) {
    const auto server = [](const char* text) {
        const auto parsed = parse_server(text);
        return parsed ? parsed->host + " " + std::to_string(parsed->port) : std::string("none");
    };
    EXPECT_EQ(server("192.0.2.53"), "192.0.2.53 53");
    EXPECT_EQ(server("192.0.2.53:5353"), "192.0.2.53 5353");
    EXPECT_EQ(server("2001:db8::53"), "2001:db8::53 53");
    EXPECT_EQ(server("[2001:db8::53]:54"), "2001:db8::53 54");
    EXPECT_EQ(server("ns1.example"), "ns1.example 53");
    for (const char* text : {"", "a:b", "a:0", "a:65536", "[::1]", "::1:x"})
        EXPECT_EQ(server(text), "none") << text;
    const auto listed =
        parse_resolv_conf("# x\nsearch a\nnameserver 192.0.2.1\n nameserver ::1 \nnameserver\n");
    ASSERT_EQ(listed.size(), 2U);
    EXPECT_EQ(listed[1].host, "::1");
}

TEST(DnsNames, AFileOfLinesIsThatOfDnsperf) {
    DnsOptions options;
    const auto names =
        parse_name_lines("; c\nwww.example.org AAAA\n\nexample.org\tmx\nexample.net\n", "f", options);
    ASSERT_EQ(names.size(), 3U);
    EXPECT_EQ(names[0].type, 28);
    EXPECT_EQ(names[1].type, 15);
    EXPECT_EQ(names[2].type, 1);
    try {
        (void)parse_name_lines("a A\nb NOTYPE\n", "f", options);
        FAIL();
    } catch (const nm::UserError& error) {
        EXPECT_EQ(error.exit(), nm::Exit::bad_data);
        EXPECT_NE(std::string(error.what()).find("f:2: "), std::string::npos);
    }
}

}  // namespace
}  // namespace nmprobe
