// Lets through the records that a filter expression matches, and counts both kinds: in = passed + rejected.
// Of an element that a record has several times, a test holds when it holds for any of its values.
#pragma once

#include "decode/template_elements.hpp"
#include "filter/compile.hpp"
#include "filter/line_repeats.hpp"
#include "record/flow_stats.hpp"

namespace nmflowtool {

class FlowGate {
  public:
    // Without an expression everything passes and nothing is counted. Throws UserError for a wrong one.
    explicit FlowGate(const std::optional<std::string>& expression) {
        if (expression) program_ = compile_filter(*expression);
    }

    bool admits(const nm::SflowSample& sample) { return !program_ || count(program_->matches(sample)); }
    // wire: what the flow was in its datagram, if it came in one. labels: its MPLS stack, if it is known
    // beside it.
    bool admits(const nm::FlowRecord& flow, const WireRecord& wire,
                std::span<const std::uint32_t> labels = {}) {
        if (!program_) return true;
        if (!labels.empty()) return count(program_->matches(flow, {}, labels));
        if (wire.layout == nullptr || !wire.layout->has_repeats()) return count(program_->matches(flow));
        wire.layout->expand(wire.bytes, flow, repeats_);
        return count(program_->matches(flow, repeats_));
    }
    // line: the flow or sample as JSON.
    bool admits(const nm::SflowSample& record, std::string_view line) {
        if (!program_) return true;
        if (!line_repeats_) line_repeats_.emplace(program_->keys());
        line_repeats_->expand(line, record, repeats_);
        return count(program_->matches(record, repeats_));
    }
    std::uint64_t passed() const { return passed_; }
    // The keys of records that the expression looks at.
    std::vector<std::string_view> keys() const {
        return program_ ? program_->keys() : std::vector<std::string_view>{};
    }
    void add_to(nm::FlowSummary& summary) const {
        if (!program_) return;
        summary.passed = passed_;
        summary.rejected = rejected_;
    }

  private:
    bool count(bool passes) {
        ++(passes ? passed_ : rejected_);
        return passes;
    }

    std::optional<FilterProgram> program_;
    std::optional<LineRepeats> line_repeats_;
    std::vector<nm::FlowRecord> repeats_;
    std::uint64_t passed_ = 0;
    std::uint64_t rejected_ = 0;
};

}  // namespace nmflowtool
