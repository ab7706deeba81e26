// Sums per key, exact, in an open-addressing hash table: keys of one fixed width side by side, the slots hold
// only indexes and hashes. Memory: width + 24 bytes per key, and 16 bytes of slots.
// Proof: tests/unit/nmflowtool_top_test.cpp (against std::map).
#pragma once

#include <cstdint>
#include <vector>

namespace nmflowtool {

struct Sums {
    std::uint64_t bytes = 0;
    std::uint64_t packets = 0;
    std::uint64_t flows = 0;
};

class Groups {
  public:
    // key_width: bytes, a multiple of 8.
    explicit Groups(std::size_t key_width);

    // The sums of a key, zero when it is new. The reference holds until the next call.
    Sums& at(const std::uint8_t* key);
    std::size_t size() const { return sums_.size(); }
    const Sums& sums(std::size_t index) const { return sums_[index]; }
    const std::uint8_t* key(std::size_t index) const { return keys_.data() + index * key_width_; }
    std::size_t key_width() const { return key_width_; }

  private:
    struct Slot {
        std::uint32_t index_plus_one = 0;  // 0: free
        std::uint32_t hash = 0;
    };

    std::uint32_t hash_of(const std::uint8_t* key) const;
    void grow();

    std::size_t key_width_;
    std::vector<std::uint8_t> keys_;
    std::vector<Sums> sums_;
    std::vector<Slot> slots_;
    std::size_t mask_;
};

}  // namespace nmflowtool
