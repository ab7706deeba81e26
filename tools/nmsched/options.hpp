// The one home of nmsched's verbs and options.
#pragma once

#include "app/tool.hpp"

namespace nmsched {

void define(nm::Tool& tool);

}  // namespace nmsched
