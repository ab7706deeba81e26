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
    // No member that is looked at or derived lies beyond so many bytes of a record: a decoder need not reset
    // more.
    std::size_t extent() const { return extent_; }

  private:
    template <class... Value>
    bool has_any(Value nm::FlowRecord::*... member) const;
    template <class... Value>
    void add(Value nm::FlowRecord::*... member);

    std::size_t extent_ = sizeof(nm::FlowRecord);
    std::bitset<sizeof(nm::FlowRecord)> offsets_;  // by where the member begins in the record
};

}  // namespace nmflowtool
