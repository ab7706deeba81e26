#include <algorithm>
#include <bit>
#include <charconv>

#include "base/hex.hpp"
#include "decode/wire_sflow_structures.hpp"
#include "decode/xdr.hpp"
#include "record/sflow_app.hpp"
#include "record/sflow_host.hpp"

namespace nmflowtool {
namespace {

using nm::ByteReader;
using nm::SflowApp;
using nm::SflowCounters;
using nm::SflowHost;

// --- one field by the type of its member; a counter of all ones is not kept by the agent, so absent

void read_field(ByteReader& in, std::optional<std::uint32_t>& out, nm::Unit) {
    const std::uint32_t value = in.u32();
    if (value != ~std::uint32_t{0}) out = value;
}
void read_field(ByteReader& in, std::optional<std::uint64_t>& out, nm::Unit) {
    const std::uint64_t value = in.u64();
    if (value != ~std::uint64_t{0}) out = value;
}
void read_field(ByteReader& in, std::optional<std::int32_t>& out, nm::Unit) {
    out = static_cast<std::int32_t>(in.u32());
}
void read_field(ByteReader& in, std::optional<std::uint8_t>& out, nm::Unit) {
    out = in.u8();
}
void read_field(ByteReader& in, std::optional<nm::Mac>& out, nm::Unit) {
    out = xdr_mac(in);
}
void read_field(ByteReader& in, std::string& out, nm::Unit) {
    xdr_string(in, out);
}
// A percentage is sent in hundredths, another real number as a float of 32 bits (RFC 4506 section 4.6); -1 in
// either is unknown.
void read_field(ByteReader& in, std::optional<double>& out, nm::Unit unit) {
    const std::uint32_t value = in.u32();
    if (unit == nm::Unit::percent) {
        if (value != ~std::uint32_t{0}) out = value / 100.0;
        return;
    }
    const float real = std::bit_cast<float>(value);
    if (real >= 0) out = static_cast<double>(real);
}
template <nm::WordEnum Enum>
void read_field(ByteReader& in, Enum& out, nm::Unit) {
    const std::uint32_t value = in.u32();
    if (value < nm::enum_words<Enum>.size()) out = static_cast<Enum>(value);
}

// The fields of a description in their order. Those behind the first `required` may be missing: newer agents
// send more, and the Java of some hosts counts no file descriptors.
template <class Record, class... Fields>
bool read_fields(ByteReader& in, Record& record, const nm::FieldList<Fields...>& fields,
                 std::size_t required = sizeof...(Fields)) {
    const auto read = [&](std::size_t index, const auto& field) {
        if (index < required || in.left() > 0) read_field(in, record.*(field.member), field.info.unit);
    };
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        (read(I, nm::get<I>(fields)), ...);
    }
    (std::index_sequence_for<Fields...>{});
    return in.ok();
}

// --- structures that are not just their fields

bool read_interface(ByteReader& in, SflowCounters& counters) {
    return read_interface_counters(in, counters);
}

bool read_port_name(ByteReader& in, SflowCounters& counters) {
    xdr_string(in, counters.if_name);
    return in.ok();
}

bool read_openflow_port(ByteReader& in, SflowCounters& counters) {
    nm::append_hex(counters.openflow_datapath, in.bytes(8));
    counters.openflow_port = in.u32();
    return in.ok();
}

bool read_optics(ByteReader& in, SflowCounters& counters) {
    counters.optics_module = in.u32();
    counters.optics_lanes_total = in.u32();
    read_field(in, counters.optics_voltage_mv, nm::Unit::none);
    counters.optics_temperature_c = static_cast<std::int32_t>(in.u32()) / 1000.0;
    const std::uint32_t count = in.u32();
    constexpr std::size_t lane_bytes = 40;
    ByteReader lanes = in.sub(std::size_t{count} * lane_bytes);
    if (!in.ok()) return false;
    while (lanes.left() > 0)
        read_fields(lanes, counters.optics_lanes.emplace_back(), nm::describe<nm::OpticsLane>.fields);
    return true;
}

bool read_queue(ByteReader& in, SflowCounters& counters) {
    nm::QueueLengths queue;
    if (!read_fields(in, queue, nm::describe<nm::QueueLengths>.fields)) return false;
    counters.queues.push_back(queue);
    return true;
}

bool read_device_buffers(ByteReader& in, SflowCounters& counters) {
    read_field(in, counters.buffer_unicast_pct, nm::Unit::percent);
    read_field(in, counters.buffer_multicast_pct, nm::Unit::percent);
    return in.ok();
}

// The place in the list is the queue, so it cannot have a hole: with an unknown queue it is left out.
bool read_percentages(ByteReader& in, std::vector<double>& out) {
    const std::uint32_t count = in.u32();
    ByteReader values = in.sub(std::size_t{count} * 4);
    if (!in.ok()) return false;
    bool are_known = true;
    while (values.left() > 0) {
        const std::uint32_t value = values.u32();
        are_known = are_known && value != ~std::uint32_t{0};
        out.push_back(value / 100.0);
    }
    if (!are_known) out.clear();
    return true;
}

bool read_port_buffers(ByteReader& in, SflowCounters& counters) {
    read_field(in, counters.buffer_in_unicast_pct, nm::Unit::percent);
    read_field(in, counters.buffer_in_multicast_pct, nm::Unit::percent);
    read_field(in, counters.buffer_out_unicast_pct, nm::Unit::percent);
    read_field(in, counters.buffer_out_multicast_pct, nm::Unit::percent);
    return read_percentages(in, counters.buffer_queue_unicast_pct) &&
           read_percentages(in, counters.buffer_queue_multicast_pct);
}

// The power factor is signed hundredths of a percentage, and one of the largest numbers when it is unknown or
// the current is direct.
bool read_energy(ByteReader& in, SflowCounters& counters) {
    read_field(in, counters.voltage_mv, nm::Unit::none);
    read_field(in, counters.current_ma, nm::Unit::none);
    read_field(in, counters.power_mw, nm::Unit::none);
    const auto factor = static_cast<std::int32_t>(in.u32());
    if (factor >= -10000 && factor <= 10000) counters.power_factor_pct = factor / 100.0;
    read_field(in, counters.energy_mj, nm::Unit::none);
    read_field(in, counters.power_errors, nm::Unit::none);
    return in.ok();
}

// Fields From to To of the environment, which come in four structures.
template <std::size_t From, std::size_t To>
bool read_environment(ByteReader& in, SflowCounters& counters) {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        (read_field(in, counters.*(nm::get<From + I>(nm::environment_counter_fields).member), nm::Unit::none),
         ...);
    }
    (std::make_index_sequence<To - From>{});
    return in.ok();
}

