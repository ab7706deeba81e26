// nmbgp annotate: JSON lines in, the same lines with the routes of their addresses out.
// Which keys come and which stay: flow_annotator.hpp. Proof: tests/cli/nmbgp.bats, tests/lab/nmbgp.bats.
#pragma once

#include <string>
#include <vector>

#include "app/tool.hpp"

namespace nmbgp {

struct AnnotateOptions {
    std::vector<std::string> mrt_files;
};

nm::Exit run_annotate(const AnnotateOptions& options, nm::Context& context);

}  // namespace nmbgp
