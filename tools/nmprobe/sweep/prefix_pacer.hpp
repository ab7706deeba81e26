// Packets per second into each /24 or /64, on top of the rate of the whole sweep. Networks share a table of
// fixed size by their hash: two of them may share a place and then its rate, so a network may get less than
// its rate, never more. Time is a parameter. Proof: tests/unit/nmprobe_sweep_test.cpp.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/clock.hpp"
#include "sweep/address_set.hpp"

namespace nmprobe {

class PrefixPacer {
  public:
    // 0: no limit, and no table.
    explicit PrefixPacer(std::uint64_t rate_pps)
        : spacing_ns_(rate_pps == 0 ? 0 : nm::ns_per_s / static_cast<std::int64_t>(rate_pps)),
          next_ns_(rate_pps == 0 ? 0 : places) {}

    // When a packet to this address may leave, now or later; the place is taken.
    std::int64_t reserve(const nm::IpAddress& address, std::int64_t now_ns) {
        if (next_ns_.empty()) return now_ns;
        const AddressKey key = AddressKey::of(address);
        std::uint64_t network = address.is_v4() ? key.low >> 8 : key.high;
        network = (network ^ (network >> 33) ^ key.zone) * 0x9E3779B97F4A7C15u;
        std::int64_t& next_ns = next_ns_[network >> (64 - place_bits)];
        const std::int64_t at_ns = std::max(next_ns, now_ns);
        next_ns = at_ns + spacing_ns_;
        return at_ns;
    }

  private:
    static constexpr unsigned place_bits = 16;
    static constexpr std::size_t places = std::size_t{1} << place_bits;  // 512 KiB

    std::int64_t spacing_ns_;
    std::vector<std::int64_t> next_ns_;
};

}  // namespace nmprobe
