// The multipath detection algorithm (Augustin, Friedman, Teixeira 2007, with the stopping points of Veitch et
// al. 2009): hop by hop, each node's successors are looked for with as many flows through that node as make
// it sure, at the stated confidence, that there is no further one. Links are only those that packets of one
// flow met one behind the other. Proof: tests/unit/trace_path_test.cpp, tests/lab/nmprobe_trace.bats (T29).
#pragma once

#include "record/probe_trace.hpp"
#include "trace/path_walk.hpp"

namespace nm {

// How many flows a node with this many known successors takes, so that one more, were it there and equally
// likely, would have been seen with this probability.
std::uint32_t stopping_point(std::uint32_t successors, double confidence);

// Where packets of one flow met different addresses (per-packet balancing) no link is claimed.
std::vector<TraceLink> links_of(const PathTally& tally);

class MdaWalk final : public PathWalk {
  public:
    MdaWalk(const WalkOptions& options, PathTally& tally);

    void begin(std::int64_t now_ns, std::vector<PlannedProbe>& out) override { step(now_ns, out); }
    void on_fate(const ProbeName& name, std::int64_t now_ns, std::vector<PlannedProbe>& out) override;
    void wake(std::int64_t, std::vector<PlannedProbe>&) override {}
    bool wanted(const ProbeName&) const override { return tally_.send_error.empty(); }
    bool ended() const override { return ended_; }

  private:
    // What is known of one flow at one hop.
    struct FlowState {
        std::uint8_t probes = 0;
        bool waits = false;
    };
    using Flows = std::vector<std::uint16_t>;

    void step(std::int64_t now_ns, std::vector<PlannedProbe>& out);
    bool explore(std::int64_t now_ns, std::vector<PlannedProbe>& out);
    bool explore_node(const Flows& through, std::size_t& more_wanted, std::int64_t now_ns,
                      std::vector<PlannedProbe>& out);
    bool add_flows(std::size_t wanted, std::int64_t now_ns, std::vector<PlannedProbe>& out);
    void ask(std::uint32_t ttl, std::uint16_t flow, std::int64_t now_ns, std::vector<PlannedProbe>& out);
    bool next_hop();
    std::vector<Flows> nodes_before() const;
    FlowState& state(std::uint32_t ttl, std::uint16_t flow);
    std::uint32_t needed(std::uint32_t successors) const;

    const WalkOptions& options_;
    PathTally& tally_;
    std::uint32_t ttl_;
    std::uint16_t flows_ = 0;  // in use
    std::uint32_t waiting_ = 0;
    std::uint32_t silent_hops_ = 0;
    std::uint32_t repeated_ttl_ = 0;  // where one flow was sent again and again last
    bool ended_ = false;
    std::vector<std::vector<FlowState>> states_;  // by hop, by flow
};

}  // namespace nm
