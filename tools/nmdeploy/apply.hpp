// nmdeploy apply: start and stop only what differs from the plan.
#pragma once

#include "app/tool.hpp"
#include "base/clock.hpp"
#include "store.hpp"

namespace nmdeploy {

struct ApplyOptions {
    EngineOptions engine;
    std::string plan;
    std::string catalog;
    bool dry_run = false;
    bool allow_remove = false;
    std::int64_t settle_ns = nm::ns_per_s;
};

nm::Exit run_apply(const ApplyOptions& options, nm::Context& context);

}  // namespace nmdeploy
