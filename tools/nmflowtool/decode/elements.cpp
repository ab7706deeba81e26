#include "decode/elements.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <iterator>
#include <tuple>

#include "record/key_of.hpp"

namespace nmflowtool {
namespace {

using F = nm::FlowRecord;
using O = nm::FlowOption;
using P = Parts;
using enum Meaning;
constexpr std::uint32_t rev = reverse_enterprise;

// clang-format off
const Mapping mapping_table[] = {
    {0, 1, number, &F::bytes},
    {0, 2, number, &F::packets},
    {0, 3, nonzero, &F::flow_count},
    {0, 4, number, &F::proto_num},
    {0, 5, number, &F::tos},
    {0, 6, number, &F::tcp_flags},
    {0, 7, number, &F::src_port},
    {0, 8, address, &F::src_ip},
    {0, 9, twin, &F::src_mask},
    {0, 10, number, &F::in_if, &O::if_index},
    {0, 11, number, &F::dst_port},
    {0, 12, address, &F::dst_ip},
    {0, 13, twin, &F::dst_mask},
    {0, 14, number, &F::out_if, &O::if_index},
    {0, 15, nonzero_address, &F::next_hop},
    {0, 16, nonzero, &F::src_as},
    {0, 17, nonzero, &F::dst_as},
    {0, 18, nonzero_address, &F::bgp_next_hop},
    {0, 21, uptime_ms, &P::end_uptime_ms},
    {0, 22, uptime_ms, &P::start_uptime_ms},
    {0, 23, number, &F::post_bytes},
    {0, 24, number, &F::post_packets},
    {0, 25, nonzero, &F::min_length},
    {0, 26, nonzero, &F::max_length},
    {0, 27, address, &F::src_ip},
    {0, 28, address, &F::dst_ip},
    {0, 29, twin, &F::src_mask},
    {0, 30, twin, &F::dst_mask},
    {0, 31, nonzero, &F::flow_label},
    {0, 32, icmp_type_code, &F::icmp_type},
    {0, 34, nonzero, &F::sampling_rate, &O::sampling_rate},
    {0, 35, nonzero, {}, &O::sampler_mode},
    {0, 36, number, {}, &O::active_timeout_s},
    {0, 37, number, {}, &O::idle_timeout_s},
    {0, 40, number, {}, &O::exported_bytes},
    {0, 41, number, {}, &O::exported_packets},
    {0, 42, number, {}, &O::exported_flows},
    {0, 48, number, &F::sampler_id, &O::sampler_id},
    {0, 49, number, {}, &O::sampler_mode},
    {0, 50, nonzero, &F::sampling_rate, &O::sampling_rate},
    {0, 52, number, &F::ttl},
    {0, 55, number, &F::post_tos},
    {0, 56, mac, &F::src_mac},
    {0, 57, mac, &F::post_dst_mac},
    {0, 58, nonzero, &F::vlan},
    {0, 59, nonzero, &F::post_vlan},
    {0, 61, word, &F::direction},
    {0, 62, nonzero_address, &F::next_hop},
    {0, 63, nonzero_address, &F::bgp_next_hop},
    {0, 70, mpls_label, &F::mpls_label},
    {0, 80, mac, &F::dst_mac},
    {0, 81, mac, &F::post_src_mac},
    {0, 82, text, {}, &O::if_name},
    {0, 83, text, {}, &O::if_description},
    {0, 84, text, {}, &O::sampler_name},
    {0, 85, number, &F::total_bytes},
    {0, 86, number, &F::total_packets},
    {0, 88, nonzero, &F::fragment_offset},
    {0, 89, nonzero, &F::forwarding_status},
    {0, 94, text, {}, &O::app_description},
    {0, 95, application, &F::app_id, &O::app_id},
    {0, 96, text, &F::app_name, &O::app_name},
    {0, 130, nonzero_address, &F::exporter},
    {0, 131, nonzero_address, &F::exporter},
    {0, 136, nonzero, &F::end_reason},
    {0, 138, nonzero, &F::obs_point},
    {0, 139, icmp_type_code, &F::icmp_type},
    {0, 148, nonzero, &F::flow_id},
    {0, 150, epoch_s, &F::start},
    {0, 151, epoch_s, &F::end},
    {0, 152, epoch_ms, &F::start},
    {0, 153, epoch_ms, &F::end},
    {0, 154, epoch_us, &F::start},
    {0, 155, epoch_us, &F::end},
    {0, 156, epoch_ns, &F::start},
    {0, 157, epoch_ns, &F::end},
    {0, 158, number, &P::start_before_us},
    {0, 159, number, &P::end_before_us},
    {0, 160, nonzero, &P::boot_ms, &P::boot_ms},
    {0, 161, number, &P::duration_ms},
    {0, 162, number, &P::duration_us},
    {0, 176, twin, &F::icmp_type},
    {0, 177, twin, &F::icmp_code},
    {0, 178, twin, &F::icmp_type},
    {0, 179, twin, &F::icmp_code},
    {0, 180, nonzero, &F::src_port},
    {0, 181, nonzero, &F::dst_port},
    {0, 182, nonzero, &F::src_port},
    {0, 183, nonzero, &F::dst_port},
    {0, 192, number, &F::ttl},
    {0, 225, nonzero_address, &F::nat_src_ip},
    {0, 226, nonzero_address, &F::nat_dst_ip},
    {0, 227, nonzero, &F::nat_src_port},
    {0, 228, nonzero, &F::nat_dst_port},
    {0, 230, word, &F::nat_event},
    {0, 231, number, &P::initiator_bytes},
    {0, 232, number, &F::rev_bytes},
    {0, 233, word, &F::fw_event},
    {0, 234, number, &F::in_vrf, &O::vrf},
    {0, 235, number, &F::out_vrf},
    {0, 236, text, {}, &O::vrf_name},
    {0, 243, nonzero, &F::vlan},
    {0, 245, nonzero, &F::inner_vlan},
    {0, 254, nonzero, &F::post_vlan},
    {0, 256, number, &F::ethertype},
    {0, 281, nonzero_address, &F::nat_src_ip},
    {0, 282, nonzero_address, &F::nat_dst_ip},
    {0, 298, number, &P::initiator_packets},
    {0, 299, number, &F::rev_packets},
    {0, 302, number, &F::sampler_id, &O::sampler_id},
    {0, 304, number, {}, &O::sampling_algorithm},
    {0, 305, nonzero, &F::sampling_rate, &O::sampling_rate},
    {0, 306, number, &P::sampling_space, &P::sampling_space},
    {0, 309, nonzero, {}, &P::sampling_size},
    {0, 310, nonzero, {}, &P::sampling_population},
    {0, 311, probability, &F::sampling_rate, &O::sampling_rate},
    {0, 322, epoch_s, &F::event_time},
    {0, 323, epoch_ms, &F::event_time},
    {0, 324, epoch_us, &F::event_time},
    {0, 325, epoch_ns, &F::event_time},
    {0, 335, text, {}, &O::sampler_name},
    {0, 352, number, &P::layer2_bytes},
    {0, 371, text, &F::user},
    {0, 33002, nonzero, &F::fw_ext_event},
    {0, 40000, text, &F::user},
    {0, 40001, nonzero_address, &F::nat_src_ip},
    {0, 40002, nonzero_address, &F::nat_dst_ip},
    {0, 40003, nonzero, &F::nat_src_port},
    {0, 40004, nonzero, &F::nat_dst_port},
    {0, 40005, word, &F::fw_event},
    {0, 56701, text, &F::app_name},
    {0, 56702, text, &F::user},
    {rev, 1, number, &F::rev_bytes},
    {rev, 2, number, &F::rev_packets},
    {rev, 6, number, &F::rev_tcp_flags},
    {rev, 85, number, &F::rev_bytes},
    {rev, 86, number, &F::rev_packets},
    {ntop_enterprise, 119, text, &F::app_name},
    {ntop_enterprise, 121, text, &F::user},
};
// clang-format on

constexpr std::array<std::string_view, 23> type_names{"octetArray",
                                                      "unsigned8",
                                                      "unsigned16",
                                                      "unsigned32",
                                                      "unsigned64",
                                                      "signed8",
                                                      "signed16",
                                                      "signed32",
                                                      "signed64",
                                                      "float32",
                                                      "float64",
                                                      "boolean",
                                                      "macAddress",
                                                      "string",
                                                      "dateTimeSeconds",
                                                      "dateTimeMilliseconds",
                                                      "dateTimeMicroseconds",
                                                      "dateTimeNanoseconds",
                                                      "ipv4Address",
                                                      "ipv6Address",
                                                      "basicList",
                                                      "subTemplateList",
                                                      "subTemplateMultiList"};

template <class Row>
const Row* find_row(std::span<const Row> rows, std::uint32_t enterprise, std::uint16_t id) {
    const auto key = [](const Row& row) { return std::tuple(row.enterprise, row.id); };
    const auto row = std::ranges::lower_bound(rows, std::tuple(enterprise, id), {}, key);
    return row != rows.end() && row->enterprise == enterprise && row->id == id ? &*row : nullptr;
}

// The key of the field that one of these members is.
template <class Record>
std::string_view key_of(const Member<Record>& member) {
    return std::visit([](auto pointer) { return nm::key_of<Record>(pointer); }, member);
}

}  // namespace

std::string_view type_name(DataType type) {
    return type_names[static_cast<std::size_t>(type)];
}

const Element* find_element(std::uint32_t enterprise, std::uint16_t id) {
    return find_row(elements(), enterprise, id);
}

std::string name_of(std::uint32_t enterprise, std::uint16_t id) {
    if (const Element* element = find_element(enterprise, id)) return std::string(element->name);
    if (enterprise == reverse_enterprise) {
        if (const Element* forward = find_element(0, id)) {
            std::string name = "reverse" + std::string(forward->name);
            name[7] = static_cast<char>(std::toupper(static_cast<unsigned char>(name[7])));
            return name;
        }
    }
    return (enterprise == scope_enterprise ? "scope" : std::to_string(enterprise)) + ":" + std::to_string(id);
}

std::span<const Mapping> mappings() {
    return mapping_table;
}

const Mapping* find_mapping(std::uint32_t enterprise, std::uint16_t id) {
    return find_row(mappings(), enterprise, id);
}

std::string_view flow_key(const Element& element) {
    const Mapping* mapping = find_mapping(element.enterprise, element.id);
    return mapping ? key_of<F>(mapping->flow) : std::string_view();
}

std::string_view option_key(const Element& element) {
    const Mapping* mapping = find_mapping(element.enterprise, element.id);
    return mapping ? key_of<O>(mapping->option) : std::string_view();
}

}  // namespace nmflowtool
