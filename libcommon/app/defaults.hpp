// Defaults of options from configuration files and the environment, set on the CLI11 tree before the command
// line is parsed: built-in < /etc/nmtools/<tool>.conf < $XDG_CONFIG_HOME/nmtools/<tool>.conf <
// NM_<TOOL>_<OPTION> < command line. A key is an option's long name, alone (every verb that has it) or under
// [verb]; in the environment NM_NMPROBE_COUNT or NM_NMPROBE_PING_COUNT.
// Unknown keys and variables throw UserError(bad_config) naming their source.
#pragma once

#include <map>
#include <string>

#include "app/tool.hpp"

namespace CLI {
class Option;
}

namespace nm {

// Where each option's default came from; options that are not in it have their built-in default.
using Origins = std::map<const CLI::Option*, std::string>;

Origins apply_defaults(Tool& tool);

}  // namespace nm
