// A NetFlow v9 template (RFC 3954 section 5.2) and the copy table it compiles to: one step per field that we
// keep, runs of others merged into one skip. Applying it costs no lookup and no allocation.
// Proof: tests/unit/nmflowtool_netflow9_test.cpp.
#pragma once

#include <cstdint>
#include <vector>

#include "decode/elements.hpp"
#include "wire/byte_reader.hpp"

namespace nmflowtool {

struct TemplateField {
    std::uint16_t id = 0;
    std::uint16_t length = 0;
    bool operator==(const TemplateField&) const = default;
};

// What turns uptimes into times: of the header of the datagram that holds the record.
struct ExportClock {
    std::uint32_t uptime_ms = 0;
    std::uint32_t unix_s = 0;
    // The uptime is 32 bits and wraps after 49.7 days; the signed difference is right on both sides of it.
    nm::Time at(std::uint32_t uptime) const {
        const auto since_ms = static_cast<std::int32_t>(uptime - uptime_ms);
        return {unix_s * nm::ns_per_s + since_ms * nm::ns_per_ms};
    }
};

class Template {
  public:
    Template() = default;
    // scope_fields of the fields come first and have a number space of their own; 0 for a data template.
    Template(std::vector<TemplateField> fields, std::size_t scope_fields, bool is_options);

    bool is_options() const { return is_options_; }
    // Bytes of one record; 0 for a template that cannot be used.
    std::size_t record_length() const { return record_length_; }
    const std::vector<TemplateField>& fields() const { return fields_; }
    bool same_layout(const Template& other) const {
        return is_options_ == other.is_options_ && scope_fields_ == other.scope_fields_ &&
               fields_ == other.fields_;
    }

    // Reads one record. Members that the template does not name stay as they are.
    void apply(nm::ByteReader& in, const ExportClock& clock, nm::FlowRecord& record) const;
    void apply(nm::ByteReader& in, const ExportClock& clock, nm::FlowOption& record) const;

  private:
    // In the order of the alternatives of Member.
    enum class Store : std::uint8_t { skip, u8, u16, u32, u64, flags, direction, mac, ip, time, text, icmp };
    struct Step {
        Store store = Store::skip;
        Meaning meaning = Meaning::number;
        std::uint16_t offset = 0;  // of the member inside the record
        std::uint32_t width = 0;   // bytes on the wire
    };

    template <class Record>
    void compile(Member<Record> Element::*member);
    template <class Record>
    static Step step_for(const Element& element, const Member<Record>& member, std::uint16_t width);
    void add(Step step);
    void run(nm::ByteReader& in, const ExportClock& clock, char* record) const;

    std::vector<TemplateField> fields_;
    std::vector<Step> steps_;
    std::size_t scope_fields_ = 0;
    std::size_t record_length_ = 0;
    bool is_options_ = false;
};

}  // namespace nmflowtool
