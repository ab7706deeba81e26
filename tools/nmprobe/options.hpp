// The one home of nmprobe's verbs and options.
#pragma once

#include "app/tool.hpp"

namespace nmprobe {

void define(nm::Tool& tool);

}  // namespace nmprobe
