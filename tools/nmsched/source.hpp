// The lines of a file or of stdin, for verbs that read all their input before they answer.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "app/tool.hpp"

namespace nmsched {

// Calls visit(line, line number) for each line that is not blank. path "-" is stdin, where a terminal is
// refused. Throws UserError when the file cannot be read, has a line over 1 MiB, or a signal came before its
// end.
void each_line(nm::Context& context, const std::string& path,
               const std::function<void(std::string_view, std::uint64_t)>& visit);

}  // namespace nmsched
