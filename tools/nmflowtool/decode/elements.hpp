// The information elements (IANA "IP Flow Information Export" registry, RFC 3954 section 8 for the NetFlow v9
// names) as data: number, name, how the bytes are meant, and the member of our records they fill. An element
// that is not here is passed over by its length. A new element is a new row in elements.cpp.
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

// How the bytes of an element are meant.
enum class Meaning : std::uint8_t {
    number,           // unsigned, any width from 1 to 8 (RFC 7011 section 6.2)
    nonzero,          // the same, where zero says "unknown"
    address,          // 4 or 16 bytes
    nonzero_address,  // the same, where 0.0.0.0 and :: say "none"
    mac,              // 6 bytes
    text,             // padded with zero bytes
    uptime_ms,        // sysUptime at that moment (RFC 3954 section 8)
    epoch_s,
    epoch_ms,
    epoch_us,  // NTP format (RFC 7011 section 6.1.9)
    epoch_ns,  // NTP format (section 6.1.10)
    direction,
    icmp_type_code,  // type * 256 + code
};

template <class Record>
using Member = std::variant<std::monostate, std::optional<std::uint8_t> Record::*,
                            std::optional<std::uint16_t> Record::*, std::optional<std::uint32_t> Record::*,
                            std::optional<std::uint64_t> Record::*, std::optional<nm::TcpFlags> Record::*,
                            std::optional<nm::Direction> Record::*, std::optional<nm::Mac> Record::*,
                            nm::IpAddress Record::*, nm::Time Record::*, std::string Record::*>;

struct Element {
    std::uint16_t id;
    std::string_view name;  // of the IANA registry
    Meaning meaning;
    Member<nm::FlowRecord> flow = {};
    Member<nm::FlowOption> option = {};
};

// In ascending order of id.
std::span<const Element> elements();
// nullptr for an element that is not in the table.
const Element* find_element(std::uint16_t id);

}  // namespace nmflowtool
