// Which members of a flow record a run looks at: templates pass over the fields that fill others, which is
// most of the work when only a few are ranked. Proof: tests/unit/nmflowtool_netflow9_test.cpp.
#pragma once

#include <bitset>
#include <cstddef>
#include <span>
#include <string_view>

#include "record/flow.hpp"

namespace nmflowtool {

class FlowMembers {
  public:
    // All of them.
    FlowMembers() { offsets_.set(); }
    // Those of these keys, and what they and the books are derived from.
    static FlowMembers of(std::span<const std::string_view> keys);

    bool has(std::size_t offset) const { return offsets_[offset]; }

  private:
    std::bitset<sizeof(nm::FlowRecord)> offsets_;  // by where the member begins in the record
};

}  // namespace nmflowtool
