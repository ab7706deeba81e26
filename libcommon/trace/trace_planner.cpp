#include "trace/trace_planner.hpp"

#include <algorithm>
#include <cassert>
#include <limits>

#include "trace/mda_walk.hpp"

namespace nm {
namespace {

// How many packets a trace takes is known when it ends; until then the scoreboard must wait.
constexpr std::uint32_t not_known = std::numeric_limits<std::uint32_t>::max();

// The rhythm of --watch, by its period: known hops are asked one soon after the other, behind a silent one
// that is not known the next follows as mtr would have it, ten in a period.
constexpr std::int64_t spacings_of_a_period = 100;
constexpr std::int64_t waits_of_a_period = 10;

// --watch: a new trace must not take the tag of one whose late answers may still come.
constexpr std::size_t most_runs = ProbeName::runs / 2;

// An ICMP error is how each hop answers: it says nothing of the target.
Outcome outcome_of(const PathTally& tally) {
    if (tally.reached_ttl != PathTally::none) return Outcome::answered;
    if (tally.refused_ttl != PathTally::none) return Outcome::unreachable;
    return tally.send_error.empty() ? Outcome::lost : Outcome::unsent;
}

}  // namespace

TracePlanner::TracePlanner(const TraceOptions& options, const TraceProtocol& protocol,
                           TraceReporter& reporter)
    : options_(options), protocol_(protocol), reporter_(reporter) {}

void TracePlanner::forget() {
    paths_.clear();
    ready_.clear();
    later_ = {};
    active_ = done_ = 0;
}

// --- what is next ---

WalkOptions TracePlanner::walk_options(const Path& path, const TargetGroup& group) const {
    WalkOptions walk;
    walk.max_ttl = options_.max_ttl;
    walk.gap = options_.gap;
    walk.queries =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(group.count.value_or(options_.count), 255));
    walk.interval_ns = group.interval_ns.value_or(options_.interval_ns);
    walk.timeout_ns = options_.timeout_ns;
    walk.confidence_pct = options_.confidence_pct;
    walk.flows = protocol_.flows();
    if (!options_.watch) return walk;
    const auto seen = static_cast<std::uint32_t>(path.memory.hops.size());
    walk.known_ttl = path.memory.length != 0 ? path.memory.length : options_.first_ttl - 1 + seen;
    walk.spacing_ns = options_.every_ns / spacings_of_a_period;
    walk.most_patience_ns = options_.every_ns / waits_of_a_period;
    return walk;
}

void TracePlanner::begin(const Due& due, std::int64_t now_ns) {
    if (paths_.size() <= due.target) paths_.resize(due.target + 1);
    Path& path = paths_[due.target];
    Run& run = path.runs.emplace_back();
    run.round = path.newest_round = due.round;
    run.number = ++path.newest_run;
    run.options = walk_options(path, session_->board().spec(due.target).group);
    run.tally = PathTally(options_.first_ttl);
    if (options_.mda)
        run.walk = std::make_unique<MdaWalk>(run.options, run.tally);
    else
        run.walk = std::make_unique<LinearWalk>(run.options, run.tally);
    ++active_;
    planned_.clear();
    run.walk->begin(now_ns, planned_);
    plan(due.target, run, now_ns);
}

// Takes over what a walk has just planned.
void TracePlanner::plan(std::uint32_t target, Run& run, std::int64_t now_ns) {
    for (const PlannedProbe& probe : planned_) {
        Planned planned{probe.due_ns, target, run.number, probe.name};
        planned.name.run = run.tag();
        if (probe.name.ttl != 0) run.waiting.push_back(planned.name);
        if (probe.name.ttl != 0 && probe.due_ns <= now_ns)
            ready_.push_back(planned);
        else
            later_.push(planned);
    }
    planned_.clear();
}

TracePlanner::Run* TracePlanner::find(std::uint32_t target, std::uint32_t number) {
    if (target >= paths_.size()) return nullptr;
    Runs& runs = paths_[target].runs;
    const auto run = std::find_if(runs.begin(), runs.end(), [&](const Run& r) { return r.number == number; });
    return run != runs.end() ? &*run : nullptr;
}

void TracePlanner::wake_due(std::int64_t now_ns) {
    while (!later_.empty() && later_.top().due_ns <= now_ns) {
        const Planned planned = later_.top();
        later_.pop();
        if (planned.name.ttl != 0) {
            ready_.push_back(planned);
            continue;
        }
        Run* run = find(planned.target, planned.run);
        if (run == nullptr) continue;
        run->walk->wake(now_ns, planned_);
        plan(planned.target, *run, now_ns);
    }
}

