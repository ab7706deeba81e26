// What an options record of NetFlow v9 (RFC 3954 section 6.1) or IPFIX (RFC 7011 section 3.4.2.1) is about,
// by its first scope field.
#pragma once

#include "decode/template.hpp"
#include "record/flow.hpp"

namespace nmflowtool {

nm::OptionScope scope_of(const TemplateField& field);

}  // namespace nmflowtool
