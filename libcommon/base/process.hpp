// Runs another program and waits for it: an argument vector, never a shell; stdout and stderr captured; a
// time limit. The program gets default signals, a process group of its own (so that Ctrl-C at our terminal
// does not stop it half way) and SIGTERM when we die. Processes that it leaves behind keep running.
// Proof: tests/unit/base_process_test.cpp.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace nm {

struct Process {
    std::vector<std::string> argv;         // argv[0] is looked up in PATH
    std::vector<std::string> environment;  // "NAME=value", in place of ours of that name
    std::int64_t timeout_ns = 60 * ns_per_s;
};

struct ProcessEnd {
    int exit_code = 0;  // 128 + n after signal n
    bool timed_out = false;
    std::string out;
    std::string err;  // of each, the first most_output bytes

    static constexpr std::size_t most_output = 64 * 1024 * 1024;
    bool ok() const { return exit_code == 0 && !timed_out; }
    // The last line of stderr, or how the program ended: for messages.
    std::string reason() const;
};

// An Error only when the program could not be started (unavailable when it is not there).
Result<ProcessEnd> run_process(const Process& process);

}  // namespace nm
