// The verbs of nmsched, as options.cpp fills their options.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/tool.hpp"

namespace nmsched {

struct PlanOptions {
    std::vector<std::string> inputs;  // none: stdin
    std::uint64_t seed = 1;
    std::int64_t time_limit_ns = -1;  // -1: not given
    std::optional<std::int64_t> iterations;
};

nm::Exit run_plan(const PlanOptions& options, nm::Context& context);

struct CheckOptions {
    std::string plan;
    std::string input;
};

nm::Exit run_check(const CheckOptions& options, nm::Context& context);

}  // namespace nmsched
