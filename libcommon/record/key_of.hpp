// From a member back to its key, for code that names fields by their members.
#pragma once

#include <string_view>
#include <type_traits>

#include "record/describe.hpp"

namespace nm {

// The key of a member of T or of a base that T shares the fields of; empty when no field is this member.
template <Described T, class Pointer>
constexpr std::string_view key_of(Pointer member) {
    std::string_view key;
    for_each_field<T>([&](auto, const auto& field) {
        if constexpr (std::is_same_v<std::remove_cvref_t<decltype(field.member)>, Pointer>) {
            if (field.member == member) key = field.info.key;
        }
    });
    return key;
}

}  // namespace nm
