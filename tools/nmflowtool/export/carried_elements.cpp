#include "export/carried_elements.hpp"

#include <cassert>
#include <type_traits>

namespace nmflowtool {
namespace {

using nm::Family;
using nm::FlowRecord;

constexpr std::uint16_t sampling_interval = 34;
constexpr std::uint16_t icmp_type_v4 = 176;
constexpr std::uint16_t icmp_type_v6 = 178;
constexpr std::uint16_t observation_time_ms = 323;
constexpr std::uint16_t exporter_v4 = 130;
constexpr std::uint16_t exporter_v6 = 131;

struct Choice {
    std::uint16_t id;
    std::uint8_t width;
    Family family = Family::none;
    std::uint16_t member_of = 0;  // another element that fills the member
};

// clang-format off
// In the order in which they stand in a record. Times of the flow come in three forms, of which the finest stands
// last, and addresses in two families, of which a record has one.
constexpr Choice choices[] = {
    {8, 4},   {27, 16}, {12, 4},  {28, 16}, {7, 2},  {11, 2},              // addresses, ports
    {4, 1},   {6, 1},   {5, 1},                                            // protocol, TCP flags, TOS
    {32, 2, Family::v4}, {139, 2, Family::v6},                             // ICMP type and code
    {176, 1, Family::v4}, {178, 1, Family::v6},                             // or the type alone
    {1, 8},   {2, 8},   {3, 8},                                            // bytes, packets, flows
    {22, 4, Family::none, 152}, {21, 4, Family::none, 153},                // start and end as uptimes
    {152, 8}, {153, 8}, {154, 8}, {155, 8},                                // as times
    {10, 4},  {14, 4},  {234, 4}, {235, 4},                                // interfaces, VRFs
    {16, 4},  {17, 4},  {15, 4},  {62, 16}, {18, 4},  {63, 16},            // AS, next hops
    {9, 1, Family::v4}, {29, 1, Family::v6}, {13, 1, Family::v4}, {30, 1, Family::v6},
    {52, 1},  {88, 2},  {31, 4},  {25, 2},  {26, 2},                       // TTL, fragments, label, lengths
    {58, 2},  {245, 2}, {59, 2},  {256, 2}, {56, 6},  {80, 6},             // VLANs, Ethernet
    {23, 8},  {24, 8},  {85, 8},  {86, 8},  {232, 8}, {299, 8},            // other counters
    {225, 4}, {281, 16}, {226, 4}, {282, 16}, {227, 2}, {228, 2},          // NAT
    {61, 1},  {136, 1}, {148, 8}, {34, 4},  {48, 4},                       // direction, end, id, sampling
    {55, 1},  {57, 6},  {81, 6},  {89, 1},  {138, 8},                      // on leaving; where it was seen
    {230, 1}, {233, 1}, {323, 8},                                          // events and their time
    {130, 4}, {131, 16},                                                   // who saw it
};
// clang-format on
static_assert(std::size(choices) <= ElementSet::most);

// Visits the row's member of the flow; monostate rows do not occur.
template <class Visit>
auto with_member(const CarriedElement& row, const FlowRecord& flow, Visit&& visit) {
    using Result = decltype(visit(flow.bytes));
    return std::visit(
        [&](auto pointer) -> Result {
            if constexpr (requires { flow.*pointer; })
                return visit(flow.*pointer);
            else
                return Result();
        },
        row.member);
}

struct IsPresent {
    std::uint8_t width;

    bool operator()(const nm::IpAddress& ip) const { return ip.size() == width; }
    bool operator()(nm::Time time) const { return time.ns > 0; }
    bool operator()(const std::optional<std::uint64_t>& value) const {
        return value && (width == 8 || *value >> (8 * width) == 0);
    }
    template <class Value>
    bool operator()(const std::optional<Value>& value) const {
        return value.has_value();
    }
    template <class Other>
    bool operator()(const Other&) const {
        return false;
    }
};

bool is_wanted(const CarriedElement& row, const FlowRecord& flow, const RecordForm& form) {
    const bool whole_icmp = flow.icmp_type && flow.icmp_code;
    if (row.id == observation_time_ms) return true;
    if (row.id == exporter_v4 || row.id == exporter_v6) return form.exporter_in_record;
    switch (row.meaning) {
        case Meaning::uptime_ms:
            return form.times == TimeForm::uptime_ms;
        case Meaning::epoch_ms:  // beside microseconds too: nfdump reads no others
            return form.times != TimeForm::uptime_ms;
        case Meaning::epoch_us:
            return form.times == TimeForm::epoch_us;
        case Meaning::icmp_type_code:
            return whole_icmp;
        default:
            break;
    }
    if (row.id == icmp_type_v4 || row.id == icmp_type_v6) return !whole_icmp;
    return row.id != sampling_interval || form.rate_in_record;
}

// NTP format: seconds since 1900 and a binary fraction, of which microseconds leave the lowest 11 bits alone
// (RFC 7011 section 6.1.9). Rounded up, so that rounding down gives the microsecond back.
std::uint64_t to_ntp_us(nm::Time time) {
    constexpr std::uint64_t to_1970_s = 2'208'988'800;
    constexpr std::uint64_t step = 1u << 11;
    const auto us = static_cast<std::uint64_t>(time.ns / nm::ns_per_us);
    const std::uint64_t fraction = ((us % 1'000'000) << 32) / 1'000'000 + step;
    return ((us / 1'000'000 + to_1970_s) << 32) + fraction / step * step;
}

struct Write {
    const CarriedElement& row;
    const RecordForm& form;
    MessageWriter& out;

