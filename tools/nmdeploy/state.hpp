// nmdeploy state: what runs, and how it differs from a plan.
#pragma once

#include "app/tool.hpp"
#include "store.hpp"

namespace nmdeploy {

struct StateOptions {
    EngineOptions engine;
    std::string plan;     // empty: no comparison
    std::string catalog;  // needed with a plan
    bool placements = false;
};

nm::Exit run_state(const StateOptions& options, nm::Context& context);

}  // namespace nmdeploy
