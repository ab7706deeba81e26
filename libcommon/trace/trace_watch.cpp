#include "trace/trace_watch.hpp"

#include <algorithm>

namespace nm {
namespace {

constexpr std::int64_t look_for_names_ns = 50 * ns_per_ms;

}  // namespace

std::unique_ptr<TraceWatch> TraceWatch::open(const TraceOptions& options, const TraceRecorder& recorder,
                                             Context& context) {
    if (!options.watch || options.each || !LiveScreen::possible(context.out)) return nullptr;
    return std::make_unique<TraceWatch>(options, recorder, context);
}

TraceWatch::TraceWatch(const TraceOptions& options, const TraceRecorder& recorder, Context& context)
    : options_(options),
      recorder_(recorder),
      screen_(context.out, context.console),
      table_(context.out.colour()) {
    if (!options.no_dns) resolver_ = std::make_unique<Resolver>(loop_);
}

void TraceWatch::probe(const TargetReport& of, const PacketEvent& event) {
    if (event.fate == Fate::none || event.fate > Fate::send_error) return;  // no probe's fate
    const bool answered = event.fate == Fate::reply || event.fate == Fate::icmp_error;
    targets_[of.id].probes[of.tally.round].push_back(
        {ProbeName::of(event.seq).ttl, answered, answered ? event.rtt_ns : std::int64_t{-1}});
}

void TraceWatch::done(const TargetReport& of, Time ts, const PathTally& tally, bool ended,
                      PathMemory& memory) {
    Target& target = targets_[of.id];
    const std::vector<WatchProbe> probes = std::move(target.probes[of.tally.round]);
    target.probes.erase(of.tally.round);
    if (!ended) return;  // half a round says less than the one before
    const Trace trace = recorder_.record(of, ts, tally, ended, memory);
    const std::uint32_t distance = tally.reached_ttl != PathTally::none ? tally.reached_ttl : memory.length;
    table_.add_round(target.row, trace, probes, distance);
    ask_names(trace);
    round_ = std::max(round_, of.tally.round + 1);
    clock_.changed(false);
}

void TraceWatch::ask_names(const Trace& trace) {
    if (!resolver_) return;
    for (const TraceHop& hop : trace.hops) {
        for (const TraceReply& reply : hop.replies) {
            if (!asked_.insert(reply.address).second) continue;
            resolver_->name_of(reply.address, [this, address = reply.address](const std::string& name) {
                if (name.empty()) return;
                table_.name(address, name);
                clock_.changed(false);
            });
        }
    }
}

void TraceWatch::target(std::uint32_t id, std::uint32_t place, const TargetList::View& spec,
                        const IpAddress& address) {
    std::string name = target_text(spec);
    if (options_.addresses == AddressChoice::all && to_string(address) != spec.host)
        name += " " + to_string(address);
    targets_.resize(std::max<std::size_t>(targets_.size(), id + 1));
    targets_[id].row = table_.add(place, name);
    clock_.changed(false);
}

void TraceWatch::failed(std::uint32_t place, const TargetList::View& spec, std::string_view stage,
                        const std::string& reason) {
    table_.fail(table_.add(place, target_text(spec)), stage == "resolve" ? "unresolved" : "error", reason);
    clock_.changed(false);
}

void TraceWatch::clear() {
    table_.clear();
    targets_.clear();
}

void TraceWatch::turn(std::int64_t now_ns) {
    if (resolver_ && resolver_->pending() > 0) {
        resolver_->timeouts();
        loop_.wait(0);
    }
    const bool disturbed = screen_.disturbed();
    if (clock_.take(now_ns) || disturbed) draw();
}

std::int64_t TraceWatch::next_ns() const {
    const bool asking = resolver_ && resolver_->pending() > 0;
    return std::min(asking ? monotonic_ns() + look_for_names_ns : Schedule::never, clock_.next_ns());
}

void TraceWatch::draw() {
    screen_.draw(table_.render(rhythm_text(options_, round_), screen_.room()));
}

}  // namespace nm
