#include "decode/elements.hpp"

#include <algorithm>
#include <iterator>

namespace nmflowtool {
namespace {

using F = nm::FlowRecord;
using O = nm::FlowOption;
using enum Meaning;

// clang-format off
const Element table[] = {
    {1, "octetDeltaCount", number, &F::bytes},
    {2, "packetDeltaCount", number, &F::packets},
    {4, "protocolIdentifier", number, &F::proto_num},
    {5, "ipClassOfService", number, &F::tos},
    {6, "tcpControlBits", number, &F::tcp_flags},
    {7, "sourceTransportPort", number, &F::src_port},
    {8, "sourceIPv4Address", address, &F::src_ip},
    {9, "sourceIPv4PrefixLength", number, &F::src_mask},
    {10, "ingressInterface", number, &F::in_if, &O::if_index},
    {11, "destinationTransportPort", number, &F::dst_port},
    {12, "destinationIPv4Address", address, &F::dst_ip},
    {13, "destinationIPv4PrefixLength", number, &F::dst_mask},
    {14, "egressInterface", number, &F::out_if},
    {15, "ipNextHopIPv4Address", nonzero_address, &F::next_hop},
    {16, "bgpSourceAsNumber", nonzero, &F::src_as},
    {17, "bgpDestinationAsNumber", nonzero, &F::dst_as},
    {18, "bgpNextHopIPv4Address", nonzero_address, &F::bgp_next_hop},
    {21, "flowEndSysUpTime", uptime_ms, &F::end},
    {22, "flowStartSysUpTime", uptime_ms, &F::start},
    {27, "sourceIPv6Address", address, &F::src_ip},
    {28, "destinationIPv6Address", address, &F::dst_ip},
    {29, "sourceIPv6PrefixLength", number, &F::src_mask},
    {30, "destinationIPv6PrefixLength", number, &F::dst_mask},
    {32, "icmpTypeCodeIPv4", icmp_type_code, &F::icmp_type},
    {34, "samplingInterval", nonzero, &F::sampling_rate, &O::sampling_rate},
    {40, "exportedOctetTotalCount", number, {}, &O::exported_bytes},
    {41, "exportedMessageTotalCount", number, {}, &O::exported_packets},
    {42, "exportedFlowRecordTotalCount", number, {}, &O::exported_flows},
    {48, "samplerId", number, &F::sampler_id, &O::sampler_id},
    {49, "samplerMode", number, {}, &O::sampler_mode},
    {50, "samplerRandomInterval", nonzero, &F::sampling_rate, &O::sampling_rate},
    {52, "minimumTTL", number, &F::ttl},
    {56, "sourceMacAddress", mac, &F::src_mac},
    {58, "vlanId", nonzero, &F::vlan},
    {59, "postVlanId", nonzero, &F::post_vlan},
    {61, "flowDirection", direction, &F::direction},
    {62, "ipNextHopIPv6Address", nonzero_address, &F::next_hop},
    {63, "bgpNextHopIPv6Address", nonzero_address, &F::bgp_next_hop},
    {80, "destinationMacAddress", mac, &F::dst_mac},
    {82, "interfaceName", text, {}, &O::if_name},
    {83, "interfaceDescription", text, {}, &O::if_description},
    {84, "samplerName", text, {}, &O::sampler_name},
    {88, "fragmentOffset", nonzero, &F::fragment_offset},
    {136, "flowEndReason", nonzero, &F::end_reason},
    {139, "icmpTypeCodeIPv6", icmp_type_code, &F::icmp_type},
    {150, "flowStartSeconds", epoch_s, &F::start},
    {151, "flowEndSeconds", epoch_s, &F::end},
    {152, "flowStartMilliseconds", epoch_ms, &F::start},
    {153, "flowEndMilliseconds", epoch_ms, &F::end},
    {154, "flowStartMicroseconds", epoch_us, &F::start},
    {155, "flowEndMicroseconds", epoch_us, &F::end},
    {156, "flowStartNanoseconds", epoch_ns, &F::start},
    {157, "flowEndNanoseconds", epoch_ns, &F::end},
    {176, "icmpTypeIPv4", number, &F::icmp_type},
    {177, "icmpCodeIPv4", number, &F::icmp_code},
    {178, "icmpTypeIPv6", number, &F::icmp_type},
    {179, "icmpCodeIPv6", number, &F::icmp_code},
    {192, "ipTTL", number, &F::ttl},
    {243, "dot1qVlanId", nonzero, &F::vlan},
    {245, "dot1qCustomerVlanId", nonzero, &F::inner_vlan},
    {254, "postDot1qVlanId", nonzero, &F::post_vlan},
    {256, "ethernetType", number, &F::ethertype},
    {302, "selectorId", number, &F::sampler_id, &O::sampler_id},
    {305, "samplingPacketInterval", nonzero, &F::sampling_rate, &O::sampling_rate},
};
// clang-format on

}  // namespace

std::span<const Element> elements() {
    return table;
}

const Element* find_element(std::uint16_t id) {
    const Element* row = std::ranges::lower_bound(table, id, {}, &Element::id);
    return row != std::end(table) && row->id == id ? row : nullptr;
}

}  // namespace nmflowtool
