#include "sflowtool/structures.hpp"

#include <algorithm>
#include <bit>
#include <cstdio>
#include <iterator>
#include <vector>

#include "base/hex.hpp"
#include "decode/wire_sflow_structures.hpp"
#include "decode/xdr.hpp"
#include "sflowtool/words.hpp"

namespace nmflowtool {
namespace {

constexpr ListedStructure flow_structures[] = {
    {1001, "extendedType SWITCH", "in_vlan in_priority out_vlan out_priority"},
    {1002, "extendedType ROUTER", "nextHop:a srcSubnetMask dstSubnetMask"},
    {1004, "extendedType USER", "src_user_charset src_user:S> dst_user_charset dst_user:S>"},
    {1005, "extendedType URL", "url_direction url:S host:S"},
    {1007, "extendedType NAT", "nat_src:a nat_dst:a"},
    {1008, "", "mpls_tunnel_lsp_name:s mpls_tunnel_id mpls_tunnel_cos"},
    {1009, "", "mpls_vc_name:s mpls_vll_vc_id mpls_vc_cos"},
    {1010, "", "mpls_ftn_descr:s mpls_ftn_mask"},
    {1011, "", "mpls_fec_addr_prefix_len"},
    {1014, "", "rx_SSID:s rx_BSSID:m rx_version rx_channel rx_speed:8 rx_rsni rx_rcpi rx_packet_uS"},
    {1015, "",
     "tx_SSID:s tx_BSSID:m tx_version tx_transmissions tx_packet_uS tx_retrans_uS tx_channel tx_speed:8 "
     "tx_power_mW"},
    {1020, "extendedType NAT PORT", "nat_src_port nat_dst_port"},
    {1027, "extendedType out_decap", "out_decap_inner_header_offset"},
    {1028, "extendedType in_decap", "in_decap_inner_header_offset"},
    {1029, "extendedType out_VNI", "out_VNI"},
    {1030, "extendedType in_VNI", "in_VNI"},
    {1036, "extendedType egress_queue", "egress_queue_id"},
    {1037, "extendedType ACL", "acl_number acl_name:s acl_direction"},
    {1038, "extendedType function", "symbol:s"},
    {1039, "extendedType transit_delay", "transit_delay_nS"},
    {1040, "extendedType queue_depth", "queue_depth_bytes"},
    {1041, "extendedType hw_trap", "hw_trap_group:s hw_trap_name:s"},
    {1042, "extendedType linux_reason", "linux_drop_reason:s"},
    {1043, "", "timestamp_nS:8"},
    {2100, "extendedType socket4",
     "socket4_ip_protocol socket4_local_ip:4 socket4_remote_ip:4 socket4_local_port socket4_remote_port"},
    {2101, "extendedType socket6",
     "socket6_ip_protocol socket6_local_ip:6 socket6_remote_ip:6 socket6_local_port socket6_remote_port"},
    {2102, "extendedType proxy_socket4",
     "proxy_socket4_ip_protocol proxy_socket4_local_ip:4 proxy_socket4_remote_ip:4 "
     "proxy_socket4_local_port proxy_socket4_remote_port"},
    {2103, "extendedType proxy_socket6",
     "proxy_socket6_ip_protocol proxy_socket6_local_ip:6 proxy_socket6_remote_ip:6 "
     "proxy_socket6_local_port proxy_socket6_remote_port"},
    {2200, "flowSampleType memcache",
     "memcache_op_protocol memcache_op_cmd memcache_op_key:s memcache_op_nkeys memcache_op_value_bytes "
     "memcache_op_duration_uS memcache_op_status"},
    {2201, "flowSampleType http",
     "http_method http_uri:s http_host:s http_referrer:s http_useragent:s http_xff:s http_authuser:s "
     "http_mimetype:s http_request_bytes:8 http_bytes:8 http_duration_uS http_status"},
    {2202, "flowSampleType applicationOperation",
     "application:s operation:s attributes:s status_descr:s request_bytes:8 response_bytes:8 duration_uS "
     "status:o"},
    {2203, "", "server_context_application:s server_context_operation:s server_context_attributes:s"},
    {2204, "", "actor_initiator:s"},
    {2205, "", "actor_target:s"},
    {2206, "flowSampleType http",
     "http_method http_protocol http_uri:s http_host:s http_referrer:s http_useragent:s http_xff:s "
     "http_authuser:s http_mimetype:s http_request_bytes:8 http_bytes:8 http_duration_uS http_status"},
    {2207, "extendedType proxyRequest", "proxy_request_uri:s proxy_request_host:s"},
    {2209, "",
     "tcpinfo_direction:t tcpinfo_send_mss tcpinfo_receive_mss tcpinfo_unacked_pkts tcpinfo_lost_pkts "
     "tcpinfo_retrans_pkts tcpinfo_path_mtu tcpinfo_rtt_uS tcpinfo_rtt_uS_var "
     "tcpinfo_send_congestion_win tcpinfo_reordering tcpinfo_rtt_uS_min"},
    {2210, "extendedType entities",
     "entities_src_class entities_src_index entities_dst_class entities_dst_index"},
};

constexpr ListedStructure counter_structures[] = {
    {1, "",
     "ifIndex networkType ifSpeed:8 ifDirection ifStatus ifInOctets:8 ifInUcastPkts ifInMulticastPkts "
     "ifInBroadcastPkts ifInDiscards ifInErrors ifInUnknownProtos ifOutOctets:8 ifOutUcastPkts "
     "ifOutMulticastPkts ifOutBroadcastPkts ifOutDiscards ifOutErrors ifPromiscuousMode"},
    {2, "",
     "dot3StatsAlignmentErrors dot3StatsFCSErrors dot3StatsSingleCollisionFrames "
     "dot3StatsMultipleCollisionFrames dot3StatsSQETestErrors dot3StatsDeferredTransmissions "
     "dot3StatsLateCollisions dot3StatsExcessiveCollisions dot3StatsInternalMacTransmitErrors "
     "dot3StatsCarrierSenseErrors dot3StatsFrameTooLongs dot3StatsInternalMacReceiveErrors "
     "dot3StatsSymbolErrors"},
    {3, "",
     "dot5StatsLineErrors dot5StatsBurstErrors dot5StatsACErrors dot5StatsAbortTransErrors "
     "dot5StatsInternalErrors dot5StatsLostFrameErrors dot5StatsReceiveCongestions "
     "dot5StatsFrameCopiedErrors dot5StatsTokenErrors dot5StatsSoftErrors dot5StatsHardErrors "
     "dot5StatsSignalLoss dot5StatsTransmitBeacons dot5StatsRecoverys dot5StatsLobeWires "
     "dot5StatsRemoves dot5StatsSingles dot5StatsFreqErrors"},
    {4, "",
     "dot12InHighPriorityFrames dot12InHighPriorityOctets:8 dot12InNormPriorityFrames "
     "dot12InNormPriorityOctets:8 dot12InIPMErrors dot12InOversizeFrameErrors dot12InDataErrors "
     "dot12InNullAddressedFrames dot12OutHighPriorityFrames dot12OutHighPriorityOctets:8 "
     "dot12TransitionIntoTrainings dot12HCInHighPriorityOctets:8 dot12HCInNormPriorityOctets:8 "
     "dot12HCOutHighPriorityOctets:8"},
    {5, "", "in_vlan octets:8 ucastPkts multicastPkts broadcastPkts discards"},
    {6, "",
     "dot11TransmittedFragmentCount dot11MulticastTransmittedFrameCount dot11FailedCount dot11RetryCount "
     "dot11MultipleRetryCount dot11FrameDuplicateCount dot11RTSSuccessCount dot11RTSFailureCount "
     "dot11ACKFailureCount dot11ReceivedFragmentCount dot11MulticastReceivedFrameCount "
     "dot11FCSErrorCount dot11TransmittedFrameCount dot11WEPUndecryptableCount "
     "dot11QoSDiscardedFragmentCount dot11AssociatedStationCount dot11QoSCFPollsReceivedCount "
     "dot11QoSCFPollsUnusedCount dot11QoSCFPollsUnusableCount dot11QoSCFPollsLostCount"},
    {7, "",
     "actorSystemID:m partnerSystemID:m attachedAggID actorAdminPortState:1 actorOperPortState:1 "
     "partnerAdminPortState:1 partnerOperPortState:1 LACPDUsRx markerPDUsRx markerResponsePDUsRx unknownRx "
     "illegalRx LACPDUsTx markerPDUsTx markerResponsePDUsTx"},
    {10, "",
     "sfp_module_id sfp_module_total_lanes sfp_module_supply_voltage sfp_module_temperature:d "
     "sfp_module_active_lanes"},
    {1001, "", "5s_cpu:p 1m_cpu:p 5m_cpu:p total_memory_bytes:8 free_memory_bytes:8"},
    {1002, "", "radio_elapsed_time radio_on_channel_time radio_on_channel_busy_time"},
    {1004, "", "openflow_datapath_id:x openflow_port"},
    {1005, "", "ifName:s"},
    {2002, "", "parent_dsClass parent_dsIndex"},
    {2003, "",
     "cpu_load_one:f cpu_load_five:f cpu_load_fifteen:f cpu_proc_run cpu_proc_total cpu_num cpu_speed "
     "cpu_uptime cpu_user cpu_nice cpu_system cpu_idle cpu_wio cpuintr cpu_sintr cpuinterrupts "
     "cpu_contexts cpu_steal:? cpu_guest cpu_guest_nice"},
    {2004, "",
     "mem_total:8 mem_free:8 mem_shared:8 mem_buffers:8 mem_cached:8 swap_total:8 swap_free:8 page_in "
     "page_out swap_in swap_out"},
    {2005, "",
     "disk_total:8 disk_free:8 disk_partition_max_used:p disk_reads disk_bytes_read:8 disk_read_time "
     "disk_writes disk_bytes_written:8 disk_write_time"},
    {2006, "",
     "nio_bytes_in:8 nio_pkts_in nio_errs_in nio_drops_in nio_bytes_out:8 nio_pkts_out nio_errs_out "
     "nio_drops_out"},
    {2007, "",
     "ipForwarding ipDefaultTTL ipInReceives ipInHdrErrors ipInAddrErrors ipForwDatagrams "
     "ipInUnknownProtos ipInDiscards ipInDelivers ipOutRequests ipOutDiscards ipOutNoRoutes "
     "ipReasmTimeout ipReasmReqds ipReasmOKs ipReasmFails ipFragOKs ipFragFails ipFragCreates"},
    {2008, "",
     "icmpInMsgs icmpInErrors icmpInDestUnreachs icmpInTimeExcds icmpInParamProbs icmpInSrcQuenchs "
     "icmpInRedirects icmpInEchos icmpInEchoReps icmpInTimestamps icmpInAddrMasks icmpInAddrMaskReps "
     "icmpOutMsgs icmpOutErrors icmpOutDestUnreachs icmpOutTimeExcds icmpOutParamProbs "
     "icmpOutSrcQuenchs icmpOutRedirects icmpOutEchos icmpOutEchoReps icmpOutTimestamps "
     "icmpOutTimestampReps icmpOutAddrMasks icmpOutAddrMaskReps"},
    {2009, "",
     "tcpRtoAlgorithm tcpRtoMin tcpRtoMax tcpMaxConn tcpActiveOpens tcpPassiveOpens tcpAttemptFails "
     "tcpEstabResets tcpCurrEstab tcpInSegs tcpOutSegs tcpRetransSegs tcpInErrs tcpOutRsts "
     "tcpInCsumErrors"},
    {2010, "",
     "udpInDatagrams udpNoPorts udpInErrors udpOutDatagrams udpRcvbufErrors udpSndbufErrors "
     "udpInCsumErrors"},
    {2100, "", "vnode_mhz vnode_cpus vnode_memory:8 vnode_memory_free:8 vnode_num_domains"},
    {2101, "", "vcpu_state vcpu_cpu_mS vcpu_cpuCount"},
    {2102, "", "vmem_memory:8 vmem_maxMemory:8"},
    {2103, "",
     "vdsk_capacity:8 vdsk_allocation:8 vdsk_available:8 vdsk_rd_req vdsk_rd_bytes:8 vdsk_wr_req "
     "vdsk_wr_bytes:8 vdsk_errs"},
    {2104, "",
     "vnio_bytes_in:8 vnio_pkts_in vnio_errs_in vnio_drops_in vnio_bytes_out:8 vnio_pkts_out "
     "vnio_errs_out vnio_drops_out"},
    {2105, "", "jvm_name:s jvm_vendor:s jvm_version:s"},
    {2106, "",
     "heap_mem_initial:8 heap_mem_used:8 heap_mem_committed:8 heap_mem_max:8 non_heap_mem_initial:8 "
     "non_heap_mem_used:8 non_heap_mem_committed:8 non_heap_mem_max:8 gc_count gc_mS classes_loaded "
     "classes_total classes_unloaded compilation_mS threads_live threads_daemon threads_started fds_open:? "
     "fds_max"},
    {2201, "",
     "http_method_option_count http_method_get_count http_method_head_count http_method_post_count "
     "http_method_put_count http_method_delete_count http_method_trace_count http_methd_connect_count "
     "http_method_other_count http_status_1XX_count http_status_2XX_count http_status_3XX_count "
     "http_status_4XX_count http_status_5XX_count http_status_other_count"},
    {2202, "",
     "application:s status_OK errors_OTHER errors_TIMEOUT errors_INTERNAL_ERROR errors_BAD_REQUEST "
     "errors_FORBIDDEN errors_TOO_LARGE errors_NOT_IMPLEMENTED errors_NOT_FOUND errors_UNAVAILABLE "
     "errors_UNAUTHORIZED"},
    {2203, "",
     "user_time system_time memory_used:8 memory_max:8 files_open files_max connections_open "
     "connections_max"},
    {2204, "",
     "memcache_cmd_set memcache_cmd_touch memcache_cmd_flush memcache_get_hits memcache_get_misses "
     "memcache_delete_hits memcache_delete_misses memcache_incr_hits memcache_incr_misses "
     "memcache_decr_hits memcache_decr_misses memcache_cas_hits memcache_cas_misses "
     "memcache_cas_badval memcache_auth_cmds memcache_auth_errors memcache_threads "
     "memcache_conn_yields memcache_listen_disabled_num memcache_curr_connections "
     "memcache_rejected_connections memcache_total_connections memcache_connection_structures "
     "memcache_evictions memcache_reclaimed memcache_curr_items memcache_total_items "
     "memcache_bytes_read:8 memcache_bytes_written:8 memcache_bytes:8 memcache_limit_maxbytes:8"},
    {2206, "", "workers_active workers_idle workers_max requests_delayed requests_dropped"},
    {2207, "", "OVS_dp_hits OVS_dp_misses OVS_dp_lost OVS_dp_mask_hits OVS_dp_flows OVS_dp_masks"},
    {structure_number(4413, 1), "",
     "bcm_device_buffer_unicast_percent:p bcm_device_buffer_multicast_percent:p"},
    {structure_number(4413, 3), "",
     "bcm_asic_host_entries bcm_host_entries_max bcm_ipv4_entries bcm_ipv4_entries_max bcm_ipv6_entries "
     "bcm_ipv6_entries_max bcm_ipv4_ipv6_entries bcm_ipv4_ipv6_entries_max bcm_long_ipv6_entries "
     "bcm_long_ipv6_entries_max bcm_total_routes bcm_total_routes_max bcm_ecmp_nexthops "
     "bcm_ecmp_nexthops_max bcm_mac_entries bcm_mac_entries_max bcm_ipv4_neighbors bcm_ipv6_neighbors "
     "bcm_ipv4_routes bcm_ipv6_routes bcm_acl_ingress_entries bcm_acl_ingress_entries_max "
     "bcm_acl_ingress_counters bcm_acl_ingress_counters_max bcm_acl_ingress_meters "
     "bcm_acl_ingress_meters_max bcm_acl_ingress_slices bcm_acl_ingress_slices_max "
     "bcm_acl_egress_entries bcm_acl_egress_entries_max bcm_acl_egress_counters "
     "bcm_acl_egress_counters_max bcm_acl_egress_meters bcm_acl_egress_meters_max "
     "bcm_acl_egress_slices bcm_acl_egress_slices_max"},
    {structure_number(5703, 1), "",
     "nvml_device_count nvml_processes nvml_gpu_mS nvml_mem_mS nvml_mem_bytes_total:8 "
     "nvml_mem_bytes_free:8 nvml_ecc_errors nvml_energy_mJ nvml_temperature_C nvml_fan_speed_pc"},
};

std::string ip_text(nm::ByteReader& in, std::size_t width) {
    const nm::Bytes bytes = in.bytes(width);
    return in.ok() ? address_text(nm::IpAddress::from_bytes(bytes)) : std::string();
}

std::string outcome_text(std::uint32_t status) {
    constexpr std::string_view words[] = {
        "SUCCESS",   "OTHER",           "TIMEOUT",   "INTERNAL_ERROR", "BAD_REQUEST", "FORBIDDEN",
        "TOO_LARGE", "NOT_IMPLEMENTED", "NOT_FOUND", "UNAVAILABLE",    "UNATHORIZED",  // as sflowtool spells
                                                                                       // it
    };
    if (status < std::size(words)) return std::string(words[status]);
    return "<out-of-range=" + std::to_string(status) + '>';
}

std::string decimal(double value, int decimals) {
    char text[64];
    return {text, static_cast<std::size_t>(std::snprintf(text, sizeof text, "%.*f", decimals, value))};
}

std::string field_text(char kind, nm::ByteReader& in) {
    std::string text;
    switch (kind) {
        case '8':
            text = std::to_string(in.u64());
            break;
        case '1':
            text = std::to_string(in.u8());
            break;
        case 'd':
            text = std::to_string(static_cast<std::int32_t>(in.u32()));
            break;
        case 'p': {
            const std::uint32_t value = in.u32();
            text = value == ~std::uint32_t{0} ? "unknown" : decimal(value / 100.0, 2);
            break;
        }
        case 'f':
            text = decimal(static_cast<double>(std::bit_cast<float>(in.u32())), 3);
            break;
        case 's':
        case 'S':
            xdr_string(in, text);
            break;
        case 'm':
            nm::append_hex(text, in.bytes(8).first(in.ok() ? 6 : 0));
            break;
        case 'a': {
            nm::IpAddress ip;
            text = xdr_address(in, ip) ? address_text(ip) : "";
            break;
        }
        case '4':
            text = ip_text(in, 4);
            break;
        case '6':
            text = ip_text(in, 16);
            break;
        case 'x':
            nm::append_hex(text, in.bytes(8));
            break;
        case 't': {
            const std::uint32_t value = in.u32();
            text = value == 1 ? "received" : value == 2 ? "sent" : value == 0 ? "unknown" : "<bad value>";
            break;
        }
        case 'o':
            text = outcome_text(in.u32());
            break;
        default:
            text = std::to_string(in.u32());
            break;
    }
    return text;
}

struct Line {
    std::string_view name;
    std::string text;
};

// The lines of a structure, to be printed in this order.
std::vector<Line> read_lines(std::string_view fields, nm::ByteReader& in) {
    std::vector<Line> lines, last;
    while (!fields.empty()) {
        const std::size_t end = std::min(fields.find(' '), fields.size());
        const std::string_view field = fields.substr(0, end);
        fields.remove_prefix(std::min(end + 1, fields.size()));
        const std::size_t colon = std::min(field.find(':'), field.size());
        const std::string_view marks = field.substr(std::min(colon + 1, field.size()));
        if (marks.ends_with('?') && in.left() == 0) break;
        const char kind = marks.empty() ? '\0' : marks.front();
        std::string text = field_text(kind, in);
        if (kind == 's' && text.empty()) continue;
        (marks.ends_with('>') ? last : lines).push_back({field.substr(0, colon), std::move(text)});
    }
    std::ranges::move(last, std::back_inserter(lines));
    return lines;
}

void list_heading(std::string_view heading, Listing& listing) {
    if (heading.empty()) return;
    const std::size_t space = heading.find(' ');
    listing.value(heading.substr(0, space), heading.substr(space + 1));
}

}  // namespace

std::span<const ListedStructure> listed_flow_structures() {
    return flow_structures;
}

std::span<const ListedStructure> listed_counter_structures() {
    return counter_structures;
}

bool list_structure(std::span<const ListedStructure> structures, std::uint32_t number, nm::ByteReader& in,
                    Listing& listing) {
    const auto row = std::ranges::find(structures, number, &ListedStructure::number);
    if (row == structures.end()) return true;
    const std::vector<Line> lines = read_lines(row->fields, in);
    if (!in.ok()) return false;
    list_heading(row->heading, listing);
    for (const Line& line : lines) listing.value(line.name, line.text);
    return true;
}

}  // namespace nmflowtool
