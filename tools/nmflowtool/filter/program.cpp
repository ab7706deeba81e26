#include "filter/program.hpp"

#include <algorithm>

namespace nmflowtool {

std::uint32_t FilterProgram::add(const FilterTest& test, std::uint32_t if_true, std::uint32_t if_false) {
    steps_.push_back({test, if_true, if_false});
    return static_cast<std::uint32_t>(steps_.size() - 1);
}

void FilterProgram::add_numbers(std::vector<std::uint64_t> numbers, FilterTest& test) {
    std::ranges::sort(numbers);
    test.op = FilterOp::in_numbers;
    test.list_begin = static_cast<std::uint32_t>(numbers_.size());
    numbers_.insert(numbers_.end(), numbers.begin(), numbers.end());
    test.list_end = static_cast<std::uint32_t>(numbers_.size());
}

// Ranges that overlap are joined: in a sorted list an address then lies in the last that begins before it.
void FilterProgram::add_ranges(std::vector<AddressRange> ranges, FilterTest& test) {
    std::ranges::sort(ranges, {}, &AddressRange::first);
    test.op = FilterOp::in_networks;
    test.list_begin = static_cast<std::uint32_t>(ranges_.size());
    for (const AddressRange& range : ranges) {
        if (ranges_.size() > test.list_begin && range.first <= ranges_.back().last) {
            ranges_.back().last = std::max(ranges_.back().last, range.last);
        } else {
            ranges_.push_back(range);
        }
    }
    test.list_end = static_cast<std::uint32_t>(ranges_.size());
}

bool FilterProgram::is_listed(const FilterTest& test, std::uint64_t number) const {
    return std::binary_search(numbers_.data() + test.list_begin, numbers_.data() + test.list_end, number);
}

bool FilterProgram::is_listed(const FilterTest& test, const Address128& address) const {
    const AddressRange* begin = ranges_.data() + test.list_begin;
    const AddressRange* after = std::upper_bound(
        begin, ranges_.data() + test.list_end, address,
        [](const Address128& wanted, const AddressRange& range) { return wanted < range.first; });
    return after != begin && address <= after[-1].last;
}

std::vector<std::string_view> FilterProgram::keys() const {
    std::vector<std::string_view> keys;
    for (const Step& step : steps_) add_keys(step.test.value, keys);
    std::ranges::sort(keys);
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    return keys;
}

}  // namespace nmflowtool
