// What --help looks like: names and value, the default after the words, operands as they are typed.
#pragma once

#include "app/tool.hpp"

namespace nm {

// Sets the layout and the EXAMPLES of the tool and its verbs.
void set_help_layout(Tool& tool);

}  // namespace nm
