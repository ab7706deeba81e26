// nmflowtool decode --sflowtool http|pcap|discards: what agents sampled, without the sFlow around it:
// requests to servers as lines of a log (sflowtool -H), packets as a capture (-t), discarded packets as a
// capture (-T). All versions of sFlow, and --filter says which. Proof: tests/cli/nmflowtool_sflow.bats.
#pragma once

#include "flow_input.hpp"
#include "sflowtool/listing.hpp"

namespace nmflowtool {

nm::Exit run_sampled_traffic(const InputOptions& options, SflowtoolStyle style, nm::Context& context);

}  // namespace nmflowtool
