// The further values of elements that a flow record has several times, out of its JSON line: decode
// --all-fields writes such an element as an array, and MPLS labels each by the name of its place in the
// stack. Proof: tests/unit/nmflowtool_repeats_test.cpp.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "decode/elements.hpp"
#include "json/line_members.hpp"

namespace nmflowtool {

class LineRepeats {
  public:
    // keys: of the flow record; only the elements that fill one of them are looked for.
    explicit LineRepeats(const std::vector<std::string_view>& keys);

    // Of a line that became flow: flow with the first value of each such element, with the second and so on.
    // Empty for nearly every line.
    void expand(std::string_view line, const nm::FlowRecord& flow, std::vector<nm::FlowRecord>& out);

  private:
    struct Source {
        const Mapping* mapping;
        std::size_t turn;  // of its first value: the place in a stack of labels
    };
    struct Batch {
        Batch(std::vector<Source> looked_for, std::vector<std::string_view> names)
            : sources(std::move(looked_for)), members(std::move(names)) {}
        std::vector<Source> sources;
        nm::LineMembers members;
    };

    std::deque<std::string> names_;
    std::deque<Batch> batches_;  // of as many names as can be looked for at once
    bool has_labels_ = false;
};

}  // namespace nmflowtool
