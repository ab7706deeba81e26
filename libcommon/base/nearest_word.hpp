// The word that somebody who mistyped may have meant. Proof: tests/unit/base_nearest_word_test.cpp.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace nm {

// The known word that is at most two letters (of a short word, fewer) off; the first of several. Nothing when
// none is near.
std::string nearest_word(std::string_view word, const std::vector<std::string>& known);

}  // namespace nm
