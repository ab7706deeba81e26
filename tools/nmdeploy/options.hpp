// The one home of nmdeploy's verbs and options.
#pragma once

#include "app/tool.hpp"

namespace nmdeploy {

void define(nm::Tool& tool);

}  // namespace nmdeploy
