// A finished trace as records: one probe.trace with its hops in JSON; in formats without lists a probe.trace
// and a probe.trace.hop for each address at each hop.
#pragma once

#include "format/output.hpp"
#include "trace/trace_planner.hpp"

namespace nm {

// Whether the hop's missing answers are its own doing. Under the hypothesis that they were lost on the way,
// hops behind it would miss as many: Fisher's exact test, one-sided, at 5 %.
bool shows_rate_limit(std::uint32_t lost, std::uint32_t sent, std::uint32_t lost_behind,
                      std::uint32_t sent_behind);

// Joins what a trace met to what is known, and tells whether something differs (trap T30: a path that changes
// is not loss).
bool path_changed(PathMemory& memory, const PathTally& tally);

// Marks the hops whose missing answers are shown by those behind them to be no loss.
void mark_rate_limits(std::vector<TraceHop>& hops);

// What is known of an address at a hop beside its times: rate limited, NAT, MPLS labels, an ICMP error.
std::string note_text(const TraceHop& hop, const TraceReply& reply);

class TraceRecorder final : public TraceReporter {
  public:
    TraceRecorder(Output& out, const TraceOptions& options, TraceProtocol& protocol)
        : out_(out), options_(options), protocol_(protocol) {}

    bool wants_probes() const override { return options_.each; }
    void probe(const TargetReport& of, const PacketEvent& event) override;
    void done(const TargetReport& of, Time ts, const PathTally& tally, bool ended,
              PathMemory& memory) override;
    void round_done() override { out_.end_round(); }

    // The record of a finished trace, with its hops.
    Trace record(const TargetReport& of, Time ts, const PathTally& tally, bool ended,
                 PathMemory& memory) const;

  private:
    void set_end(Trace& trace, const PathTally& tally, bool ended) const;
    void set_mda(Trace& trace, const PathTally& tally) const;
    void write_rows(const Trace& trace);

    Output& out_;
    const TraceOptions& options_;
    TraceProtocol& protocol_;
};

}  // namespace nm
