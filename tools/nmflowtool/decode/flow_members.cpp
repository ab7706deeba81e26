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

FlowMembers FlowMembers::of(std::span<const std::string_view> keys) {
    FlowMembers members;
    members.offsets_.reset();
    nm::for_each_field<nm::FlowRecord>([&](auto, const auto& field) {
        if (std::ranges::find(keys, field.info.key) != keys.end())
            members.offsets_.set(offset_of(field.member));
    });
    // What wire_netflow_flows.cpp reads to finish a record, and the decoder for its count of unknown samplers.
    const auto add = [&](auto... member) { (members.offsets_.set(offset_of(member)), ...); };
    using Flow = nm::FlowRecord;
    add(&Flow::proto_num, &Flow::dst_port, &Flow::icmp_type, &Flow::icmp_code, &Flow::bytes, &Flow::packets,
        &Flow::total_bytes, &Flow::total_packets, &Flow::nat_event, &Flow::fw_event, &Flow::in_if,
        &Flow::sampler_id, &Flow::sampling_rate);
    return members;
}

}  // namespace nmflowtool
