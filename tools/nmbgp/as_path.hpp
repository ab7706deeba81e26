// An AS path as it stands in a message: segments of 4-byte AS numbers (RFC 4271 section 4.3 b, RFC 6793,
// RFC 5065 section 3). A view into the message; checked once, then free of errors.
// Proof: tests/unit/nmbgp_attributes_test.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "wire/byte_reader.hpp"

namespace nmbgp {

class AsPath {
  public:
    AsPath() = default;
    // Nothing when a segment has an unknown type, no member, or runs past the end (RFC 7606 section 7.2).
    static std::optional<AsPath> decode(nm::Bytes bytes);

    bool empty() const { return segments_.empty(); }
    // As route selection counts: a set is one hop (RFC 4271 section 9.1.2.2 a), a confederation none
    // (RFC 5065 section 5.3).
    unsigned length() const { return length_; }
    // The AS that originated the route. Absent for an empty path and for one that ends in anything but a
    // sequence: which member of a set it was cannot be known (RFC 6811 section 2).
    std::optional<std::uint32_t> origin_as() const { return origin_as_; }
    // "65001 2914 {1,2}"; a confederation sequence is "(1 2)", a confederation set "[1,2]". Appends.
    void append_text(std::string& out) const;

  private:
    nm::Bytes segments_;
    unsigned length_ = 0;
    std::optional<std::uint32_t> origin_as_;
};

}  // namespace nmbgp
