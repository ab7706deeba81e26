// What the apps and nodes of a plan are on this machine, from a YAML file:
//
//     apps:
//       ping-web:
//         tool: [nmprobe, ping, -f, targets.yaml, --every, 1s]   one of our tools and its arguments
//         files: [targets.yaml]    copied in, beside the command's working directory; paths from this file
//         memory: 64Mi             limits of the container; these are the defaults
//         cpu: 0.5
//         pids: 64
//     nodes:
//       n1: {netns: /run/netns/lab-n1}     without netns: the machine's own network
//
// {period} and {offset} in an argument are those of the app's slot.
// Proof: tests/unit/nmdeploy_catalog_test.cpp.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace nmdeploy {

struct AppSpec {
    std::vector<std::string> command;  // command[0] is the tool's name
    std::vector<std::string> files;    // absolute, or relative to the catalog's directory
    std::uint64_t memory_bytes = 64ULL << 20;
    std::int64_t cpu_milli = 500;  // thousandths of a core
    std::int64_t pids = 64;
};

struct NodeSpec {
    std::string netns;  // path; empty: the network namespace that nmdeploy runs in
};

struct Catalog {
    std::string directory;  // of the file
    std::map<std::string, AppSpec> apps;
    std::map<std::string, NodeSpec> nodes;
};

// name is for messages. Throws UserError(bad_config) with name:line:column.
Catalog parse_catalog(const std::string& text, const std::string& name);
// Throws UserError(no_input) when the file cannot be read.
Catalog read_catalog(const std::string& path);

}  // namespace nmdeploy
