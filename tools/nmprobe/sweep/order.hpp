// In which order a sweep visits its addresses: a keyed permutation that is computed, not stored, so that no
// network gets its packets in a row; and every n-th of it for a shard. Six rounds of a Feistel network over
// the next power of two, walked until the number is inside (less than two steps on average).
// Proof: tests/unit/nmprobe_sweep_test.cpp (it is a bijection).
#pragma once

#include <bit>
#include <cstdint>

#include "base/random.hpp"
#include "sweep/address_set.hpp"

namespace nmprobe {

class Permutation {
  public:
    Permutation(std::uint64_t size, std::uint64_t seed)
        : size_(size),
          seed_(seed),
          low_bits_(static_cast<unsigned>(std::bit_width(size < 2 ? 1 : size - 1)) / 2),
          low_mask_((std::uint64_t{1} << low_bits_) - 1),
          high_mask_((std::uint64_t{1}
                      << (static_cast<unsigned>(std::bit_width(size < 2 ? 1 : size - 1)) - low_bits_)) -
                     1) {}

    // A bijection of 0..size-1.
    std::uint64_t operator()(std::uint64_t i) const {
        do i = encrypt(i);
        while (i >= size_);
        return i;
    }

  private:
    static constexpr std::uint64_t rounds = 6;

    std::uint64_t mix(std::uint64_t half, std::uint64_t round) const {  // splitmix64, keyed
        return nm::mix64(half + seed_ + (round + 1) * 0x9E3779B97F4A7C15u);
    }
    std::uint64_t encrypt(std::uint64_t i) const {
        std::uint64_t low = i & low_mask_;
        std::uint64_t high = i >> low_bits_;
        for (std::uint64_t round = 0; round < rounds; round += 2) {
            high ^= mix(low, round) & high_mask_;
            low ^= mix(high, round + 1) & low_mask_;
        }
        return high << low_bits_ | low;
    }

    std::uint64_t size_;
    std::uint64_t seed_;
    unsigned low_bits_;
    std::uint64_t low_mask_;
    std::uint64_t high_mask_;
};

struct Shard {
    std::uint64_t number = 1;  // from 1
    std::uint64_t of = 1;
};

// The addresses of one shard, by their position in it.
class SweepOrder {
  public:
    SweepOrder(const AddressSet& addresses, std::uint64_t seed, Shard shard)
        : addresses_(addresses), permutation_(addresses.size(), seed), shard_(shard) {}

    std::uint64_t size() const {
        const std::uint64_t all = addresses_.size();
        return all < shard_.number ? 0 : (all - shard_.number) / shard_.of + 1;
    }
    nm::IpAddress at(std::uint64_t position) const {
        return addresses_.at(permutation_(position * shard_.of + shard_.number - 1));
    }

  private:
    const AddressSet& addresses_;
    Permutation permutation_;
    Shard shard_;
};

}  // namespace nmprobe
