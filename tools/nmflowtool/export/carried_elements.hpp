// The elements that our NetFlow v9 and IPFIX templates are made of: which, how wide, and when. What they mean
// and which member of the flow record they carry stands in decode/elements.cpp, so that what is decoded and
// what is exported cannot drift apart.
#pragma once

#include <vector>

#include "decode/elements.hpp"
#include "export/message_writer.hpp"

namespace nmflowtool {

// How the times of a flow are told.
enum class TimeForm : std::uint8_t { uptime_ms, epoch_ms, epoch_us };

// What an element of a record needs beside the record.
struct RecordForm {
    TimeForm times = TimeForm::epoch_ms;
    bool rate_in_record = false;  // the sampling rate stands in the record, not in options
    std::int64_t boot_ms = 0;
};

// Bit i: row i of the table.
using ElementSet = std::uint64_t;

struct CarriedElement {
    std::uint16_t id;
    std::uint8_t width;
    nm::Family family;  // of flows that have it; none: any
    Meaning meaning;
    Member<nm::FlowRecord> member;
};

// At most 64.
const std::vector<CarriedElement>& carried_elements();
// The elements that say zero for "unknown": a template that has them once keeps them, and fits more flows.
ElementSet zero_is_unknown();

// The elements that this flow has.
ElementSet elements_of(const nm::FlowRecord& flow, const RecordForm& form);
// The bytes of all elements of the set, one behind the other.
void write_elements(const nm::FlowRecord& flow, const RecordForm& form, ElementSet set, MessageWriter& out);
std::size_t width_of(ElementSet set);

}  // namespace nmflowtool
