// Sums per key in an open-addressing hash table. Keys of one fixed width lie beside their sums, in chunks
// that never move; the slots hold only indexes and hashes. Memory: width + 24 bytes per key, and 11 to 22 of
// slots; 8 more where the error of sampling is wanted. Sums are exact while there are at most max_keys keys.
// Beyond, the smaller half is given up each time the table is full, by the rule of space-saving (Metwally et
// al. 2005): what is given up is remembered as a bound, and a key that comes (back) later starts with that
// bound as its possible error. Proof: tests/unit/nmflowtool_top_test.cpp (against std::map).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace nmflowtool {

// What does not fit is as much as fits: counters that are scaled come close.
inline std::uint64_t saturated_sum(std::uint64_t a, std::uint64_t b) {
    std::uint64_t sum;
    return __builtin_add_overflow(a, b, &sum) ? ~std::uint64_t{0} : sum;
}
inline std::uint64_t saturated_product(std::uint64_t a, std::uint64_t b) {
    std::uint64_t product;
    return __builtin_mul_overflow(a, b, &product) ? ~std::uint64_t{0} : product;
}

struct Sums {
    std::uint64_t bytes = 0;
    std::uint64_t packets = 0;
    std::uint64_t flows = 0;

    Sums& operator+=(const Sums& other) {
        bytes = saturated_sum(bytes, other.bytes);
        packets = saturated_sum(packets, other.packets);
        flows = saturated_sum(flows, other.flows);
        return *this;
    }
};

class Groups {
  public:
    // key_width: bytes, a multiple of 8. value: the sum that decides what is given up. max_keys: 0 is no
    // limit. keeps_variances: of what is added with one.
    Groups(std::size_t key_width, std::uint64_t Sums::*value, std::size_t max_keys = 0,
           bool keeps_variances = false);

    // Where to write the next key; add() takes it. Additions wait in a batch until it is full, so that the
    // memory they need is on its way before it is used: flush() before looking at the groups.
    std::uint8_t* next_key() { return batch_keys_.data() + batched_ * key_width_; }
    void add(const Sums& sums, double variance = 0) {
        batch_sums_[batched_] = sums;
        batch_variances_[batched_] = variance;
        if (++batched_ == batch_size) flush();
    }
    void flush();

    std::size_t size() const { return size_; }
    const Sums& sums(std::size_t index) const { return entry(index)->sums; }
    const std::uint8_t* key(std::size_t index) const { return key_of(entry(index)); }
    std::size_t key_width() const { return key_width_; }
    double variance(std::size_t index) const { return keeps_variances_ ? variances_[index] : 0; }
    // The value may be this much larger than its sum.
    std::uint64_t error(std::size_t index) const { return given_up_ == 0 ? 0 : errors_[index]; }
    // No key that is not in the table has a larger value; 0 while all sums are exact.
    std::uint64_t given_up_bound() const { return bound_; }
    std::uint64_t given_up() const { return given_up_; }
    // Forgets all keys and keeps the memory.
    void clear();

  private:
    struct Slot {
        std::uint32_t index_plus_one = 0;  // 0: free
        std::uint32_t hash = 0;
    };
    struct Entry {
        Sums sums;  // the key follows
    };

    static constexpr std::size_t batch_size = 32;
    static constexpr std::size_t chunk_bits = 12;  // entries of a chunk
    static constexpr std::size_t chunk_mask = (std::size_t{1} << chunk_bits) - 1;

    Entry* entry(std::size_t index) const {
        return reinterpret_cast<Entry*>(chunks_[index >> chunk_bits].get() + (index & chunk_mask) * stride_);
    }
    static std::uint8_t* key_of(Entry* entry) { return reinterpret_cast<std::uint8_t*>(entry + 1); }
    std::uint32_t hash_of(const std::uint8_t* key) const;
    bool same_key(const std::uint8_t* left, const std::uint8_t* right) const;
    void add_one(const std::uint8_t* key, std::uint32_t hash, const Sums& sums, double variance);
    void insert(const std::uint8_t* key, std::uint32_t hash, const Sums& sums, double variance);
    void place(Slot slot);
    void grow();
    void give_up_smaller_half();
    void rebuild_slots();

    std::size_t key_width_;
    std::size_t stride_;
    std::uint64_t Sums::*value_;
    std::size_t max_keys_;
    bool keeps_variances_;
    std::size_t size_ = 0;
    std::vector<std::unique_ptr<std::uint8_t[]>> chunks_;
    std::vector<Slot> slots_;
    std::size_t mask_;
    std::vector<std::uint64_t> errors_;  // empty while all sums are exact
    std::vector<double> variances_;
    std::uint64_t bound_ = 0;
    std::uint64_t given_up_ = 0;

    std::size_t batched_ = 0;
    std::vector<std::uint8_t> batch_keys_;
    std::array<Sums, batch_size> batch_sums_;
    std::array<double, batch_size> batch_variances_;
};

}  // namespace nmflowtool
