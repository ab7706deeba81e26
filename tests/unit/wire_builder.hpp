// Bytes in network order, put together in tests the way an RFC draws them.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <vector>

#include "wire/byte_reader.hpp"

namespace nm::test {

struct Wire {
    std::vector<std::uint8_t> bytes;

    Wire& u8(std::uint64_t value) { return number(value, 1); }
    Wire& u16(std::uint64_t value) { return number(value, 2); }
    Wire& u32(std::uint64_t value) { return number(value, 4); }
    Wire& u64(std::uint64_t value) { return number(value, 8); }
    Wire& number(std::uint64_t value, std::size_t width) {
        for (std::size_t i = width; i-- > 0;) bytes.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
        return *this;
    }
    Wire& raw(std::initializer_list<int> values) {
        for (const int value : values) bytes.push_back(static_cast<std::uint8_t>(value));
        return *this;
    }
    Wire& add(const Wire& other) {
        bytes.insert(bytes.end(), other.bytes.begin(), other.bytes.end());
        return *this;
    }
    Wire& zeros(std::size_t count) {
        bytes.resize(bytes.size() + count);
        return *this;
    }
    std::size_t size() const { return bytes.size(); }
    operator Bytes() const { return bytes; }
};

}  // namespace nm::test
