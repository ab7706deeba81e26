// A file that is either as it was or wholly new, whenever a reader looks and whatever ends us: written beside
// it, synced and renamed. Proof: tests/unit/base_replace_file_test.cpp.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace nm {

Status replace_file(const std::string& path, std::string_view text);

}  // namespace nm