std::optional<ProbeSource::Due> TracePlanner::send(const Planned& planned, std::int64_t now_ns) {
    Run* run = find(planned.target, planned.run);
    if (run == nullptr) return std::nullopt;
    const auto waits = std::find_if(run->waiting.begin(), run->waiting.end(), [&](const ProbeName& name) {
        return name.packed() == planned.name.packed();
    });
    if (waits == run->waiting.end()) return std::nullopt;
    if (run->tally.waits_elsewhere(planned.name.ttl) &&
        protocol_.asks_hop_by_hop(session_->board().target(planned.target))) {
        later_.push({now_ns + ns_per_ms, planned.target, planned.run, planned.name});
        return std::nullopt;
    }
    run->waiting.erase(waits);
    if (!run->walk->wanted(planned.name)) return std::nullopt;
    run->tally.begin(planned.name.ttl, now_ns);
    return Due{planned.target, planned.name.packed(), options_.watch ? 0 : run->round, not_known};
}

std::optional<ProbeSource::Due> TracePlanner::take(std::int64_t now_ns) {
    wake_due(now_ns);
    while (true) {
        while (!ready_.empty()) {
            const Planned planned = ready_.front();
            ready_.pop_front();
            if (const auto due = send(planned, now_ns)) return due;
        }
        const auto due = session_->schedule().take(now_ns);
        if (!due) return std::nullopt;
        if (due->seq != 0) continue;  // the schedule repeats a target; a trace does that by itself
        const std::size_t under_way = due->target < paths_.size() ? paths_[due->target].runs.size() : 0;
        if (options_.watch && under_way >= most_runs) continue;
        if (!options_.watch && under_way > 0)
            session_->schedule().postpone(*due, now_ns + ns_per_ms);
        else
            begin(*due, now_ns);
    }
}

// Does not happen: a trace begins when the target's last one was reported.
void TracePlanner::postpone(const Due&, std::int64_t) {
    assert(false);
}

std::int64_t TracePlanner::next_ns() const {
    if (!ready_.empty()) return 0;
    const std::int64_t later_ns = later_.empty() ? never : later_.top().due_ns;
    return std::min(later_ns, session_->schedule().next_ns());
}

// --- what became of it ---

bool TracePlanner::over(const Run& run) {
    if (run.tally.in_flight > 0 || !run.walk->ended()) return false;
    return std::none_of(run.waiting.begin(), run.waiting.end(),
                        [&](const ProbeName& name) { return run.walk->wanted(name); });
}

void TracePlanner::packet(const TargetReport& of, const PacketEvent& event) {
    Path& path = paths_[event.target];
    const ProbeName name = ProbeName::of(event.seq);
    if (reporter_.wants_probes()) {
        Tally round;  // traces begin round by round: the name tells whose probe it is, however late
        round.round = path.newest_round - (path.newest_run - name.run) % ProbeName::runs;
        reporter_.probe({of.spec, of.target, round, of.resolve_ms, of.id}, event);
    }
    const auto run =
        std::find_if(path.runs.begin(), path.runs.end(), [&](const Run& r) { return r.tag() == name.run; });
    if (run == path.runs.end()) return;  // something late of a trace that is over
    const std::uint32_t in_flight = run->tally.in_flight;
    run->tally.add(
        event, protocol_.note(event.fate == Fate::reply || event.fate == Fate::icmp_error ? event.note : 0));
    if (run->tally.in_flight == in_flight) return;  // not the fate of a probe
    const std::int64_t now_ns = monotonic_ns();
    run->walk->on_fate(name, now_ns, planned_);
    plan(event.target, *run, now_ns);
    if (!over(*run)) return;
    Tally& tally = *session_->board().target(event.target).tally;
    if (!options_.watch) {
        // Now it is known how many packets it took: the scoreboard, which counted this one, reports the
        // target.
        tally.count = of.tally.fates();
        return;
    }
    report(of, run, event.ts);
    tally.rtts_ns.clear();  // which nobody asks for, and the scoreboard would gather for ever
    if (++done_ < session_->board().size()) return;
    done_ = 0;
    reporter_.round_done();
}

void TracePlanner::report(const TargetReport& of, Runs::iterator run, Time ts) {
    Path& path = paths_[of.id];
    const bool ended = over(*run);
    if (ended || path.outcome == Outcome::none) path.outcome = outcome_of(run->tally);
    Tally round;
    round.round = run->round;
    reporter_.done({of.spec, of.target, round, of.resolve_ms, of.id}, ts, run->tally, ended, path.memory);
    path.runs.erase(run);
    --active_;
}

void TracePlanner::target_done(const TargetReport& of, Time ts) {
    Path& path = paths_[of.id];
    while (!path.runs.empty()) report(of, path.runs.begin(), ts);
    session_->board().target(of.id).outcome = path.outcome;
}

}  // namespace nm