    bool operator()(const nm::IpAddress& ip) const {
        // A sticky element of the other family, or none: zero says so.
        if (ip.size() == row.width)
            out.bytes(nm::Bytes(ip.bytes).first(row.width));
        else
            out.zeros(row.width);
        return true;
    }
    bool operator()(nm::Time time) const {
        if (row.meaning == Meaning::epoch_us)
            out.u64(to_ntp_us(time));
        else if (row.meaning == Meaning::epoch_ms)
            out.u64(static_cast<std::uint64_t>(time.ns / nm::ns_per_ms));
        else
            out.u32(static_cast<std::uint32_t>(time.ns / nm::ns_per_ms - form.boot_ms));
        return true;
    }
    bool operator()(const std::optional<nm::Mac>& mac) const {
        out.bytes(mac.value_or(nm::Mac{}).bytes);
        return true;
    }
    template <class Value>
    bool operator()(const std::optional<Value>& value) const {
        if constexpr (std::is_integral_v<Value> || std::is_enum_v<Value>)
            out.uint(value ? static_cast<std::uint64_t>(*value) : 0, row.width);
        return true;
    }
    template <class Other>
    bool operator()(const Other&) const {
        return false;
    }
};

void write_element(const CarriedElement& row, const FlowRecord& flow, const RecordForm& form,
                   MessageWriter& out) {
    if (row.meaning == Meaning::icmp_type_code) {
        out.u8(*flow.icmp_type);
        out.u8(*flow.icmp_code);
        return;
    }
    with_member(row, flow, Write{row, form, out});
}

}  // namespace

const std::vector<CarriedElement>& carried_elements() {
    static const std::vector<CarriedElement> rows = [] {
        std::vector<CarriedElement> made;
        for (const Choice& choice : choices) {
            const Mapping* mapping = find_mapping(0, choice.id);
            const Mapping* owner = choice.member_of == 0 ? mapping : find_mapping(0, choice.member_of);
            assert(mapping && owner && owner->flow.index() != 0);
            made.push_back({choice.id, choice.width, choice.family, mapping->meaning, owner->flow});
        }
        return made;
    }();
    return rows;
}

const ElementSet& zero_is_unknown() {
    static const ElementSet set = [] {
        ElementSet found;
        const auto& rows = carried_elements();
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const bool is_rate = rows[i].id == sampling_interval;
            if (rows[i].meaning == Meaning::nonzero && !is_rate) found.add(i);
        }
        return found;
    }();
    return set;
}

ElementSet elements_of(const FlowRecord& flow, const RecordForm& form) {
    const Family family = flow.src_ip.is_v6() || flow.dst_ip.is_v6() ? Family::v6 : Family::v4;
    const auto& rows = carried_elements();
    ElementSet set;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const CarriedElement& row = rows[i];
        if (row.family != Family::none && row.family != family) continue;
        if (!with_member(row, flow, IsPresent{row.width})) continue;
        if (is_wanted(row, flow, form)) set.add(i);
    }
    return set;
}

void write_elements(const FlowRecord& flow, const RecordForm& form, const ElementSet& set,
                    MessageWriter& out) {
    const auto& rows = carried_elements();
    set.for_each([&](std::size_t row) { write_element(rows[row], flow, form, out); });
}

std::size_t width_of(const ElementSet& set) {
    const auto& rows = carried_elements();
    std::size_t width = 0;
    set.for_each([&](std::size_t row) { width += rows[row].width; });
    return width;
}

}  // namespace nmflowtool
