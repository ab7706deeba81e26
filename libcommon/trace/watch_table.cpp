#include "trace/watch_table.hpp"

#include <algorithm>

#include "trace/trace_report.hpp"

namespace nm {
namespace {

constexpr std::size_t tail_columns = 12;  // of a note, so that it is of use
constexpr std::size_t narrow = 60;        // a window of fewer columns has no room for notes

std::vector<GridColumn> columns(bool names) {
    std::vector<GridColumn> all{{"HOP", true, 100, 3}, {"ADDRESS", false, 99, 15, 40}};
    if (names) all.push_back({"NAME", false, 35, 0, 40});
    all.push_back({"LOSS%", true, 95, 5});
    all.push_back({"SENT", true, 60, 5});
    for (const auto& [title, keep] : {std::pair("LAST ms", 70), std::pair("AVG", 90), std::pair("BEST", 50),
                                      std::pair("WORST", 80), std::pair("STDEV", 40)})
        all.push_back({title, true, keep, 6});
    return all;
}

}  // namespace

std::size_t WatchTable::add(std::uint64_t place, std::string name) {
    Target& target = targets_.emplace_back();
    target.place = place;
    target.name = printable(name);
    return targets_.size() - 1;
}

void WatchTable::fail(std::size_t number, const std::string& state, const std::string& why) {
    targets_[number].failed = state;
    targets_[number].reason = printable(why);
}

void WatchTable::name(const IpAddress& address, std::string name) {
    names_[address] = printable(name);
}

// Who answered at a hop in this round.
void WatchTable::join(Target& target, const TraceHop& seen, std::uint64_t round) {
    Hop& hop = target.hops[seen.ttl - target.hops.front().ttl];
    hop.per_packet |= seen.per_packet.value_or(false);
    bool same = hop.routers.empty() || seen.replies.empty();
    const std::uint64_t before = hop.routers.empty() ? 0 : hop.routers.front().last_round;
    for (const TraceReply& reply : seen.replies) {
        auto found = std::find_if(hop.routers.begin(), hop.routers.end(),
                                  [&](const Router& router) { return router.address == reply.address; });
        same |= found != hop.routers.end() && found->last_round == before;
        if (found == hop.routers.end())
            found = hop.routers.insert(hop.routers.end(), {reply.address, 0, 0, {}});
        found->received += reply.received;
        found->note = note_text(seen, reply);
        found->last_round = round;
    }
    std::stable_sort(hop.routers.begin(), hop.routers.end(),
                     [](const Router& a, const Router& b) { return a.last_round > b.last_round; });
    if (same) return;
    hop.changed_round = round;
    if (target.changed_round != round) target.changed_ttl = hop.ttl;
    target.changed_round = round;
}

void WatchTable::add_round(std::size_t number, const Trace& trace, std::span<const WatchProbe> probes,
                           std::uint32_t distance) {
    Target& target = targets_[number];
    target.address = trace.address;
    target.state = trace.state;
    target.reason = printable(trace.reason);
    ++target.rounds;
    if (trace.hops.empty()) return;
    const std::uint32_t first = trace.hops.front().ttl;
    const std::uint32_t last = distance != 0 ? distance : trace.hops.back().ttl;
    const std::size_t wanted = last - first + 1;
    // Behind the destination there is nothing; where that is not known, what was seen once stays.
    if (distance != 0 && target.hops.size() > wanted) target.hops.resize(wanted);
    while (target.hops.size() < wanted) {
        target.hops.emplace_back();
        target.hops.back().ttl = first + static_cast<std::uint32_t>(target.hops.size()) - 1;
    }
    for (const WatchProbe& probe : probes) {
        if (probe.ttl < first || probe.ttl > last) continue;
        Hop& hop = target.hops[probe.ttl - first];
        ++hop.sent;
        hop.received += probe.answered;
        if (probe.rtt_ns >= 0) hop.rtt.add(probe.rtt_ns);
    }
    for (const TraceHop& hop : trace.hops) {
        if (hop.ttl <= last) join(target, hop, target.rounds);
    }
    const bool elsewhere = target.changed_round == target.rounds;
    if (!elsewhere && !trace.path_changed.value_or(false)) return;
    ++target.changes;
    if (!elsewhere) target.changed_ttl = 0;  // only its length
    target.changed_round = target.rounds;
}

std::string WatchTable::name_of(const IpAddress& address) const {
    const auto found = names_.find(address);
    return found == names_.end() ? std::string() : found->second;
}

// By hop, over all rounds.
std::vector<bool> WatchTable::rate_limits(const Target& target) {
    std::vector<TraceHop> hops;
    for (const Hop& hop : target.hops) {
        TraceHop& seen = hops.emplace_back();
        seen.received = hop.received;
        seen.lost = hop.sent - hop.received;
    }
    mark_rate_limits(hops);
    std::vector<bool> limits;
    for (const TraceHop& hop : hops) limits.push_back(hop.rate_limited.value_or(false));
    return limits;
}

// "db1.example (192.0.2.1): reached, 4 hops; path changed in round 17 from hop 2 on, 1 time".
std::string WatchTable::title_of(const Target& target, std::size_t columns) const {
    const std::string address = target.address.is_set() ? to_string(target.address) : "";
    const std::string head =
        target.name + (address.empty() || address == target.name ? "" : " (" + address + ")") + ": ";
    const std::string_view state = !target.failed.empty() ? std::string_view(target.failed)
                                   : target.rounds == 0
                                       ? std::string_view("waiting")
                                       : enum_words<TraceState>[static_cast<std::size_t>(target.state)];
    std::string rest;
    if (target.state == TraceState::reached && !target.hops.empty())
        rest +=
            ", " + std::to_string(target.hops.back().ttl) + (target.hops.back().ttl == 1 ? " hop" : " hops");
    if (!target.reason.empty()) rest += ", " + target.reason;
    std::string change;
    if (target.changes > 0) {
        change = ", path changed in round " + std::to_string(target.changed_round);
        if (target.changed_ttl != 0) change += " at hop " + std::to_string(target.changed_ttl);
        if (target.changes > 1) change += ", " + std::to_string(target.changes) + " times";
    }
    const std::string whole = head + std::string(state) + rest + change;
    if (width_of(whole) > columns) return clipped(whole, columns);
    return painted(head, Mood::heading, colour_) + painted(state, mood_of_state(state), colour_) + rest +
           painted(change, Mood::doubtful, colour_);
}

GridRow WatchTable::cells_of(const Hop& hop, bool last, bool rate_limited) const {
    const double loss =
        hop.sent == 0 ? 0
                      : 100.0 * static_cast<double>(hop.sent - hop.received) / static_cast<double>(hop.sent);
    // Routers need not answer: silence is bad of the destination only.
    const bool silent = hop.received == 0;
    const Mood quiet = last ? Mood::bad : Mood::faint;
    const Mood mood = silent ? quiet : rate_limited ? Mood::faint : mood_of_loss(loss);
    GridRow cells{{std::to_string(hop.ttl)}};
    cells.push_back({silent ? "*" : to_string(hop.routers.front().address), silent ? quiet : Mood::plain});
    if (!names_.empty()) cells.push_back({silent ? "" : name_of(hop.routers.front().address)});
    cells.push_back({hop.sent > 0 ? short_pct(loss) : "-", mood});
    cells.push_back({std::to_string(hop.sent)});
    const RunningRtt& rtt = hop.rtt;
    for (const double ns : {rtt.last_ns(), rtt.mean_ns(), rtt.best_ns(), rtt.worst_ns(), rtt.deviation_ns()})
        cells.push_back({rtt.count() > 0 ? short_ms(ns) : "-"});
    return cells;
}

std::vector<std::string> WatchTable::block(const Target& target, const WindowSize& room) const {
    LiveGrid grid(columns(!names_.empty()), colour_);
    std::vector<std::pair<std::string, Mood>> notes;
    const std::vector<bool> limits = rate_limits(target);
    for (std::size_t i = 0; i < target.hops.size(); ++i) {
        const Hop& hop = target.hops[i];
        std::string note = limits[i] ? "rate limited, no loss" : "";
        const auto add = [&note](const std::string& words) { note += (note.empty() ? "" : ", ") + words; };
        if (hop.changed_round != 0) add("new in round " + std::to_string(hop.changed_round));
        if (hop.per_packet) add("per packet");
        if (!hop.routers.empty() && !hop.routers.front().note.empty()) add(hop.routers.front().note);
        grid.add(cells_of(hop, i + 1 == target.hops.size(), limits[i]));
        notes.emplace_back(note, Mood::doubtful);
        // Who else answered here, and how often.
        for (std::size_t other = 1; other < hop.routers.size(); ++other) {
            const Router& router = hop.routers[other];
            GridRow cells(columns(!names_.empty()).size());
            cells[1] = {to_string(router.address), Mood::faint};
            if (!names_.empty()) cells[2] = {name_of(router.address), Mood::faint};
            grid.add(cells);
            notes.emplace_back(std::to_string(router.received) + " of its answers, last in round " +
                                   std::to_string(router.last_round),
                               Mood::faint);
        }
    }
    const std::size_t tail = room.columns < narrow ? 0 : tail_columns;
    grid.fit(room.columns, tail);
    std::vector<std::string> lines{title_of(target, room.columns)};
    if (notes.empty()) return lines;
    lines.push_back(grid.header());
    for (std::size_t i = 0; i < notes.size(); ++i) {
        const auto& [note, mood] = notes[i];
        const bool noted = tail > 0 && !note.empty();
        lines.push_back(grid.line(i, noted) +
                        (noted ? painted(clipped(note, grid.room()), mood, colour_) : ""));
    }
    return lines;
}

std::vector<std::string> WatchTable::render(const std::string& title, const WindowSize& room) const {
    std::vector<const Target*> order;
    for (const Target& target : targets_) order.push_back(&target);
    std::stable_sort(order.begin(), order.end(),
                     [](const Target* a, const Target* b) { return a->place < b->place; });
    std::vector<std::string> lines{clipped(title, room.columns)};
    for (std::size_t i = 0; i < order.size(); ++i) {
        const std::size_t behind = order.size() - i - 1;
        const std::size_t left = room.lines > lines.size() ? room.lines - lines.size() : 0;
        if (left == 0) break;
        if (left == 1 && behind > 0) {
            lines.push_back(clipped("and " + std::to_string(behind + 1) + " more targets", room.columns));
            break;
        }
        std::vector<std::string> own = block(*order[i], room);
        const std::size_t most = left - std::min(left - 1, behind);  // the others have a line each
        if (own.size() > most && order.size() > 1) {
            own.resize(1);
        } else if (own.size() > most && most > 3) {  // the destination is what matters
            const std::string last = own.back();
            const std::size_t hidden = own.size() - most + 1;
            own.resize(most - 2);
            own.push_back("... " + std::to_string(hidden) + " more lines");
            own.push_back(last);
        } else if (own.size() > most) {
            own.resize(most);
        }
        lines.insert(lines.end(), own.begin(), own.end());
    }
    return lines;
}

}  // namespace nm
