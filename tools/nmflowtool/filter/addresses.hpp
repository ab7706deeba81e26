// Addresses, networks, hardware addresses and protocols as people write them in a filter.
#pragma once

#include <optional>
#include <string_view>

#include "filter/terms.hpp"

namespace nmflowtool {

struct WrittenAddress {
    Address128 address;
    unsigned bits = 0;          // 32 or 128
    unsigned written_bits = 0;  // fewer when it was cut short: 10.1 has 16
};

// "192.0.2.1", "10.1" and "2001:db8" (the rest is zero), "2001:db8::1". Names are not addresses.
std::optional<WrittenAddress> read_address(std::string_view text);
// Of an address with so many bits, the mask that keeps the first length of them; of IPv4 also all 96 in
// front.
Address128 mask_of(unsigned bits, unsigned length);
// Six bytes with one or two digits each: "0:1:2:a:b:c".
std::optional<std::uint64_t> read_mac(std::string_view text);
// A protocol by its word: ours, or one that nfdump knows; in small letters or capitals.
std::optional<std::uint8_t> read_protocol(std::string_view word);

}  // namespace nmflowtool
