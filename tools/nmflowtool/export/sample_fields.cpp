#include "export/sample_fields.hpp"

#include <algorithm>

namespace nmflowtool {
namespace {

constexpr std::uint32_t internal_port = 0x3FFFFFFF;
constexpr std::uint32_t largest_u32 = 0xFFFFFFFF;

std::uint32_t clamped(std::uint64_t value) {
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(value, largest_u32));
}

// Whole numbers that do not overflow: wrong by less than the counters can tell.
std::uint64_t times(std::uint64_t value, std::uint64_t factor) {
    std::uint64_t product = 0;
    return __builtin_mul_overflow(value, factor, &product) ? ~std::uint64_t{0} : product;
}

SamplePort port_of(nm::PortKind kind, std::optional<std::uint32_t> interface, std::uint32_t reason,
                   std::uint32_t count) {
    switch (kind) {
        case nm::PortKind::discarded:
            return {1, reason};
        case nm::PortKind::multiple:
            return {2, count};
        case nm::PortKind::internal:
            return {0, internal_port};
        case nm::PortKind::interface:
            break;
    }
    return {0, interface.value_or(0)};
}

}  // namespace

SampleFields fields_of_flow(const nm::FlowRecord& flow) {
    const std::uint64_t packets = std::max<std::uint64_t>(flow.packets.value_or(1), 1);
    const std::uint64_t bytes = flow.bytes.value_or(0);
    SampleFields fields;
    fields.source_index = flow.in_if.value_or(0);
    const std::uint64_t rate = times(packets, flow.sampling_rate.value_or(1));
    fields.is_saturated = rate > largest_u32;
    fields.rate = clamped(rate);
    fields.in = {0, flow.in_if.value_or(0)};
    fields.out = {0, flow.out_if.value_or(0)};
    fields.ip_bytes = clamped((bytes + packets / 2) / packets);
    fields.frame_bytes = fields.ip_bytes;
    fields.in_vlan = flow.vlan.value_or(0);
    fields.out_vlan = flow.post_vlan.value_or(0);
    return fields;
}

SampleFields fields_of_sample(const nm::SflowSample& sample) {
    SampleFields fields = fields_of_flow(sample);
    fields.source_class = sample.source_class.value_or(0);
    fields.source_index = sample.source_index.value_or(fields.source_index);
    fields.rate = sample.sampling_rate.value_or(0);
    fields.pool = sample.pool;
    fields.drops = sample.drops.value_or(0);
    fields.in = port_of(sample.in_kind, sample.in_if, 0, 0);
    fields.out = port_of(sample.out_kind, sample.out_if, sample.discard_reason.value_or(0),
                         sample.out_count.value_or(0));
    fields.frame_bytes = clamped(sample.bytes.value_or(0));
    fields.ip_bytes = sample.ip_bytes.value_or(fields.frame_bytes);
    fields.in_vlan = sample.in_vlan.value_or(sample.vlan.value_or(0));
    fields.out_vlan = sample.out_vlan.value_or(0);
    fields.in_priority = sample.in_priority;
    fields.out_priority = sample.out_priority;
    return fields;
}

nm::FlowRecord scaled_flow(const nm::SflowSample& sample) {
    nm::FlowRecord flow = sample;
    const std::uint64_t rate = sample.sampling_rate.value_or(1);
    const std::uint64_t bytes = sample.ip_bytes ? std::uint64_t{*sample.ip_bytes} : sample.bytes.value_or(0);
    flow.packets = times(sample.packets.value_or(1), rate);
    flow.bytes = times(bytes, rate);
    flow.sampling_rate.reset();
    flow.rate_source.reset();
    flow.sampler_id.reset();
    if (flow.start.ns == 0) flow.start = flow.ts;
    if (flow.end.ns == 0) flow.end = flow.ts;
    return flow;
}

}  // namespace nmflowtool
