// A compiled filter: a flat list of steps, each a test of one value and two ways to go on. Nothing is
// allocated, thrown or called through a pointer while records go through it.
// Proof: tests/unit/nmflowtool_filter_test.cpp.
#pragma once

#include <algorithm>
#include <limits>
#include <span>

#include "decode/mpls_stack.hpp"
#include "filter/terms.hpp"

namespace nmflowtool {

enum class FilterOp : std::uint8_t {
    equal,
    less,
    greater,
    at_most,
    at_least,
    all_bits,     // every bit of number is set
    any_bit,      // at least one is
    in_network,   // an address under a mask
    in_numbers,   // one of a sorted list
    in_networks,  // inside one of a sorted list of ranges
};

struct FilterTest {
    FlowValue value = FlowValue::flows;
    FilterOp op = FilterOp::equal;
    std::uint64_t number = 0;
    Address128 network;
    Address128 mask;
    std::uint32_t list_begin = 0;  // of a list, in the program's pool of its kind
    std::uint32_t list_end = 0;
};

struct AddressRange {
    Address128 first;
    Address128 last;
};

class FilterProgram {
  public:
    // Where a step can lead instead of to another step.
    static constexpr std::uint32_t pass = std::numeric_limits<std::uint32_t>::max();
    static constexpr std::uint32_t reject = pass - 1;

    // Returns the index of the step.
    std::uint32_t add(const FilterTest& test, std::uint32_t if_true, std::uint32_t if_false);
    void set_start(std::uint32_t start) { start_ = start; }
    // Sorts them, and sets the place of the list in test.
    void add_numbers(std::vector<std::uint64_t> numbers, FilterTest& test);
    void add_ranges(std::vector<AddressRange> ranges, FilterTest& test);

    // repeats: the same record with other values of what it has several times; a test holds when it holds for
    // one of them. labels: of a flow its MPLS stack (mpls_stack.hpp), where it is known beside it.
    template <class Record>
    bool matches(const Record& record, std::span<const nm::FlowRecord> repeats = {},
                 std::span<const std::uint32_t> labels = {}) const {
        std::uint32_t at = start_;
        while (at < reject) {
            const Step& step = steps_[at];
            const bool is_true = holds(step.test, record) || holds_for_any(step.test, repeats) ||
                                 holds_for_label(step.test, labels);
            at = is_true ? step.if_true : step.if_false;
        }
        return at == pass;
    }
    // Of the values that are tested, each once.
    std::vector<std::string_view> keys() const;

  private:
    struct Step {
        FilterTest test;
        std::uint32_t if_true;
        std::uint32_t if_false;
    };

    template <class Record>
    bool holds(const FilterTest& test, const Record& record) const;
    bool holds_for_any(const FilterTest& test, std::span<const nm::FlowRecord> repeats) const {
        // The top of the stack is that of the record itself.
        return !repeats.empty() && test.value != FlowValue::top_label &&
               std::ranges::any_of(repeats,
                                   [&](const nm::FlowRecord& repeat) { return holds(test, repeat); });
    }
    bool holds_for_label(const FilterTest& test, std::span<const std::uint32_t> labels) const {
        return !labels.empty() && test.value == FlowValue::mpls_label &&
               std::ranges::any_of(labels, [&](std::uint32_t entry) {
                   return entry != 0 && compares(test, label_of(entry));
               });
    }
    bool compares(const FilterTest& test, std::uint64_t number) const;
    bool is_listed(const FilterTest& test, std::uint64_t number) const;
    bool is_listed(const FilterTest& test, const Address128& address) const;

    std::vector<Step> steps_;
    std::vector<std::uint64_t> numbers_;
    std::vector<AddressRange> ranges_;
    std::uint32_t start_ = pass;
};

template <class Record>
bool FilterProgram::holds(const FilterTest& test, const Record& record) const {
    if (is_address(test.value)) {
        const Address128 address = address_of(ip_of(record, test.value));
        if (test.op == FilterOp::in_networks) return is_listed(test, address);
        return (address.high & test.mask.high) == test.network.high &&
               (address.low & test.mask.low) == test.network.low;
    }
    if constexpr (std::is_same_v<Record, nm::SflowSample>) {
        if (test.value == FlowValue::mpls_label && has_labels(record)) {
            return any_label(record, [&](std::uint32_t label) { return compares(test, label); });
        }
    }
    return compares(test, number_of(record, test.value));
}

inline bool FilterProgram::compares(const FilterTest& test, std::uint64_t number) const {
    switch (test.op) {
        case FilterOp::less:
            return number < test.number;
        case FilterOp::greater:
            return number > test.number;
        case FilterOp::at_most:
            return number <= test.number;
        case FilterOp::at_least:
            return number >= test.number;
        case FilterOp::all_bits:
            return (number & test.number) == test.number;
        case FilterOp::any_bit:
            return (number & test.number) != 0;
        case FilterOp::in_numbers:
            return is_listed(test, number);
        default:
            return number == test.number;
    }
}

}  // namespace nmflowtool
