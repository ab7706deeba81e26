// nmprobe trace and nmtcp trace: the paths to any number of targets at once.
#pragma once

#include "app/tool.hpp"
#include "trace/trace_protocol.hpp"

namespace nm {

void add_trace_options(CLI::App& cli, TraceOptions& options, PortRule rule);

Exit run_trace(const TraceOptions& options, PortRule rule, Context& context);

}  // namespace nm
