// The counterpart of ByteReader: bytes in network order, put one behind the other, lengths patched in later.
// Proof: tests/unit/nmflowtool_export_test.cpp (what it writes is read back).
#pragma once

#include <cstdint>
#include <vector>

#include "wire/byte_reader.hpp"

namespace nmflowtool {

class MessageWriter {
  public:
    std::size_t size() const { return bytes_.size(); }
    nm::Bytes view() const { return bytes_; }
    void clear() { bytes_.clear(); }
    void reserve(std::size_t n) { bytes_.reserve(n); }

    void u8(std::uint8_t value) { bytes_.push_back(value); }
    void u16(std::uint16_t value) { put(__builtin_bswap16(value)); }
    void u32(std::uint32_t value) { put(__builtin_bswap32(value)); }
    void u64(std::uint64_t value) { put(__builtin_bswap64(value)); }
    // The low bytes of value, 1 to 8 of them.
    void uint(std::uint64_t value, std::size_t width) {
        while (width-- > 0) u8(static_cast<std::uint8_t>(value >> (8 * width)));
    }
    void bytes(nm::Bytes more) {
        if (more.empty()) return;  // memcpy takes no null pointer, whatever the length
        const std::size_t at = bytes_.size();
        bytes_.resize(at + more.size());
        std::memcpy(bytes_.data() + at, more.data(), more.size());
    }
    void zeros(std::size_t n) { bytes_.resize(bytes_.size() + n); }

    void patch_u16(std::size_t at, std::uint16_t value) { patch(at, __builtin_bswap16(value)); }
    void patch_u32(std::size_t at, std::uint32_t value) { patch(at, __builtin_bswap32(value)); }

  private:
    template <class Integer>
    void put(Integer swapped) {
        const std::size_t at = bytes_.size();
        bytes_.resize(at + sizeof swapped);
        std::memcpy(bytes_.data() + at, &swapped, sizeof swapped);
    }
    template <class Integer>
    void patch(std::size_t at, Integer swapped) {
        std::memcpy(bytes_.data() + at, &swapped, sizeof swapped);
    }

    std::vector<std::uint8_t> bytes_;
};

}  // namespace nmflowtool
