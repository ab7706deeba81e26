#include "trace/trace_planner.hpp"

#include <algorithm>
#include <cassert>
#include <limits>

#include "trace/mda_walk.hpp"

namespace nm {
namespace {

// How many packets a trace takes is known when it ends; until then the scoreboard must wait.
constexpr std::uint32_t not_known = std::numeric_limits<std::uint32_t>::max();

}  // namespace

TracePlanner::TracePlanner(const TraceOptions& options, const TraceProtocol& protocol,
                           TraceReporter& reporter)
    : options_(options), protocol_(protocol), reporter_(reporter) {}

void TracePlanner::forget() {
    paths_.clear();
    ready_.clear();
    later_ = {};
    active_ = 0;
}

// --- what is next ---

void TracePlanner::begin(const Due& due, std::int64_t now_ns) {
    if (paths_.size() <= due.target) paths_.resize(due.target + 1);
    Path& path = paths_[due.target];
    const TargetGroup& group = session_->board().spec(due.target).group;
    path.round = due.round;
    ++path.run;
    path.options.max_ttl = options_.max_ttl;
    path.options.gap = options_.gap;
    path.options.queries =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(group.count.value_or(options_.count), 255));
    path.options.interval_ns = group.interval_ns.value_or(options_.interval_ns);
    path.options.timeout_ns = options_.timeout_ns;
    path.options.confidence_pct = options_.confidence_pct;
    path.options.flows = protocol_.flows();
    path.tally = PathTally(options_.first_ttl);
    path.waiting.clear();
    if (options_.mda)
        path.walk = std::make_unique<MdaWalk>(path.options, path.tally);
    else
        path.walk = std::make_unique<LinearWalk>(path.options, path.tally);
    ++active_;
    planned_.clear();
    path.walk->begin(now_ns, planned_);
    plan(due.target, now_ns);
}

// Takes over what a walk has just planned.
void TracePlanner::plan(std::uint32_t target, std::int64_t now_ns) {
    Path& path = paths_[target];
    for (const PlannedProbe& probe : planned_) {
        const Planned planned{probe.due_ns, target, path.run, probe.name};
        if (probe.name.ttl != 0) path.waiting.push_back(probe.name);
        if (probe.name.ttl != 0 && probe.due_ns <= now_ns)
            ready_.push_back(planned);
        else
            later_.push(planned);
    }
    planned_.clear();
}

void TracePlanner::wake_due(std::int64_t now_ns) {
    while (!later_.empty() && later_.top().due_ns <= now_ns) {
        const Planned planned = later_.top();
        later_.pop();
        if (planned.name.ttl != 0) {
            ready_.push_back(planned);
            continue;
        }
        if (planned.target >= paths_.size()) continue;
        Path& path = paths_[planned.target];
        if (path.run != planned.run || !path.walk) continue;
        path.walk->wake(now_ns, planned_);
        plan(planned.target, now_ns);
    }
}

std::optional<ProbeSource::Due> TracePlanner::send(const Planned& planned, std::int64_t now_ns) {
    if (planned.target >= paths_.size()) return std::nullopt;
    Path& path = paths_[planned.target];
    if (path.run != planned.run || !path.walk) return std::nullopt;
    const auto waits = std::find_if(path.waiting.begin(), path.waiting.end(), [&](const ProbeName& name) {
        return name.packed() == planned.name.packed();
    });
    if (waits == path.waiting.end()) return std::nullopt;
    path.waiting.erase(waits);
    if (!path.walk->wanted(planned.name)) return std::nullopt;
    path.tally.begin(planned.name.ttl, now_ns);
    return Due{planned.target, planned.name.packed(), path.round, not_known};
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
        const bool under_way = due->target < paths_.size() && paths_[due->target].walk;
        if (under_way && options_.watch) continue;  // its round is left out: the next one is soon
        if (under_way)
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

bool TracePlanner::over(const Path& path) const {
    if (path.tally.in_flight > 0 || !path.walk->ended()) return false;
    return std::none_of(path.waiting.begin(), path.waiting.end(),
                        [&](const ProbeName& name) { return path.walk->wanted(name); });
}

void TracePlanner::packet(const TargetReport& of, const PacketEvent& event) {
    if (reporter_.wants_probes()) reporter_.probe(of, event);
    Path& path = paths_[event.target];
    if (!path.walk) return;  // something late of a trace that is over
    const std::uint32_t in_flight = path.tally.in_flight;
    path.tally.add(
        event, protocol_.note(event.fate == Fate::reply || event.fate == Fate::icmp_error ? event.note : 0));
    if (path.tally.in_flight == in_flight) return;  // not the fate of a probe
    const std::int64_t now_ns = monotonic_ns();
    path.walk->on_fate(ProbeName::of(event.seq), now_ns, planned_);
    plan(event.target, now_ns);
    // Now it is known how many packets it took: the scoreboard, which counted this one, reports the target.
    if (over(path)) session_->board().target(event.target).tally->count = of.tally.fates();
}

void TracePlanner::target_done(const TargetReport& of, Time ts) {
    Path& path = paths_[of.id];
    if (!path.walk) return;
    const bool ended = over(path);
    // An ICMP error is how each hop answers: it says nothing of the target.
    Outcome& outcome = session_->board().target(of.id).outcome;
    if (outcome == Outcome::unreachable && path.tally.refused_ttl == PathTally::none)
        outcome = path.tally.send_error.empty() ? Outcome::lost : Outcome::unsent;
    reporter_.done(of, ts, path.tally, ended, path.memory);
    path.walk.reset();
    path.tally = PathTally(options_.first_ttl);
    --active_;
}

}  // namespace nm
