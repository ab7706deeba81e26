// The one home of nmbgp's verbs and options.
#pragma once

#include "app/tool.hpp"

namespace nmbgp {

void define(nm::Tool& tool);

}  // namespace nmbgp
