// DNS messages (RFC 1035, EDNS RFC 6891) as nmprobe writes and reads them. Reading is bounded by a
// ByteReader; a compressed name may only point backwards, so that no message can make a loop. Proof:
// tests/unit/nmprobe_dns_test.cpp (against libtins), tests/fuzz/fuzz_dns.cpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/byte_reader.hpp"

namespace nmprobe {

inline constexpr std::size_t dns_header_size = 12;
inline constexpr std::size_t longest_name = 255;  // bytes on the wire

// Bits of the second word of the header.
inline constexpr std::uint16_t dns_qr = 0x8000, dns_aa = 0x0400, dns_tc = 0x0200, dns_rd = 0x0100,
                               dns_ra = 0x0080, dns_ad = 0x0020, dns_cd = 0x0010;

inline constexpr unsigned rcode_noerror = 0, rcode_nxdomain = 3;

// "A" or "TYPE65280" (RFC 3597).
std::string type_name(std::uint16_t type);
std::optional<std::uint16_t> parse_type(std::string_view text);
// "NOERROR", "RCODE12".
std::string rcode_name(unsigned rcode);
// "aa tc rd".
std::string flag_words(std::uint16_t flags);

struct DnsQuestion {
    std::string name;  // in text, with \. and \DDD escapes; the root is "."
    std::uint16_t type = 1;
    bool recursion = true;
    bool checking_disabled = false;
    bool edns = true;
    std::uint16_t edns_size = 1232;
    bool dnssec_ok = false;
    bool nsid = false;
};

// A name in wire form, uncompressed; nullopt when a label or the name is too long or an escape is wrong.
std::optional<std::vector<std::uint8_t>> encode_name(std::string_view text);

struct DnsQuery {
    std::vector<std::uint8_t> bytes;
    std::size_t question_size = 0;

    // Name, type and class.
    nm::Bytes question() const { return nm::Bytes(bytes).subspan(dns_header_size, question_size); }
};
// The query with id 0; nullopt when the name cannot be encoded.
std::optional<DnsQuery> encode_query(const DnsQuestion& question);
// The name under which an address is found by PTR: 1.2.0.192.in-addr.arpa.
std::optional<std::string> reverse_name(std::string_view address);

// The fixed part of an answer.
struct DnsHead {
    std::uint16_t id = 0;
    std::uint16_t flags = 0;
    std::uint16_t questions = 0;
    bool ok = false;

    bool is_response() const { return (flags & dns_qr) != 0; }
    unsigned rcode() const { return flags & 0x0FU; }
};
DnsHead read_head(nm::Bytes message);

// Whether the message's only question is this one; names compare without case unless exact. A message without
// a question matches none.
bool same_question(nm::Bytes message, nm::Bytes question, bool exact);

struct DnsMessage {
    bool ok = false;
    DnsHead head;
    unsigned rcode = 0;  // with the upper bits of EDNS
    std::size_t answer_count = 0;
    std::size_t authority_count = 0;
    std::size_t additional_count = 0;  // without OPT
    std::vector<std::string> answers;  // as dig +short spells them
    std::optional<std::uint32_t> ttl_s;
    std::optional<std::uint16_t> edns_size;
    std::string nsid;
    std::vector<std::string> ede;
};

// Reads a whole message into out, which is reused. False (and out.ok) when a section is cut or not sound.
bool read_message(nm::Bytes message, DnsMessage& out);

}  // namespace nmprobe
