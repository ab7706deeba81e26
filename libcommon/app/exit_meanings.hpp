// What each exit status means to a user: the one home of these words, for --help and the manual.
#pragma once

#include <array>
#include <string_view>

#include "base/result.hpp"

namespace nm {

struct ExitMeaning {
    Exit exit;
    std::string_view text;
};
inline constexpr std::array exit_meanings{
    ExitMeaning{Exit::ok, "Yes, all is well"},
    ExitMeaning{Exit::no,
                "The answer is no: a target lost, a plan infeasible, drift found, nothing valid read"},
    ExitMeaning{Exit::changed, "Something changed or would change, with --detailed-exitcode only"},
    ExitMeaning{Exit::unreachable,
                "No: every target that is not well is unreachable, as an ICMP error or the system said"},
    ExitMeaning{Exit::closed, "No: every target that is not well refused the connection"},
    ExitMeaning{Exit::unresolved, "No: every target that is not well is a name without an address"},
    ExitMeaning{Exit::unsent, "No: to every target that is not well nothing could be sent from this host"},
    ExitMeaning{Exit::usage, "The command line is wrong"},
    ExitMeaning{Exit::bad_data, "Some input was malformed; the rest was used"},
    ExitMeaning{Exit::no_input, "An input file cannot be read"},
    ExitMeaning{Exit::unavailable, "A service did not answer"},
    ExitMeaning{Exit::software, "A bug of this tool"},
    ExitMeaning{Exit::os_error, "The system refused: no memory, no socket, no process"},
    ExitMeaning{Exit::cannot_create, "An output file cannot be created"},
    ExitMeaning{Exit::io_error, "Reading or writing failed, such as on a full disk"},
    ExitMeaning{Exit::try_later, "Another run holds the lock"},
    ExitMeaning{Exit::no_permission, "A permission or capability is missing"},
    ExitMeaning{Exit::bad_config, "A configuration file or variable is wrong"},
};

}  // namespace nm
