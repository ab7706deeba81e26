// The state of each target in its current round: which fates its packets met, and their times. When every
// packet of the round has its fate, the target is reported. sent = received + errors + lost + lost_self holds
// by construction: only fate() counts.
// Proof: tests/unit/probe_test.cpp; the three-ledger test (tests/lab/ledger.bats).
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"
#include "net/ip.hpp"
#include "probe/targets.hpp"
#include "record/probe_icmp.hpp"

namespace nm {

struct Tally {
    std::uint64_t round = 0;
    std::uint32_t count = 0;  // probes that the round has for the target
    std::uint32_t begun = 0;  // handed to the kernel in this round
    std::uint32_t received = 0;
    std::uint32_t refused = 0;  // of received: answered by RST
    std::uint32_t errors = 0;
    std::uint32_t lost = 0;
    std::uint32_t lost_self = 0;
    std::uint32_t dup = 0;
    std::uint32_t late = 0;
    std::uint32_t corrupt = 0;
    std::uint32_t wrong = 0;  // from another address, or not acknowledging our SYN
    std::uint32_t retransmitted = 0;
    std::vector<std::int64_t> rtts_ns;
    TsSource ts_source = TsSource::none;
    std::uint8_t ttl = 0;  // 0: not seen
    // Of the last SYN/ACK (nmtcp).
    std::uint8_t tcp_options = 0;
    std::uint16_t mss = 0;
    IpAddress source;  // what the kernel sends from, where a checksum needs it (nmtcp, traces)
    std::string error;

    std::uint32_t fates() const { return received + errors + lost + lost_self; }
};

// How a target's last finished round ended: answered, or by the strongest word that was heard.
enum class Outcome : std::uint8_t { none, answered, closed, unreachable, lost, unsent };

// One address that is probed. Targets of several addresses share their specification. Small: there may be
// millions, of which few have packets in flight.
struct ProbeTarget {
    IpAddress address;
    Tally* tally = nullptr;  // of the round that is open; the scoreboard's
    std::uint32_t spec = 0;  // in the list of targets
    std::uint16_t port = 0;
    Outcome outcome = Outcome::none;

    bool has_packets_in_flight() const { return tally != nullptr && tally->begun != tally->fates(); }
};
static_assert(sizeof(ProbeTarget) == 40);

// What happened to one packet, for --each and for the tally.
struct PacketEvent {
    std::uint32_t target = 0;
    std::uint32_t seq = 0;
    Fate fate = Fate::none;
    Time ts;
    std::int64_t rtt_ns = -1;  // below 0: none
    TsSource ts_source = TsSource::none;
    std::uint8_t ttl = 0;
    bool refused = false;             // an RST
    std::uint32_t retransmitted = 0;  // SYNs that the kernel sent again (connect): the time is not valid
    IpAddress from;
    int icmp_type = -1;
    int icmp_code = -1;
    const char* reason = nullptr;  // static or strerror text
    std::uint32_t note = 0;        // the protocol's own, of the answer
};

// A target as its records tell of it.
struct TargetReport {
    TargetList::View spec;
    const ProbeTarget& target;
    const Tally& tally;
    float resolve_ms;      // below 0: was a literal
    std::uint32_t id = 0;  // the scoreboard's number of the target
};

// Turns what the scoreboard knows into records: one implementation a tool.
class ProbeReporter {
  public:
    virtual ~ProbeReporter() = default;
    virtual void packet(const TargetReport& target, const PacketEvent& event) = 0;
    virtual void target_done(const TargetReport& target, Time ts) = 0;
    virtual void round_done() = 0;
};

class Scoreboard {
  public:
    // hold: a target is reported when its next round begins or the run ends, not with its last packet, so
    // that duplicates and late replies still find their record (--linger).
    Scoreboard(const TargetList& specs, ProbeReporter& reporter, bool each, bool hold)
        : specs_(specs), reporter_(reporter), each_(each), hold_(hold) {}

    // Room for this many targets.
    void reserve(std::size_t targets) { targets_.reserve(targets); }
    // spec: in the list of targets. resolve_ms below 0: the target was a literal.
    std::uint32_t add(std::uint32_t spec, const IpAddress& address, float resolve_ms = -1);
    ProbeTarget& target(std::uint32_t id) { return targets_[id]; }
    TargetList::View spec(std::uint32_t id) const { return specs_[targets_[id].spec]; }
    std::size_t size() const { return targets_.size(); }

