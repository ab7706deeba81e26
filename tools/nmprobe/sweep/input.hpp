// What a sweep walks: prefixes, ranges and addresses from arguments, a file or stdin, without what is
// excluded, what is no host, and what was named twice. Proof: tests/unit/nmprobe_sweep_test.cpp.
#pragma once

#include <functional>

#include "sweep/address_set.hpp"
#include "sweep/local_links.hpp"
#include "sweep/sweep.hpp"

namespace nmprobe {

// An IPv6 prefix shorter than this is never walked: 65,536 addresses of one network are all that make sense.
inline constexpr std::uint64_t most_v6_span = std::uint64_t{1} << 16;

struct SweepInput {
    AddressSet addresses;
    std::uint64_t repeated = 0;
    std::uint64_t excluded = 0;
    std::uint64_t skipped = 0;
    std::uint64_t failed = 0;  // of a family that cannot be probed here
};

// Spans of a file: one in a line (# comments), or a list in YAML. Throws UserError with name:line.
AddressSet parse_span_file(const std::string& text, const std::string& name);

// links: what --all does not leave out. Throws UserError.
SweepInput collect_sweep(const SweepOptions& options, const LocalLinks& links, nm::BadInput& bad);

// Takes the addresses of a family out of the input; returns how many.
std::uint64_t drop_family(SweepInput& input, nm::Family family);

// Throws UserError when there are more than --max-addresses.
void check_size(const SweepInput& input, std::uint64_t max_addresses);

}  // namespace nmprobe
