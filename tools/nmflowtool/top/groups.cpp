#include "top/groups.hpp"

#include <cstring>

namespace nmflowtool {
namespace {

constexpr std::size_t first_slots = 1024;  // a power of two

}  // namespace

Groups::Groups(std::size_t key_width) : key_width_(key_width), slots_(first_slots), mask_(first_slots - 1) {}

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

Sums& Groups::at(const std::uint8_t* key) {
    const std::uint32_t hash = hash_of(key);
    std::size_t at = hash & mask_;
    for (; slots_[at].index_plus_one != 0; at = (at + 1) & mask_) {
        if (slots_[at].hash != hash) continue;
        const std::size_t index = slots_[at].index_plus_one - 1;
        if (std::memcmp(keys_.data() + index * key_width_, key, key_width_) == 0) return sums_[index];
    }
    keys_.insert(keys_.end(), key, key + key_width_);
    Sums& fresh = sums_.emplace_back();
    slots_[at] = {static_cast<std::uint32_t>(sums_.size()), hash};
    if (sums_.size() * 2 > slots_.size()) grow();
    return fresh;
}

void Groups::grow() {
    std::vector<Slot> larger(slots_.size() * 2);
    mask_ = larger.size() - 1;
    for (const Slot& slot : slots_) {
        if (slot.index_plus_one == 0) continue;
        std::size_t at = slot.hash & mask_;
        while (larger[at].index_plus_one != 0) at = (at + 1) & mask_;
        larger[at] = slot;
    }
    slots_ = std::move(larger);
}

}  // namespace nmflowtool
