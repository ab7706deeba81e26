#include "dns/wire_dns.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/clock.hpp"
#include "base/text.hpp"
#include "net/ip.hpp"

namespace nmprobe {
namespace {

using nm::ByteReader;
using nm::Bytes;

constexpr std::uint16_t type_opt = 41;
constexpr std::uint16_t option_nsid = 3, option_ede = 15;
constexpr std::size_t longest_label = 63;

struct Word {
    unsigned value;
    std::string_view text;
};

// What a type's data is made of, in order: a IPv4 address, q IPv6 address, n name, b s l integers of 1, 2 and
// 4 bytes, T time of a signature, y type, c character string, k the same without quotes, t character strings
// to the end, r the rest in quotes, x the rest in hexadecimal, e the rest in base64, w bitmap of types.
struct TypeRow {
    std::uint16_t type;
    std::string_view name;
    std::string_view format;
};
constexpr std::array type_rows{
    TypeRow{1, "A", "a"},           TypeRow{2, "NS", "n"},          TypeRow{5, "CNAME", "n"},
    TypeRow{6, "SOA", "nnlllll"},   TypeRow{12, "PTR", "n"},        TypeRow{13, "HINFO", "cc"},
    TypeRow{15, "MX", "sn"},        TypeRow{16, "TXT", "t"},        TypeRow{28, "AAAA", "q"},
    TypeRow{33, "SRV", "sssn"},     TypeRow{35, "NAPTR", "sscccn"}, TypeRow{39, "DNAME", "n"},
    TypeRow{43, "DS", "sbbx"},      TypeRow{44, "SSHFP", "bbx"},    TypeRow{46, "RRSIG", "ybblTTsne"},
    TypeRow{47, "NSEC", "nw"},      TypeRow{48, "DNSKEY", "sbbe"},  TypeRow{50, "NSEC3", ""},
    TypeRow{51, "NSEC3PARAM", ""},  TypeRow{52, "TLSA", "bbbx"},    TypeRow{59, "CDS", "sbbx"},
    TypeRow{60, "CDNSKEY", "sbbe"}, TypeRow{64, "SVCB", ""},        TypeRow{65, "HTTPS", ""},
    TypeRow{99, "SPF", "t"},        TypeRow{255, "ANY", ""},        TypeRow{257, "CAA", "bkr"},
};

constexpr std::array rcode_words{
    Word{0, "NOERROR"},  Word{1, "FORMERR"},  Word{2, "SERVFAIL"},   Word{3, "NXDOMAIN"}, Word{4, "NOTIMP"},
    Word{5, "REFUSED"},  Word{6, "YXDOMAIN"}, Word{7, "YXRRSET"},    Word{8, "NXRRSET"},  Word{9, "NOTAUTH"},
    Word{10, "NOTZONE"}, Word{16, "BADVERS"}, Word{23, "BADCOOKIE"},
};

// The words of RFC 8914 for those that resolvers use most.
constexpr std::array ede_words{
    Word{3, "Stale Answer"},
    Word{6, "DNSSEC Bogus"},
    Word{7, "Signature Expired"},
    Word{9, "DNSKEY Missing"},
    Word{10, "RRSIGs Missing"},
    Word{12, "NSEC Missing"},
    Word{15, "Blocked"},
    Word{16, "Censored"},
    Word{17, "Filtered"},
    Word{18, "Prohibited"},
    Word{19, "Stale NXDOMAIN Answer"},
    Word{20, "Not Authoritative"},
    Word{21, "Not Supported"},
    Word{22, "No Reachable Authority"},
    Word{23, "Network Error"},
};

template <std::size_t N>
std::string_view word_of(const std::array<Word, N>& words, unsigned value) {
    for (const Word& word : words) {
        if (word.value == value) return word.text;
    }
    return {};
}

const TypeRow* row_of(std::uint16_t type) {
    const auto row = std::lower_bound(type_rows.begin(), type_rows.end(), type,
                                      [](const TypeRow& a, std::uint16_t wanted) { return a.type < wanted; });
    return row != type_rows.end() && row->type == type ? row : nullptr;
}

constexpr std::uint8_t lower(std::uint8_t c) {
    return c >= 'A' && c <= 'Z' ? static_cast<std::uint8_t>(c - 'A' + 'a') : c;
}

// One byte of a label or a character string as RFC 1035 section 5.1 spells it.
void append_escaped(std::string& out, std::uint8_t byte, std::string_view special) {
    if (byte < 0x20 || byte >= 0x7F) {
        out += '\\';
        for (const int digit : {byte / 100, byte / 10 % 10, byte % 10}) out += static_cast<char>('0' + digit);
        return;
    }
    if (special.find(static_cast<char>(byte)) != std::string_view::npos) out += '\\';
    out += static_cast<char>(byte);
}

// Reads the name at in, which then stands behind it, and appends its text to out unless that is null.
bool read_name(Bytes message, ByteReader& in, std::string* out) {
    ByteReader at = in;
    bool jumped = false;
    bool empty = true;
    auto lowest = static_cast<std::size_t>(in.rest().data() - message.data());
    std::size_t room = longest_name - 1;  // without the root label
    while (true) {
        const std::size_t length = at.u8();
        if (length == 0) break;
        if (length >= 0xC0) {
            const std::size_t target = (length & 0x3F) << 8 | at.u8();
            if (!at.ok() || target >= lowest) return false;
            if (!jumped) in = at;
            jumped = true;
            lowest = target;
            at = ByteReader(message.subspan(target));
            continue;
        }
        if (length > longest_label || length + 1 > room) return false;
        room -= length + 1;
        const Bytes label = at.bytes(length);
        empty = false;
        if (out == nullptr) continue;
        for (const std::uint8_t byte : label) append_escaped(*out, byte, ".\"\\();@$ ");
        *out += '.';
    }
    if (!at.ok()) return false;
    if (!jumped) in = at;
    if (empty && out != nullptr) *out += '.';
    return true;
}

void append_string(std::string& out, Bytes bytes, bool quoted) {
    if (quoted) out += '"';
    for (const std::uint8_t byte : bytes) append_escaped(out, byte, "\"\\");
    if (quoted) out += '"';
}

void append_hex(std::string& out, Bytes bytes) {
    constexpr char digits[] = "0123456789ABCDEF";
    for (const std::uint8_t byte : bytes) {
        out += digits[byte >> 4];
        out += digits[byte & 15];
    }
}

void append_base64(std::string& out, Bytes bytes) {
    constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const Bytes group = bytes.subspan(i, std::min<std::size_t>(3, bytes.size() - i));
        std::uint32_t bits = 0;
        for (std::size_t k = 0; k < 3; ++k) bits = bits << 8 | (k < group.size() ? group[k] : 0U);
        for (std::size_t k = 0; k < 4; ++k)
            out += k <= group.size() ? digits[bits >> (18 - 6 * k) & 63] : '=';
    }
}

void append_signature_time(std::string& out, std::uint32_t seconds) {
    // RFC 4034 section 3.2: YYYYMMDDHHmmSS.
    for (const char c : nm::to_string(nm::Time{std::int64_t{seconds} * nm::ns_per_s}).substr(0, 19)) {
        if (c >= '0' && c <= '9') out += c;
    }
}

void append_type_bitmap(std::string& out, ByteReader& in) {
    while (in.left() > 0) {
        const unsigned window = in.u8();
        const Bytes bits = in.bytes(in.u8());
        for (unsigned i = 0; i < bits.size() * 8; ++i) {
            if ((bits[i / 8] >> (7 - i % 8) & 1) == 0) continue;
            out += (out.empty() || out.back() == ' ' ? "" : " ") +
                   type_name(static_cast<std::uint16_t>(window << 8 | i));
        }
    }
}

// One item of a record's data; false when it is not sound.
bool append_item(std::string& out, char item, Bytes message, ByteReader& in) {
    switch (item) {
        case 'a':
            out += nm::to_string(nm::IpAddress::from_bytes(in.bytes(4)));
            break;
        case 'q':
            out += nm::to_string(nm::IpAddress::from_bytes(in.bytes(16)));
            break;
        case 'n':
            return read_name(message, in, &out);
        case 'b':
            out += std::to_string(in.u8());
            break;
        case 's':
            out += std::to_string(in.u16());
            break;
        case 'l':
            out += std::to_string(in.u32());
            break;
        case 'T':
            append_signature_time(out, in.u32());
            break;
        case 'y':
            out += type_name(in.u16());
            break;
        case 'c':
        case 'k':
            append_string(out, in.bytes(in.u8()), item == 'c');
            break;
        case 't':
            while (in.left() > 0) {
                if (!out.empty()) out += ' ';
                append_string(out, in.bytes(in.u8()), true);
            }
            break;
        case 'r':
            append_string(out, in.bytes(in.left()), true);
            break;
        case 'x':
            append_hex(out, in.bytes(in.left()));
            break;
        case 'e':
            append_base64(out, in.bytes(in.left()));
            break;
        default:
            append_type_bitmap(out, in);
            break;
    }
    return in.ok();
}

// False when the data is not what its type says.
bool append_data(std::string& out, std::uint16_t type, Bytes message, ByteReader in) {
    const TypeRow* row = row_of(type);
    if (row == nullptr || row->format.empty()) {  // RFC 3597 section 5
        out += "\\# " + std::to_string(in.left()) + (in.left() > 0 ? " " : "");
        append_hex(out, in.rest());
        return true;
    }
    for (const char item : row->format) {
        if (!out.empty()) out += ' ';
        if (!append_item(out, item, message, in)) return false;
    }
    return in.left() == 0;
}

bool is_text(Bytes bytes) {
    return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t b) { return b >= 0x20 && b < 0x7F; });
}

