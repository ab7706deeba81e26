// Every element of a record by its registry name, straight from its bytes: decode --all-fields. What is not
// in the registry is "enterprise:id" with its bytes in hexadecimal digits; an element that comes several
// times is an array; the lists of RFC 6313 are objects, to a depth. Proof:
// tests/unit/nmflowtool_elements_test.cpp.
#pragma once

#include "base/text_buffer.hpp"
#include "decode/template.hpp"

namespace nmflowtool {

// A record as it was on the wire. The bytes hold until the decoder reads on.
struct WireRecord {
    nm::Bytes bytes;
    const Template* layout = nullptr;
    const TemplateMap* templates = nullptr;  // that lists inside the record refer to; or nullptr
};

class ElementPlan {
  public:
    explicit ElementPlan(const Template& layout);

    struct Span {
        std::uint32_t at = 0;
        std::uint32_t size = 0;
    };
    // What writing one record needs; kept from record to record, so that it costs no allocation.
    struct Scratch {
        std::vector<Span> spans;
    };

    // ,"name":value for each element; nothing when the record is cut. depth: of lists around it.
    void append(nm::TextBuffer& out, const WireRecord& record, Scratch& scratch, unsigned depth = 0) const;

  private:
    struct Item {
        std::string key;  // ,"name":
        DataType type = DataType::octets;
        std::vector<std::uint16_t> fields;  // more than one: an array
    };

    bool measure(nm::Bytes record, Scratch& scratch) const;

    std::vector<Item> items_;
    std::vector<std::uint16_t> lengths_;  // of each field; variable_length for those
    std::vector<Span> fixed_;             // of each field, when none is variable
};

// Bytes of the record at the front; 0 when it is cut.
std::size_t record_size(const Template& layout, nm::Bytes bytes);
void append_elements(nm::TextBuffer& out, const WireRecord& record, ElementPlan::Scratch& scratch);
// A stack of MPLS labels in the same form.
void append_labels(nm::TextBuffer& out, std::span<const std::uint32_t> labels);

}  // namespace nmflowtool
