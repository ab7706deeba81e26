// A failure about one item: a name that does not resolve, a line that is not a record.
#pragma once

#include "record/value.hpp"

namespace nm {

struct ErrorRecord {
    Time ts;
    std::string stage;  // what was being done: resolve, read, send
    std::string target;
    std::string reason;
    Labels labels;
};

template <>
inline constexpr auto describe<ErrorRecord> = record(
    "error", 1, "a failure about one item; the others go on",
    field("ts", &ErrorRecord::ts, Role::time, "when it was noticed"),
    field("stage", &ErrorRecord::stage, Role::tag, "what was being done, such as resolve, read or send"),
    field("target", &ErrorRecord::target, Role::tag, "the item, as the user wrote it"),
    field("reason", &ErrorRecord::reason, Role::text, "why it failed"),
    field("labels", &ErrorRecord::labels, Role::tag, "the target's labels, each under its own key"));

}  // namespace nm
