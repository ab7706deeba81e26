// Defaults of options from configuration files and the environment, set on the CLI11 tree before the command
// line is parsed: built-in < /etc/nmtools/<tool>.conf < $XDG_CONFIG_HOME/nmtools/<tool>.conf <
// NM_<TOOL>_<OPTION> < command line. A key is an option's long name, alone (every verb that has it) or under
// [verb]; in the environment NM_NMPROBE_COUNT or NM_NMPROBE_PING_COUNT.
// A value that some verbs do not know (format = table) is the default of those that do. Unknown keys and
// variables, and values that no verb knows, throw UserError(bad_config) naming their source; values in a
// verb's own place only when that verb runs.
#pragma once

#include <map>
#include <string>

#include "app/tool.hpp"

namespace CLI {
class Option;
}  // namespace CLI

namespace nm {

// Where each option's default came from; options that are not in it have their built-in default.
using Origins = std::map<const CLI::Option*, std::string>;

struct Defaults {
    Origins origins;
    std::map<const CLI::Option*, std::string> refused;  // why the value of a verb's own place cannot be
};

Defaults apply_defaults(Tool& tool);
// Throws UserError when the verb's own place has a value that cannot be, and the command line no better one.
void refuse_bad_defaults(const Verb& verb, const Defaults& defaults);

}  // namespace nm
