// trace --watch on a terminal: gathers what the traces of each round met, and keeps it on the screen.
// Proof: tests/lab/live.bats.
#pragma once

#include <map>
#include <memory>
#include <set>

#include "net/resolver.hpp"
#include "probe/live_view.hpp"
#include "trace/trace_report.hpp"
#include "trace/watch_table.hpp"

namespace nm {

class TraceWatch final : public TraceReporter, public SessionView {
  public:
    // nullptr when records are wanted, or stdout is no terminal.
    static std::unique_ptr<TraceWatch> open(const TraceOptions& options, const TraceRecorder& recorder,
                                            Context& context);
    TraceWatch(const TraceOptions& options, const TraceRecorder& recorder, Context& context);
    bool wants_probes() const override { return true; }
    void probe(const TargetReport& of, const PacketEvent& event) override;
    void done(const TargetReport& of, Time ts, const PathTally& tally, bool ended,
              PathMemory& memory) override;
    void round_done() override { clock_.changed(true); }

    void target(std::uint32_t id, std::uint32_t place, const TargetList::View& spec,
                const IpAddress& address) override;
    void failed(std::uint32_t place, const TargetList::View& spec, std::string_view stage,
                const std::string& reason) override;
    void clear() override;
    void turn(std::int64_t now_ns) override;
    std::int64_t next_ns() const override;
    void finish() override { draw(); }

  private:
    struct Target {
        std::size_t row = 0;
        std::map<std::uint64_t, std::vector<WatchProbe>> probes;  // by round, of those under way
    };

    void ask_names(const Trace& trace);
    void draw();

    const TraceOptions& options_;
    const TraceRecorder& recorder_;
    LiveScreen screen_;
    WatchTable table_;
    std::vector<Target> targets_;
    EventLoop loop_;                      // of the resolver: names are asked for beside the run
    std::unique_ptr<Resolver> resolver_;  // nullptr: names are not wanted
    std::set<IpAddress> asked_;
    std::uint64_t round_ = 0;
    RedrawClock clock_;
};

}  // namespace nm
