// The checker's own reading of records: nothing here is shared with the solver's.
#pragma once

#include <cstdint>
#include <string_view>

#include "check.hpp"

namespace nmsched::check {

// Takes one line of the input (config, node, app, placement) or of the plan. Other types return false.
// Throw UserError(bad_data) with the reason.
bool read_given(std::string_view line, Given& given);
bool read_said(std::string_view line, Said& said);

}  // namespace nmsched::check