void read_options(ByteReader in, DnsMessage& out) {
    while (in.left() > 0) {
        const std::uint16_t code = in.u16();
        ByteReader value = in.sub(in.u16());
        if (!in.ok()) return;
        if (code == option_nsid) {
            const Bytes id = value.rest();
            if (is_text(id))
                out.nsid.assign(id.begin(), id.end());
            else
                append_hex(out.nsid, id);
        } else if (code == option_ede && value.left() >= 2) {
            const unsigned info = value.u16();
            std::string& text = out.ede.emplace_back(std::to_string(info));
            if (const auto words = word_of(ede_words, info); !words.empty()) text += " " + std::string(words);
            if (value.left() > 0) text += ": ";
            for (const std::uint8_t byte : value.rest()) text += static_cast<char>(byte);
        }
    }
}

enum class Section { answer, authority, additional };

bool read_record(Bytes message, ByteReader& in, Section section, DnsMessage& out) {
    if (!read_name(message, in, nullptr)) return false;
    const std::uint16_t type = in.u16();
    const std::uint16_t record_class = in.u16();
    const std::uint32_t ttl_s = in.u32();
    const ByteReader data = in.sub(in.u16());
    if (!in.ok()) return false;
    if (section == Section::authority) {
        ++out.authority_count;
    } else if (type == type_opt) {
        out.edns_size = record_class;
        out.rcode |= ttl_s >> 24 << 4;
        read_options(data, out);
    } else if (section == Section::additional) {
        ++out.additional_count;
    } else {
        ++out.answer_count;
        out.ttl_s = std::min(out.ttl_s.value_or(ttl_s), ttl_s);
        return append_data(out.answers.emplace_back(), type, message, data);
    }
    return true;
}

}  // namespace

