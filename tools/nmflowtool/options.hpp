// The one home of nmflowtool's verbs and options.
#pragma once

#include "app/tool.hpp"

namespace nmflowtool {

void define(nm::Tool& tool);

}  // namespace nmflowtool
