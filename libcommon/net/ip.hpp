// Addresses and prefixes of both families in one type, and hardware addresses.
// Text forms: RFC 5952 for IPv6 (with %zone for link-local), dotted quad for IPv4.
// Proof: tests/unit/net_test.cpp (differential against inet_pton/inet_ntop).
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "wire/byte_reader.hpp"

struct sockaddr;
struct sockaddr_storage;

namespace nm {

enum class Family : std::uint8_t { none = 0, v4 = 4, v6 = 6 };

// 16 bytes in network order; an IPv4 address uses the first four and leaves the rest zero. Family none is
// "unset", which records leave out.
struct IpAddress {
    std::array<std::uint8_t, 16> bytes{};
    Family family = Family::none;
    std::uint32_t zone = 0;  // interface index of a link-local address, else 0

    static IpAddress v4(std::uint32_t host_order);
    static IpAddress v4(const void* four_bytes);
    static IpAddress v6(const void* sixteen_bytes);
    // From 4 or 16 bytes; unset for any other length.
    static IpAddress from_bytes(Bytes bytes);
    static IpAddress from_sockaddr(const sockaddr& address);

    bool is_set() const { return family != Family::none; }
    bool is_v4() const { return family == Family::v4; }
    bool is_v6() const { return family == Family::v6; }
    unsigned bits() const { return is_v4() ? 32 : is_v6() ? 128 : 0; }
    std::size_t size() const { return bits() / 8; }
    std::uint32_t to_v4() const;  // host order
    bool is_multicast() const;
    bool is_loopback() const;
    bool is_link_local() const;

    auto operator<=>(const IpAddress&) const = default;
};

// The longest text: an IPv6 address with a zone name.
inline constexpr std::size_t ip_text_size = 64;
// Writes the text without a zero byte and returns its end; writes nothing for an unset address.
char* write_ip(char* out, const IpAddress& ip);
std::string to_string(const IpAddress& ip);
// Strict: no leading zeros or shortened forms for IPv4. "fe80::1%eth0" takes the zone by name or number.
std::optional<IpAddress> parse_ip(std::string_view text);

// The socket address for ip and port (host order); returns its length.
unsigned to_sockaddr(const IpAddress& ip, std::uint16_t port, sockaddr_storage& out);

struct Prefix {
    IpAddress address;  // host bits are zero
    std::uint8_t length = 0;

    bool is_set() const { return address.is_set(); }
    bool contains(const IpAddress& ip) const;
    auto operator<=>(const Prefix&) const = default;
};

// Clears the host bits. The length must not exceed ip.bits().
Prefix make_prefix(const IpAddress& ip, unsigned length);
char* write_prefix(char* out, const Prefix& prefix);
std::string to_string(const Prefix& prefix);
// "10.0.0.0/8"; an address alone is a host prefix. Host bits must be zero.
std::optional<Prefix> parse_prefix(std::string_view text);

// "addr:port" or "[v6]:port", as written in -l and in targets.
struct Endpoint {
    IpAddress address;
    std::uint16_t port = 0;
    auto operator<=>(const Endpoint&) const = default;
};
std::optional<Endpoint> parse_endpoint(std::string_view text);
std::string to_string(const Endpoint& endpoint);
// Splits "name:port", "1.2.3.4:port" or "[v6]:port" without resolving the name.
struct HostPort {
    std::string host;
    std::uint16_t port = 0;
};
std::optional<HostPort> parse_host_port(std::string_view text);

struct Mac {
    std::array<std::uint8_t, 6> bytes{};
    auto operator<=>(const Mac&) const = default;
};
inline constexpr std::size_t mac_text_size = 17;
char* write_mac(char* out, const Mac& mac);
std::optional<Mac> parse_mac(std::string_view text);

}  // namespace nm

template <>
struct std::hash<nm::IpAddress> {
    std::size_t operator()(const nm::IpAddress& ip) const noexcept {
        std::uint64_t words[2];
        std::memcpy(words, ip.bytes.data(), sizeof words);
        std::uint64_t h = (words[0] ^ (words[1] * 0x9E3779B97F4A7C15u) ^ ip.zone) * 0xFF51AFD7ED558CCDu;
        return h ^ (h >> 32);
    }
};
