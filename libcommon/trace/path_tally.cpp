#include "trace/path_tally.hpp"

#include <algorithm>

namespace nm {

const IpAddress* HopTally::of_flow(std::uint16_t flow) const {
    for (const auto& [known, address] : flows) {
        if (known == flow) return &address;
    }
    return nullptr;
}

HopTally& PathTally::hop(std::uint32_t ttl) {
    if (ttl - first_ttl >= hops.size()) hops.resize(ttl - first_ttl + 1);
    return hops[ttl - first_ttl];
}

const HopTally* PathTally::find(std::uint32_t ttl) const {
    return ttl >= first_ttl && ttl - first_ttl < hops.size() ? &hops[ttl - first_ttl] : nullptr;
}

IpAddress PathTally::address_at(std::uint32_t ttl) const {
    const HopTally* known = find(ttl);
    const IpAddress* address = known == nullptr ? nullptr : known->of_flow(0);
    return address == nullptr ? IpAddress{} : *address;
}

bool PathTally::waits_elsewhere(std::uint32_t ttl) const {
    const HopTally* own = find(ttl);
    return in_flight > (own == nullptr ? 0 : own->in_flight());
}

std::uint32_t PathTally::end_ttl() const {
    std::uint32_t end = first_ttl + static_cast<std::uint32_t>(hops.size()) - 1;
    if (multipath) return end;
    if (reached_ttl != none) end = std::min(end, reached_ttl);
    if (refused_ttl != none) end = std::min(end, refused_ttl);
    return end;
}

void PathTally::begin(std::uint32_t ttl, std::int64_t now_ns) {
    HopTally& at = hop(ttl);
    if (at.sent++ == 0) at.first_sent_ns = now_ns;
    ++sent;
    ++in_flight;
}

void PathTally::add_answer(const ProbeName& name, const PacketEvent& event, const TraceNote& note) {
    HopTally& at = hop(name.ttl);
    auto found = std::find_if(at.addresses.begin(), at.addresses.end(),
                              [&](const HopAddress& known) { return known.address == event.from; });
    if (found == at.addresses.end()) {
        at.addresses.emplace_back().address = event.from;
        found = at.addresses.end() - 1;
    }
    ++found->received;
    found->ttl = event.ttl;
    found->note = note;
    found->nat |= note.nat;
    found->destination |= event.fate == Fate::reply;
    if (event.rtt_ns >= 0) {
        found->rtt_min_ns = found->rtts == 0 ? event.rtt_ns : std::min(found->rtt_min_ns, event.rtt_ns);
        found->rtt_max_ns = std::max(found->rtt_max_ns, event.rtt_ns);
        found->rtt_sum_ns += event.rtt_ns;
        ++found->rtts;
        rtt_max_ns = std::max(rtt_max_ns, event.rtt_ns);
    }
    if (const IpAddress* before = at.of_flow(name.flow); before == nullptr)
        at.flows.emplace_back(name.flow, event.from);
    else if (*before != event.from)
        at.per_packet = true;
}

void PathTally::add(const PacketEvent& event, const TraceNote& note) {
    if (event.fate == Fate::wrong_source) wrong_from = event.from;
    if (event.fate == Fate::none || event.fate > Fate::send_error) return;  // no probe's fate
    const ProbeName name = ProbeName::of(event.seq);
    HopTally& at = hop(name.ttl);
    switch (event.fate) {
        case Fate::lost:
            ++at.lost;
            ++lost;
            break;
        case Fate::send_error:
            if (send_error.empty() && event.reason != nullptr) send_error = event.reason;
            [[fallthrough]];
        case Fate::lost_self:
            ++at.lost_self;
            ++lost_self;
            break;
        default:
            ++at.received;
            ++received;
            break;
    }
    --in_flight;
    if (event.fate != Fate::reply && event.fate != Fate::icmp_error) return;
    if (ts_source != TsSource::mono) ts_source = event.ts_source;
    last_answered = std::max<std::uint32_t>(last_answered, name.ttl);
    add_answer(name, event, note);
    const bool expired = event.from.is_v4() ? event.icmp_type == 11 : event.icmp_type == 3;
    if (event.fate == Fate::reply) {
        answer = note.answer;
        reached_ttl = reached_ttl == none ? name.ttl : std::min<std::uint32_t>(reached_ttl, name.ttl);
    } else if (!expired && (refused_ttl == none || name.ttl < refused_ttl)) {
        refused_ttl = name.ttl;
        refused_by = event.from;
        refused_type = event.icmp_type;
        refused_code = event.icmp_code;
    }
}

}  // namespace nm
