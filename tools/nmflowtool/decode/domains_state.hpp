// Templates, sampling rates and names on their way to a later run (decode --state): text of one line per
// fact, with a version and a checksum in front. Proof: tests/unit/nmflowtool_state_test.cpp.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "decode/domains.hpp"

namespace nmflowtool {

std::string state_of(const DomainTable& domains);
// Of whatever version, damaged or not.
bool is_state(std::string_view text);
// Adds what the text tells to domains; all of it or nothing. The number of templates, or why it is no state;
// with Exit::usage when it was learnt in the other scope, where nothing would ever match it.
nm::Result<std::size_t> restore_state(std::string_view text, TemplateScope scope, DomainTable& domains);

}  // namespace nmflowtool
