// Where a sweep stands, in a file: two JSON lines, the counts so far (as its summary) and the place in the
// order. Every address before `next` is done but those in `open`, so the file stays small whatever the
// prefix. Proof: tests/unit/nmprobe_sweep_test.cpp, tests/lab/nmprobe_sweep.bats (kill -9).
#pragma once

#include <optional>

#include "record/probe_sweep.hpp"
#include "sweep/order.hpp"

namespace nmprobe {

struct SweepProgress {
    std::string addresses;  // digest_of() what is swept: another sweep's file is refused
    std::uint64_t seed = 0;
    std::uint64_t next = 0;
    std::vector<std::uint64_t> open;
    nm::SweepSummary counts;
};

// Names the addresses and the shard.
std::string digest_of(const AddressSet& addresses, Shard shard);

std::string write_state(const SweepProgress& state);
nm::Result<SweepProgress> read_state(std::string_view text);
// Nothing when there is no file. Throws UserError when it is no state.
std::optional<SweepProgress> load_state(const std::string& path);

}  // namespace nmprobe
