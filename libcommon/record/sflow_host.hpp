// What Host sFlow and its like tell of hosts, virtual machines and containers
// (https://sflow.org/sflow_host.txt, sflow_host_ip.txt, sflow_nvml.txt). Each group is one structure, its
// fields in the order of the wire. A counter that the agent does not keep (all ones) is absent.
#pragma once

#include "record/sflow_counters.hpp"

namespace nm {

inline constexpr auto host_description_fields = FieldList{
    field("hostname", &HostDescription::hostname, Role::tag, "name of the host, machine or container"),
    field("uuid", &HostDescription::uuid, Role::tag, "its UUID"),
    field("machine_type", &HostDescription::machine_type, Role::tag, "processor family"),
    field("os_name", &HostDescription::os_name, Role::tag, "operating system"),
    field("os_release", &HostDescription::os_release, Role::tag, "release of the operating system")};

inline constexpr auto host_parent_fields = FieldList{
    field("parent_class", &HostParent::parent_class, Role::tag, "source_class of what contains it"),
    field("parent_index", &HostParent::parent_index, Role::tag, "source_index of what contains it")};

template <>
inline constexpr auto describe<HostAdapter> =
    record("", 1, "one network adapter", field("if_index", &HostAdapter::if_index, Role::tag, "ifIndex"),
           field("macs", &HostAdapter::macs, Role::text, "its hardware addresses"));

inline constexpr auto host_adapter_fields = FieldList{
    field("adapters", &HostAdapters::adapters, Role::text,
          "network adapters, each an object: if_index, macs"),
};

inline constexpr auto host_cpu_fields = FieldList{
    field("load_1m", &HostCpu::load_1m, Role::value, "load average of 1 minute"),
    field("load_5m", &HostCpu::load_5m, Role::value, "load average of 5 minutes"),
    field("load_15m", &HostCpu::load_15m, Role::value, "load average of 15 minutes"),
    field("procs_running", &HostCpu::procs_running, Role::value, "processes that run"),
    field("procs", &HostCpu::procs, Role::value, "processes"),
    field("cpus", &HostCpu::cpus, Role::value, "processors"),
    field("cpu_mhz", &HostCpu::cpu_mhz, Role::value, "clock of a processor, MHz"),
    field("uptime_s", &HostCpu::uptime_s, Role::value, "since the last start", Unit::s),
    field("cpu_user_ms", &HostCpu::cpu_user_ms, Role::value, "time in user processes", Unit::ms),
    field("cpu_nice_ms", &HostCpu::cpu_nice_ms, Role::value, "time in niced user processes", Unit::ms),
    field("cpu_system_ms", &HostCpu::cpu_system_ms, Role::value, "time in the kernel", Unit::ms),
    field("cpu_idle_ms", &HostCpu::cpu_idle_ms, Role::value, "idle time", Unit::ms),
    field("cpu_wait_ms", &HostCpu::cpu_wait_ms, Role::value, "time waiting for input and output", Unit::ms),
    field("cpu_intr_ms", &HostCpu::cpu_intr_ms, Role::value, "time in interrupts", Unit::ms),
    field("cpu_softirq_ms", &HostCpu::cpu_softirq_ms, Role::value, "time in soft interrupts", Unit::ms),
    field("interrupts", &HostCpu::interrupts, Role::value, "interrupts"),
    field("context_switches", &HostCpu::context_switches, Role::value, "context switches"),
    field("cpu_steal_ms", &HostCpu::cpu_steal_ms, Role::value, "time taken by other virtual machines",
          Unit::ms),
    field("cpu_guest_ms", &HostCpu::cpu_guest_ms, Role::value, "time running virtual machines", Unit::ms),
    field("cpu_guest_nice_ms", &HostCpu::cpu_guest_nice_ms, Role::value,
          "time running niced virtual machines", Unit::ms)};

inline constexpr auto host_memory_fields = FieldList{
    field("mem_total_bytes", &HostMemory::mem_total_bytes, Role::value, "memory", Unit::bytes),
    field("mem_free_bytes", &HostMemory::mem_free_bytes, Role::value, "free memory", Unit::bytes),
    field("mem_shared_bytes", &HostMemory::mem_shared_bytes, Role::value, "shared memory", Unit::bytes),
    field("mem_buffers_bytes", &HostMemory::mem_buffers_bytes, Role::value, "memory in buffers", Unit::bytes),
    field("mem_cached_bytes", &HostMemory::mem_cached_bytes, Role::value, "memory in the page cache",
          Unit::bytes),
    field("swap_total_bytes", &HostMemory::swap_total_bytes, Role::value, "swap", Unit::bytes),
    field("swap_free_bytes", &HostMemory::swap_free_bytes, Role::value, "free swap", Unit::bytes),
    field("page_in", &HostMemory::page_in, Role::value, "pages read"),
    field("page_out", &HostMemory::page_out, Role::value, "pages written"),
    field("swap_in", &HostMemory::swap_in, Role::value, "pages swapped in"),
    field("swap_out", &HostMemory::swap_out, Role::value, "pages swapped out")};

inline constexpr auto host_disk_fields =
    FieldList{field("disk_total_bytes", &HostDisk::disk_total_bytes, Role::value, "disks", Unit::bytes),
              field("disk_free_bytes", &HostDisk::disk_free_bytes, Role::value, "free on disks", Unit::bytes),
              field("disk_fullest_pct", &HostDisk::disk_fullest_pct, Role::value,
                    "use of the fullest partition", Unit::percent),
              field("disk_reads", &HostDisk::disk_reads, Role::value, "reads"),
              field("disk_read_bytes", &HostDisk::disk_read_bytes, Role::value, "read", Unit::bytes),
              field("disk_read_ms", &HostDisk::disk_read_ms, Role::value, "time reading", Unit::ms),
              field("disk_writes", &HostDisk::disk_writes, Role::value, "writes"),
              field("disk_written_bytes", &HostDisk::disk_written_bytes, Role::value, "written", Unit::bytes),
              field("disk_write_ms", &HostDisk::disk_write_ms, Role::value, "time writing", Unit::ms)};

inline constexpr auto host_network_fields = FieldList{
    field("net_in_bytes", &HostNetwork::net_in_bytes, Role::value, "received on all interfaces", Unit::bytes),
    field("net_in_packets", &HostNetwork::net_in_packets, Role::value, "received on all interfaces",
          Unit::packets),
    field("net_in_errors", &HostNetwork::net_in_errors, Role::value, "received with errors", Unit::packets),
    field("net_in_drops", &HostNetwork::net_in_drops, Role::value, "received and dropped", Unit::packets),
    field("net_out_bytes", &HostNetwork::net_out_bytes, Role::value, "sent on all interfaces", Unit::bytes),
    field("net_out_packets", &HostNetwork::net_out_packets, Role::value, "sent on all interfaces",
          Unit::packets),
    field("net_out_errors", &HostNetwork::net_out_errors, Role::value, "to send and failed", Unit::packets),
    field("net_out_drops", &HostNetwork::net_out_drops, Role::value, "to send and dropped", Unit::packets)};

inline constexpr auto host_ip_fields = FieldList{
    field("ip_forwarding", &HostIp::ip_forwarding, Role::value, "ipForwarding of its MIB"),
    field("ip_default_ttl", &HostIp::ip_default_ttl, Role::value, "ipDefaultTTL of its MIB"),
    field("ip_in_receives", &HostIp::ip_in_receives, Role::value, "ipInReceives of its MIB"),
    field("ip_in_hdr_errors", &HostIp::ip_in_hdr_errors, Role::value, "ipInHdrErrors of its MIB"),
    field("ip_in_addr_errors", &HostIp::ip_in_addr_errors, Role::value, "ipInAddrErrors of its MIB"),
    field("ip_forw_datagrams", &HostIp::ip_forw_datagrams, Role::value, "ipForwDatagrams of its MIB"),
    field("ip_in_unknown_protos", &HostIp::ip_in_unknown_protos, Role::value, "ipInUnknownProtos of its MIB"),
    field("ip_in_discards", &HostIp::ip_in_discards, Role::value, "ipInDiscards of its MIB"),
    field("ip_in_delivers", &HostIp::ip_in_delivers, Role::value, "ipInDelivers of its MIB"),
    field("ip_out_requests", &HostIp::ip_out_requests, Role::value, "ipOutRequests of its MIB"),
    field("ip_out_discards", &HostIp::ip_out_discards, Role::value, "ipOutDiscards of its MIB"),
    field("ip_out_no_routes", &HostIp::ip_out_no_routes, Role::value, "ipOutNoRoutes of its MIB"),
    field("ip_reasm_timeout", &HostIp::ip_reasm_timeout, Role::value, "ipReasmTimeout of its MIB"),
    field("ip_reasm_reqds", &HostIp::ip_reasm_reqds, Role::value, "ipReasmReqds of its MIB"),
    field("ip_reasm_oks", &HostIp::ip_reasm_oks, Role::value, "ipReasmOKs of its MIB"),
    field("ip_reasm_fails", &HostIp::ip_reasm_fails, Role::value, "ipReasmFails of its MIB"),
    field("ip_frag_oks", &HostIp::ip_frag_oks, Role::value, "ipFragOKs of its MIB"),
    field("ip_frag_fails", &HostIp::ip_frag_fails, Role::value, "ipFragFails of its MIB"),
    field("ip_frag_creates", &HostIp::ip_frag_creates, Role::value, "ipFragCreates of its MIB")};

inline constexpr auto host_icmp_fields = FieldList{
    field("icmp_in_msgs", &HostIcmp::icmp_in_msgs, Role::value, "icmpInMsgs of its MIB"),
    field("icmp_in_errors", &HostIcmp::icmp_in_errors, Role::value, "icmpInErrors of its MIB"),
    field("icmp_in_dest_unreachs", &HostIcmp::icmp_in_dest_unreachs, Role::value,
          "icmpInDestUnreachs of its MIB"),
    field("icmp_in_time_excds", &HostIcmp::icmp_in_time_excds, Role::value, "icmpInTimeExcds of its MIB"),
    field("icmp_in_param_probs", &HostIcmp::icmp_in_param_probs, Role::value, "icmpInParamProbs of its MIB"),
    field("icmp_in_src_quenchs", &HostIcmp::icmp_in_src_quenchs, Role::value, "icmpInSrcQuenchs of its MIB"),
    field("icmp_in_redirects", &HostIcmp::icmp_in_redirects, Role::value, "icmpInRedirects of its MIB"),
    field("icmp_in_echos", &HostIcmp::icmp_in_echos, Role::value, "icmpInEchos of its MIB"),
    field("icmp_in_echo_reps", &HostIcmp::icmp_in_echo_reps, Role::value, "icmpInEchoReps of its MIB"),
    field("icmp_in_timestamps", &HostIcmp::icmp_in_timestamps, Role::value, "icmpInTimestamps of its MIB"),
    field("icmp_in_addr_masks", &HostIcmp::icmp_in_addr_masks, Role::value, "icmpInAddrMasks of its MIB"),
    field("icmp_in_addr_mask_reps", &HostIcmp::icmp_in_addr_mask_reps, Role::value,
          "icmpInAddrMaskReps of its MIB"),
    field("icmp_out_msgs", &HostIcmp::icmp_out_msgs, Role::value, "icmpOutMsgs of its MIB"),
    field("icmp_out_errors", &HostIcmp::icmp_out_errors, Role::value, "icmpOutErrors of its MIB"),
    field("icmp_out_dest_unreachs", &HostIcmp::icmp_out_dest_unreachs, Role::value,
          "icmpOutDestUnreachs of its MIB"),
    field("icmp_out_time_excds", &HostIcmp::icmp_out_time_excds, Role::value, "icmpOutTimeExcds of its MIB"),
    field("icmp_out_param_probs", &HostIcmp::icmp_out_param_probs, Role::value,
          "icmpOutParamProbs of its MIB"),
    field("icmp_out_src_quenchs", &HostIcmp::icmp_out_src_quenchs, Role::value,
          "icmpOutSrcQuenchs of its MIB"),
    field("icmp_out_redirects", &HostIcmp::icmp_out_redirects, Role::value, "icmpOutRedirects of its MIB"),
    field("icmp_out_echos", &HostIcmp::icmp_out_echos, Role::value, "icmpOutEchos of its MIB"),
    field("icmp_out_echo_reps", &HostIcmp::icmp_out_echo_reps, Role::value, "icmpOutEchoReps of its MIB"),
    field("icmp_out_timestamps", &HostIcmp::icmp_out_timestamps, Role::value, "icmpOutTimestamps of its MIB"),
    field("icmp_out_timestamp_reps", &HostIcmp::icmp_out_timestamp_reps, Role::value,
          "icmpOutTimestampReps of its MIB"),
    field("icmp_out_addr_masks", &HostIcmp::icmp_out_addr_masks, Role::value, "icmpOutAddrMasks of its MIB"),
    field("icmp_out_addr_mask_reps", &HostIcmp::icmp_out_addr_mask_reps, Role::value,
          "icmpOutAddrMaskReps of its MIB")};

inline constexpr auto host_tcp_fields = FieldList{
    field("tcp_rto_algorithm", &HostTcp::tcp_rto_algorithm, Role::value, "tcpRtoAlgorithm of its MIB"),
    field("tcp_rto_min", &HostTcp::tcp_rto_min, Role::value, "tcpRtoMin of its MIB"),
    field("tcp_rto_max", &HostTcp::tcp_rto_max, Role::value, "tcpRtoMax of its MIB"),
    field("tcp_max_conn", &HostTcp::tcp_max_conn, Role::value, "tcpMaxConn of its MIB"),
    field("tcp_active_opens", &HostTcp::tcp_active_opens, Role::value, "tcpActiveOpens of its MIB"),
    field("tcp_passive_opens", &HostTcp::tcp_passive_opens, Role::value, "tcpPassiveOpens of its MIB"),
    field("tcp_attempt_fails", &HostTcp::tcp_attempt_fails, Role::value, "tcpAttemptFails of its MIB"),
    field("tcp_estab_resets", &HostTcp::tcp_estab_resets, Role::value, "tcpEstabResets of its MIB"),
    field("tcp_curr_estab", &HostTcp::tcp_curr_estab, Role::value, "tcpCurrEstab of its MIB"),
    field("tcp_in_segs", &HostTcp::tcp_in_segs, Role::value, "tcpInSegs of its MIB"),
    field("tcp_out_segs", &HostTcp::tcp_out_segs, Role::value, "tcpOutSegs of its MIB"),
    field("tcp_retrans_segs", &HostTcp::tcp_retrans_segs, Role::value, "tcpRetransSegs of its MIB"),
    field("tcp_in_errs", &HostTcp::tcp_in_errs, Role::value, "tcpInErrs of its MIB"),
    field("tcp_out_rsts", &HostTcp::tcp_out_rsts, Role::value, "tcpOutRsts of its MIB"),
    field("tcp_in_csum_errors", &HostTcp::tcp_in_csum_errors, Role::value, "tcpInCsumErrors of its MIB")};

inline constexpr auto host_udp_fields = FieldList{
    field("udp_in_datagrams", &HostUdp::udp_in_datagrams, Role::value, "udpInDatagrams of its MIB"),
    field("udp_no_ports", &HostUdp::udp_no_ports, Role::value, "udpNoPorts of its MIB"),
    field("udp_in_errors", &HostUdp::udp_in_errors, Role::value, "udpInErrors of its MIB"),
    field("udp_out_datagrams", &HostUdp::udp_out_datagrams, Role::value, "udpOutDatagrams of its MIB"),
    field("udp_rcvbuf_errors", &HostUdp::udp_rcvbuf_errors, Role::value, "udpRcvbufErrors of its MIB"),
    field("udp_sndbuf_errors", &HostUdp::udp_sndbuf_errors, Role::value, "udpSndbufErrors of its MIB"),
    field("udp_in_csum_errors", &HostUdp::udp_in_csum_errors, Role::value, "udpInCsumErrors of its MIB")};

inline constexpr auto virtual_node_fields = FieldList{
    field("node_mhz", &VirtualNode::node_mhz, Role::value, "clock of a processor of the hypervisor, MHz"),
    field("node_cpus", &VirtualNode::node_cpus, Role::value, "processors of the hypervisor"),
    field("node_memory_bytes", &VirtualNode::node_memory_bytes, Role::value, "memory of the hypervisor",
          Unit::bytes),
    field("node_memory_free_bytes", &VirtualNode::node_memory_free_bytes, Role::value,
          "memory not given to a machine", Unit::bytes),
    field("node_domains", &VirtualNode::node_domains, Role::value, "virtual machines that run")};

inline constexpr auto virtual_cpu_fields =
    FieldList{field("vcpu_state", &VirtualCpu::vcpu_state, Role::tag,
                    "state of the virtual machine: running, blocked, paused, shutdown, shutoff, crashed"),
              field("vcpu_time_ms", &VirtualCpu::vcpu_time_ms, Role::value, "processor time used", Unit::ms),
              field("vcpus", &VirtualCpu::vcpus, Role::value, "virtual processors")};

inline constexpr auto virtual_memory_fields = FieldList{
    field("vmem_used_bytes", &VirtualMemory::vmem_used_bytes, Role::value, "memory the virtual machine uses",
          Unit::bytes),
    field("vmem_max_bytes", &VirtualMemory::vmem_max_bytes, Role::value, "memory it may use", Unit::bytes)};

inline constexpr auto virtual_disk_fields = FieldList{
    field("vdisk_capacity_bytes", &VirtualDisk::vdisk_capacity_bytes, Role::value, "logical size",
          Unit::bytes),
    field("vdisk_allocation_bytes", &VirtualDisk::vdisk_allocation_bytes, Role::value, "allocated",
          Unit::bytes),
    field("vdisk_available_bytes", &VirtualDisk::vdisk_available_bytes, Role::value, "free", Unit::bytes),
    field("vdisk_reads", &VirtualDisk::vdisk_reads, Role::value, "reads"),
    field("vdisk_read_bytes", &VirtualDisk::vdisk_read_bytes, Role::value, "read", Unit::bytes),
    field("vdisk_writes", &VirtualDisk::vdisk_writes, Role::value, "writes"),
    field("vdisk_written_bytes", &VirtualDisk::vdisk_written_bytes, Role::value, "written", Unit::bytes),
    field("vdisk_errors", &VirtualDisk::vdisk_errors, Role::value, "failed reads and writes")};

inline constexpr auto virtual_network_fields =
    FieldList{field("vnet_in_bytes", &VirtualNetwork::vnet_in_bytes, Role::value,
                    "received by the virtual machine", Unit::bytes),
              field("vnet_in_packets", &VirtualNetwork::vnet_in_packets, Role::value,
                    "received by the virtual machine", Unit::packets),
              field("vnet_in_errors", &VirtualNetwork::vnet_in_errors, Role::value, "received with errors",
                    Unit::packets),
              field("vnet_in_drops", &VirtualNetwork::vnet_in_drops, Role::value, "received and dropped",
                    Unit::packets),
              field("vnet_out_bytes", &VirtualNetwork::vnet_out_bytes, Role::value,
                    "sent by the virtual machine", Unit::bytes),
              field("vnet_out_packets", &VirtualNetwork::vnet_out_packets, Role::value,
                    "sent by the virtual machine", Unit::packets),
              field("vnet_out_errors", &VirtualNetwork::vnet_out_errors, Role::value, "to send and failed",
                    Unit::packets),
              field("vnet_out_drops", &VirtualNetwork::vnet_out_drops, Role::value, "to send and dropped",
                    Unit::packets)};

inline constexpr auto gpu_counter_fields = FieldList{
    field("gpus", &GpuCounters::gpus, Role::value, "graphics processors"),
    field("gpu_processes", &GpuCounters::gpu_processes, Role::value, "processes that compute on them"),
    field("gpu_busy_ms", &GpuCounters::gpu_busy_ms, Role::value, "time a kernel ran", Unit::ms),
    field("gpu_mem_busy_ms", &GpuCounters::gpu_mem_busy_ms, Role::value, "time memory was read or written",
          Unit::ms),
    field("gpu_mem_total_bytes", &GpuCounters::gpu_mem_total_bytes, Role::value, "memory", Unit::bytes),
    field("gpu_mem_free_bytes", &GpuCounters::gpu_mem_free_bytes, Role::value, "free memory", Unit::bytes),
    field("gpu_ecc_errors", &GpuCounters::gpu_ecc_errors, Role::value, "memory errors"),
    field("gpu_energy_mj", &GpuCounters::gpu_energy_mj, Role::value, "energy used, millijoules"),
    field("gpu_temperature_c", &GpuCounters::gpu_temperature_c, Role::value, "the hottest, degrees Celsius"),
    field("gpu_fan_pct", &GpuCounters::gpu_fan_pct, Role::value, "the fastest fan", Unit::percent)};

template <>
inline constexpr auto describe<SflowHost> = record(
    "sflow.host", 1, "state of a host, virtual machine or container, and its counters since it started",
    sflow_source_fields, host_description_fields, host_parent_fields, host_adapter_fields, host_cpu_fields,
    host_memory_fields, host_disk_fields, host_network_fields, virtual_node_fields, virtual_cpu_fields,
    virtual_memory_fields, virtual_disk_fields, virtual_network_fields, gpu_counter_fields, host_ip_fields,
    host_icmp_fields, host_tcp_fields, host_udp_fields);

}  // namespace nm
