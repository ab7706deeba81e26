// What is generated from a tool's option tree: completions for three shells, the sections of its manual page
// that would drift if a person wrote them, JSON Schemas and the tree itself. scripts/generate puts them into
// their files; tests/cli/drift.bats compares.
#pragma once

#include <string>

#include "app/tool.hpp"

namespace nm {

std::string bash_completion(Tool& tool);
std::string zsh_completion(Tool& tool);
std::string fish_completion(Tool& tool);
// SYNOPSIS, OPTIONS, FIELDS, ENVIRONMENT, FILES, EXIT STATUS, EXAMPLES.
std::string mdoc_sections(Tool& tool);
// One JSON Schema a line, for each record the tool emits.
std::string schemas(Tool& tool);
// One line of JSON for each verb: its options, operand, records and examples. What the tests loop over.
std::string verb_tree(Tool& tool);

}  // namespace nm
