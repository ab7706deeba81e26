// Many traces at once: stands between the rounds (Schedule) and the packet engine, tells the engine which
// probe is next, hears of each probe's fate, and has a trace reported when it is over.
//
// A target has one trace at a time, and each is a round of the scoreboard. With --watch the rounds come at
// their time, whether or not the one before still waits for a silent hop: then a target may have several
// traces under way, and to the scoreboard they are one round, which ends with the run.
// Proof: tests/lab/nmprobe_trace.bats.
#pragma once

#include <deque>
#include <list>
#include <memory>
#include <queue>

#include "probe/packet_engine.hpp"
#include "probe/session.hpp"
#include "trace/path_walk.hpp"

namespace nm {

// The addresses that a target's path is known to have, over the rounds.
struct PathMemory {
    std::vector<IpAddress> hops;  // by TTL from the first one on; unset: never answered
    std::uint32_t length = 0;     // distance of the destination; 0: not known
};

class TraceReporter {
  public:
    virtual ~TraceReporter() = default;
    // Each packet's event, if wants_probes().
    virtual bool wants_probes() const = 0;
    virtual void probe(const TargetReport& of, const PacketEvent& event) = 0;
    // ended: no signal cut it short.
    virtual void done(const TargetReport& of, Time ts, const PathTally& tally, bool ended,
                      PathMemory& memory) = 0;
    virtual void round_done() = 0;
};

class TracePlanner final : public ProbeSource, public ProbeReporter {
  public:
    TracePlanner(const TraceOptions& options, const TraceProtocol& protocol, TraceReporter& reporter);
    // The session is made with this as its reporter, so it comes later.
    void attach(ProbeSession& session) { session_ = &session; }

    // No trace is under way.
    bool idle() const { return active_ == 0; }
    // The targets are about to be replaced.
    void forget();

    std::optional<Due> take(std::int64_t now_ns) override;
    void postpone(const Due& due, std::int64_t due_ns) override;
    std::int64_t next_ns() const override;

    void packet(const TargetReport& of, const PacketEvent& event) override;
    void target_done(const TargetReport& of, Time ts) override;
    void round_done() override { reporter_.round_done(); }

  private:
    // A trace under way.
    struct Run {
        std::uint64_t round = 0;
        std::uint32_t number = 0;  // among those of its target
        WalkOptions options;
        PathTally tally;
        std::unique_ptr<PathWalk> walk;
        std::vector<ProbeName> waiting;  // planned, not sent

        std::uint8_t tag() const { return static_cast<std::uint8_t>(number % ProbeName::runs); }
    };
    using Runs = std::list<Run>;  // a walk refers to its run's tally, which must not move
    struct Path {
        std::uint64_t newest_round = 0;
        std::uint32_t newest_run = 0;
        Runs runs;
        Outcome outcome = Outcome::none;  // of the last trace that ended
        PathMemory memory;
    };
    struct Planned {
        std::int64_t due_ns;
        std::uint32_t target;
        std::uint32_t run;  // its number: what was planned for one that is over is void
        ProbeName name;
        bool operator>(const Planned& other) const { return due_ns > other.due_ns; }
    };

    void begin(const Due& due, std::int64_t now_ns);
    WalkOptions walk_options(const Path& path, const TargetGroup& group) const;
    void plan(std::uint32_t target, Run& run, std::int64_t now_ns);
    void wake_due(std::int64_t now_ns);
    std::optional<Due> send(const Planned& planned, std::int64_t now_ns);
    Run* find(std::uint32_t target, std::uint32_t number);
    static bool over(const Run& run);
    void report(const TargetReport& of, Runs::iterator run, Time ts);

    const TraceOptions& options_;
    const TraceProtocol& protocol_;
    TraceReporter& reporter_;
    ProbeSession* session_ = nullptr;
    std::vector<Path> paths_;  // by target
    std::deque<Planned> ready_;
    std::priority_queue<Planned, std::vector<Planned>, std::greater<>> later_;
    std::vector<PlannedProbe> planned_;
    std::size_t active_ = 0;  // traces under way
    std::size_t done_ = 0;    // --watch: in this round
};

// The packet engine, which is not idle while a trace waits for its next probe.
class TraceEngine final : public PacketEngine {
  public:
    TraceEngine(const EngineOptions& options, EventLoop& loop, PacketProtocol& protocol,
                TracePlanner& planner, Scoreboard& board, Output& out)
        : PacketEngine(options, loop, protocol, planner, board, out), planner_(planner) {}

    bool idle() const override { return planner_.idle() && PacketEngine::idle(); }
    void forget() override {
        planner_.forget();
        PacketEngine::forget();
    }

  private:
    TracePlanner& planner_;
};

}  // namespace nm
