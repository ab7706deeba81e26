#include "trace/trace_report.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>

#include "trace/mda_walk.hpp"
#include "wire/icmp_error.hpp"

namespace nm {
namespace {

std::optional<std::uint32_t> known(int value) {
    return value < 0 ? std::nullopt : std::optional(static_cast<std::uint32_t>(value));
}

TraceReply reply_of(const HopAddress& from) {
    TraceReply reply;
    reply.address = from.address;
    reply.received = from.received;
    if (from.rtts > 0) {
        reply.rtt_min_us = in_us(from.rtt_min_ns);
        reply.rtt_avg_us = static_cast<double>(from.rtt_sum_ns) / from.rtts / 1e3;
        reply.rtt_max_us = in_us(from.rtt_max_ns);
    }
    if (from.ttl != 0) reply.ttl = from.ttl;
    reply.icmp_type = known(from.note.icmp_type);
    reply.icmp_code = known(from.note.icmp_code);
    if (from.note.quoted) {
        reply.quoted_ttl = from.note.quoted_ttl;
        reply.quoted_tos = from.note.quoted_tos;
    }
    for (std::size_t i = 0; i < from.note.mpls.count; ++i) {
        const std::uint32_t entry = from.note.mpls.entries[i];
        reply.mpls.push_back({entry >> 12, entry >> 9 & 7, (entry >> 8 & 1) != 0, entry & 0xFF});
    }
    if (from.nat) reply.nat = true;
    reply.nat_address = from.note.nat_address;
    return reply;
}

TraceHop hop_of(std::uint32_t ttl, const HopTally& tally) {
    TraceHop hop;
    hop.ttl = ttl;
    hop.sent = tally.sent;
    hop.received = tally.received;
    hop.lost = tally.lost;
    hop.lost_self = tally.lost_self;
    if (tally.sent > 0) hop.loss_pct = 100.0 * static_cast<double>(tally.sent - tally.received) / tally.sent;
    if (tally.per_packet) hop.per_packet = true;
    for (const HopAddress& address : tally.addresses) hop.replies.push_back(reply_of(address));
    return hop;
}

// FNV-1a over the addresses.
std::string id_of(const PathMemory& memory) {
    std::uint64_t hash = 0xCBF29CE484222325;
    const auto mix = [&](std::uint8_t byte) { hash = (hash ^ byte) * 0x100000001B3; };
    for (const IpAddress& address : memory.hops) {
        mix(static_cast<std::uint8_t>(address.family));
        for (const std::uint8_t byte : address.bytes) mix(byte);
    }
    char text[17];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
    return text;
}

// The answer's TTL has run down to 1, and nobody answered before: it took over the TTL that the probe had
// left (the mark of old BSD hosts, "!" in traceroute).
bool copies_ttl(const PathTally& tally) {
    if (tally.reached_ttl <= tally.first_ttl) return false;
    const HopTally* before = tally.find(tally.reached_ttl - 1);
    if (before == nullptr || before->answered()) return false;
    const std::vector<HopAddress>& last = tally.find(tally.reached_ttl)->addresses;
    return std::any_of(last.begin(), last.end(),
                       [](const HopAddress& at) { return at.destination && at.ttl == 1; });
}

}  // namespace

// From the far end on: what is behind a hop and does not limit itself is the measure.
void mark_rate_limits(std::vector<TraceHop>& hops) {
    std::uint32_t lost_behind = 0, sent_behind = 0;
    for (auto hop = hops.rbegin(); hop != hops.rend(); ++hop) {
        if (hop->received == 0) continue;
        const auto lost = static_cast<std::uint32_t>(hop->lost);
        const auto sent = static_cast<std::uint32_t>(hop->lost + hop->received);
        if (shows_rate_limit(lost, sent, lost_behind, sent_behind)) {
            hop->rate_limited = true;
        } else {
            lost_behind += lost;
            sent_behind += sent;
        }
    }
}

std::string note_text(const TraceHop& hop, const TraceReply& reply) {
    std::string text;
    const auto add = [&](const std::string& words) { text += (text.empty() ? "" : ", ") + words; };
    if (hop.rate_limited.value_or(false)) add("rate limited");
    if (hop.per_packet.value_or(false)) add("per packet");
    if (reply.nat.value_or(false))
        add(reply.nat_address.is_set() ? "NAT " + to_string(reply.nat_address) : "NAT");
    if (!reply.mpls.empty()) {
        std::string labels = "MPLS";
        for (const MplsEntry& entry : reply.mpls)
            labels += (labels == "MPLS" ? " " : "/") + std::to_string(entry.label);
        add(labels);
    }
    const Family family = reply.address.family;
    const int type = static_cast<int>(reply.icmp_type.value_or(0));
    const bool expired = type == (family == Family::v4 ? 11 : 3);
    if (is_icmp_error(family, type) && !expired)
        add(icmp_reason(family, type, static_cast<int>(reply.icmp_code.value_or(0))));
    return text;
}

bool shows_rate_limit(std::uint32_t lost, std::uint32_t sent, std::uint32_t lost_behind,
                      std::uint32_t sent_behind) {
    if (lost == 0 || lost == sent || sent_behind == 0) return false;
    // Hypergeometric: of all probes, these were lost; how likely are `lost` or more of them among `sent`?
    const std::uint32_t all_lost = lost + lost_behind;
    const auto log_choose = [](double n, double k) {
        return std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1);
    };
    const double whole = log_choose(sent + sent_behind, all_lost);
    double chance = 0;
    for (std::uint32_t k = lost; k <= std::min(sent, all_lost); ++k) {
        if (all_lost - k > sent_behind) continue;
        chance += std::exp(log_choose(sent, k) + log_choose(sent_behind, all_lost - k) - whole);
    }
    return chance <= 0.05;
}

