#include "ping/ping.hpp"

namespace nmprobe {

nm::Exit run_ping(const PingOptions& options, nm::Context& context) {
    nm::BadInput bad(context, "stdin");
    const auto targets = nm::collect_targets(options, nm::PortRule::none, bad);
    return bad.exit_or(targets.empty() ? nm::Exit::no : nm::Exit::ok);
}

}  // namespace nmprobe
