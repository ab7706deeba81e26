// Lets through the records that a filter expression matches, and counts both kinds: in = passed + rejected.
#pragma once

#include "filter/compile.hpp"
#include "record/flow_stats.hpp"

namespace nmflowtool {

class FlowGate {
  public:
    // Without an expression everything passes and nothing is counted. Throws UserError for a wrong one.
    explicit FlowGate(const std::optional<std::string>& expression) {
        if (expression) program_ = compile_filter(*expression);
    }

    template <class Record>
    bool admits(const Record& record) {
        if (!program_) return true;
        const bool passes = program_->matches(record);
        ++(passes ? passed_ : rejected_);
        return passes;
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
    std::optional<FilterProgram> program_;
    std::uint64_t passed_ = 0;
    std::uint64_t rejected_ = 0;
};

}  // namespace nmflowtool
