// nmflowtool forward: flow datagrams as they came to several collectors, live or out of captures at a speed.
#pragma once

#include <optional>

#include "export/destinations.hpp"
#include "flow_input.hpp"

namespace nmflowtool {

struct ForwardOptions {
    InputOptions input;
    DestinationOptions destinations;
    std::optional<double> speed = 1.0;  // of captures: 1 as captured; absent: as fast as it goes
};

nm::Exit run_forward(const ForwardOptions& options, nm::Context& context);

}  // namespace nmflowtool
