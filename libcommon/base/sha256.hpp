// SHA-256 (FIPS 180-4): names of things by their content. Not for secrets: it takes no care of timing.
// Proof: tests/unit/base_sha256_test.cpp (the standard's examples, sha256sum).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace nm {

class Sha256 {
  public:
    void add(std::string_view bytes);
    // 64 lower-case hexadecimal digits. Ends the sum.
    std::string hex();

  private:
    static constexpr std::size_t block_bytes = 64;
    void add_block(const unsigned char* block);

    std::array<std::uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                        0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    std::array<unsigned char, block_bytes> waiting_{};
    std::uint64_t bytes_ = 0;
};

std::string sha256_hex(std::string_view bytes);

}  // namespace nm
