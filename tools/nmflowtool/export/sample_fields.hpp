// Flows as sFlow samples, and samples as flows.
#pragma once

#include "record/sflow.hpp"

namespace nmflowtool {

// An interface word: format 0 an ifIndex, 1 discarded with a reason, 2 so many interfaces.
struct SamplePort {
    std::uint32_t format = 0;
    std::uint32_t value = 0;
};

// What the head of a sample and its structures say beside the flow record.
struct SampleFields {
    std::uint32_t source_class = 0;
    std::uint32_t source_index = 0;
    std::uint32_t rate = 1;
    std::optional<std::uint32_t> pool;  // absent: we count
    std::uint32_t drops = 0;
    SamplePort in;
    SamplePort out;
    bool is_saturated = false;  // the flow has more packets than the rate can tell
    std::uint32_t frame_bytes = 0;
    std::uint32_t ip_bytes = 0;
    std::uint32_t in_vlan = 0;
    std::uint32_t out_vlan = 0;
    std::optional<std::uint8_t> in_priority;
    std::optional<std::uint8_t> out_priority;
};

// One sample for all packets of the flow: its rate is their number times the flow's own rate, its length
// their mean.
SampleFields fields_of_flow(const nm::FlowRecord& flow);
SampleFields fields_of_sample(const nm::SflowSample& sample);

// The flow that the sample stands for: packets and bytes times the sampling rate, bytes from the IP header
// on, as NetFlow counts them. It has no sampling rate any more.
nm::FlowRecord scaled_flow(const nm::SflowSample& sample);

}  // namespace nmflowtool
