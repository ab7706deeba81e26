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

// What the targets of a file mostly share.
struct TargetGroup {
    Labels labels;
    std::optional<std::uint64_t> count;       // over the command line's
    std::optional<std::int64_t> interval_ns;  // over the command line's
    bool operator==(const TargetGroup&) const = default;
};

struct Target {
    std::string host;        // name or address, as written
    std::uint16_t port = 0;  // 0: none given
    TargetGroup group;
};

// Any number of targets in a few bytes each: hosts in one text, groups only once.
class TargetList {
  public:
    struct View {
        std::string_view host;
        std::uint16_t port;
        const TargetGroup& group;
    };

    // A group equal to the last one is shared with it.
    void add(std::string_view host, std::uint16_t port, const TargetGroup& group);
    void add(const Target& target) { add(target.host, target.port, target.group); }
    std::size_t size() const { return entries_.size(); }
    bool empty() const { return entries_.empty(); }
    View operator[](std::size_t i) const;

  private:
    struct Entry {
        std::uint32_t host_end;  // in hosts_; it begins where the one before ends
        std::uint16_t port;
    };
    struct Run {  // of targets that share a group
        std::size_t first;
        TargetGroup group;
    };
    std::string hosts_;
    std::vector<Entry> entries_;
    std::vector<Run> runs_;
};

// Whether a target must have a port (nmtcp) or must not (nmprobe).
enum class PortRule : std::uint8_t { none, required };

// One argument: "host", or "host:port" where a port is required. Throws UserError(usage).
Target target_of_argument(std::string_view text, PortRule rule);

// Add to the list. name is for messages. Throw UserError(bad_data) with name:line:column.
void parse_targets_yaml(std::string_view text, const std::string& name, PortRule rule, TargetList& list);
// Throws UserError(no_input) when the file cannot be read.
void read_targets_file(const std::string& path, PortRule rule, TargetList& list);

// JSON lines {"target":"host","port":443,...}: other string members become labels. "host:port" in target
// works too. Lines that are not such are counted in bad.
void read_targets_stream(int fd, PortRule rule, BadInput& bad, TargetList& list);

// Keys that a label may not have, because records use them.
bool is_reserved_label(std::string_view key);

}  // namespace nm
