// How sflowtool spells what stands in many of its lines.
#pragma once

#include <ctime>
#include <optional>
#include <string>

#include "net/ip.hpp"
#include "wire/byte_reader.hpp"

namespace nmflowtool {

// enterprise:format
std::string tag_text(std::uint32_t number);
// Twelve digits, zeros when there is none.
std::string mac_text(const std::optional<nm::Mac>& mac);
// "-" when there is none; all digits of IPv6.
std::string address_text(const nm::IpAddress& ip);
// As strftime() has it, in local time.
std::string local_time(std::time_t seconds, const char* format);
std::string dashed_hex(nm::Bytes bytes, bool upper);

}  // namespace nmflowtool
