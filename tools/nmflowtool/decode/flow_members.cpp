#include "decode/flow_members.hpp"

#include <algorithm>

namespace nmflowtool {
namespace {

template <class Value>
std::size_t offset_of(Value nm::FlowRecord::*member) {
    static const nm::FlowRecord record;
    return static_cast<std::size_t>(reinterpret_cast<const char*>(&(record.*member)) -
                                    reinterpret_cast<const char*>(&record));
}

}  // namespace

template <class... Value>
bool FlowMembers::has_any(Value nm::FlowRecord::*... member) const {
    return (offsets_[offset_of(member)] || ...);
}

template <class... Value>
void FlowMembers::add(Value nm::FlowRecord::*... member) {
    (offsets_.set(offset_of(member)), ...);
    extent_ = std::max({extent_, offset_of(member) + sizeof(Value)...});
}

// From what wire_netflow_flows.cpp derives a member is wanted with it, and so is what it may set beside.
FlowMembers FlowMembers::of(std::span<const std::string_view> keys) {
    using Flow = nm::FlowRecord;
    FlowMembers members;
    members.offsets_.reset();
    members.extent_ = 0;
    nm::for_each_field<Flow>([&](auto, const auto& field) {
        if (std::ranges::find(keys, field.info.key) != keys.end()) members.add(field.member);
    });
    const auto wanted = members;
    if (wanted.has_any(&Flow::proto, &Flow::proto_num, &Flow::src_port, &Flow::dst_port, &Flow::tcp_flags,
                       &Flow::rev_tcp_flags, &Flow::icmp_type, &Flow::icmp_code))
        members.add(&Flow::proto, &Flow::proto_num, &Flow::dst_port, &Flow::icmp_type, &Flow::icmp_code);
    if (wanted.has_any(&Flow::bytes, &Flow::packets, &Flow::bytes_kind))
        members.add(&Flow::bytes, &Flow::packets, &Flow::bytes_kind, &Flow::total_bytes, &Flow::total_packets,
                    &Flow::nat_event, &Flow::fw_event);
    if (wanted.has_any(&Flow::sampling_rate, &Flow::rate_source)) members.add(&Flow::in_if);
    // Some templates have addresses of both versions: which one counts follows from both ends.
    members.extent_ = std::max(members.extent_, offset_of(&Flow::dst_ip) + sizeof(Flow::dst_ip));
    // Every record has the first three; the decoder counts unknown samplers in any case.
    members.add(&Flow::ts, &Flow::exporter, &Flow::obs_domain, &Flow::sampling_rate, &Flow::rate_source,
                &Flow::sampler_id);
    return members;
}

}  // namespace nmflowtool