bool read_host_description(ByteReader& in, SflowHost& host) {
    xdr_string(in, host.hostname);
    const nm::Bytes uuid = in.bytes(16);
    read_field(in, host.machine_type, nm::Unit::none);
    read_field(in, host.os_name, nm::Unit::none);
    xdr_string(in, host.os_release);
    if (!in.ok()) return false;
    if (std::ranges::any_of(uuid, [](std::uint8_t byte) { return byte != 0; })) {
        std::string& text = host.uuid;
        text.clear();
        nm::append_hex(text, uuid);
        for (const std::size_t at : {8u, 13u, 18u, 23u}) text.insert(at, 1, '-');
    }
    return true;
}

bool read_host_adapters(ByteReader& in, SflowHost& host) {
    std::uint32_t count = in.u32();
    for (; count > 0 && in.left() > 0; --count) {
        nm::HostAdapter& adapter = host.adapters.emplace_back();
        adapter.if_index = in.u32();
        const std::uint32_t mac_count = in.u32();
        ByteReader macs = in.sub(std::size_t{mac_count} * 8);
        if (!in.ok()) return false;
        while (macs.left() > 0) adapter.macs.push_back(xdr_mac(macs));
    }
    return in.ok() && count == 0;
}

// --- rows

template <const auto& Fields, auto Record,
          std::size_t Required = std::remove_cvref_t<decltype(Fields)>::size()>
bool read_all(ByteReader& in, SflowRecords& records) {
    return read_fields(in, records.*Record, Fields, Required);
}
template <auto Read, auto Record>
bool read_by(ByteReader& in, SflowRecords& records) {
    return Read(in, records.*Record);
}

constexpr auto to_counters = &SflowRecords::counters;
constexpr auto to_host = &SflowRecords::host;
constexpr auto to_app = &SflowRecords::app;

struct CounterStructure {
    std::uint32_t number;
    bool CounterFamilies::*family;
    bool (*read)(ByteReader& in, SflowRecords& records);
    bool is_common = false;  // sets nothing behind the Ethernet counters
};

