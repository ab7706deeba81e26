// The information elements as data: the IANA "IP Flow Information Export" registry (RFC 7012), the NetFlow v9
// field types above it, and the enterprise elements that exporters in use send (elements_table.cpp); and
// which of them fill which member of our records (elements.cpp). A new element is a new row. Proof:
// tests/unit/nmflowtool_elements_test.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "record/flow.hpp"
#include "record/flow_stats.hpp"

namespace nmflowtool {

// The abstract data types of RFC 7012 section 3.1 and RFC 6313 section 4.1.
enum class DataType : std::uint8_t {
    octets,
    u8,
    u16,
    u32,
    u64,
    i8,
    i16,
    i32,
    i64,
    f32,
    f64,
    boolean,
    mac,
    text,
    seconds,
    milliseconds,
    microseconds,
    nanoseconds,
    ipv4,
    ipv6,
    basic_list,
    sub_template_list,
    sub_template_multi_list,
};
// As the registry spells it: "unsigned32", "dateTimeSeconds".
std::string_view type_name(DataType type);

struct Element {
    std::uint32_t enterprise;  // 0: IANA, and NetFlow v9 field types above 32767
    std::uint16_t id;
    std::string_view name;
    DataType type;
    std::string_view unit = {};
};

inline constexpr std::uint32_t ntop_enterprise = 35632;
// RFC 5103 section 6.1: the element of the same number, of the packets in the other direction.
inline constexpr std::uint32_t reverse_enterprise = 29305;
// A number space of its own that no exporter can name: what a NetFlow v9 options record is about (RFC 3954
// section 6.1).
inline constexpr std::uint32_t scope_enterprise = 0xFFFFFFFF;

// In ascending order of enterprise and id.
std::span<const Element> elements();
// nullptr for an element that is not in the table.
const Element* find_element(std::uint32_t enterprise, std::uint16_t id);
// The name in the output: of the registry, "reverse..." for RFC 5103, "enterprise:id" when not known.
std::string name_of(std::uint32_t enterprise, std::uint16_t id);

// How the bytes of an element become a member of a record.
enum class Meaning : std::uint8_t {
    number,   // unsigned, any width from 1 to 8 (RFC 7011 section 6.2)
    nonzero,  // the same, where zero says "unknown"
    twin,     // the same, where a zero says nothing if the element of the other IP version has a value
    address,  // 4 or 16 bytes
    nonzero_address,  // the same, where 0.0.0.0 and :: say "none"
    mac,              // 6 bytes
    text,             // padded with zero bytes
    uptime_ms,        // sysUptime at that moment (RFC 3954 section 8)
    epoch_s,
    epoch_ms,
    epoch_us,        // NTP format (RFC 7011 section 6.1.9)
    epoch_ns,        // NTP format (section 6.1.10)
    probability,     // a real number: one packet in 1/p is looked at (RFC 5477 section 8.4.7)
    word,            // one of the words of an enum, by number
    icmp_type_code,  // type * 256 + code
    mpls_label,      // 20 bits of label, then 4 of others (RFC 3032 section 2.1)
    application,     // a byte of classification engine, then a selector (RFC 6759 section 4)
};

// What a record tells that is not in its output as such: the parts of a sum, offsets from another time.
struct Parts {
    std::optional<std::uint64_t> start_uptime_ms, end_uptime_ms, boot_ms;
    std::optional<std::uint64_t> start_before_us, end_before_us;  // before the export time
    std::optional<std::uint64_t> duration_ms, duration_us;
    std::optional<std::uint64_t> initiator_bytes, initiator_packets;
    std::optional<std::uint64_t> layer2_bytes;
    std::optional<std::uint64_t> sampling_space, sampling_size, sampling_population;
};

template <class Record>
using Member = std::variant<std::monostate, std::optional<std::uint8_t> Record::*,
                            std::optional<std::uint16_t> Record::*, std::optional<std::uint32_t> Record::*,
                            std::optional<std::uint64_t> Record::*, std::optional<nm::TcpFlags> Record::*,
                            std::optional<nm::Direction> Record::*, std::optional<nm::NatEvent> Record::*,
                            std::optional<nm::FirewallEvent> Record::*, std::optional<nm::Mac> Record::*,
                            nm::IpAddress Record::*, nm::Time Record::*, std::string Record::*,
                            std::optional<nm::Text32> Record::*, std::optional<nm::Text64> Record::*,
                            std::optional<std::uint64_t> Parts::*>;

struct Mapping {
    std::uint32_t enterprise;
    std::uint16_t id;
    Meaning meaning;
    Member<nm::FlowRecord> flow = {};
    Member<nm::FlowOption> option = {};
};

// In ascending order of enterprise and id.
std::span<const Mapping> mappings();
const Mapping* find_mapping(std::uint32_t enterprise, std::uint16_t id);
// The key of the member of flow and flow.option records that the element fills; empty when it fills none.
std::string_view flow_key(const Element& element);
std::string_view option_key(const Element& element);

}  // namespace nmflowtool
