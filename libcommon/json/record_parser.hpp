// One JSON line into a record, by its description; simdjson underneath. A parser is reused for a whole
// stream: open() a line, look at type(), then read() it into a record of that type.
// Proof: tests/unit/record_test.cpp (round trips, nlohmann as second opinion).
#pragma once

#include <memory>
#include <string>

#include "record/access.hpp"

namespace nm {

class RecordParser {
  public:
    RecordParser();
    ~RecordParser();

    // False for what is not one JSON object: error() says why. type() is empty when there is no such key.
    // Copies the line, so the caller's bytes need no padding.
    bool open(std::string_view line);
    std::string_view type() const { return type_; }
    // Resets the record and sets its members; null is absent. Unknown keys are ignored, or become labels when
    // the record has some and the value is a string. False: error() names the key.
    template <Described T>
    bool read(T& record) {
        return read(record_type<T>, &record);
    }
    bool read(const RecordType& type, void* record);
    const std::string& error() const { return error_; }

  private:
    struct Simd;

    std::unique_ptr<Simd> simd_;
    std::string type_;
    std::string error_;
};

}  // namespace nm
