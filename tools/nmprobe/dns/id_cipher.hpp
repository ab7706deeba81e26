// Ids that are random to others and unique to us. Proof: tests/unit/nmprobe_dns_test.cpp.
#pragma once

#include <array>
#include <cstdint>

namespace nmprobe {

// A permutation of the 16-bit numbers that only its key tells: four Feistel rounds over random tables.
class IdCipher {
  public:
    IdCipher();
    std::uint16_t encode(std::uint16_t number) const;
    std::uint16_t decode(std::uint16_t id) const;

  private:
    std::array<std::array<std::uint8_t, 256>, 4> tables_;
};

}  // namespace nmprobe
