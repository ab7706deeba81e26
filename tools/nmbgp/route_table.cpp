#include "route_table.hpp"

#include <algorithm>

#include "json/write.hpp"

namespace nmbgp {

namespace {

constexpr std::uint32_t default_local_pref = 100;

// Everything of the route to the destination but its prefix and AS, which depend on more than attributes.
nm::FlowRoute flow_route(const Attributes& attributes, const Peer& peer) {
    nm::RouteAttributes members;
    set_members(attributes, members);
    nm::FlowRoute out;
    out.next_hop = members.next_hop;
    out.as_path = std::move(members.as_path);
    out.origin = members.origin;
    out.med = members.med;
    out.local_pref = members.local_pref;
    out.communities = std::move(members.communities);
    out.large_communities = std::move(members.large_communities);
    out.peer_ip = peer.ip;
    if (peer.ip.is_set()) out.peer_as = peer.as;
    return out;
}

}  // namespace

RouteRank rank_of(const Attributes& attributes, const Peer& peer) {
    return {~attributes.local_pref.value_or(default_local_pref),
            attributes.as_path ? attributes.as_path->length() : 0,
            attributes.origin.value_or(nm::BgpOrigin::incomplete), attributes.med.value_or(0), peer.ip};
}

void RouteTable::read(TableReader& from) {
    TableRoute route;
    while (from.next(route)) offer(route);
    commit();
}

void RouteTable::offer(const TableRoute& route) {
    if (candidate_.entry.prefix != route.prefix) commit();
    const RouteRank rank = rank_of(*route.attributes, *route.peer);
    Entry& entry = candidate_.entry;
    if (entry.prefix.is_set() && !(rank < entry.rank)) return;
    entry.prefix = route.prefix;
    entry.ts = route.ts;
    entry.originated = route.entry.originated;
    entry.path_id = route.entry.path_id;
    entry.rank = rank;
    candidate_.peer = *route.peer;
    const nm::Bytes bytes = route.entry.attributes;
    candidate_.attributes.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

void RouteTable::commit() {
    if (!candidate_.entry.prefix.is_set()) return;
    candidate_.entry.shared = intern(candidate_);
    entries_.push_back(candidate_.entry);
    candidate_.entry.prefix = {};
}

std::uint32_t RouteTable::intern(const Candidate& candidate) {
    const Peer& peer = candidate.peer;
    std::string key = to_string(peer.ip) + ' ' + std::to_string(peer.as) + ' ';
    const std::size_t peer_size = key.size();
    key += candidate.attributes;
    const auto [at, is_new] =
        interned_.try_emplace(std::move(key), static_cast<std::uint32_t>(shared_.size()));
    if (!is_new) return at->second;
    Attributes attributes;
    const nm::Bytes bytes = nm::as_bytes(std::string_view(at->first).substr(peer_size));
    decode_attributes(bytes, attributes);
    Shared& shared = shared_.emplace_back();
    shared.peer = peer;
    shared.attributes = bytes;
    if (attributes.as_path) shared.origin_as = attributes.as_path->origin_as();
    write_members(attributes, shared);
    return at->second;
}

void RouteTable::write_members(const Attributes& attributes, Shared& shared) {
    const nm::FlowRoute route = flow_route(attributes, shared.peer);
    shared.first_member = static_cast<std::uint32_t>(member_ends_.size());
    nm::for_each_field<nm::FlowRoute>([&](auto index, const auto&) {
        const std::size_t before = texts_.size();
        nm::append_json_member<decltype(index)::value>(texts_, route);
        if (texts_.size() > before) member_ends_.push_back({index, texts_.size()});
    });
    shared.member_count = static_cast<std::uint32_t>(member_ends_.size()) - shared.first_member;
}

// Of the routes to one prefix that came from several files or tables the best stays.
void RouteTable::finish() {
    std::ranges::stable_sort(entries_, {},
                             [](const Entry& entry) { return std::tie(entry.prefix, entry.rank); });
    const auto same = [](const Entry& a, const Entry& b) { return a.prefix == b.prefix; };
    entries_.erase(std::unique(entries_.begin(), entries_.end(), same), entries_.end());
    std::vector<PrefixEntry> prefixes;
    prefixes.reserve(entries_.size());
    for (const Entry& entry : entries_) {
        prefixes.push_back({entry.prefix, static_cast<std::uint32_t>(prefixes.size())});
    }
    prefixes_ = PrefixTable(std::move(prefixes));
}

std::string_view RouteTable::members_text(const Shared& shared) const {
    const std::size_t begin = text_begin(shared.first_member);
    return texts_.view().substr(begin, text_begin(shared.first_member + shared.member_count) - begin);
}

RouteTable::Member RouteTable::member(const Shared& shared, std::uint32_t index) const {
    const std::size_t at = shared.first_member + index;
    const std::size_t begin = text_begin(at);
    return {member_ends_[at].field, texts_.view().substr(begin, member_ends_[at].end - begin)};
}

}  // namespace nmbgp
