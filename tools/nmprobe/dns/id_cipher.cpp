#include "dns/id_cipher.hpp"

#include <utility>

#include "base/random.hpp"

namespace nmprobe {

IdCipher::IdCipher() {
    for (auto& table : tables_) nm::fill_random(table.data(), table.size());
}

std::uint16_t IdCipher::encode(std::uint16_t number) const {
    auto left = static_cast<std::uint8_t>(number >> 8);
    auto right = static_cast<std::uint8_t>(number);
    for (const auto& table : tables_) {
        left = static_cast<std::uint8_t>(left ^ table[right]);
        std::swap(left, right);
    }
    return static_cast<std::uint16_t>(left << 8 | right);
}

std::uint16_t IdCipher::decode(std::uint16_t id) const {
    auto left = static_cast<std::uint8_t>(id >> 8);
    auto right = static_cast<std::uint8_t>(id);
    for (auto table = tables_.rbegin(); table != tables_.rend(); ++table) {
        std::swap(left, right);
        left = static_cast<std::uint8_t>(left ^ (*table)[right]);
    }
    return static_cast<std::uint16_t>(left << 8 | right);
}

}  // namespace nmprobe
