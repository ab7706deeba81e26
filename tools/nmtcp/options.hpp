// The one home of nmtcp's verbs and options.
#pragma once

#include "app/tool.hpp"

namespace nmtcp {

void define(nm::Tool& tool);

}  // namespace nmtcp
