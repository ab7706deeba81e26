#include "diagnose/service_requests.hpp"

#include <array>

#include "base/random.hpp"
#include "net/ip.hpp"

namespace nmtcp {
namespace {

using namespace std::string_literals;

struct PortRow {
    std::uint16_t port;
    std::string_view protocol;
    std::string_view text;  // empty: speaks first
};

// http and tls stand for their requests. PostgreSQL: SSLRequest; DNS: the name servers of the root.
constexpr std::array port_rows{
    PortRow{21, "ftp", {}},
    PortRow{22, "ssh", {}},
    PortRow{25, "smtp", {}},
    PortRow{53, "dns", {"\0\x11\x12\x34\1\0\0\1\0\0\0\0\0\0\0\0\2\0\1", 19}},
    PortRow{80, "http", {}},
    PortRow{110, "pop3", {}},
    PortRow{143, "imap", {}},
    PortRow{443, "tls", {}},
    PortRow{465, "tls", {}},
    PortRow{587, "smtp", {}},
    PortRow{853, "tls", {}},
    PortRow{993, "tls", {}},
    PortRow{995, "tls", {}},
    PortRow{3306, "mysql", {}},
    PortRow{5432, "postgresql", {"\0\0\0\x08\x04\xD2\x16\x2F", 8}},
    PortRow{6379, "redis", "PING\r\n"},
    PortRow{8000, "http", {}},
    PortRow{8080, "http", {}},
    PortRow{8086, "http", {}},
    PortRow{8443, "tls", {}},
    PortRow{11211, "memcached", "version\r\n"},
};

std::string be(std::size_t value, unsigned bytes) {
    std::string out;
    while (bytes-- > 0) out += static_cast<char>(value >> (8 * bytes) & 0xFF);
    return out;
}

// A vector with its length in front.
std::string sized(unsigned bytes, const std::string& body) {
    return be(body.size(), bytes) + body;
}

std::string extension(std::size_t type, const std::string& body) {
    return be(type, 2) + sized(2, body);
}

std::string random_bytes(std::size_t count) {
    std::string out(count, '\0');
    nm::fill_random(out.data(), out.size());
    return out;
}

}  // namespace

ServiceRequest http_request(const std::string& host, std::uint16_t port, const std::string& path) {
    std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
    if (port != 80) name += ":" + std::to_string(port);
    return {"http", "GET " + path + " HTTP/1.1\r\nHost: " + name +
                        "\r\nUser-Agent: nmtcp\r\nAccept: */*\r\nConnection: close\r\n\r\n"};
}

ServiceRequest tls_request(const std::string& host) {
    // AES-GCM and ChaCha20 of 1.3, then ECDHE and RSA ones of 1.2 (RFC 8446 appendix B.4, RFC 5289).
    const std::string ciphers = "\x13\x01\x13\x02\x13\x03\xC0\x2B\xC0\x2F\xC0\x2C\xC0\x30\0\x9C\0\x9D"s;
    const std::string groups = "\0\x1D\0\x17\0\x18"s;  // x25519, secp256r1, secp384r1
    const std::string schemes = "\4\3\x08\4\4\1\5\3\x08\5\5\1\x08\6\6\1\x08\7"s;
    std::string extensions;
    if (!nm::parse_ip(host)) extensions += extension(0, sized(2, "\0"s + sized(2, host)));
    extensions += extension(10, sized(2, groups));
    extensions += extension(11, sized(1, "\0"s));  // uncompressed points
    extensions += extension(13, sized(2, schemes));
    extensions += extension(43, sized(1, "\3\4\3\3"));
    // Any 32 bytes are a public key of x25519 (RFC 7748 section 5).
    extensions += extension(51, sized(2, "\0\x1D"s + sized(2, random_bytes(32))));
    const std::string hello = "\3\3"s + random_bytes(32) + sized(1, random_bytes(32)) + sized(2, ciphers) +
                              sized(1, "\0"s) + sized(2, extensions);
    return {"tls", "\x16\3\1"s + sized(2, "\1"s + sized(3, hello))};
}

ServiceRequest request_for_port(std::uint16_t port, const std::string& host) {
    for (const PortRow& row : port_rows) {
        if (row.port != port) continue;
        if (row.protocol == "http") return http_request(host, port, "/");
        if (row.protocol == "tls") return tls_request(host);
        return {std::string(row.protocol), std::string(row.text)};
    }
    return {};
}

std::optional<std::string> unescape(std::string_view text) {
    constexpr std::string_view names = "rnt0\\";
    constexpr std::string_view bytes{"\r\n\t\0\\", 5};
    const auto digit = [](char c) {
        return c >= '0' && c <= '9'   ? c - '0'
               : c >= 'a' && c <= 'f' ? c - 'a' + 10
               : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                      : -1;
    };
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\') {
            out += text[i];
            continue;
        }
        if (++i == text.size()) return std::nullopt;
        if (const auto at = names.find(text[i]); at != std::string_view::npos) {
            out += bytes[at];
            continue;
        }
        if (text[i] != 'x' || i + 2 >= text.size()) return std::nullopt;
        const int high = digit(text[i + 1]), low = digit(text[i + 2]);
        if (high < 0 || low < 0) return std::nullopt;
        out += static_cast<char>(high << 4 | low);
        i += 2;
    }
    return out;
}

}  // namespace nmtcp
