// A cursor over untrusted bytes in network order. It never reads outside its span: a read past the end
// returns zero, turns ok() false and leaves nothing to read, so a decoder may read a whole header and test
// once. A length field yields a bounded sub-cursor (sub), which cannot run into its neighbour.
// Proof: tests/unit/wire_test.cpp; the fuzzers stand on it.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace nm {

using Bytes = std::span<const std::uint8_t>;

inline Bytes as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

class ByteReader {
  public:
    ByteReader() = default;
    explicit ByteReader(Bytes bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

    bool ok() const { return ok_; }
    std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }
    // What is still to read, without reading it.
    Bytes rest() const { return {at_, left()}; }

    std::uint8_t u8() { return take<std::uint8_t>(); }
    std::uint16_t u16() { return __builtin_bswap16(take<std::uint16_t>()); }
    std::uint32_t u32() { return __builtin_bswap32(take<std::uint32_t>()); }
    std::uint64_t u64() { return __builtin_bswap64(take<std::uint64_t>()); }
    // An unsigned integer of 1 to 8 bytes, as reduced-size encoding sends it (RFC 7011 section 6.2).
    std::uint64_t uint(std::size_t width) {
        if (width > 8 || !has(width)) return fail();
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < width; ++i) value = value << 8 | at_[i];
        at_ += width;
        return value;
    }
    // The next n bytes; empty when there are not as many.
    Bytes bytes(std::size_t n) {
        if (!has(n)) {
            fail();
            return {};
        }
        const Bytes taken{at_, n};
        at_ += n;
        return taken;
    }
    void skip(std::size_t n) { bytes(n); }
    // A cursor over the next n bytes, which this one then has behind it; not ok when there are not as many.
    ByteReader sub(std::size_t n) {
        ByteReader inner(bytes(n));
        inner.ok_ = ok_;
        return inner;
    }
    // Little-endian forms, for file formats written in host order.
    std::uint16_t u16_le() { return take<std::uint16_t>(); }
    std::uint32_t u32_le() { return take<std::uint32_t>(); }
    std::uint64_t u64_le() { return take<std::uint64_t>(); }

  private:
    static_assert(std::endian::native == std::endian::little);

    bool has(std::size_t n) const { return n <= left(); }
    std::uint8_t fail() {
        ok_ = false;
        at_ = end_;
        return 0;
    }
    template <class Integer>
    Integer take() {
        if (!has(sizeof(Integer))) return fail();
        Integer value;
        std::memcpy(&value, at_, sizeof value);
        at_ += sizeof value;
        return value;
    }

    const std::uint8_t* at_ = nullptr;
    const std::uint8_t* end_ = nullptr;
    bool ok_ = true;
};

}  // namespace nm
