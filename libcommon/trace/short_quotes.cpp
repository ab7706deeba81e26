#include "trace/short_quotes.hpp"

#include <algorithm>

namespace nm {

void ShortQuotes::forget_lost(Destination& destination, std::int64_t now_ns) const {
    std::deque<Probe>& waiting = destination.waiting;
    while (!waiting.empty() && waiting.front().sent_ns + timeout_ns_ <= now_ns) waiting.pop_front();
}

void ShortQuotes::end(Destination& destination, std::deque<Probe>::iterator probe,
                      const IpAddress& by) const {
    if (destination.routers.size() <= probe->ttl) destination.routers.resize(probe->ttl + std::size_t{1});
    destination.routers[probe->ttl] = by;
    destination.waiting.erase(probe);
}

void ShortQuotes::sent(const IpAddress& to, std::uint16_t port, std::uint32_t index, std::uint8_t ttl,
                       std::int64_t now_ns) {
    Destination& destination = destinations_[{to, port}];
    forget_lost(destination, now_ns);
    destination.waiting.push_back({index, ttl, now_ns});
}

void ShortQuotes::answered(const IpAddress& to, std::uint16_t port, std::uint32_t index,
                           const IpAddress& by) {
    const auto found = destinations_.find({to, port});
    if (found == destinations_.end()) return;
    std::deque<Probe>& waiting = found->second.waiting;
    const auto probe =
        std::find_if(waiting.begin(), waiting.end(), [&](const Probe& p) { return p.index == index; });
    if (probe != waiting.end()) end(found->second, probe, by);
}

std::optional<std::uint32_t> ShortQuotes::place(const IpAddress& to, std::uint16_t port,
                                                const IpAddress& from, std::int64_t now_ns) {
    const auto found = destinations_.find({to, port});
    if (found == destinations_.end()) return std::nullopt;
    Destination& destination = found->second;
    destination.quotes_short = true;
    forget_lost(destination, now_ns);
    std::deque<Probe>& waiting = destination.waiting;
    // All packets of the flow go one way: where this router answered before it answers again, and where
    // another one did, this one does not.
    const std::vector<IpAddress>& routers = destination.routers;
    const auto router_of = [&](const Probe& probe) {
        return probe.ttl < routers.size() ? routers[probe.ttl] : IpAddress{};
    };
    const bool is_known = std::any_of(waiting.begin(), waiting.end(),
                                      [&](const Probe& probe) { return router_of(probe) == from; });
    const auto is_possible = [&](const Probe& probe) {
        return is_known ? router_of(probe) == from : !router_of(probe).is_set();
    };
    const auto first = std::find_if(waiting.begin(), waiting.end(), is_possible);
    if (first == waiting.end()) return std::nullopt;
    const bool same_hop = std::all_of(first, waiting.end(), [&](const Probe& probe) {
        return probe.ttl == first->ttl || !is_possible(probe);
    });
    if (!same_hop) return std::nullopt;
    const std::uint32_t index = first->index;
    end(destination, first, from);
    return index;
}

bool ShortQuotes::asks_hop_by_hop(const IpAddress& to, std::uint16_t port) const {
    const auto found = destinations_.find({to, port});
    return found != destinations_.end() && found->second.quotes_short;
}

}  // namespace nm
