// What to probe, as nmprobe and nmtcp take it: from arguments, from a YAML file in any of its forms, or as
// JSON lines on stdin.
//
//     region: [host, ...]                       region becomes the label "region"
//     region: {host: port}                      (nmtcp)
//     region: {host: [port, ...]}               (nmtcp)
//     targets: [{host:, port:, labels: {k: v}, count:, interval:}, ...]
//
// Proof: tests/unit/probe_targets_test.cpp, fuzzed by tests/fuzz/fuzz_targets_yaml.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/tool.hpp"
#include "record/describe.hpp"

namespace nm {

struct Target {
    std::string host;        // name or address, as written
    std::uint16_t port = 0;  // 0: none given
    Labels labels;
    std::optional<std::uint64_t> count;       // over the command line's
    std::optional<std::int64_t> interval_ns;  // over the command line's
};

// Whether a target must have a port (nmtcp) or must not (nmprobe).
enum class PortRule : std::uint8_t { none, required };

// One argument: "host", or "host:port" where a port is required. Throws UserError(usage).
Target target_of_argument(std::string_view text, PortRule rule);

// name is for messages. Throws UserError(bad_data) with name:line:column.
std::vector<Target> parse_targets_yaml(const std::string& text, const std::string& name, PortRule rule);
// Throws UserError(no_input) when the file cannot be read.
std::vector<Target> read_targets_file(const std::string& path, PortRule rule);

// JSON lines {"target":"host","port":443,...}: other string members become labels. "host:port" in target
// works too. Lines that are not such are counted in bad.
std::vector<Target> read_targets_stream(int fd, PortRule rule, BadInput& bad);

// Keys that a label may not have, because records use them.
bool is_reserved_label(std::string_view key);

}  // namespace nm