bool path_changed(PathMemory& memory, const PathTally& tally) {
    bool changed = false;
    const std::uint32_t length = tally.reached_ttl;
    if (length != PathTally::none) {
        changed = memory.length != 0 && memory.length != length;
        memory.length = length;
        memory.hops.resize(length - tally.first_ttl + 1);
    }
    for (std::uint32_t ttl = tally.first_ttl; ttl <= tally.end_ttl(); ++ttl) {
        const HopTally& hop = *tally.find(ttl);
        if (hop.addresses.empty()) continue;
        if (ttl - tally.first_ttl >= memory.hops.size()) memory.hops.resize(ttl - tally.first_ttl + 1);
        IpAddress& before = memory.hops[ttl - tally.first_ttl];
        const bool same = std::any_of(hop.addresses.begin(), hop.addresses.end(),
                                      [&](const HopAddress& at) { return at.address == before; });
        if (same) continue;
        changed |= before.is_set();
        before = hop.addresses.front().address;
    }
    return changed;
}

void TraceRecorder::probe(const TargetReport& of, const PacketEvent& event) {
    const ProbeName name = ProbeName::of(event.seq);
    TraceProbe record;
    record.ts = event.ts;
    record.target = of.spec.host;
    record.address = of.target.address;
    record.labels = of.spec.group.labels;
    record.round = of.tally.round;
    record.ttl = name.ttl;
    record.flow = name.flow;
    record.seq = name.query;
    record.fate = event.fate;
    record.from = event.from;
    record.icmp_type = known(event.icmp_type);
    record.icmp_code = known(event.icmp_code);
    record.rtt_us = in_us(event.rtt_ns);
    record.ts_source = event.ts_source;
    if (event.reason != nullptr) record.reason = event.reason;
    out_.write(record);
}

void TraceRecorder::set_end(Trace& trace, const PathTally& tally, bool ended) const {
    const bool reached = tally.reached_ttl != PathTally::none;
    const bool refused = tally.refused_ttl != PathTally::none;
    if (reached) {
        trace.state = TraceState::reached;
        trace.answer = tally.answer;
        trace.hop_count = tally.reached_ttl;
        for (const HopAddress& at : tally.find(tally.reached_ttl)->addresses) {
            if (!at.destination) continue;
            trace.rtt_us = in_us(at.rtt_min_ns);
            if (at.address != trace.address) trace.from = at.address;
        }
        if (copies_ttl(tally)) trace.ttl_copied = true;
    } else if (!ended) {
        trace.state = TraceState::stopped;
    } else if (!tally.send_error.empty()) {
        trace.state = TraceState::error;
        trace.reason = tally.send_error;
    } else if (refused) {
        trace.state = TraceState::unreachable;
        trace.from = tally.refused_by;
        trace.icmp_type = known(tally.refused_type);
        trace.icmp_code = known(tally.refused_code);
        trace.reason =
            std::string(icmp_reason(trace.address.family, tally.refused_type, tally.refused_code)) +
            " from " + to_string(tally.refused_by);
    } else if (const std::uint32_t at = loop_at(tally); at != 0) {
        trace.state = TraceState::loop;
        trace.reason = to_string(tally.address_at(at)) + " answers again at hop " + std::to_string(at);
    } else if (tally.end_ttl() >= options_.max_ttl) {
        trace.state = TraceState::max_ttl;
        trace.reason = "no answer from the destination within " + std::to_string(options_.max_ttl) + " hops";
    } else {
        trace.state = TraceState::gap;
        trace.reason = std::to_string(tally.end_ttl() - tally.last_answered) + " silent hops";
        trace.reason += tally.last_answered < tally.first_ttl
                            ? " and nobody else"
                            : " behind hop " + std::to_string(tally.last_answered);
    }
    if (trace.unplaced) {
        trace.reason += trace.reason.empty() ? "" : ", ";
        trace.reason +=
            std::to_string(*trace.unplaced) + " answers quote too little to tell which hop gave them";
    }
    if (!reached && tally.wrong_from.is_set())
        trace.reason += ", answers came from " + to_string(tally.wrong_from);
}

