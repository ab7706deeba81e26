// A template of NetFlow v9 (RFC 3954 section 5.2) or IPFIX (RFC 7011 section 3.4), and what it compiles to on
// its first data: one step per field that we keep, runs of others merged into one skip. Applying it costs no
// lookup and no allocation. The fixed layouts of NetFlow v1, v5 and v7 are templates as well.
// Proof: tests/unit/nmflowtool_netflow9_test.cpp, tests/unit/nmflowtool_ipfix_test.cpp.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "decode/flow_members.hpp"
#include "decode/mpls_stack.hpp"
#include "decode/template_values.hpp"

namespace nmflowtool {

inline constexpr std::uint16_t variable_length = 65535;

struct TemplateField {
    std::uint32_t enterprise = 0;
    std::uint16_t id = 0;
    std::uint16_t length = 0;
    bool operator==(const TemplateField&) const = default;
};

// netflow: all but IPFIX, whose header has no uptime and whose fields can have variable length.
enum class Dialect : std::uint8_t { netflow, ipfix };

// Values of one element that a filter looks at, in one record.
inline constexpr std::size_t most_repeats = 16;

class ElementPlan;

class Template {
  public:
    Template();
    // scope_fields of the fields come first: what an options record is about.
    Template(std::vector<TemplateField> fields, std::size_t scope_fields, bool is_options, Dialect dialect);
    Template(Template&&) noexcept;
    Template& operator=(Template&&) noexcept;
    ~Template();

    bool is_options() const { return is_options_; }
    Dialect dialect() const { return dialect_; }
    // Bytes of the shortest record; 0 for a template that cannot be used.
    std::size_t min_length() const { return min_length_; }
    bool is_fixed() const { return is_fixed_; }
    const std::vector<TemplateField>& fields() const { return fields_; }
    std::size_t scope_fields() const { return scope_fields_; }
    bool same_layout(const Template& other) const {
        return is_options_ == other.is_options_ && scope_fields_ == other.scope_fields_ &&
               fields_ == other.fields_;
    }
    bool is_variable(const TemplateField& field) const {
        return field.length == variable_length && dialect_ == Dialect::ipfix;
    }

    // Before the first apply(). Flow members that nobody looks at are passed over.
    void compile(const FlowMembers& wanted);
    // Whether records of this template fill Parts: they must be blank before apply().
    bool uses_parts() const { return uses_parts_; }
    // Reads one record; false when it runs past the end. Members that the template does not name stay as they
    // are.
    bool apply(nm::ByteReader& in, const ExportClock& clock, nm::FlowRecord& record, Parts& parts) const;
    bool apply(nm::ByteReader& in, const ExportClock& clock, nm::FlowOption& record, Parts& parts) const;

    // Whether some element that fills a member comes several times, or a stack of MPLS labels (elements 70 to
    // 79) has more than its top.
    bool has_repeats() const { return !repeats_.empty(); }
    // Of a record of this template that became flow: flow with the first value of each such element, with the
    // second and so on, up to the 16th.
    void expand(nm::Bytes record, const nm::FlowRecord& flow, std::vector<nm::FlowRecord>& out) const;
    // Stores the value of an element; what does not fit its meaning is passed over, as are times, which need
    // the clock of the export, and an empty place in a stack of labels.
    static void store_value(const Mapping& mapping, nm::Bytes value, nm::FlowRecord& flow);

    // Every element of a record by its name; made at the first call.
    const ElementPlan& plan() const;

  private:
    // In the order of the alternatives of Member.
    enum class Store : std::uint8_t {
        skip,
        u8,
        u16,
        u32,
        u64,
        flags,
        direction,
        nat_event,
        fw_event,
        mac,
        ip,
        time,
        text,
        text32,
        text64,
        part,
        icmp,
        // The commonest with the width that fits them.
        u8_in_1,
        u16_in_2,
        u32_in_4,
        u32_in_2,
        u32_in_1,
        flags_in_1,
        u64_in_8,
        u64_in_4,
        ip_in_4,
        uptime_in_4,
    };
    struct Step {
        Store store = Store::skip;
        Meaning meaning = Meaning::number;
        std::uint16_t offset = 0;  // of the member inside the record
        std::uint32_t width = 0;   // bytes on the wire; of the shortest when is_variable
        bool is_variable = false;
    };
    struct Repeat {
        std::uint16_t field = 0;  // index
        std::uint16_t turn = 0;   // how many of its kind stand before it
        const Mapping* mapping = nullptr;
    };
    struct Target {
        const ExportClock& clock;
        char* record;
        Parts& parts;
    };

    template <class Record>
    void compile(Member<Record> Mapping::*member, const FlowMembers& wanted);
    template <class Record>
    static Step step_for(const Mapping& mapping, const Member<Record>& member, std::uint16_t width);
    static Store exact(const Step& step);
    template <class Record>
    const Member<Record>& direct(const TemplateField& field, const Member<Record>& member) const;
    bool pairs_addresses() const;
    void add(Step step);
    // Of the member that the element fills with one value that needs no clock.
    static std::optional<std::uint16_t> offset_of_value(const Mapping& mapping);
    void find_repeats(const FlowMembers& wanted);
    bool run(nm::ByteReader& in, const Target& target) const;
    static void store_fixed(const Step& step, nm::ByteReader& in, const Target& target);
    static void store(const Step& step, std::size_t width, nm::ByteReader& in, const Target& target);

    std::vector<TemplateField> fields_;
    std::vector<Step> steps_;
    std::vector<Repeat> repeats_;
    mutable std::unique_ptr<ElementPlan> plan_;
    std::uint32_t min_length_ = 0;
    std::uint16_t scope_fields_ = 0;
    Dialect dialect_ = Dialect::netflow;
    bool is_options_ = false;
    bool is_fixed_ = true;
    bool is_compiled_ = false;
    bool uses_parts_ = false;
};

using TemplateMap = std::unordered_map<std::uint16_t, Template>;

}  // namespace nmflowtool