constexpr auto counters_family = &CounterFamilies::counters;
constexpr auto host_family = &CounterFamilies::host;
constexpr auto app_family = &CounterFamilies::app;
constexpr std::uint32_t broadcom = 4413, nvidia = 5703;

constexpr CounterStructure counter_structures[] = {
    {1, counters_family, read_by<read_interface, to_counters>, true},
    {2, counters_family, read_all<nm::ethernet_counter_fields, to_counters>, true},
    {3, counters_family, read_all<nm::token_ring_counter_fields, to_counters>},
    {4, counters_family, read_all<nm::vg_counter_fields, to_counters>},
    {5, counters_family, read_all<nm::vlan_counter_fields, to_counters>},
    {6, counters_family, read_all<nm::wifi_counter_fields, to_counters>},
    {7, counters_family, read_all<nm::lag_counter_fields, to_counters>},
    {8, counters_family, read_all<nm::slow_path_counter_fields, to_counters>},
    {10, counters_family, read_by<read_optics, to_counters>},
    {1001, counters_family, read_all<nm::processor_counter_fields, to_counters>},
    {1002, counters_family, read_all<nm::radio_counter_fields, to_counters>},
    {1003, counters_family, read_by<read_queue, to_counters>},
    {1004, counters_family, read_by<read_openflow_port, to_counters>, true},
    {1005, counters_family, read_by<read_port_name, to_counters>, true},
    {3000, counters_family, read_by<read_energy, to_counters>},
    {3001, counters_family, read_by<read_environment<6, 9>, to_counters>},
    {3002, counters_family, read_by<read_environment<9, 10>, to_counters>},
    {3003, counters_family, read_by<read_environment<10, 13>, to_counters>},
    {structure_number(broadcom, 1), counters_family, read_by<read_device_buffers, to_counters>},
    {structure_number(broadcom, 2), counters_family, read_by<read_port_buffers, to_counters>},
    {structure_number(broadcom, 3), counters_family, read_all<nm::hardware_table_fields, to_counters>},

    {2000, host_family, read_by<read_host_description, to_host>},
    {2001, host_family, read_by<read_host_adapters, to_host>},
    {2002, host_family, read_all<nm::host_parent_fields, to_host>},
    {2003, host_family, read_all<nm::host_cpu_fields, to_host, 17>},
    {2004, host_family, read_all<nm::host_memory_fields, to_host>},
    {2005, host_family, read_all<nm::host_disk_fields, to_host>},
    {2006, host_family, read_all<nm::host_network_fields, to_host>},
    {2007, host_family, read_all<nm::host_ip_fields, to_host>},
    {2008, host_family, read_all<nm::host_icmp_fields, to_host>},
    {2009, host_family, read_all<nm::host_tcp_fields, to_host>},
    {2010, host_family, read_all<nm::host_udp_fields, to_host>},
    {2100, host_family, read_all<nm::virtual_node_fields, to_host>},
    {2101, host_family, read_all<nm::virtual_cpu_fields, to_host>},
    {2102, host_family, read_all<nm::virtual_memory_fields, to_host>},
    {2103, host_family, read_all<nm::virtual_disk_fields, to_host>},
    {2104, host_family, read_all<nm::virtual_network_fields, to_host>},
    {structure_number(nvidia, 1), host_family, read_all<nm::gpu_counter_fields, to_host>},

    {2105, app_family, read_all<nm::java_runtime_fields, to_app>},
    {2106, app_family, read_all<nm::java_statistics_fields, to_app, 17>},
    {2201, app_family, read_all<nm::http_counter_fields, to_app>},
    {2202, app_family, read_all<nm::app_operation_fields, to_app>},
    {2203, app_family, read_all<nm::app_resource_fields, to_app>},
    {2204, app_family, read_all<nm::memcache_counter_fields, to_app>},
    {2206, app_family, read_all<nm::app_worker_fields, to_app>},
    {2207, app_family, read_all<nm::ovs_counter_fields, to_app>},
};

