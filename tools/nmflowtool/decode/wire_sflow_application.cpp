// Structures of flow samples that tell of sockets, requests and the services that answer them.
#include "decode/wire_sflow_fields.hpp"

namespace nmflowtool {
namespace {

using nm::ByteReader;
using nm::IpAddress;
using nm::SflowSample;

template <std::size_t Width, auto Proto, auto LocalIp, auto RemoteIp, auto LocalPort, auto RemotePort>
bool read_socket(ByteReader& in, SflowSample& sample) {
    set_small(sample.*Proto, in.u32());
    const nm::Bytes local = in.bytes(Width), remote = in.bytes(Width);
    set_small(sample.*LocalPort, in.u32());
    set_small(sample.*RemotePort, in.u32());
    if (!in.ok()) return false;
    sample.*LocalIp = IpAddress::from_bytes(local);
    sample.*RemoteIp = IpAddress::from_bytes(remote);
    return true;
}

// 0:2206; 0:2201 is the same without the version.
template <bool HasVersion>
bool read_http(ByteReader& in, SflowSample& sample) {
    set_word(sample.http_method, in.u32());
    if (HasVersion) sample.http_protocol = in.u32();
    for (const auto member : {&SflowSample::http_uri, &SflowSample::http_host, &SflowSample::http_referer,
                              &SflowSample::http_user_agent, &SflowSample::http_xff,
                              &SflowSample::http_auth_user, &SflowSample::http_mime_type})
        xdr_string(in, sample.*member);
    sample.http_req_bytes = in.u64();
    sample.http_resp_bytes = in.u64();
    sample.http_duration_us = in.u32();
    sample.http_status = in.u32();
    return in.ok();
}

bool read_proxy_request(ByteReader& in, SflowSample& sample) {
    xdr_string(in, sample.proxy_uri);
    xdr_string(in, sample.proxy_host);
    return in.ok();
}

bool read_memcache(ByteReader& in, SflowSample& sample) {
    set_word(sample.memcache_protocol, in.u32());
    set_word(sample.memcache_command, in.u32());
    xdr_string(in, sample.memcache_key);
    sample.memcache_keys = in.u32();
    sample.memcache_value_bytes = in.u32();
    sample.memcache_duration_us = in.u32();
    set_word(sample.memcache_status, in.u32());
    return in.ok();
}

template <auto App, auto Operation, auto Attributes>
bool read_app_context(ByteReader& in, SflowSample& sample) {
    xdr_string(in, sample.*App);
    xdr_string(in, sample.*Operation);
    xdr_string(in, sample.*Attributes);
    return in.ok();
}

bool read_app(ByteReader& in, SflowSample& sample) {
    read_app_context<&SflowSample::app, &SflowSample::app_operation, &SflowSample::app_attributes>(in,
                                                                                                   sample);
    xdr_string(in, sample.app_status_text);
    sample.app_req_bytes = in.u64();
    sample.app_resp_bytes = in.u64();
    sample.app_duration_us = in.u32();
    set_word(sample.app_status, in.u32());
    return in.ok();
}

bool read_tcp_info(ByteReader& in, SflowSample& sample) {
    set_word(sample.tcp_direction, in.u32());
    sample.tcp_snd_mss = in.u32();
    sample.tcp_rcv_mss = in.u32();
    sample.tcp_unacked = in.u32();
    sample.tcp_lost = in.u32();
    sample.tcp_retrans = in.u32();
    sample.tcp_pmtu = in.u32();
    sample.tcp_rtt_us = in.u32();
    sample.tcp_rttvar_us = in.u32();
    sample.tcp_cwnd = in.u32();
    sample.tcp_reordering = in.u32();
    const std::uint32_t min_rtt = in.u32();
    // All ones before the first round trip; the kernel says 0 when it keeps none.
    if (min_rtt != 0 && min_rtt != 0xFFFFFFFF) sample.tcp_min_rtt_us = min_rtt;
    return in.ok();
}

bool read_entities(ByteReader& in, SflowSample& sample) {
    sample.src_entity_class = in.u32();
    sample.src_entity_index = in.u32();
    sample.dst_entity_class = in.u32();
    sample.dst_entity_index = in.u32();
    return in.ok();
}

using S = SflowSample;
constexpr FlowStructure rows[] = {
    {2100, read_socket<4, &S::socket_proto_num, &S::socket_local_ip, &S::socket_remote_ip,
                       &S::socket_local_port, &S::socket_remote_port>},
    {2101, read_socket<16, &S::socket_proto_num, &S::socket_local_ip, &S::socket_remote_ip,
                       &S::socket_local_port, &S::socket_remote_port>},
    {2102, read_socket<4, &S::proxy_proto_num, &S::proxy_local_ip, &S::proxy_remote_ip, &S::proxy_local_port,
                       &S::proxy_remote_port>},
    {2103, read_socket<16, &S::proxy_proto_num, &S::proxy_local_ip, &S::proxy_remote_ip, &S::proxy_local_port,
                       &S::proxy_remote_port>},
    {2200, read_memcache},
    {2201, read_http<false>},
    {2202, read_app},
    {2203, read_app_context<&S::parent_app, &S::parent_operation, &S::parent_attributes>},
    {2204, read_text<&S::app_initiator>},
    {2205, read_text<&S::app_target>},
    {2206, read_http<true>},
    {2207, read_proxy_request},
    {2209, read_tcp_info},
    {2210, read_entities},
};

}  // namespace

std::span<const FlowStructure> application_structures() {
    return rows;
}

}  // namespace nmflowtool
