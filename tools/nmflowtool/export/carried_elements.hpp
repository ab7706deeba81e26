// The elements that our NetFlow v9 and IPFIX templates are made of: which, how wide, and when. What they mean
// and which member of the flow record they carry stands in decode/elements.cpp, so that what is decoded and
// what is exported cannot drift apart.
#pragma once

#include <array>
#include <bit>
#include <vector>

#include "decode/elements.hpp"
#include "export/message_writer.hpp"

namespace nmflowtool {

// How the times of a flow are told; microseconds beside milliseconds.
enum class TimeForm : std::uint8_t { uptime_ms, epoch_ms, epoch_us };

// What an element of a record needs beside the record.
struct RecordForm {
    TimeForm times = TimeForm::epoch_ms;
    bool rate_in_record = false;  // the sampling rate stands in the record, not in options
    bool exporter_in_record = false;
    std::int64_t boot_ms = 0;
};

// Some rows of the table, by index.
class ElementSet {
  public:
    static constexpr std::size_t most = 128;

    void add(std::size_t row) { words_[row / 64] |= std::uint64_t{1} << row % 64; }
    void add_common(const ElementSet& one, const ElementSet& other) {
        for (std::size_t i = 0; i < words_.size(); ++i) words_[i] |= one.words_[i] & other.words_[i];
    }
    void add(const ElementSet& other) { add_common(other, other); }

    bool empty() const { return *this == ElementSet(); }
    std::size_t size() const {
        return static_cast<std::size_t>(std::popcount(words_[0]) + std::popcount(words_[1]));
    }
    // In rising order.
    template <class Visit>
    void for_each(Visit&& visit) const {
        for (std::size_t i = 0; i < words_.size(); ++i) {
            for (std::uint64_t left = words_[i]; left != 0; left &= left - 1)
                visit(i * 64 + static_cast<std::size_t>(std::countr_zero(left)));
        }
    }

    bool operator==(const ElementSet&) const = default;
    struct Hash {
        std::size_t operator()(const ElementSet& set) const {
            constexpr std::uint64_t odd = 0x9E3779B97F4A7C15;  // 2^64 divided by the golden ratio
            return set.words_[0] ^ set.words_[1] * odd;
        }
    };

  private:
    std::array<std::uint64_t, most / 64> words_{};
};

struct CarriedElement {
    std::uint16_t id;
    std::uint8_t width;
    nm::Family family;  // of flows that have it; none: any
    Meaning meaning;
    Member<nm::FlowRecord> member;
};

const std::vector<CarriedElement>& carried_elements();
// The elements that say zero for "unknown": a template that has them once keeps them, and fits more flows.
const ElementSet& zero_is_unknown();

// The elements that this flow has.
ElementSet elements_of(const nm::FlowRecord& flow, const RecordForm& form);
// The bytes of all elements of the set, one behind the other.
void write_elements(const nm::FlowRecord& flow, const RecordForm& form, const ElementSet& set,
                    MessageWriter& out);
std::size_t width_of(const ElementSet& set);

}  // namespace nmflowtool
