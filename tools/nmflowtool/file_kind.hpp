// What a file is, by its first bytes: for words about one that was given in the wrong place.
// Proof: tests/cli/nmflowtool_people.bats.
#pragma once

#include <string_view>

#include "wire/byte_reader.hpp"

namespace nmflowtool {

inline constexpr std::size_t enough_to_tell_file = 4;

bool is_capture(std::string_view head);
// Why --read takes no file of datagrams that begins so; nothing for a capture, and for what is too short to
// tell.
std::string_view why_no_capture(nm::Bytes head);

}  // namespace nmflowtool
