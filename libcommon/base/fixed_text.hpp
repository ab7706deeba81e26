// A short text inside a record that owns no memory, so that a decoder reuses one record for millions: at most
// N - 1 bytes, longer ones are cut at a whole character. Unused bytes are zero, so equal texts are equal
// bytes. Proof: tests/unit/base_test.cpp.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/text.hpp"

namespace nm {

template <std::size_t N>
class FixedText {
    static_assert(N >= 8 && N <= 256);

  public:
    FixedText() = default;
    explicit FixedText(std::string_view text) { assign(text); }

    std::string_view view() const { return {bytes_.data(), size_}; }
    bool empty() const { return size_ == 0; }
    void assign(std::string_view text) {
        std::size_t size = text.size();
        if (size > N - 1) {
            for (size = 0; size < N - 1;) {
                const std::size_t sequence = utf8_sequence(text.substr(size));
                const std::size_t step = sequence == 0 ? 1 : sequence;
                if (size + step > N - 1) break;
                size += step;
            }
        }
        bytes_.fill(0);
        if (size > 0) std::memcpy(bytes_.data(), text.data(), size);
        size_ = static_cast<std::uint8_t>(size);
    }
    bool operator==(const FixedText&) const = default;

  private:
    std::array<char, N - 1> bytes_{};
    std::uint8_t size_ = 0;
};

using Text32 = FixedText<32>;
using Text64 = FixedText<64>;

template <class V>
inline constexpr bool is_fixed_text = false;
template <std::size_t N>
inline constexpr bool is_fixed_text<FixedText<N>> = true;

}  // namespace nm