// The record of a family is emptied when its first structure comes.
void begin_family(bool CounterFamilies::*family, CounterFamilies& families, SflowRecords& records) {
    if (families.*family) return;
    families.*family = true;
    if (family == counters_family) {
        const bool was_bare = records.counters.rest_is_absent;
        if (was_bare) {
            static_cast<nm::SflowSource&>(records.counters) = {};
            static_cast<nm::InterfaceCounters&>(records.counters) = {};
            static_cast<nm::EthernetCounters&>(records.counters) = {};
        } else {
            records.counters = {};
            records.counters.rest_is_absent = true;
        }
    } else if (family == host_family) {
        records.host = {};
    } else {
        records.app = {};
    }
}

void keep_unknown(std::uint32_t number, nm::Bytes body, std::vector<std::string>& out) {
    std::string& text = out.emplace_back();
    text = std::to_string(number >> 12) + ':' + std::to_string(number & 0xFFFu) + ':';
    nm::append_hex(text, body);
}

}  // namespace

bool read_interface_counters(ByteReader& in, SflowCounters& counters) {
    counters.if_index = in.u32();
    counters.if_type = in.u32();
    counters.if_speed_bps = in.u64();
    const std::uint32_t duplex = in.u32();
    const std::uint32_t status = in.u32();
    read_field(in, counters.in_bytes, nm::Unit::none);
    for (const auto member :
         {&SflowCounters::in_unicast, &SflowCounters::in_multicast, &SflowCounters::in_broadcast,
          &SflowCounters::in_discards, &SflowCounters::in_errors, &SflowCounters::in_unknown_protos})
        read_field(in, counters.*member, nm::Unit::none);
    read_field(in, counters.out_bytes, nm::Unit::none);
    for (const auto member :
         {&SflowCounters::out_unicast, &SflowCounters::out_multicast, &SflowCounters::out_broadcast,
          &SflowCounters::out_discards, &SflowCounters::out_errors})
        read_field(in, counters.*member, nm::Unit::none);
    const std::uint32_t promiscuous = in.u32();
    if (duplex <= 4) counters.if_duplex = static_cast<nm::IfDuplex>(duplex);
    counters.if_admin = static_cast<nm::IfStatus>(status & 1u);
    counters.if_oper = static_cast<nm::IfStatus>(status >> 1 & 1u);
    if (promiscuous == 1 || promiscuous == 2)
        counters.promiscuous = promiscuous == 1;  // TruthValue of RFC 2579
    return in.ok();
}

bool read_old_media_counters(std::uint32_t kind, ByteReader& in, SflowCounters& counters) {
    enum : std::uint32_t { ethernet = 2, token_ring = 3, vg = 5, vlan = 7 };
    switch (kind) {
        case ethernet:
            return read_fields(in, counters, nm::ethernet_counter_fields);
        case token_ring:
            return read_fields(in, counters, nm::token_ring_counter_fields);
        case vg:
            return read_fields(in, counters, nm::vg_counter_fields);
        case vlan:
            return read_fields(in, counters, nm::vlan_counter_fields);
        default:
            return true;  // FDDI and WAN have nothing behind the interface counters
    }
}

StructureCounts CounterStructures::read(ByteReader in, SflowRecords& records, CounterFamilies& families) {
    StructureCounts counts;
    const auto read = [&](std::uint32_t number, ByteReader body) {
        return read_one(number, body, records, families, counts);
    };
    for (const bool is_second : {false, true}) {
        // The records begin anew with their first structures.
        families = {};
        unknown_.clear();
        if (walk_.walk(in, is_second, counts, read)) break;
    }
    if (!families.host && !families.app) begin_family(counters_family, families, records);
    nm::SflowSource& first = families.counters ? static_cast<nm::SflowSource&>(records.counters)
                             : families.host   ? static_cast<nm::SflowSource&>(records.host)
                                               : records.app;
    if (counts.unknown > 0) first.unknown_records = counts.unknown;
    first.unknown = unknown_;
    return counts;
}

bool CounterStructures::read_one(std::uint32_t number, ByteReader body, SflowRecords& records,
                                 CounterFamilies& families, StructureCounts& counts) {
    const CounterStructure* row = std::ranges::find(counter_structures, number, &CounterStructure::number);
    if (row == std::end(counter_structures)) {
        ++counts.unknown;
        if (keep_.unknown) keep_unknown(number, body.rest(), unknown_);
        return true;
    }
    begin_family(row->family, families, records);
    if (row->family == counters_family && !row->is_common) records.counters.rest_is_absent = false;
    if (!row->read(body, records)) return false;
    ++counts.whole;
    if (body.left() > 0) ++counts.trailing;
    return true;
}

}  // namespace nmflowtool
