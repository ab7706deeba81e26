// The writing half of wire_dns.hpp.
#include "base/text.hpp"
#include "dns/wire_dns.hpp"
#include "net/ip.hpp"
#include "wire/byte_writer.hpp"

namespace nmprobe {
namespace {

constexpr std::uint16_t type_opt = 41;
constexpr std::uint16_t option_nsid = 3;
constexpr std::size_t longest_label = 63;

// The byte that an escape in a name stands for; text begins behind the backslash and is shortened by it.
std::optional<std::uint8_t> unescape(std::string_view& text) {
    if (text.empty()) return std::nullopt;
    if (text.front() < '0' || text.front() > '9') {
        const auto byte = static_cast<std::uint8_t>(text.front());
        text.remove_prefix(1);
        return byte;
    }
    const auto value = nm::parse_number<std::uint8_t>(text.substr(0, 3));
    if (!value || text.size() < 3) return std::nullopt;
    text.remove_prefix(3);
    return value;
}

}  // namespace

std::optional<std::vector<std::uint8_t>> encode_name(std::string_view text) {
    std::vector<std::uint8_t> out;
    if (text.empty()) return std::nullopt;
    out.reserve(text.size() + 2);
    if (text == ".") text = {};
    while (!text.empty()) {
        const std::size_t length_at = out.size();
        out.push_back(0);
        while (!text.empty() && text.front() != '.') {
            auto byte = std::optional(static_cast<std::uint8_t>(text.front()));
            text.remove_prefix(1);
            if (*byte == '\\') byte = unescape(text);
            if (!byte) return std::nullopt;
            out.push_back(*byte);
        }
        if (!text.empty()) text.remove_prefix(1);
        const std::size_t length = out.size() - length_at - 1;
        if (length == 0 || length > longest_label) return std::nullopt;
        out[length_at] = static_cast<std::uint8_t>(length);
    }
    out.push_back(0);
    if (out.size() > longest_name) return std::nullopt;
    return out;
}

std::optional<DnsQuery> encode_query(const DnsQuestion& question) {
    const auto name = encode_name(question.name);
    if (!name) return std::nullopt;
    DnsQuery query;
    std::vector<std::uint8_t>& out = query.bytes;
    constexpr std::size_t beside_name = dns_header_size + 4 + 15;  // type and class, OPT with NSID
    out.reserve(name->size() + beside_name);
    nm::append_u16(out, 0);
    nm::append_u16(out, (question.recursion ? dns_rd : 0U) | (question.checking_disabled ? dns_cd : 0U));
    for (const unsigned count : {1U, 0U, 0U, question.edns ? 1U : 0U}) nm::append_u16(out, count);
    out.insert(out.end(), name->begin(), name->end());
    nm::append_u16(out, question.type);
    nm::append_u16(out, 1);  // IN
    query.question_size = out.size() - dns_header_size;
    if (!question.edns) return query;
    out.push_back(0);  // the root
    nm::append_u16(out, type_opt);
    nm::append_u16(out, question.edns_size);
    nm::append_u16(out, 0);  // extended rcode, version
    nm::append_u16(out, question.dnssec_ok ? 0x8000U : 0U);
    nm::append_u16(out, question.nsid ? 4U : 0U);
    if (question.nsid) {
        nm::append_u16(out, option_nsid);
        nm::append_u16(out, 0);
    }
    return query;
}

std::optional<std::string> reverse_name(std::string_view address) {
    const auto ip = nm::parse_ip(address);
    if (!ip) return std::nullopt;
    constexpr char digits[] = "0123456789abcdef";
    std::string out;
    for (std::size_t i = ip->size(); i-- > 0;) {
        const unsigned byte = ip->bytes[i];
        if (ip->is_v4())
            out += std::to_string(byte) + ".";
        else
            out += {digits[byte & 15], '.', digits[byte >> 4], '.'};
    }
    return out + (ip->is_v4() ? "in-addr.arpa" : "ip6.arpa");
}

}  // namespace nmprobe