    // False while packets of the target's last round are in flight.
    bool may_begin(std::uint32_t id, std::uint64_t round) const;
    // A packet of this round, which has `count` for the target, is about to be sent.
    void begin(std::uint32_t id, std::uint64_t round, std::uint32_t count);
    // The packet met its fate, or something more was seen of it (dup, late, corrupt, wrong_source).
    void fate(const PacketEvent& event);

    // The end of the run: reports what is held back, and targets whose round is incomplete with the packets
    // that met their fate.
    void close(Time ts);

    // Targets are about to be replaced; the totals stay.
    void clear_targets();

    // Over the whole run.
    ProbeSummary& totals() { return totals_; }
    // Addresses that answered in their last finished round.
    std::size_t answered() const;
    // What all targets without an answer have in common: ok when there is none, the status of their outcome
    // when it is one, Exit::no else.
    Exit verdict() const;

  private:
    Tally& open_tally(ProbeTarget& target);
    void close_tally(ProbeTarget& target);
    TargetReport report_of(const ProbeTarget& target) const;
    void report(ProbeTarget& target, Time ts);
    void count(Tally& tally, const PacketEvent& event);

    const TargetList& specs_;
    ProbeReporter& reporter_;
    bool each_;
    bool hold_;
    std::vector<ProbeTarget> targets_;
    std::deque<Tally> tallies_;                            // as many as were ever open at once
    std::vector<Tally*> free_tallies_;                     // with the room of their samples
    std::unordered_map<std::uint32_t, float> resolve_ms_;  // of targets that are names
    std::size_t done_in_round_ = 0;
    ProbeSummary totals_;
};

// The statistics of a tally's times, set into any record with rtt_*_us members. Percentiles by nearest rank.
struct RttSummary {
    double min_us, avg_us, max_us, mdev_us, p50_us, p95_us, p99_us;
};
std::optional<RttSummary> summarize(const std::vector<std::int64_t>& rtts_ns);

template <class Record>
void set_rtts(Record& record, const Tally& tally) {
    const auto rtt = summarize(tally.rtts_ns);
    const auto value = [&](double RttSummary::*member) {
        return rtt ? std::optional((*rtt).*member) : std::nullopt;
    };
    record.rtt_min_us = value(&RttSummary::min_us);
    record.rtt_avg_us = value(&RttSummary::avg_us);
    record.rtt_max_us = value(&RttSummary::max_us);
    record.rtt_mdev_us = value(&RttSummary::mdev_us);
    record.rtt_p50_us = value(&RttSummary::p50_us);
    record.rtt_p95_us = value(&RttSummary::p95_us);
    record.rtt_p99_us = value(&RttSummary::p99_us);
}

// What both kinds of per-target record share: every one of these members is set, so a record may be reused.
template <class Record>
void set_common(Record& record, const TargetReport& of, Time ts) {
    const Tally& tally = of.tally;
    record.ts = ts;
    record.target = of.spec.host;
    record.address = of.target.address;
    record.labels = of.spec.group.labels;
    record.round = of.tally.round;
    record.sent = tally.fates();
    record.received = tally.received;
    record.errors = tally.errors;
    record.lost = tally.lost;
    record.lost_self = tally.lost_self;
    record.dup = tally.dup;
    record.late = tally.late;
    record.corrupt = tally.corrupt;
    record.loss_pct = record.sent == 0 ? 0
                                       : 100.0 * static_cast<double>(record.sent - record.received) /
                                             static_cast<double>(record.sent);
    record.ttl = tally.ttl != 0 ? std::optional<std::uint32_t>(tally.ttl) : std::nullopt;
    record.ts_source = tally.ts_source;
    record.error = tally.error;
    record.resolve_ms = of.resolve_ms >= 0 ? std::optional(static_cast<double>(of.resolve_ms)) : std::nullopt;
    set_rtts(record, tally);
}

// What both kinds of per-packet record share.
template <class Record>
void set_packet(Record& record, const TargetReport& of, const PacketEvent& event) {
    record.ts = event.ts;
    record.target = of.spec.host;
    record.address = of.target.address;
    record.labels = of.spec.group.labels;
    record.round = of.tally.round;
    record.seq = event.seq;
    record.fate = event.fate;
    record.from = event.from;
    if (event.icmp_type >= 0) record.icmp_type = static_cast<std::uint32_t>(event.icmp_type);
    if (event.icmp_code >= 0) record.icmp_code = static_cast<std::uint32_t>(event.icmp_code);
    record.rtt_us = in_us(event.rtt_ns);
    if (event.ttl != 0) record.ttl = event.ttl;
    record.ts_source = event.ts_source;
    if (event.reason != nullptr) record.reason = event.reason;
}

}  // namespace nm
