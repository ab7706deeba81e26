// What is generated from a tool's option tree: completions for three shells and the OPTIONS and FIELDS of its
// manual page, between markers. scripts/generate writes the files; tests/cli/drift.bats compares.
#pragma once

#include <string>

#include "app/tool.hpp"

namespace nm {

std::string bash_completion(Tool& tool);
std::string zsh_completion(Tool& tool);
std::string fish_completion(Tool& tool);
std::string mdoc_sections(Tool& tool);
// One JSON Schema a line, for each record the tool emits.
std::string schemas(Tool& tool);

}  // namespace nm
