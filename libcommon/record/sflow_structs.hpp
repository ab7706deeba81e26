// The structures of sFlow samples as plain structs. What their keys are called and mean stands in sflow.hpp,
// sflow_counters.hpp, sflow_host.hpp and sflow_app.hpp, apart because descriptions of that size are slow to
// compile: a decoder includes this file, what writes records includes those.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "record/flow.hpp"

namespace nm {

// What an sFlow interface word stands for when it is not one interface.
enum class PortKind : std::uint8_t { interface, discarded, multiple, internal };
template <>
inline constexpr auto enum_words<PortKind> =
    std::array<std::string_view, 4>{"", "discarded", "multiple", "internal"};

enum class PacketDirection : std::uint8_t { unknown, received, sent };
template <>
inline constexpr auto enum_words<PacketDirection> = std::array<std::string_view, 3>{"", "received", "sent"};

// Which address of the packet is that of the host in the URL.
enum class UrlDirection : std::uint8_t { unknown, source, destination };
template <>
inline constexpr auto enum_words<UrlDirection> = std::array<std::string_view, 3>{"", "source", "destination"};

enum class HttpMethod : std::uint8_t { other, options, get, head, post, put, delete_, trace, connect };
template <>
inline constexpr auto enum_words<HttpMethod> = std::array<std::string_view, 9>{
    "OTHER", "OPTIONS", "GET", "HEAD", "POST", "PUT", "DELETE", "TRACE", "CONNECT"};

enum class AppStatus : std::uint8_t {
    success,
    other,
    timeout,
    internal_error,
    bad_request,
    forbidden,
    too_large,
    not_implemented,
    not_found,
    unavailable,
    unauthorized
};
template <>
inline constexpr auto enum_words<AppStatus> = std::array<std::string_view, 11>{
    "success",   "other",           "timeout",   "internal_error", "bad_request", "forbidden",
    "too_large", "not_implemented", "not_found", "unavailable",    "unauthorized"};

enum class MemcacheProtocol : std::uint8_t { other, ascii, binary };
template <>
inline constexpr auto enum_words<MemcacheProtocol> =
    std::array<std::string_view, 3>{"other", "ascii", "binary"};
enum class MemcacheCommand : std::uint8_t {};
template <>
inline constexpr auto enum_words<MemcacheCommand> = std::array<std::string_view, 17>{
    "other", "set",  "add",    "replace", "append", "prepend", "cas",  "get",  "gets",
    "incr",  "decr", "delete", "stats",   "flush",  "version", "quit", "touch"};
enum class MemcacheStatus : std::uint8_t {};
template <>
inline constexpr auto enum_words<MemcacheStatus> =
    std::array<std::string_view, 10>{"",       "ok",         "error",  "client_error", "server_error",
                                     "stored", "not_stored", "exists", "not_found",    "deleted"};

enum class AclDirection : std::uint8_t { unknown, ingress, egress };
template <>
inline constexpr auto enum_words<AclDirection> = std::array<std::string_view, 3>{"", "ingress", "egress"};

// Why a packet was discarded (https://sflow.org/sflow_drops.txt): 0 to 15 are the codes of ICMP unreachable,
// those from 256 on name the stage of the switch.
enum class DiscardReason : std::uint16_t {};

namespace detail {

inline constexpr std::string_view icmp_discards[] = {
    "net_unreachable",          "host_unreachable",      "protocol_unreachable",
    "port_unreachable",         "frag_needed",           "src_route_failed",
    "dst_net_unknown",          "dst_host_unknown",      "src_host_isolated",
    "dst_net_prohibited",       "dst_host_prohibited",   "dst_net_tos_unreachable",
    "dst_host_tos_unreachable", "comm_admin_prohibited", "host_precedence_violation",
    "precedence_cutoff",
};
inline constexpr std::string_view switch_discards[] = {
    "unknown",
    "ttl_exceeded",
    "acl",
    "no_buffer_space",
    "red",
    "traffic_shaping",
    "pkt_too_big",
    "src_mac_is_multicast",
    "vlan_tag_mismatch",
    "ingress_vlan_filter",
    "ingress_spanning_tree_filter",
    "port_list_is_empty",
    "port_loopback_filter",
    "blackhole_route",
    "non_ip",
    "uc_dip_over_mc_dmac",
    "dip_is_loopback_address",
    "sip_is_mc",
    "sip_is_loopback_address",
    "ip_header_corrupted",
    "ipv4_sip_is_limited_bc",
    "ipv6_mc_dip_reserved_scope",
    "ipv6_mc_dip_interface_local_scope",
    "unresolved_neigh",
    "mc_reverse_path_forwarding",
    "non_routable_packet",
    "decap_error",
    "overlay_smac_is_mc",
    "unknown_l2",
    "unknown_l3",
    "unknown_l3_exception",
    "unknown_buffer",
    "unknown_tunnel",
    "unknown_l4",
    "sip_is_unspecified",
    "mlag_port_isolation",
    "blackhole_arp_neigh",
    "src_mac_is_dmac",
    "dmac_is_reserved",
    "sip_is_class_e",
    "mc_dmac_mismatch",
    "sip_is_dip",
    "dip_is_local_network",
    "dip_is_link_local",
    "overlay_smac_is_dmac",
    "egress_vlan_filter",
    "uc_reverse_path_forwarding",
    "split_horizon",
};

constexpr auto make_discard_words() {
    constexpr std::size_t first_of_switches = 256;
    std::array<std::string_view, first_of_switches + std::size(switch_discards)> words{};
    for (std::size_t i = 0; i < std::size(icmp_discards); ++i) words[i] = icmp_discards[i];
    for (std::size_t i = 0; i < std::size(switch_discards); ++i)
        words[first_of_switches + i] = switch_discards[i];
    return words;
}

}  // namespace detail

template <>
inline constexpr auto enum_words<DiscardReason> = detail::make_discard_words();

// Of the sample itself, the switch (0:1001) and the raw header (0:1).
struct SampleNumbers {
    std::optional<std::uint32_t> sequence;
    std::optional<std::uint32_t> source_class;
    std::optional<std::uint32_t> source_index;
    std::optional<std::uint32_t> pool;
    std::optional<std::uint32_t> drops;
    PortKind in_kind = PortKind::interface;
    PortKind out_kind = PortKind::interface;
    std::optional<std::uint32_t> discard_reason;
    std::optional<DiscardReason> discard;
    std::optional<std::uint32_t> out_count;
    std::optional<std::uint16_t> in_vlan;
    std::optional<std::uint16_t> out_vlan;
    std::optional<std::uint8_t> in_priority;
    std::optional<std::uint8_t> out_priority;
    std::vector<std::uint16_t> vlans;
    std::optional<std::uint32_t> header_protocol;
    std::optional<std::uint32_t> header_bytes;
    std::optional<std::uint32_t> stripped;
    std::optional<std::uint32_t> ip_bytes;
    std::string header;
};

// What tunnels in the header carry.
struct InnerPacket {
    std::vector<std::string> tunnels;
    std::vector<std::uint32_t> mpls_labels;
    std::optional<std::uint32_t> vni;
    std::optional<std::uint32_t> gre_key;
    std::optional<std::uint32_t> gtp_teid;
    std::optional<std::uint16_t> erspan_session;
    std::optional<std::uint16_t> pppoe_session;
    IpAddress inner_src_ip;
    IpAddress inner_dst_ip;
    std::optional<std::uint16_t> inner_src_port;
    std::optional<std::uint16_t> inner_dst_port;
    std::optional<Protocol> inner_proto;
    std::optional<std::uint8_t> inner_proto_num;
    std::optional<TcpFlags> inner_tcp_flags;
    std::optional<std::uint8_t> inner_icmp_type;
    std::optional<std::uint8_t> inner_icmp_code;
    std::optional<std::uint8_t> inner_tos;
    std::optional<std::uint8_t> inner_ttl;
    std::optional<std::uint16_t> inner_fragment_offset;
    std::optional<std::uint32_t> inner_ip_bytes;
    std::optional<Mac> inner_src_mac;
    std::optional<Mac> inner_dst_mac;
    std::optional<std::uint16_t> inner_ethertype;
    std::optional<std::uint16_t> inner_frame_vlan;
};

// What has no key of its own.
struct SampleUnknown {
    std::optional<std::uint32_t> unknown_records;
    std::vector<std::string> unknown;
};

// Queue 0:1036, 0:1040, 0:1019, 4413:1; access list 0:1037; function 0:1038; transit 0:1039; trap 0:1041;
// reason 0:1042; time 0:1043.
struct DropDetails {
    std::optional<std::uint32_t> queue;
    std::optional<std::uint32_t> queue_depth_bytes;
    std::optional<std::uint32_t> queue_length;
    std::optional<std::uint32_t> acl;
    std::string acl_name;
    AclDirection acl_direction = AclDirection::unknown;
    std::string function;
    std::string trap;
    std::string trap_group;
    std::string drop_reason;
    std::optional<std::uint32_t> transit_ns;
    Time sampled;
};

// Gateway 0:1003, MPLS 0:1006 and 0:1008 to 0:1011.
struct SampleRoute {
    std::optional<std::uint32_t> router_as;
    std::optional<std::uint32_t> src_peer_as;
    std::optional<std::uint32_t> dst_peer_as;
    std::string as_path;
    std::vector<std::string> communities;
    std::optional<std::uint32_t> local_pref;
    IpAddress mpls_next_hop;
    std::vector<std::uint32_t> mpls_in;
    std::vector<std::uint32_t> mpls_out;
    std::string mpls_tunnel;
    std::optional<std::uint32_t> mpls_tunnel_id;
    std::optional<std::uint32_t> mpls_tunnel_cos;
    std::string mpls_vc;
    std::optional<std::uint32_t> mpls_vc_id;
    std::optional<std::uint32_t> mpls_vc_cos;
    std::string mpls_ftn;
    std::optional<std::uint32_t> mpls_ftn_mask;
    std::optional<std::uint32_t> mpls_fec_prefix;
};

// Tunnels of the switch, 0:1021 to 0:1030 (https://sflow.org/sflow_tunnels.txt); VLAN stacks 0:1012, 0:1034,
// 0:1035.
struct SampleTunnels {
    std::optional<std::uint32_t> vlans_total;
    std::optional<Mac> tunnel_in_src_mac;
    std::optional<Mac> tunnel_in_dst_mac;
    std::optional<std::uint16_t> tunnel_in_ethertype;
    IpAddress tunnel_in_src_ip;
    IpAddress tunnel_in_dst_ip;
    std::optional<std::uint8_t> tunnel_in_proto_num;
    std::optional<std::uint16_t> tunnel_in_src_port;
    std::optional<std::uint16_t> tunnel_in_dst_port;
    std::optional<std::uint8_t> tunnel_in_tos;
    std::optional<std::uint32_t> tunnel_in_vni;
    std::optional<std::uint32_t> tunnel_in_inner_offset;
    std::optional<Mac> tunnel_out_src_mac;
    std::optional<Mac> tunnel_out_dst_mac;
    std::optional<std::uint16_t> tunnel_out_ethertype;
    IpAddress tunnel_out_src_ip;
    IpAddress tunnel_out_dst_ip;
    std::optional<std::uint8_t> tunnel_out_proto_num;
    std::optional<std::uint16_t> tunnel_out_src_port;
    std::optional<std::uint16_t> tunnel_out_dst_port;
    std::optional<std::uint8_t> tunnel_out_tos;
    std::optional<std::uint32_t> tunnel_out_vni;
    std::optional<std::uint32_t> tunnel_out_inner_offset;
    std::vector<std::string> vlans_stripped;
    std::vector<std::string> vlans_in;
    std::vector<std::string> vlans_out;
};

// 802.11: payload 0:1013, received 0:1014, sent 0:1015.
struct SampleWifi {
    std::string wifi_ssid;
    std::optional<Mac> wifi_bssid;
    std::optional<std::uint32_t> wifi_version;
    std::optional<std::uint32_t> wifi_channel;
    std::optional<std::uint64_t> wifi_speed_bps;
    std::optional<std::uint32_t> wifi_rsni;
    std::optional<std::uint32_t> wifi_rcpi;
    std::optional<std::uint32_t> wifi_duration_us;
    std::optional<std::uint32_t> wifi_retrans_duration_us;
    std::optional<std::uint32_t> wifi_transmissions;
    std::optional<std::uint32_t> wifi_power_mw;
    std::optional<std::uint32_t> wifi_cipher;
    std::string wifi_payload;
};

// State of the TCP socket 0:2209 and whose it is 0:2210 (https://sflow.org/sflow_host.txt).
struct SampleTcpInfo {
    PacketDirection tcp_direction = PacketDirection::unknown;
    std::optional<std::uint32_t> tcp_snd_mss;
    std::optional<std::uint32_t> tcp_rcv_mss;
    std::optional<std::uint32_t> tcp_unacked;
    std::optional<std::uint32_t> tcp_lost;
    std::optional<std::uint32_t> tcp_retrans;
    std::optional<std::uint32_t> tcp_pmtu;
    std::optional<std::uint32_t> tcp_rtt_us;
    std::optional<std::uint32_t> tcp_rttvar_us;
    std::optional<std::uint32_t> tcp_cwnd;
    std::optional<std::uint32_t> tcp_reordering;
    std::optional<std::uint32_t> tcp_min_rtt_us;
    std::optional<std::uint32_t> src_entity_class;
    std::optional<std::uint32_t> src_entity_index;
    std::optional<std::uint32_t> dst_entity_class;
    std::optional<std::uint32_t> dst_entity_index;
};

// Applications: user 0:1004, URL 0:1005, sockets 0:2100 to 0:2103, HTTP 0:2201, 0:2206, 0:2207, memcache
// 0:2200, operations 0:2202 to 0:2205.
struct SampleApp {
    std::string src_user;
    std::string dst_user;
    UrlDirection url_direction = UrlDirection::unknown;
    std::string url;
    std::string url_host;
    std::optional<std::uint8_t> socket_proto_num;
    IpAddress socket_local_ip;
    IpAddress socket_remote_ip;
    std::optional<std::uint16_t> socket_local_port;
    std::optional<std::uint16_t> socket_remote_port;
    std::optional<std::uint8_t> proxy_proto_num;
    IpAddress proxy_local_ip;
    IpAddress proxy_remote_ip;
    std::optional<std::uint16_t> proxy_local_port;
    std::optional<std::uint16_t> proxy_remote_port;
    std::optional<HttpMethod> http_method;
    std::optional<std::uint32_t> http_protocol;
    std::string http_uri;
    std::string http_host;
    std::string http_referer;
    std::string http_user_agent;
    std::string http_xff;
    std::string http_auth_user;
    std::string http_mime_type;
    std::optional<std::uint64_t> http_req_bytes;
    std::optional<std::uint64_t> http_resp_bytes;
    std::optional<std::uint32_t> http_duration_us;
    std::optional<std::uint32_t> http_status;
    std::string proxy_uri;
    std::string proxy_host;
    std::optional<MemcacheProtocol> memcache_protocol;
    std::optional<MemcacheCommand> memcache_command;
    std::string memcache_key;
    std::optional<std::uint32_t> memcache_keys;
    std::optional<std::uint32_t> memcache_value_bytes;
    std::optional<std::uint32_t> memcache_duration_us;
    std::optional<MemcacheStatus> memcache_status;
    std::string app;
    std::string app_operation;
    std::string app_attributes;
    std::string app_status_text;
    std::optional<AppStatus> app_status;
    std::optional<std::uint64_t> app_req_bytes;
    std::optional<std::uint64_t> app_resp_bytes;
    std::optional<std::uint32_t> app_duration_us;
    std::string parent_app;
    std::string parent_operation;
    std::string parent_attributes;
    std::string app_initiator;
    std::string app_target;
};

struct SflowSample : FlowRecord,
                     SampleNumbers,
                     InnerPacket,
                     SampleUnknown,
                     DropDetails,
                     SampleRoute,
                     SampleTunnels,
                     SampleWifi,
                     SampleTcpInfo,
                     SampleApp,
                     FlowNames {
    // Nothing behind the raw header is set: the writer need not look. The decoder knows; who fills a record
    // by hand leaves it.
    bool rest_is_absent = false;
};

// A packet that the switch or host discarded. It is no sample of the traffic, so it is a type of its own.
struct SflowDrop : SflowSample {};

// What every counter record begins with: who sent it, and what its counters belong to.
struct SflowSource {
    Time ts;
    IpAddress exporter;
    std::optional<std::uint32_t> obs_domain;
    std::optional<std::uint32_t> sequence;
    std::optional<std::uint32_t> source_class;
    std::optional<std::uint32_t> source_index;
    std::optional<std::uint32_t> unknown_records;
    std::vector<std::string> unknown;
};

enum class IfDuplex : std::uint8_t { unknown, full, half, in, out };
template <>
inline constexpr auto enum_words<IfDuplex> = std::array<std::string_view, 5>{"", "full", "half", "in", "out"};
enum class IfStatus : std::uint8_t { down, up };
template <>
inline constexpr auto enum_words<IfStatus> = std::array<std::string_view, 2>{"down", "up"};

// Generic interface counters, 0:1 (RFC 2863); port name 0:1005; OpenFlow port 0:1004.
struct InterfaceCounters {
    std::optional<std::uint32_t> if_index;
    std::optional<std::uint32_t> if_type;
    std::optional<std::uint64_t> if_speed_bps;
    IfDuplex if_duplex = IfDuplex::unknown;
    std::optional<IfStatus> if_admin;
    std::optional<IfStatus> if_oper;
    std::optional<std::uint64_t> in_bytes;
    std::optional<std::uint32_t> in_unicast;
    std::optional<std::uint32_t> in_multicast;
    std::optional<std::uint32_t> in_broadcast;
    std::optional<std::uint32_t> in_discards;
    std::optional<std::uint32_t> in_errors;
    std::optional<std::uint32_t> in_unknown_protos;
    std::optional<std::uint64_t> out_bytes;
    std::optional<std::uint32_t> out_unicast;
    std::optional<std::uint32_t> out_multicast;
    std::optional<std::uint32_t> out_broadcast;
    std::optional<std::uint32_t> out_discards;
    std::optional<std::uint32_t> out_errors;
    std::optional<bool> promiscuous;
    std::string if_name;
    std::string openflow_datapath;
    std::optional<std::uint32_t> openflow_port;
};

// Ethernet, 0:2 (dot3StatsTable, RFC 3635).
struct EthernetCounters {
    std::optional<std::uint32_t> eth_alignment_errors;
    std::optional<std::uint32_t> eth_fcs_errors;
    std::optional<std::uint32_t> eth_single_collisions;
    std::optional<std::uint32_t> eth_multiple_collisions;
    std::optional<std::uint32_t> eth_sqe_test_errors;
    std::optional<std::uint32_t> eth_deferred;
    std::optional<std::uint32_t> eth_late_collisions;
    std::optional<std::uint32_t> eth_excessive_collisions;
    std::optional<std::uint32_t> eth_mac_transmit_errors;
    std::optional<std::uint32_t> eth_carrier_sense_errors;
    std::optional<std::uint32_t> eth_too_long;
    std::optional<std::uint32_t> eth_mac_receive_errors;
    std::optional<std::uint32_t> eth_symbol_errors;
};

// Token ring, 0:3 (RFC 1748).
struct TokenRingCounters {
    std::optional<std::uint32_t> tr_line_errors;
    std::optional<std::uint32_t> tr_burst_errors;
    std::optional<std::uint32_t> tr_ac_errors;
    std::optional<std::uint32_t> tr_abort_trans_errors;
    std::optional<std::uint32_t> tr_internal_errors;
    std::optional<std::uint32_t> tr_lost_frame_errors;
    std::optional<std::uint32_t> tr_receive_congestions;
    std::optional<std::uint32_t> tr_frame_copied_errors;
    std::optional<std::uint32_t> tr_token_errors;
    std::optional<std::uint32_t> tr_soft_errors;
    std::optional<std::uint32_t> tr_hard_errors;
    std::optional<std::uint32_t> tr_signal_loss;
    std::optional<std::uint32_t> tr_transmit_beacons;
    std::optional<std::uint32_t> tr_recoveries;
    std::optional<std::uint32_t> tr_lobe_wires;
    std::optional<std::uint32_t> tr_removes;
    std::optional<std::uint32_t> tr_singles;
    std::optional<std::uint32_t> tr_freq_errors;
};

// 100BaseVG, 0:4 (RFC 2020).
struct VgCounters {
    std::optional<std::uint32_t> vg_in_high_frames;
    std::optional<std::uint64_t> vg_in_high_bytes;
    std::optional<std::uint32_t> vg_in_norm_frames;
    std::optional<std::uint64_t> vg_in_norm_bytes;
    std::optional<std::uint32_t> vg_in_ipm_errors;
    std::optional<std::uint32_t> vg_in_oversize_errors;
    std::optional<std::uint32_t> vg_in_data_errors;
    std::optional<std::uint32_t> vg_in_null_addressed;
    std::optional<std::uint32_t> vg_out_high_frames;
    std::optional<std::uint64_t> vg_out_high_bytes;
    std::optional<std::uint32_t> vg_trainings;
    std::optional<std::uint64_t> vg_hc_in_high_bytes;
    std::optional<std::uint64_t> vg_hc_in_norm_bytes;
    std::optional<std::uint64_t> vg_hc_out_high_bytes;
};

// VLAN, 0:5.
struct VlanCounters {
    std::optional<std::uint32_t> vlan;
    std::optional<std::uint64_t> vlan_bytes;
    std::optional<std::uint32_t> vlan_unicast;
    std::optional<std::uint32_t> vlan_multicast;
    std::optional<std::uint32_t> vlan_broadcast;
    std::optional<std::uint32_t> vlan_discards;
};

// 802.11, 0:6 (IEEE802dot11-MIB).
struct WifiCounters {
    std::optional<std::uint32_t> wifi_tx_fragments;
    std::optional<std::uint32_t> wifi_tx_multicast;
    std::optional<std::uint32_t> wifi_failed;
    std::optional<std::uint32_t> wifi_retries;
    std::optional<std::uint32_t> wifi_multiple_retries;
    std::optional<std::uint32_t> wifi_duplicates;
    std::optional<std::uint32_t> wifi_rts_success;
    std::optional<std::uint32_t> wifi_rts_failures;
    std::optional<std::uint32_t> wifi_ack_failures;
    std::optional<std::uint32_t> wifi_rx_fragments;
    std::optional<std::uint32_t> wifi_rx_multicast;
    std::optional<std::uint32_t> wifi_fcs_errors;
    std::optional<std::uint32_t> wifi_tx_frames;
    std::optional<std::uint32_t> wifi_wep_undecryptable;
    std::optional<std::uint32_t> wifi_qos_discarded_fragments;
    std::optional<std::uint32_t> wifi_stations;
    std::optional<std::uint32_t> wifi_qos_polls_received;
    std::optional<std::uint32_t> wifi_qos_polls_unused;
    std::optional<std::uint32_t> wifi_qos_polls_unusable;
    std::optional<std::uint32_t> wifi_qos_polls_lost;
};

// LAG port, 0:7 (IEEE8023-LAG-MIB).
struct LagCounters {
    std::optional<Mac> lag_actor_system;
    std::optional<Mac> lag_partner_system;
    std::optional<std::uint32_t> lag_aggregator;
    std::optional<std::uint8_t> lag_actor_admin_state;
    std::optional<std::uint8_t> lag_actor_state;
    std::optional<std::uint8_t> lag_partner_admin_state;
    std::optional<std::uint8_t> lag_partner_state;
    std::optional<std::uint32_t> lag_lacp_rx;
    std::optional<std::uint32_t> lag_marker_rx;
    std::optional<std::uint32_t> lag_marker_response_rx;
    std::optional<std::uint32_t> lag_unknown_rx;
    std::optional<std::uint32_t> lag_illegal_rx;
    std::optional<std::uint32_t> lag_lacp_tx;
    std::optional<std::uint32_t> lag_marker_tx;
    std::optional<std::uint32_t> lag_marker_response_tx;
};

// Packets that the hardware left to software, 0:8.
struct SlowPathCounters {
    std::optional<std::uint32_t> slow_unknown;
    std::optional<std::uint32_t> slow_other;
    std::optional<std::uint32_t> slow_cam_miss;
    std::optional<std::uint32_t> slow_cam_full;
    std::optional<std::uint32_t> slow_no_hw_support;
    std::optional<std::uint32_t> slow_control;
};

// 802.11 radio utilization, 0:1002.
struct RadioCounters {
    std::optional<std::uint32_t> radio_elapsed_ms;
    std::optional<std::uint32_t> radio_on_channel_ms;
    std::optional<std::uint32_t> radio_busy_ms;
};

// Processor, 0:1001.
struct ProcessorCounters {
    std::optional<double> cpu_5s_pct;
    std::optional<double> cpu_1m_pct;
    std::optional<double> cpu_5m_pct;
    std::optional<std::uint64_t> memory_total_bytes;
    std::optional<std::uint64_t> memory_free_bytes;
};

// Energy 0:3000, temperature 0:3001, humidity 0:3002, fans 0:3003.
struct EnvironmentCounters {
    std::optional<std::uint32_t> voltage_mv;
    std::optional<std::uint32_t> current_ma;
    std::optional<std::uint32_t> power_mw;
    std::optional<double> power_factor_pct;
    std::optional<std::uint32_t> energy_mj;
    std::optional<std::uint32_t> power_errors;
    std::optional<std::int32_t> temperature_min_c;
    std::optional<std::int32_t> temperature_max_c;
    std::optional<std::uint32_t> temperature_errors;
    std::optional<std::int32_t> humidity_pct;
    std::optional<std::uint32_t> fans;
    std::optional<std::uint32_t> fans_failed;
    std::optional<std::uint32_t> fan_speed_pct;
};

// Tables of a switching chip, 4413:3 (https://sflow.org/sflow_broadcom_tables.txt).
struct HardwareTables {
    std::optional<std::uint32_t> hw_host_entries;
    std::optional<std::uint32_t> hw_host_entries_max;
    std::optional<std::uint32_t> hw_ipv4_entries;
    std::optional<std::uint32_t> hw_ipv4_entries_max;
    std::optional<std::uint32_t> hw_ipv6_entries;
    std::optional<std::uint32_t> hw_ipv6_entries_max;
    std::optional<std::uint32_t> hw_ipv4_ipv6_entries;
    std::optional<std::uint32_t> hw_ipv4_ipv6_entries_max;
    std::optional<std::uint32_t> hw_long_ipv6_entries;
    std::optional<std::uint32_t> hw_long_ipv6_entries_max;
    std::optional<std::uint32_t> hw_routes;
    std::optional<std::uint32_t> hw_routes_max;
    std::optional<std::uint32_t> hw_ecmp_next_hops;
    std::optional<std::uint32_t> hw_ecmp_next_hops_max;
    std::optional<std::uint32_t> hw_mac_entries;
    std::optional<std::uint32_t> hw_mac_entries_max;
    std::optional<std::uint32_t> hw_ipv4_neighbors;
    std::optional<std::uint32_t> hw_ipv6_neighbors;
    std::optional<std::uint32_t> hw_ipv4_routes;
    std::optional<std::uint32_t> hw_ipv6_routes;
    std::optional<std::uint32_t> hw_acl_ingress_entries;
    std::optional<std::uint32_t> hw_acl_ingress_entries_max;
    std::optional<std::uint32_t> hw_acl_ingress_counters;
    std::optional<std::uint32_t> hw_acl_ingress_counters_max;
    std::optional<std::uint32_t> hw_acl_ingress_meters;
    std::optional<std::uint32_t> hw_acl_ingress_meters_max;
    std::optional<std::uint32_t> hw_acl_ingress_slices;
    std::optional<std::uint32_t> hw_acl_ingress_slices_max;
    std::optional<std::uint32_t> hw_acl_egress_entries;
    std::optional<std::uint32_t> hw_acl_egress_entries_max;
    std::optional<std::uint32_t> hw_acl_egress_counters;
    std::optional<std::uint32_t> hw_acl_egress_counters_max;
    std::optional<std::uint32_t> hw_acl_egress_meters;
    std::optional<std::uint32_t> hw_acl_egress_meters_max;
    std::optional<std::uint32_t> hw_acl_egress_slices;
    std::optional<std::uint32_t> hw_acl_egress_slices_max;
};

// Peak use of buffers, device 4413:1 and port 4413:2.
struct BufferCounters {
    std::optional<double> buffer_unicast_pct;
    std::optional<double> buffer_multicast_pct;
    std::optional<double> buffer_in_unicast_pct;
    std::optional<double> buffer_in_multicast_pct;
    std::optional<double> buffer_out_unicast_pct;
    std::optional<double> buffer_out_multicast_pct;
    std::vector<double> buffer_queue_unicast_pct;
    std::vector<double> buffer_queue_multicast_pct;
};

// One lane of an optical module, within 0:10.
struct OpticsLane {
    std::optional<std::uint32_t> lane;
    std::optional<std::uint32_t> tx_bias_ua;
    std::optional<std::uint32_t> tx_power_uw;
    std::optional<std::uint32_t> tx_power_min_uw;
    std::optional<std::uint32_t> tx_power_max_uw;
    std::optional<std::uint32_t> tx_wavelength_nm;
    std::optional<std::uint32_t> rx_power_uw;
    std::optional<std::uint32_t> rx_power_min_uw;
    std::optional<std::uint32_t> rx_power_max_uw;
    std::optional<std::uint32_t> rx_wavelength_nm;
};

// How full packets found a queue, 0:1003.
struct QueueLengths {
    std::optional<std::uint32_t> queue;
    std::optional<std::uint32_t> segment_bytes;
    std::optional<std::uint32_t> segments;
    std::optional<std::uint32_t> length_0;
    std::optional<std::uint32_t> length_1;
    std::optional<std::uint32_t> length_2;
    std::optional<std::uint32_t> length_4;
    std::optional<std::uint32_t> length_8;
    std::optional<std::uint32_t> length_32;
    std::optional<std::uint32_t> length_128;
    std::optional<std::uint32_t> length_1024;
    std::optional<std::uint32_t> length_more;
    std::optional<std::uint32_t> dropped;
};

// Optical module, 0:10 (https://sflow.org/sflow_optics.txt), and queues.
struct OpticsCounters {
    std::optional<std::uint32_t> optics_module;
    std::optional<std::uint32_t> optics_lanes_total;
    std::optional<std::uint32_t> optics_voltage_mv;
    std::optional<double> optics_temperature_c;
    std::vector<OpticsLane> optics_lanes;
    std::vector<QueueLengths> queues;
};

struct SflowCounters : SflowSource,
                       InterfaceCounters,
                       EthernetCounters,
                       OpticsCounters,
                       LagCounters,
                       VlanCounters,
                       ProcessorCounters,
                       EnvironmentCounters,
                       SlowPathCounters,
                       BufferCounters,
                       HardwareTables,
                       RadioCounters,
                       WifiCounters,
                       TokenRingCounters,
                       VgCounters {
    // Nothing behind the Ethernet counters is set: the writer need not look.
    bool rest_is_absent = false;
};

enum class MachineType : std::uint8_t {
    unknown,
    other,
    x86,
    x86_64,
    ia64,
    sparc,
    alpha,
    powerpc,
    m68k,
    mips,
    arm,
    hppa,
    s390
};
template <>
inline constexpr auto enum_words<MachineType> = std::array<std::string_view, 13>{
    "", "other", "x86", "x86_64", "ia64", "sparc", "alpha", "powerpc", "m68k", "mips", "arm", "hppa", "s390"};
enum class OsName : std::uint8_t {
    unknown,
    other,
    linux_,
    windows,
    darwin,
    hpux,
    aix,
    dragonfly,
    freebsd,
    netbsd,
    openbsd,
    osf,
    solaris
};
template <>
inline constexpr auto enum_words<OsName> =
    std::array<std::string_view, 13>{"",          "other",   "linux",  "windows", "darwin", "hpux",   "aix",
                                     "dragonfly", "freebsd", "netbsd", "openbsd", "osf",    "solaris"};
// virDomainState of libvirt.
enum class DomainState : std::uint8_t { none, running, blocked, paused, shutdown, shutoff, crashed };
template <>
inline constexpr auto enum_words<DomainState> =
    std::array<std::string_view, 7>{"", "running", "blocked", "paused", "shutdown", "shutoff", "crashed"};

// Description, 0:2000.
struct HostDescription {
    std::string hostname;
    std::string uuid;
    MachineType machine_type = MachineType::unknown;
    OsName os_name = OsName::unknown;
    std::string os_release;
};

// Containment, 0:2002.
struct HostParent {
    std::optional<std::uint32_t> parent_class;
    std::optional<std::uint32_t> parent_index;
};

// One network adapter, within 0:2001.
struct HostAdapter {
    std::optional<std::uint32_t> if_index;
    std::vector<Mac> macs;
};

// Adapters, 0:2001.
struct HostAdapters {
    std::vector<HostAdapter> adapters;
};

// Processors, 0:2003; the last three fields are of newer agents.
struct HostCpu {
    std::optional<double> load_1m;
    std::optional<double> load_5m;
    std::optional<double> load_15m;
    std::optional<std::uint32_t> procs_running;
    std::optional<std::uint32_t> procs;
    std::optional<std::uint32_t> cpus;
    std::optional<std::uint32_t> cpu_mhz;
    std::optional<std::uint32_t> uptime_s;
    std::optional<std::uint32_t> cpu_user_ms;
    std::optional<std::uint32_t> cpu_nice_ms;
    std::optional<std::uint32_t> cpu_system_ms;
    std::optional<std::uint32_t> cpu_idle_ms;
    std::optional<std::uint32_t> cpu_wait_ms;
    std::optional<std::uint32_t> cpu_intr_ms;
    std::optional<std::uint32_t> cpu_softirq_ms;
    std::optional<std::uint32_t> interrupts;
    std::optional<std::uint32_t> context_switches;
    std::optional<std::uint32_t> cpu_steal_ms;
    std::optional<std::uint32_t> cpu_guest_ms;
    std::optional<std::uint32_t> cpu_guest_nice_ms;
};

// Memory, 0:2004.
struct HostMemory {
    std::optional<std::uint64_t> mem_total_bytes;
    std::optional<std::uint64_t> mem_free_bytes;
    std::optional<std::uint64_t> mem_shared_bytes;
    std::optional<std::uint64_t> mem_buffers_bytes;
    std::optional<std::uint64_t> mem_cached_bytes;
    std::optional<std::uint64_t> swap_total_bytes;
    std::optional<std::uint64_t> swap_free_bytes;
    std::optional<std::uint32_t> page_in;
    std::optional<std::uint32_t> page_out;
    std::optional<std::uint32_t> swap_in;
    std::optional<std::uint32_t> swap_out;
};

// Disks, 0:2005.
struct HostDisk {
    std::optional<std::uint64_t> disk_total_bytes;
    std::optional<std::uint64_t> disk_free_bytes;
    std::optional<double> disk_fullest_pct;
    std::optional<std::uint32_t> disk_reads;
    std::optional<std::uint64_t> disk_read_bytes;
    std::optional<std::uint32_t> disk_read_ms;
    std::optional<std::uint32_t> disk_writes;
    std::optional<std::uint64_t> disk_written_bytes;
    std::optional<std::uint32_t> disk_write_ms;
};

// Network, 0:2006.
struct HostNetwork {
    std::optional<std::uint64_t> net_in_bytes;
    std::optional<std::uint32_t> net_in_packets;
    std::optional<std::uint32_t> net_in_errors;
    std::optional<std::uint32_t> net_in_drops;
    std::optional<std::uint64_t> net_out_bytes;
    std::optional<std::uint32_t> net_out_packets;
    std::optional<std::uint32_t> net_out_errors;
    std::optional<std::uint32_t> net_out_drops;
};

// IP group of MIB-II (RFC 1213), 0:2007.
struct HostIp {
    std::optional<std::uint32_t> ip_forwarding;
    std::optional<std::uint32_t> ip_default_ttl;
    std::optional<std::uint32_t> ip_in_receives;
    std::optional<std::uint32_t> ip_in_hdr_errors;
    std::optional<std::uint32_t> ip_in_addr_errors;
    std::optional<std::uint32_t> ip_forw_datagrams;
    std::optional<std::uint32_t> ip_in_unknown_protos;
    std::optional<std::uint32_t> ip_in_discards;
    std::optional<std::uint32_t> ip_in_delivers;
    std::optional<std::uint32_t> ip_out_requests;
    std::optional<std::uint32_t> ip_out_discards;
    std::optional<std::uint32_t> ip_out_no_routes;
    std::optional<std::uint32_t> ip_reasm_timeout;
    std::optional<std::uint32_t> ip_reasm_reqds;
    std::optional<std::uint32_t> ip_reasm_oks;
    std::optional<std::uint32_t> ip_reasm_fails;
    std::optional<std::uint32_t> ip_frag_oks;
    std::optional<std::uint32_t> ip_frag_fails;
    std::optional<std::uint32_t> ip_frag_creates;
};

// ICMP group of MIB-II, 0:2008.
struct HostIcmp {
    std::optional<std::uint32_t> icmp_in_msgs;
    std::optional<std::uint32_t> icmp_in_errors;
    std::optional<std::uint32_t> icmp_in_dest_unreachs;
    std::optional<std::uint32_t> icmp_in_time_excds;
    std::optional<std::uint32_t> icmp_in_param_probs;
    std::optional<std::uint32_t> icmp_in_src_quenchs;
    std::optional<std::uint32_t> icmp_in_redirects;
    std::optional<std::uint32_t> icmp_in_echos;
    std::optional<std::uint32_t> icmp_in_echo_reps;
    std::optional<std::uint32_t> icmp_in_timestamps;
    std::optional<std::uint32_t> icmp_in_addr_masks;
    std::optional<std::uint32_t> icmp_in_addr_mask_reps;
    std::optional<std::uint32_t> icmp_out_msgs;
    std::optional<std::uint32_t> icmp_out_errors;
    std::optional<std::uint32_t> icmp_out_dest_unreachs;
    std::optional<std::uint32_t> icmp_out_time_excds;
    std::optional<std::uint32_t> icmp_out_param_probs;
    std::optional<std::uint32_t> icmp_out_src_quenchs;
    std::optional<std::uint32_t> icmp_out_redirects;
    std::optional<std::uint32_t> icmp_out_echos;
    std::optional<std::uint32_t> icmp_out_echo_reps;
    std::optional<std::uint32_t> icmp_out_timestamps;
    std::optional<std::uint32_t> icmp_out_timestamp_reps;
    std::optional<std::uint32_t> icmp_out_addr_masks;
    std::optional<std::uint32_t> icmp_out_addr_mask_reps;
};

// TCP group of MIB-II, 0:2009.
struct HostTcp {
    std::optional<std::uint32_t> tcp_rto_algorithm;
    std::optional<std::uint32_t> tcp_rto_min;
    std::optional<std::uint32_t> tcp_rto_max;
    std::optional<std::uint32_t> tcp_max_conn;
    std::optional<std::uint32_t> tcp_active_opens;
    std::optional<std::uint32_t> tcp_passive_opens;
    std::optional<std::uint32_t> tcp_attempt_fails;
    std::optional<std::uint32_t> tcp_estab_resets;
    std::optional<std::uint32_t> tcp_curr_estab;
    std::optional<std::uint32_t> tcp_in_segs;
    std::optional<std::uint32_t> tcp_out_segs;
    std::optional<std::uint32_t> tcp_retrans_segs;
    std::optional<std::uint32_t> tcp_in_errs;
    std::optional<std::uint32_t> tcp_out_rsts;
    std::optional<std::uint32_t> tcp_in_csum_errors;
};

// UDP group of MIB-II, 0:2010.
struct HostUdp {
    std::optional<std::uint32_t> udp_in_datagrams;
    std::optional<std::uint32_t> udp_no_ports;
    std::optional<std::uint32_t> udp_in_errors;
    std::optional<std::uint32_t> udp_out_datagrams;
    std::optional<std::uint32_t> udp_rcvbuf_errors;
    std::optional<std::uint32_t> udp_sndbuf_errors;
    std::optional<std::uint32_t> udp_in_csum_errors;
};

// Hypervisor, 0:2100.
struct VirtualNode {
    std::optional<std::uint32_t> node_mhz;
    std::optional<std::uint32_t> node_cpus;
    std::optional<std::uint64_t> node_memory_bytes;
    std::optional<std::uint64_t> node_memory_free_bytes;
    std::optional<std::uint32_t> node_domains;
};

// Virtual processors, 0:2101.
struct VirtualCpu {
    DomainState vcpu_state = DomainState::none;
    std::optional<std::uint32_t> vcpu_time_ms;
    std::optional<std::uint32_t> vcpus;
};

// Virtual memory, 0:2102.
struct VirtualMemory {
    std::optional<std::uint64_t> vmem_used_bytes;
    std::optional<std::uint64_t> vmem_max_bytes;
};

// Virtual disks, 0:2103.
struct VirtualDisk {
    std::optional<std::uint64_t> vdisk_capacity_bytes;
    std::optional<std::uint64_t> vdisk_allocation_bytes;
    std::optional<std::uint64_t> vdisk_available_bytes;
    std::optional<std::uint32_t> vdisk_reads;
    std::optional<std::uint64_t> vdisk_read_bytes;
    std::optional<std::uint32_t> vdisk_writes;
    std::optional<std::uint64_t> vdisk_written_bytes;
    std::optional<std::uint32_t> vdisk_errors;
};

// Virtual network, 0:2104.
struct VirtualNetwork {
    std::optional<std::uint64_t> vnet_in_bytes;
    std::optional<std::uint32_t> vnet_in_packets;
    std::optional<std::uint32_t> vnet_in_errors;
    std::optional<std::uint32_t> vnet_in_drops;
    std::optional<std::uint64_t> vnet_out_bytes;
    std::optional<std::uint32_t> vnet_out_packets;
    std::optional<std::uint32_t> vnet_out_errors;
    std::optional<std::uint32_t> vnet_out_drops;
};

// NVIDIA processors, 5703:1.
struct GpuCounters {
    std::optional<std::uint32_t> gpus;
    std::optional<std::uint32_t> gpu_processes;
    std::optional<std::uint32_t> gpu_busy_ms;
    std::optional<std::uint32_t> gpu_mem_busy_ms;
    std::optional<std::uint64_t> gpu_mem_total_bytes;
    std::optional<std::uint64_t> gpu_mem_free_bytes;
    std::optional<std::uint32_t> gpu_ecc_errors;
    std::optional<std::uint32_t> gpu_energy_mj;
    std::optional<std::uint32_t> gpu_temperature_c;
    std::optional<std::uint32_t> gpu_fan_pct;
};

struct SflowHost : SflowSource,
                   HostDescription,
                   HostParent,
                   HostAdapters,
                   HostCpu,
                   HostMemory,
                   HostDisk,
                   HostNetwork,
                   VirtualNode,
                   VirtualCpu,
                   VirtualMemory,
                   VirtualDisk,
                   VirtualNetwork,
                   GpuCounters,
                   HostIp,
                   HostIcmp,
                   HostTcp,
                   HostUdp {};

// Operations by outcome, 0:2202.
struct AppOperations {
    std::string app;
    std::optional<std::uint32_t> app_success;
    std::optional<std::uint32_t> app_other;
    std::optional<std::uint32_t> app_timeout;
    std::optional<std::uint32_t> app_internal_error;
    std::optional<std::uint32_t> app_bad_request;
    std::optional<std::uint32_t> app_forbidden;
    std::optional<std::uint32_t> app_too_large;
    std::optional<std::uint32_t> app_not_implemented;
    std::optional<std::uint32_t> app_not_found;
    std::optional<std::uint32_t> app_unavailable;
    std::optional<std::uint32_t> app_unauthorized;
};

// Resources, 0:2203.
struct AppResources {
    std::optional<std::uint32_t> user_ms;
    std::optional<std::uint32_t> system_ms;
    std::optional<std::uint64_t> mem_used_bytes;
    std::optional<std::uint64_t> mem_max_bytes;
    std::optional<std::uint32_t> fds_open;
    std::optional<std::uint32_t> fds_max;
    std::optional<std::uint32_t> connections_open;
    std::optional<std::uint32_t> connections_max;
};

// Workers, 0:2206.
struct AppWorkers {
    std::optional<std::uint32_t> workers_active;
    std::optional<std::uint32_t> workers_idle;
    std::optional<std::uint32_t> workers_max;
    std::optional<std::uint32_t> requests_delayed;
    std::optional<std::uint32_t> requests_dropped;
};

// Web server, 0:2201.
struct HttpCounters {
    std::optional<std::uint32_t> http_options;
    std::optional<std::uint32_t> http_get;
    std::optional<std::uint32_t> http_head;
    std::optional<std::uint32_t> http_post;
    std::optional<std::uint32_t> http_put;
    std::optional<std::uint32_t> http_delete;
    std::optional<std::uint32_t> http_trace;
    std::optional<std::uint32_t> http_connect;
    std::optional<std::uint32_t> http_other;
    std::optional<std::uint32_t> http_1xx;
    std::optional<std::uint32_t> http_2xx;
    std::optional<std::uint32_t> http_3xx;
    std::optional<std::uint32_t> http_4xx;
    std::optional<std::uint32_t> http_5xx;
    std::optional<std::uint32_t> http_status_other;
};

// Java machine, 0:2105.
struct JavaRuntime {
    std::string jvm_name;
    std::string jvm_vendor;
    std::string jvm_version;
};

// Java machine, 0:2106.
struct JavaStatistics {
    std::optional<std::uint64_t> jvm_heap_initial_bytes;
    std::optional<std::uint64_t> jvm_heap_used_bytes;
    std::optional<std::uint64_t> jvm_heap_committed_bytes;
    std::optional<std::uint64_t> jvm_heap_max_bytes;
    std::optional<std::uint64_t> jvm_non_heap_initial_bytes;
    std::optional<std::uint64_t> jvm_non_heap_used_bytes;
    std::optional<std::uint64_t> jvm_non_heap_committed_bytes;
    std::optional<std::uint64_t> jvm_non_heap_max_bytes;
    std::optional<std::uint32_t> jvm_gc_count;
    std::optional<std::uint32_t> jvm_gc_ms;
    std::optional<std::uint32_t> jvm_classes_loaded;
    std::optional<std::uint32_t> jvm_classes_total;
    std::optional<std::uint32_t> jvm_classes_unloaded;
    std::optional<std::uint32_t> jvm_compilation_ms;
    std::optional<std::uint32_t> jvm_threads;
    std::optional<std::uint32_t> jvm_threads_daemon;
    std::optional<std::uint32_t> jvm_threads_started;
    std::optional<std::uint32_t> jvm_fds_open;
    std::optional<std::uint32_t> jvm_fds_max;
};

// Memcache, 0:2204.
struct MemcacheCounters {
    std::optional<std::uint32_t> memcache_cmd_set;
    std::optional<std::uint32_t> memcache_cmd_touch;
    std::optional<std::uint32_t> memcache_cmd_flush;
    std::optional<std::uint32_t> memcache_get_hits;
    std::optional<std::uint32_t> memcache_get_misses;
    std::optional<std::uint32_t> memcache_delete_hits;
    std::optional<std::uint32_t> memcache_delete_misses;
    std::optional<std::uint32_t> memcache_incr_hits;
    std::optional<std::uint32_t> memcache_incr_misses;
    std::optional<std::uint32_t> memcache_decr_hits;
    std::optional<std::uint32_t> memcache_decr_misses;
    std::optional<std::uint32_t> memcache_cas_hits;
    std::optional<std::uint32_t> memcache_cas_misses;
    std::optional<std::uint32_t> memcache_cas_bad_value;
    std::optional<std::uint32_t> memcache_auth_commands;
    std::optional<std::uint32_t> memcache_auth_errors;
    std::optional<std::uint32_t> memcache_threads;
    std::optional<std::uint32_t> memcache_connection_yields;
    std::optional<std::uint32_t> memcache_listen_disabled;
    std::optional<std::uint32_t> memcache_connections;
    std::optional<std::uint32_t> memcache_connections_rejected;
    std::optional<std::uint32_t> memcache_connections_total;
    std::optional<std::uint32_t> memcache_connection_structures;
    std::optional<std::uint32_t> memcache_evictions;
    std::optional<std::uint32_t> memcache_reclaimed;
    std::optional<std::uint32_t> memcache_items;
    std::optional<std::uint32_t> memcache_items_total;
    std::optional<std::uint64_t> memcache_read_bytes;
    std::optional<std::uint64_t> memcache_written_bytes;
    std::optional<std::uint64_t> memcache_stored_bytes;
    std::optional<std::uint64_t> memcache_max_bytes;
};

// Datapath of Open vSwitch, 0:2207.
struct OvsCounters {
    std::optional<std::uint32_t> ovs_hits;
    std::optional<std::uint32_t> ovs_misses;
    std::optional<std::uint32_t> ovs_lost;
    std::optional<std::uint32_t> ovs_mask_hits;
    std::optional<std::uint32_t> ovs_flows;
    std::optional<std::uint32_t> ovs_masks;
};

struct SflowApp : SflowSource,
                  AppOperations,
                  AppResources,
                  AppWorkers,
                  HttpCounters,
                  JavaRuntime,
                  JavaStatistics,
                  MemcacheCounters,
                  OvsCounters {};

}  // namespace nm
