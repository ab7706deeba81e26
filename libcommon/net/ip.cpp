#include "net/ip.hpp"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>

#include "base/hex.hpp"
#include "base/text.hpp"

namespace nm {
namespace {

char* write_octet(char* out, unsigned value) {
    if (value >= 100) *out++ = static_cast<char>('0' + value / 100);
    if (value >= 10) *out++ = static_cast<char>('0' + value / 10 % 10);
    *out++ = static_cast<char>('0' + value % 10);
    return out;
}

// Each octet with a dot behind it, padded to four bytes.
struct OctetText {
    std::array<char, 4> text{};
    std::uint8_t size = 0;
};
constexpr auto octet_texts = [] {
    std::array<OctetText, 256> texts{};
    for (unsigned value = 0; value < 256; ++value) {
        OctetText& row = texts[value];
        if (value >= 100) row.text[row.size++] = static_cast<char>('0' + value / 100);
        if (value >= 10) row.text[row.size++] = static_cast<char>('0' + value / 10 % 10);
        row.text[row.size++] = static_cast<char>('0' + value % 10);
        row.text[row.size++] = '.';
    }
    return texts;
}();

// Writes up to a byte more than the text.
char* write_v4(char* out, const std::uint8_t* bytes) {
    for (int i = 0; i < 4; ++i) {
        const OctetText& row = octet_texts[bytes[i]];
        std::memcpy(out, row.text.data(), 4);
        out += row.size;
    }
    return out - 1;
}

// RFC 5952: lower case, no leading zeros, the longest run of two or more zero groups shortened.
char* write_v6(char* out, const std::uint8_t* bytes) {
    std::array<unsigned, 8> groups{};
    for (std::size_t i = 0; i < 8; ++i)
        groups[i] = static_cast<unsigned>(bytes[2 * i]) << 8 | bytes[2 * i + 1];
    std::size_t best = 8, best_length = 1;
    for (std::size_t i = 0; i < 8;) {
        std::size_t end = i;
        while (end < 8 && groups[end] == 0) ++end;
        if (end - i > best_length) best = i, best_length = end - i;
        i = std::max(end, i + 1);
    }
    const bool mapped = best == 0 && best_length == 5 && groups[5] == 0xFFFF;  // ::ffff:a.b.c.d
    for (std::size_t i = 0; i < 8;) {
        if (i == best) {
            *out++ = ':';
            *out++ = ':';
            i += best_length;
            continue;
        }
        if (i > 0 && i != best + best_length) *out++ = ':';
        if (mapped && i == 6) return write_v4(out, bytes + 12);
        out = std::to_chars(out, out + 4, groups[i], 16).ptr;
        ++i;
    }
    return out;
}

std::optional<std::uint32_t> parse_zone(std::string_view text) {
    if (text.empty() || text.size() >= IF_NAMESIZE) return std::nullopt;
    if (const auto index = parse_number<std::uint32_t>(text)) return *index > 0 ? index : std::nullopt;
    const unsigned index = if_nametoindex(std::string(text).c_str());
    return index > 0 ? std::optional<std::uint32_t>(index) : std::nullopt;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
    const auto port = parse_number<std::uint16_t>(text);
    return port && *port > 0 ? port : std::nullopt;
}

}  // namespace

IpAddress IpAddress::v4(std::uint32_t host_order) {
    const std::uint32_t wire = htonl(host_order);
    return v4(&wire);
}

IpAddress IpAddress::v4(const void* four_bytes) {
    IpAddress ip;
    std::memcpy(ip.bytes.data(), four_bytes, 4);
    ip.family = Family::v4;
    return ip;
}

IpAddress IpAddress::v6(const void* sixteen_bytes) {
    IpAddress ip;
    std::memcpy(ip.bytes.data(), sixteen_bytes, 16);
    ip.family = Family::v6;
    return ip;
}

IpAddress IpAddress::from_bytes(Bytes bytes) {
    if (bytes.size() == 4) return v4(bytes.data());
    if (bytes.size() == 16) return v6(bytes.data());
    return {};
}

IpAddress IpAddress::from_sockaddr(const sockaddr& address) {
    if (address.sa_family == AF_INET) {
        sockaddr_in in;
        std::memcpy(&in, &address, sizeof in);
        return v4(&in.sin_addr);
    }
    if (address.sa_family == AF_INET6) {
        sockaddr_in6 in6;
        std::memcpy(&in6, &address, sizeof in6);
        if (IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr)) return v4(in6.sin6_addr.s6_addr + 12);
        IpAddress ip = v6(&in6.sin6_addr);
        if (ip.is_link_local()) ip.zone = in6.sin6_scope_id;
        return ip;
    }
    return {};
}

std::uint32_t IpAddress::to_v4() const {
    std::uint32_t wire;
    std::memcpy(&wire, bytes.data(), 4);
    return ntohl(wire);
}

bool IpAddress::is_multicast() const {
    return is_v4() ? (bytes[0] & 0xF0) == 0xE0 : is_v6() && bytes[0] == 0xFF;
}

