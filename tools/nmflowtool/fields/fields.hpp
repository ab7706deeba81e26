// nmflowtool fields: every key of flow records and every information element that has a name here.
#pragma once

#include <string>

#include "app/tool.hpp"

namespace nmflowtool {

struct FieldsOptions {
    std::string pattern;  // empty: all
};

nm::Exit run_fields(const FieldsOptions& options, nm::Context& context);

}  // namespace nmflowtool
