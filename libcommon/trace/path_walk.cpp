#include "trace/path_walk.hpp"

#include <algorithm>

namespace nm {
namespace {

// How long a hop may be silent before the next one is tried beside it.
constexpr std::int64_t shortest_patience_ns = 50 * ns_per_ms;
constexpr std::int64_t first_patience_ns = 100 * ns_per_ms;  // no round-trip time is known yet
constexpr std::int64_t patience_rtts = 3;

// The same address again without a break is a loop from the so-manieth time on.
constexpr std::uint32_t repeats_of_one = 4;

}  // namespace

std::uint32_t loop_at(const PathTally& tally) {
    const std::uint32_t end = tally.first_ttl + static_cast<std::uint32_t>(tally.hops.size());
    for (std::uint32_t ttl = tally.first_ttl; ttl < end; ++ttl) {
        const IpAddress here = tally.address_at(ttl);
        if (!here.is_set()) continue;
        std::uint32_t same = 1;
        while (ttl + same < end && tally.address_at(ttl + same) == here) ++same;
        if (same >= repeats_of_one) return ttl + 1;
        // Two different addresses come again in the same order.
        const IpAddress next = tally.address_at(ttl + 1);
        if (!next.is_set() || next == here) continue;
        for (std::uint32_t again = ttl + 2; again + 1 < end; ++again) {
            if (tally.address_at(again) == here && tally.address_at(again + 1) == next) return again;
        }
    }
    return 0;
}

bool LinearWalk::stopped() const {
    return tally_.reached_ttl != PathTally::none || tally_.refused_ttl != PathTally::none ||
           !tally_.send_error.empty() || loop_at(tally_) != 0;
}

bool LinearWalk::ended() const {
    return stopped() || next_ttl_ > options_.max_ttl || next_ttl_ - 1 - tally_.last_answered >= options_.gap;
}

bool LinearWalk::wanted(const ProbeName& name) const {
    const bool beyond = (tally_.reached_ttl != PathTally::none && name.ttl > tally_.reached_ttl) ||
                        (tally_.refused_ttl != PathTally::none && name.ttl > tally_.refused_ttl);
    return !beyond && tally_.send_error.empty();
}

std::int64_t LinearWalk::patience_ns() const {
    // Behind the last known hop there is something new only if that one is not the end any more.
    if (next_ttl_ - 1 <= options_.known_ttl) return options_.timeout_ns;
    const std::int64_t most_ns = options_.most_patience_ns > 0
                                     ? std::min(options_.most_patience_ns, options_.timeout_ns)
                                     : options_.timeout_ns;
    if (tally_.received == 0) return std::min(first_patience_ns, most_ns);
    return std::min(std::max(tally_.rtt_max_ns * patience_rtts, shortest_patience_ns), most_ns);
}

void LinearWalk::open(std::int64_t due_ns, std::vector<PlannedProbe>& out) {
    for (std::uint32_t query = 0; query < options_.queries; ++query) {
        const ProbeName name{static_cast<std::uint8_t>(next_ttl_), static_cast<std::uint8_t>(query)};
        out.push_back({due_ns + query * options_.interval_ns, name});
    }
    ++next_ttl_;
}

void LinearWalk::open_next(std::int64_t now_ns, std::vector<PlannedProbe>& out) {
    open(now_ns, out);
    out.push_back({now_ns + patience_ns(), {}});
}

void LinearWalk::begin(std::int64_t now_ns, std::vector<PlannedProbe>& out) {
    std::int64_t due_ns = now_ns;
    for (; next_ttl_ < std::min(options_.known_ttl, options_.max_ttl); due_ns += options_.spacing_ns)
        open(due_ns, out);
    open_next(due_ns, out);
}

// Its first probe is longer under way than an answer should take.
bool LinearWalk::newest_is_silent(std::int64_t now_ns) const {
    const HopTally* newest = tally_.find(next_ttl_ - 1);
    return newest != nullptr && newest->sent > 0 && now_ns - newest->first_sent_ns >= patience_ns();
}

void LinearWalk::on_fate(const ProbeName&, std::int64_t now_ns, std::vector<PlannedProbe>& out) {
    if (ended()) return;
    const HopTally* newest = tally_.find(next_ttl_ - 1);
    const bool known = newest != nullptr && (newest->answered() || newest->whole());
    if (known || newest_is_silent(now_ns)) open_next(now_ns, out);
}

void LinearWalk::wake(std::int64_t now_ns, std::vector<PlannedProbe>& out) {
    if (ended()) return;
    if (newest_is_silent(now_ns))
        open_next(now_ns, out);
    else
        out.push_back({now_ns + patience_ns(), {}});
}

}  // namespace nm
