// What an export could not say as it was: counted, and told by name.
#pragma once

#include <algorithm>
#include <array>
#include <initializer_list>
#include <limits>

#include "record/flow_export.hpp"

namespace nmflowtool {

inline constexpr std::size_t flow_field_count = nm::field_count<nm::FlowRecord>;

// Which keys of the flow record a protocol has a place for.
class CarriedFields {
  public:
    constexpr explicit CarriedFields(std::initializer_list<std::string_view> keys) {
        for (const std::string_view key : keys) add(key);
    }
    constexpr void add(std::string_view key) {
        for (std::size_t i = 0; i < flow_field_count; ++i) {
            if (nm::field_infos<nm::FlowRecord>[i].key == key) carried_[i] = true;
        }
    }
    constexpr bool operator[](std::size_t field) const { return carried_[field]; }

  private:
    std::array<bool, flow_field_count> carried_{};
};

struct ExportBooks {
    std::uint64_t exported = 0;
    std::uint64_t templates = 0;
    std::uint64_t options = 0;
    std::uint64_t datagrams = 0;
    std::uint64_t not_carried = 0;
    std::uint64_t saturated = 0;
    std::uint64_t times_rounded = 0;
    std::uint64_t times_out_of_range = 0;
    std::array<bool, flow_field_count> lost{};

    // Books the keys of the flow that the protocol has no place for.
    void note_lost(const nm::FlowRecord& flow, const CarriedFields& carried) {
        nm::for_each_field<nm::FlowRecord>([&](auto index, const auto& field) {
            if (!carried[index] && !nm::is_absent(flow.*(field.member))) lost[index] = true;
        });
    }
    // The value, or the substitute when it does not fit the field.
    template <class Field>
    Field fit(std::uint64_t value, Field substitute) {
        if (value <= std::numeric_limits<Field>::max()) return static_cast<Field>(value);
        ++saturated;
        return substitute;
    }
    // Counters: the largest there is.
    template <class Field>
    Field fit_counter(std::uint64_t value) {
        return fit<Field>(value, std::numeric_limits<Field>::max());
    }
};

}  // namespace nmflowtool
