// A plan as nmsched plan prints it: JSON lines, complete only with its plan.summary. A plan that is cut,
// damaged or empty is refused as a whole: nothing of it may be applied.
// Proof: tests/lab/nmdeploy.bats (cut at many bytes).
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "app/tool.hpp"
#include "catalog.hpp"
#include "record/plan.hpp"

namespace nmdeploy {

struct Plan {
    std::vector<nm::Placement> placements;
    std::map<std::string, std::vector<nm::Slot>> slots;  // by app
};

// Reads to the end of fd; source is for messages. Throws UserError(bad_data).
Plan read_plan(int fd, const std::string& source, const std::function<void()>& before_block);

// "-" is stdin. Throws UserError(no_input) when the file cannot be read.
Plan read_plan_file(const std::string& path, nm::Context& context);

// Every placement names an app and a node of the catalog. Throws UserError(bad_data).
void check_against(const Plan& plan, const Catalog& catalog);

}  // namespace nmdeploy
