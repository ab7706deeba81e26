// Which probe of a trace comes next. Time is a parameter. Proof: tests/unit/trace_path_test.cpp.
//
// LinearWalk: one flow, hop by hop, those behind the known ones. A hop that answers opens the next one at
// once; one that is silent for some round-trip times opens it too, so that silence costs no timeout each;
// after `gap` silent hops in a row, or at the destination, an unreachable, a loop (trap T30), no further hop
// is opened.
#pragma once

#include <memory>
#include <vector>

#include "trace/path_tally.hpp"

namespace nm {

struct WalkOptions {
    std::uint32_t max_ttl = 30;
    std::uint32_t gap = 5;
    std::uint32_t queries = 3;  // probes of each hop
    std::int64_t interval_ns = 0;
    std::int64_t timeout_ns = ns_per_s;
    double confidence_pct = 95;
    std::uint16_t flows = 1;  // how many there may be
    // Of a round among many (--watch):
    std::uint32_t known_ttl = 0;  // the path has so many hops: they are asked without waiting for each other
    std::int64_t spacing_ns = 0;  // time between these
    std::int64_t most_patience_ns = 0;  // with a silent hop behind them; 0: no limit but the timeout
};

// A probe to send when its time has come; ttl 0: call wake() then.
struct PlannedProbe {
    std::int64_t due_ns = 0;
    ProbeName name;
};

class PathWalk {
  public:
    virtual ~PathWalk() = default;
    virtual void begin(std::int64_t now_ns, std::vector<PlannedProbe>& out) = 0;
    // The tally has counted a fate of this probe.
    virtual void on_fate(const ProbeName& name, std::int64_t now_ns, std::vector<PlannedProbe>& out) = 0;
    virtual void wake(std::int64_t now_ns, std::vector<PlannedProbe>& out) = 0;
    // Whether a probe planned earlier is still worth sending.
    virtual bool wanted(const ProbeName& name) const = 0;
    // Nothing more will be planned by itself: the trace ends when nothing is in flight or waits.
    virtual bool ended() const = 0;
};

// The TTL at which the addresses that the first flow meets begin to repeat, or 0. One router twice in a row
// forwards what it should drop (zero-TTL forwarding) and is no loop.
std::uint32_t loop_at(const PathTally& tally);

class LinearWalk final : public PathWalk {
  public:
    LinearWalk(const WalkOptions& options, const PathTally& tally)
        : options_(options), tally_(tally), next_ttl_(tally.first_ttl) {}

    void begin(std::int64_t now_ns, std::vector<PlannedProbe>& out) override;
    void on_fate(const ProbeName& name, std::int64_t now_ns, std::vector<PlannedProbe>& out) override;
    void wake(std::int64_t now_ns, std::vector<PlannedProbe>& out) override;
    bool wanted(const ProbeName& name) const override;
    bool ended() const override;

  private:
    bool stopped() const;
    void open(std::int64_t due_ns, std::vector<PlannedProbe>& out);
    void open_next(std::int64_t now_ns, std::vector<PlannedProbe>& out);
    std::int64_t patience_ns() const;
    bool newest_is_silent(std::int64_t now_ns) const;

    const WalkOptions& options_;
    const PathTally& tally_;
    std::uint32_t next_ttl_;
};

}  // namespace nm