void TraceRecorder::set_mda(Trace& trace, const PathTally& tally) const {
    trace.links = links_of(tally);
    if (tally.flows_ran_out)
        trace.reason += (trace.reason.empty() ? "" : ", ") + std::string("flows ran out");
    else
        trace.confidence_pct = options_.confidence_pct;
    std::set<std::uint16_t> flows;
    std::uint32_t branches = 0;
    for (std::uint32_t ttl = tally.first_ttl; ttl <= tally.end_ttl(); ++ttl) {
        const HopTally& hop = *tally.find(ttl);
        for (const auto& [flow, address] : hop.flows) flows.insert(flow);
        branches = std::max(branches, static_cast<std::uint32_t>(hop.addresses.size()));
    }
    trace.flows = static_cast<std::uint32_t>(flows.size());
    trace.branches = branches;
}

Trace TraceRecorder::record(const TargetReport& of, Time ts, const PathTally& tally, bool ended,
                            PathMemory& memory) const {
    Trace trace;
    trace.ts = ts;
    trace.target = of.spec.host;
    trace.address = of.target.address;
    if (options_.method != TraceMethod::icmp) trace.port = protocol_.port_of(of.target);
    trace.labels = of.spec.group.labels;
    trace.round = of.tally.round;
    trace.method = options_.method;
    trace.sent = tally.received + tally.lost + tally.lost_self;
    trace.received = tally.received;
    trace.lost = tally.lost;
    trace.lost_self = tally.lost_self;
    trace.ts_source = tally.ts_source;
    trace.socket = protocol_.kind(trace.address.family);
    if (const std::uint64_t unplaced = protocol_.take_unplaced(trace.address); unplaced > 0)
        trace.unplaced = unplaced;
    if (of.resolve_ms >= 0) trace.resolve_ms = static_cast<double>(of.resolve_ms);
    set_end(trace, tally, ended);
    for (std::uint32_t ttl = tally.first_ttl; ttl <= tally.end_ttl(); ++ttl)
        trace.hops.push_back(hop_of(ttl, *tally.find(ttl)));
    mark_rate_limits(trace.hops);
    if (options_.mda) {
        set_mda(trace, tally);
    } else {
        const bool changed = path_changed(memory, tally);
        if (options_.every_ns > 0 && of.tally.round > 0) trace.path_changed = changed;
        if (!memory.hops.empty()) trace.path_id = id_of(memory);
    }
    return trace;
}

void TraceRecorder::done(const TargetReport& of, Time ts, const PathTally& tally, bool ended,
                         PathMemory& memory) {
    const Trace trace = record(of, ts, tally, ended, memory);
    if (out_.format() == Format::json)
        out_.write(trace);
    else
        write_rows(trace);
}

void TraceRecorder::write_rows(const Trace& trace) {
    if (out_.format() != Format::csv) {  // which is one table, so it has the rows only
        Trace head = trace;
        head.hops.clear();
        head.links.clear();
        out_.write(head);
    }
    for (const TraceHop& hop : trace.hops) {
        TraceHopRow row;
        row.ts = trace.ts;
        row.target = trace.target;
        row.address = trace.address;
        row.labels = trace.labels;
        row.round = trace.round;
        row.state = trace.state;
        row.ttl = hop.ttl;
        row.loss_pct = hop.loss_pct;
        row.sent = hop.sent;
        if (hop.replies.empty()) out_.write(row);
        for (const TraceReply& reply : hop.replies) {
            row.hop = reply.address;
            row.received = reply.received;
            row.rtt_min_us = reply.rtt_min_us;
            row.rtt_avg_us = reply.rtt_avg_us;
            row.rtt_max_us = reply.rtt_max_us;
            row.note = note_text(hop, reply);
            out_.write(row);
        }
    }
}

}  // namespace nm
