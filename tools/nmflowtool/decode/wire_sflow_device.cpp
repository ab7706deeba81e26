// Structures of flow samples that tell of radios, queues, tunnels that the switch ends, and why it dropped.
#include "base/hex.hpp"
#include "decode/wire_sflow_fields.hpp"

namespace nmflowtool {
namespace {

using nm::ByteReader;
using nm::IpAddress;
using nm::SflowSample;

bool read_wifi_payload(ByteReader& in, SflowSample& sample) {
    sample.wifi_cipher = in.u32();
    nm::append_hex(sample.wifi_payload, xdr_opaque(in));
    return in.ok();
}

bool read_wifi_received(ByteReader& in, SflowSample& sample) {
    xdr_string(in, sample.wifi_ssid);
    sample.wifi_bssid = xdr_mac(in);
    sample.wifi_version = in.u32();
    sample.wifi_channel = in.u32();
    sample.wifi_speed_bps = in.u64();
    sample.wifi_rsni = in.u32();
    sample.wifi_rcpi = in.u32();
    sample.wifi_duration_us = in.u32();
    return in.ok();
}

bool read_wifi_sent(ByteReader& in, SflowSample& sample) {
    xdr_string(in, sample.wifi_ssid);
    sample.wifi_bssid = xdr_mac(in);
    sample.wifi_version = in.u32();
    const std::uint32_t transmissions = in.u32();
    if (transmissions != 0) sample.wifi_transmissions = transmissions;
    sample.wifi_duration_us = in.u32();
    sample.wifi_retrans_duration_us = in.u32();
    sample.wifi_channel = in.u32();
    sample.wifi_speed_bps = in.u64();
    sample.wifi_power_mw = in.u32();
    return in.ok();
}

bool read_queue_length(ByteReader& in, SflowSample& sample) {
    sample.queue = in.u32();
    sample.queue_length = in.u32();
    return in.ok();
}

template <auto SrcMac, auto DstMac, auto Type>
bool read_tunnel_frame(ByteReader& in, SflowSample& sample) {
    in.skip(4);  // length
    sample.*SrcMac = xdr_mac(in);
    sample.*DstMac = xdr_mac(in);
    set_small(sample.*Type, in.u32());
    return in.ok();
}

template <std::size_t Width, auto SrcIp, auto DstIp, auto Proto, auto SrcPort, auto DstPort, auto Tos>
bool read_tunnel_ip(ByteReader& in, SflowSample& sample) {
    in.skip(4);  // length
    set_small(sample.*Proto, in.u32());
    const nm::Bytes src = in.bytes(Width), dst = in.bytes(Width);
    const std::uint32_t src_port = in.u32(), dst_port = in.u32();
    in.skip(4);  // TCP flags
    set_small(sample.*Tos, in.u32());
    if (!in.ok()) return false;
    sample.*SrcIp = IpAddress::from_bytes(src);
    sample.*DstIp = IpAddress::from_bytes(dst);
    if (src_port != 0 || dst_port != 0) {
        set_small(sample.*SrcPort, src_port);
        set_small(sample.*DstPort, dst_port);
    }
    return true;
}

bool read_acl(ByteReader& in, SflowSample& sample) {
    sample.acl = in.u32();
    xdr_string(in, sample.acl_name);
    set_word(sample.acl_direction, in.u32());
    return in.ok();
}

bool read_trap(ByteReader& in, SflowSample& sample) {
    xdr_string(in, sample.trap_group);
    xdr_string(in, sample.trap);
    return in.ok();
}

bool read_timestamp(ByteReader& in, SflowSample& sample) {
    const std::uint64_t ns = in.u64();
    if (in.ok() && ns <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        sample.sampled.ns = static_cast<std::int64_t>(ns);
    return in.ok();
}

using S = SflowSample;
constexpr FlowStructure rows[] = {
    {1013, read_wifi_payload},
    {1014, read_wifi_received},
    {1015, read_wifi_sent},
    {1019, read_queue_length},
    {1021, read_tunnel_frame<&S::tunnel_out_src_mac, &S::tunnel_out_dst_mac, &S::tunnel_out_ethertype>},
    {1022, read_tunnel_frame<&S::tunnel_in_src_mac, &S::tunnel_in_dst_mac, &S::tunnel_in_ethertype>},
    {1023, read_tunnel_ip<4, &S::tunnel_out_src_ip, &S::tunnel_out_dst_ip, &S::tunnel_out_proto_num,
                          &S::tunnel_out_src_port, &S::tunnel_out_dst_port, &S::tunnel_out_tos>},
    {1024, read_tunnel_ip<4, &S::tunnel_in_src_ip, &S::tunnel_in_dst_ip, &S::tunnel_in_proto_num,
                          &S::tunnel_in_src_port, &S::tunnel_in_dst_port, &S::tunnel_in_tos>},
    {1025, read_tunnel_ip<16, &S::tunnel_out_src_ip, &S::tunnel_out_dst_ip, &S::tunnel_out_proto_num,
                          &S::tunnel_out_src_port, &S::tunnel_out_dst_port, &S::tunnel_out_tos>},
    {1026, read_tunnel_ip<16, &S::tunnel_in_src_ip, &S::tunnel_in_dst_ip, &S::tunnel_in_proto_num,
                          &S::tunnel_in_src_port, &S::tunnel_in_dst_port, &S::tunnel_in_tos>},
    {1027, read_word<&S::tunnel_out_inner_offset>},
    {1028, read_word<&S::tunnel_in_inner_offset>},
    {1029, read_word<&S::tunnel_out_vni>},
    {1030, read_word<&S::tunnel_in_vni>},
    {1036, read_word<&S::queue>},
    {1037, read_acl},
    {1038, read_text<&S::function>},
    {1039, read_word<&S::transit_ns>},
    {1040, read_word<&S::queue_depth_bytes>},
    {1041, read_trap},
    {1042, read_text<&S::drop_reason>},
    {1043, read_timestamp},
    {structure_number(4413, 1), read_word<&S::queue>},  // bst_egress_queue of Broadcom
};

}  // namespace

std::span<const FlowStructure> device_structures() {
    return rows;
}

}  // namespace nmflowtool
