// IPv4 and IPv6 addresses and prefixes of the simulator: plain bytes in network order.
// The simulator judges libcommon, so it shares no line with it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace netsim {

struct Address {
    std::array<std::uint8_t, 16> bytes{};  // IPv4 uses the first four
    bool v6 = false;

    bool operator==(const Address&) const = default;
    std::size_t size() const { return v6 ? 16 : 4; }
};

struct AddressHash {
    std::size_t operator()(const Address& address) const;
};

struct Prefix {
    Address base;
    unsigned length = 0;

    bool contains(const Address& address) const;
};

std::optional<Address> parse_address(std::string_view text);
std::optional<Prefix> parse_prefix(std::string_view text);  // without /LEN: one host
std::string to_text(const Address& address);
Address plus(Address address, std::uint64_t count);  // wraps inside the low 32 (v4) or 64 (v6) bits

std::uint64_t mix(std::uint64_t value);  // splitmix64's finalizer: hashes and the random sequence

}  // namespace netsim