bool IpAddress::is_loopback() const {
    constexpr std::array<std::uint8_t, 16> one{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    return is_v4() ? bytes[0] == 127 : is_v6() && bytes == one;
}

bool IpAddress::is_link_local() const {
    return is_v6() && bytes[0] == 0xFE && (bytes[1] & 0xC0) == 0x80;
}

char* write_ip(char* out, const IpAddress& ip) {
    if (ip.is_v4()) return write_v4(out, ip.bytes.data());
    if (!ip.is_v6()) return out;
    out = write_v6(out, ip.bytes.data());
    if (ip.zone == 0) return out;
    *out++ = '%';
    char name[IF_NAMESIZE];
    if (if_indextoname(ip.zone, name) != nullptr) return std::copy_n(name, std::strlen(name), out);
    return std::to_chars(out, out + 10, ip.zone).ptr;
}

std::string to_string(const IpAddress& ip) {
    char text[ip_text_size];
    return {text, write_ip(text, ip)};
}

std::optional<IpAddress> parse_ip(std::string_view text) {
    std::uint32_t zone = 0;
    if (const auto percent = text.find('%'); percent != std::string_view::npos) {
        const auto parsed = parse_zone(text.substr(percent + 1));
        if (!parsed) return std::nullopt;
        zone = *parsed;
        text = text.substr(0, percent);
    }
    char terminated[INET6_ADDRSTRLEN];
    if (text.size() >= sizeof terminated || text.find('\0') != std::string_view::npos) return std::nullopt;
    terminated[text.copy(terminated, sizeof terminated - 1)] = '\0';
    std::uint8_t bytes[16];
    if (inet_pton(AF_INET, terminated, bytes) == 1) {
        return zone == 0 ? std::optional(IpAddress::v4(bytes)) : std::nullopt;
    }
    if (inet_pton(AF_INET6, terminated, bytes) != 1) return std::nullopt;
    IpAddress ip = IpAddress::v6(bytes);
    ip.zone = zone;
    return ip;
}

unsigned to_sockaddr(const IpAddress& ip, std::uint16_t port, sockaddr_storage& out) {
    std::memset(&out, 0, sizeof out);
    if (ip.is_v4()) {
        sockaddr_in in{};
        in.sin_family = AF_INET;
        in.sin_port = htons(port);
        std::memcpy(&in.sin_addr, ip.bytes.data(), 4);
        std::memcpy(&out, &in, sizeof in);
        return sizeof in;
    }
    sockaddr_in6 in6{};
    in6.sin6_family = AF_INET6;
    in6.sin6_port = htons(port);
    in6.sin6_scope_id = ip.zone;
    std::memcpy(&in6.sin6_addr, ip.bytes.data(), 16);
    std::memcpy(&out, &in6, sizeof in6);
    return sizeof in6;
}

bool Prefix::contains(const IpAddress& ip) const {
    return ip.family == address.family && make_prefix(ip, length).address.bytes == address.bytes;
}

Prefix make_prefix(const IpAddress& ip, unsigned length) {
    Prefix prefix{ip, static_cast<std::uint8_t>(length)};
    for (std::size_t i = 0; i < 16; ++i) {
        const unsigned kept = length >= 8 * (i + 1) ? 8
                              : length > 8 * i      ? length - 8 * static_cast<unsigned>(i)
                                                    : 0;
        prefix.address.bytes[i] &= static_cast<std::uint8_t>(0xFF00u >> kept);
    }
    return prefix;
}

char* write_prefix(char* out, const Prefix& prefix) {
    out = write_ip(out, prefix.address);
    *out++ = '/';
    return write_octet(out, prefix.length);
}

std::string to_string(const Prefix& prefix) {
    char text[ip_text_size + 4];
    return {text, write_prefix(text, prefix)};
}

std::optional<Prefix> parse_prefix(std::string_view text) {
    const auto slash = text.find('/');
    const auto ip = parse_ip(text.substr(0, slash));
    if (!ip) return std::nullopt;
    if (slash == std::string_view::npos) return make_prefix(*ip, ip->bits());
    const std::string_view digits = text.substr(slash + 1);
    const auto length = parse_number<unsigned>(digits);
    const bool padded = digits.size() > 1 && digits.front() == '0';
    if (!length || padded || *length > ip->bits()) return std::nullopt;
    const Prefix prefix = make_prefix(*ip, *length);
    return prefix.address == *ip ? std::optional(prefix) : std::nullopt;
}

std::optional<HostPort> parse_host_port(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    std::string_view host = text.substr(0, colon);
    if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
        host = host.substr(1, host.size() - 2);
    } else if (host.find(':') != std::string_view::npos) {
        return std::nullopt;  // an IPv6 address without brackets: where does the port begin?
    }
    const auto port = parse_port(text.substr(colon + 1));
    if (host.empty() || !port) return std::nullopt;
    return HostPort{std::string(host), *port};
}

std::optional<Endpoint> parse_endpoint(std::string_view text) {
    if (!text.empty() && text.front() == ':') {  // every address
        const auto port = parse_port(text.substr(1));
        return port ? std::optional(Endpoint{*parse_ip("::"), *port}) : std::nullopt;
    }
    const auto parts = parse_host_port(text);
    if (!parts) return std::nullopt;
    const auto ip = parse_ip(parts->host);
    return ip ? std::optional(Endpoint{*ip, parts->port}) : std::nullopt;
}

std::string to_string(const Endpoint& endpoint) {
    const std::string ip = to_string(endpoint.address);
    return (endpoint.address.is_v6() ? "[" + ip + "]" : ip) + ":" + std::to_string(endpoint.port);
}

char* write_mac(char* out, const Mac& mac) {
    for (std::size_t i = 0; i < 6; ++i) {
        if (i > 0) *out++ = ':';
        out = write_hex(out, {&mac.bytes[i], 1});
    }
    return out;
}

std::optional<Mac> parse_mac(std::string_view text) {
    if (text.size() != mac_text_size) return std::nullopt;
    Mac mac;
    for (std::size_t i = 0; i < 6; ++i) {
        const char* at = text.data() + 3 * i;
        const auto [end, error] = std::from_chars(at, at + 2, mac.bytes[i], 16);
        if (error != std::errc() || end != at + 2 || (i < 5 && at[2] != ':')) return std::nullopt;
    }
    return mac;
}

}  // namespace nm
