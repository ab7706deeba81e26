// From plan and catalog to the containers they ask for, with what this machine has: images by content, files,
// network namespaces. Changes nothing.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "desired.hpp"
#include "image.hpp"
#include "store.hpp"

namespace nmdeploy {

struct Wanted {
    std::vector<Container> containers;
    std::map<std::string, Image> images;  // by tag
    std::uint64_t slots = 0;
    std::uint64_t slots_unused = 0;
};

// Throws UserError for an app or node that the catalog does not have, a tool, file or namespace that is not
// there.
Wanted wanted_containers(const Plan& plan, const Catalog& catalog, const Store& store);

}  // namespace nmdeploy
