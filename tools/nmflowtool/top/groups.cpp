#include "top/groups.hpp"

#include <algorithm>
#include <cstring>

namespace nmflowtool {
namespace {

constexpr std::size_t first_slots = 1024;  // a power of two

}  // namespace

Groups::Groups(std::size_t key_width, std::uint64_t Sums::*value, std::size_t max_keys, bool keeps_variances)
    : key_width_(key_width),
      stride_(sizeof(Entry) + key_width),
      value_(value),
      max_keys_(max_keys),
      keeps_variances_(keeps_variances),
      slots_(first_slots),
      mask_(first_slots - 1),
      batch_keys_(batch_size * key_width) {}

// Multiply and fold, eight bytes at a time.
std::uint32_t Groups::hash_of(const std::uint8_t* key) const {
    std::uint64_t hash = 0x9E3779B97F4A7C15u;
    for (std::size_t i = 0; i < key_width_; i += 8) {
        std::uint64_t word;
        std::memcpy(&word, key + i, 8);
        hash = (hash ^ word) * 0xFF51AFD7ED558CCDu;
        hash ^= hash >> 32;
    }
    hash *= 0xC4CEB9FE1A85EC53u;
    return static_cast<std::uint32_t>(hash >> 32);
}

bool Groups::same_key(const std::uint8_t* left, const std::uint8_t* right) const {
    std::uint64_t difference = 0;
    for (std::size_t i = 0; i < key_width_; i += 8) {
        std::uint64_t a, b;
        std::memcpy(&a, left + i, 8);
        std::memcpy(&b, right + i, 8);
        difference |= a ^ b;
    }
    return difference == 0;
}

// Three passes: ask the memory for the slots, then for the entries behind them, then add.
void Groups::flush() {
    std::array<std::uint32_t, batch_size> hashes;
    for (std::size_t i = 0; i < batched_; ++i) {
        hashes[i] = hash_of(batch_keys_.data() + i * key_width_);
        __builtin_prefetch(&slots_[hashes[i] & mask_]);
    }
    for (std::size_t i = 0; i < batched_; ++i) {
        const std::uint32_t index_plus_one = slots_[hashes[i] & mask_].index_plus_one;
        if (index_plus_one == 0) continue;
        const std::uint8_t* at = reinterpret_cast<const std::uint8_t*>(entry(index_plus_one - 1));
        __builtin_prefetch(at);
        __builtin_prefetch(at + stride_ - 1);
    }
    for (std::size_t i = 0; i < batched_; ++i) {
        add_one(batch_keys_.data() + i * key_width_, hashes[i], batch_sums_[i], batch_variances_[i]);
    }
    batched_ = 0;
}

void Groups::add_one(const std::uint8_t* key, std::uint32_t hash, const Sums& sums, double variance) {
    for (std::size_t at = hash & mask_; slots_[at].index_plus_one != 0; at = (at + 1) & mask_) {
        if (slots_[at].hash != hash) continue;
        Entry* known = entry(slots_[at].index_plus_one - 1);
        if (!same_key(key_of(known), key)) continue;
        known->sums += sums;
        if (keeps_variances_) variances_[slots_[at].index_plus_one - 1] += variance;
        return;
    }
    insert(key, hash, sums, variance);
}

void Groups::insert(const std::uint8_t* key, std::uint32_t hash, const Sums& sums, double variance) {
    if (size_ == max_keys_ && max_keys_ != 0) give_up_smaller_half();
    if (size_ >> chunk_bits == chunks_.size()) {
        chunks_.push_back(std::make_unique_for_overwrite<std::uint8_t[]>((chunk_mask + 1) * stride_));
    }
    Entry* fresh = entry(size_++);
    fresh->sums = sums;
    std::memcpy(key_of(fresh), key, key_width_);
    if (given_up_ > 0) errors_.push_back(bound_);
    if (keeps_variances_) variances_.push_back(variance);
    if (size_ * 4 > slots_.size() * 3) grow();
    place({static_cast<std::uint32_t>(size_), hash});
}

void Groups::place(Slot slot) {
    std::size_t at = slot.hash & mask_;
    while (slots_[at].index_plus_one != 0) at = (at + 1) & mask_;
    slots_[at] = slot;
}

void Groups::grow() {
    std::vector<Slot> smaller(slots_.size() * 2);
    smaller.swap(slots_);
    mask_ = slots_.size() - 1;
    for (const Slot& slot : smaller) {
        if (slot.index_plus_one != 0) place(slot);
    }
}

void Groups::clear() {
    batched_ = 0;
    size_ = 0;
    errors_.clear();
    variances_.clear();
    bound_ = 0;
    given_up_ = 0;
    std::ranges::fill(slots_, Slot{});
}

// By what each value is at most. Those that stay keep their order.
void Groups::give_up_smaller_half() {
    errors_.resize(size_);  // the first time: all exact so far
    std::vector<std::uint64_t> values(size_);
    for (std::size_t i = 0; i < size_; ++i) values[i] = saturated_sum(sums(i).*value_, errors_[i]);
    std::vector<std::uint64_t> ordered = values;
    const std::size_t half = std::max<std::size_t>(1, size_ / 2);
    const auto last_given_up = ordered.begin() + static_cast<std::ptrdiff_t>(half - 1);
    std::ranges::nth_element(ordered, last_given_up);
    bound_ = *last_given_up;
    const auto below = static_cast<std::size_t>(
        std::ranges::count_if(values, [&](std::uint64_t value) { return value < bound_; }));
    std::size_t equals_to_give_up = half - below;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < size_; ++i) {
        if (values[i] < bound_ || (values[i] == bound_ && equals_to_give_up > 0)) {
            if (values[i] == bound_) --equals_to_give_up;
            continue;
        }
        std::memmove(static_cast<void*>(entry(kept)), entry(i), stride_);
        if (keeps_variances_) variances_[kept] = variances_[i];
        errors_[kept++] = errors_[i];
    }
    given_up_ += size_ - kept;
    size_ = kept;
    errors_.resize(kept);
    if (keeps_variances_) variances_.resize(kept);
    rebuild_slots();
}

void Groups::rebuild_slots() {
    std::ranges::fill(slots_, Slot{});
    for (std::size_t i = 0; i < size_; ++i) {
        place({static_cast<std::uint32_t>(i + 1), hash_of(key(i))});
    }
}

}  // namespace nmflowtool