std::string type_name(std::uint16_t type) {
    const TypeRow* row = row_of(type);
    return row != nullptr ? std::string(row->name) : "TYPE" + std::to_string(type);
}

std::optional<std::uint16_t> parse_type(std::string_view text) {
    std::string upper(text);
    for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    for (const TypeRow& row : type_rows) {
        if (row.name == upper) return row.type;
    }
    if (!upper.starts_with("TYPE")) return std::nullopt;
    return nm::parse_number<std::uint16_t>(std::string_view(upper).substr(4));
}

std::string rcode_name(unsigned rcode) {
    const std::string_view word = word_of(rcode_words, rcode);
    return word.empty() ? "RCODE" + std::to_string(rcode) : std::string(word);
}

std::string flag_words(std::uint16_t flags) {
    constexpr std::array words{Word{dns_aa, "aa"}, Word{dns_tc, "tc"}, Word{dns_rd, "rd"},
                               Word{dns_ra, "ra"}, Word{dns_ad, "ad"}, Word{dns_cd, "cd"}};
    std::string out;
    for (const Word& word : words) {
        if ((flags & word.value) == 0) continue;
        if (!out.empty()) out += ' ';
        out += word.text;
    }
    return out;
}

DnsHead read_head(Bytes message) {
    ByteReader in(message);
    DnsHead head;
    head.id = in.u16();
    head.flags = in.u16();
    head.questions = in.u16();
    in.skip(6);
    head.ok = in.ok();
    return head;
}

bool same_question(Bytes message, Bytes question, bool exact) {
    ByteReader in(message);
    in.skip(dns_header_size);
    // Names of questions are not compressed: the bytes can be compared as they stand.
    const Bytes got = in.bytes(question.size());
    if (!in.ok() || read_head(message).questions != 1) return false;
    const auto same = [exact](std::uint8_t a, std::uint8_t b) {
        return exact ? a == b : lower(a) == lower(b);
    };
    const auto name_end = question.end() - 4;  // type and class have no case
    return std::equal(question.begin(), name_end, got.begin(), same) &&
           std::equal(name_end, question.end(), got.end() - 4);
}

bool read_message(Bytes message, DnsMessage& out) {
    out.ok = false;
    out.head = read_head(message);
    out.rcode = out.head.rcode();
    out.answer_count = out.authority_count = out.additional_count = 0;
    out.answers.clear();
    out.ttl_s.reset();
    out.edns_size.reset();
    out.nsid.clear();
    out.ede.clear();
    ByteReader in(message);
    in.skip(4);
    const unsigned questions = in.u16();
    const std::array<unsigned, 3> counts{in.u16(), in.u16(), in.u16()};
    for (unsigned i = 0; i < questions; ++i) {
        if (!read_name(message, in, nullptr)) return false;
        in.skip(4);
    }
    constexpr std::array sections{Section::answer, Section::authority, Section::additional};
    for (std::size_t s = 0; s < sections.size(); ++s) {
        for (unsigned i = 0; i < counts[s]; ++i) {
            if (!in.ok() || !read_record(message, in, sections[s], out)) return false;
        }
    }
    out.ok = in.ok();
    return out.ok;
}

}  // namespace nmprobe
