#include "address.hpp"

#include <arpa/inet.h>

#include <charconv>
#include <cstring>

namespace netsim {

std::uint64_t mix(std::uint64_t value) {
    value += 0x9e3779b97f4a7c15U;
    value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9U;
    value = (value ^ (value >> 27U)) * 0x94d049bb133111ebU;
    return value ^ (value >> 31U);
}

std::size_t AddressHash::operator()(const Address& address) const {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    std::memcpy(&high, address.bytes.data(), sizeof high);
    std::memcpy(&low, address.bytes.data() + sizeof high, sizeof low);
    return mix(high ^ mix(low));
}

bool Prefix::contains(const Address& address) const {
    if (address.v6 != base.v6) return false;
    const std::size_t whole = length / 8;
    if (std::memcmp(address.bytes.data(), base.bytes.data(), whole) != 0) return false;
    const unsigned rest = length % 8;
    if (rest == 0) return true;
    const unsigned mask = 0xff00U >> rest & 0xffU;
    return (address.bytes[whole] & mask) == (base.bytes[whole] & mask);
}

std::optional<Address> parse_address(std::string_view text) {
    const std::string zero_terminated(text);
    Address address;
    address.v6 = text.find(':') != std::string_view::npos;
    const int family = address.v6 ? AF_INET6 : AF_INET;
    if (inet_pton(family, zero_terminated.c_str(), address.bytes.data()) != 1) return std::nullopt;
    return address;
}

std::optional<Prefix> parse_prefix(std::string_view text) {
    const std::size_t slash = text.find('/');
    const std::optional<Address> base = parse_address(text.substr(0, slash));
    if (!base) return std::nullopt;
    const unsigned longest = base->v6 ? 128 : 32;
    if (slash == std::string_view::npos) return Prefix{*base, longest};
    const std::string_view digits = text.substr(slash + 1);
    unsigned length = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
    if (error != std::errc{} || end != digits.data() + digits.size() || length > longest) return std::nullopt;
    return Prefix{*base, length};
}

std::string to_text(const Address& address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    const int family = address.v6 ? AF_INET6 : AF_INET;
    return inet_ntop(family, address.bytes.data(), text.data(), text.size());
}

Address plus(Address address, std::uint64_t count) {
    const std::size_t lowest = address.v6 ? 8 : 0;
    for (std::size_t i = address.size(); i-- > lowest;) {
        count += address.bytes[i];
        address.bytes[i] = static_cast<std::uint8_t>(count & 0xffU);
        count >>= 8U;
    }
    return address;
}

}  // namespace netsim
