// Routes: what nmbgp reads out of a table, and the keys it adds to a flow record.
// Proof: tests/unit/record_test.cpp, tests/cli/nmbgp.bats against bgpdump.
#pragma once

#include <string>
#include <vector>

#include "base/clock.hpp"
#include "net/ip.hpp"
#include "record/value.hpp"

namespace nm {

// RFC 4271 section 4.3 a, moved by one so that none is absent.
enum class BgpOrigin : std::uint8_t { none, igp, egp, incomplete };
template <>
inline constexpr std::array<std::string_view, 4> enum_words<BgpOrigin>{"", "igp", "egp", "incomplete"};

struct RouteAttributes {
    IpAddress next_hop;
    IpAddress next_hop_link_local;
    std::string as_path;
    BgpOrigin origin = BgpOrigin::none;
    std::optional<std::uint32_t> med;
    std::optional<std::uint32_t> local_pref;
    std::vector<std::string> communities;
    std::vector<std::string> large_communities;
    std::optional<bool> atomic_aggregate;
    std::optional<std::uint32_t> aggregator_as;
    IpAddress aggregator_ip;
    IpAddress originator_id;
    std::vector<IpAddress> cluster_list;
    std::vector<std::string> other_attributes;
};

struct Route : RouteAttributes {
    Time ts;
    IpAddress target;
    Prefix prefix;
    std::optional<std::uint32_t> path_id;
    IpAddress peer_ip;
    std::optional<std::uint32_t> peer_as;
    Time originated;
};

template <>
inline constexpr auto describe<Route> = record(
    "route", 1, "one route of one peer", field("ts", &Route::ts, Role::time, "when the table was written"),
    field("target", &Route::target, Role::tag, "the address that was looked up"),
    field("prefix", &Route::prefix, Role::tag, "the destination, host bits zero").column(),
    field("path_id", &Route::path_id, Role::text, "path identifier of a session with add-path (RFC 7911)"),
    field("peer_ip", &Route::peer_ip, Role::tag, "who announced it; absent for a route made locally")
        .column(),
    field("peer_as", &Route::peer_as, Role::text, "AS of the peer").column(),
    field("next_hop", &Route::next_hop, Role::text, "address to which the traffic is sent").column(),
    field("next_hop_link_local", &Route::next_hop_link_local, Role::text,
          "link-local address of the same next hop (RFC 2545)"),
    field("as_path", &Route::as_path, Role::text,
          "AS numbers, nearest first; {1,2} is a set, (1 2) and [1,2] belong to a confederation")
        .column(),
    field("origin", &Route::origin, Role::text, "igp, egp or incomplete").column(),
    field("med", &Route::med, Role::value, "multi-exit discriminator"),
    field("local_pref", &Route::local_pref, Role::value, "local preference"),
    field("communities", &Route::communities, Role::text, "communities, AS:value (RFC 1997)"),
    field("large_communities", &Route::large_communities, Role::text, "large communities, AS:a:b (RFC 8092)"),
    field("atomic_aggregate", &Route::atomic_aggregate, Role::text, "true: more specific paths are hidden"),
    field("aggregator_as", &Route::aggregator_as, Role::text, "AS that aggregated the route"),
    field("aggregator_ip", &Route::aggregator_ip, Role::text, "router that aggregated the route"),
    field("originator_id", &Route::originator_id, Role::text,
          "router that brought it into the AS (RFC 4456)"),
    field("cluster_list", &Route::cluster_list, Role::text, "route reflectors passed (RFC 4456)"),
    field("other_attributes", &Route::other_attributes, Role::text,
          "attributes without a key of their own: type, colon, value in hex"),
    field("originated", &Route::originated, Role::text, "when the peer announced it"));

// What a flow learns from the table. A key that the flow already carries with a meaning is left alone.
struct FlowRoute {
    std::optional<std::uint32_t> src_as;
    std::optional<std::uint32_t> dst_as;
    Prefix src_prefix;
    Prefix dst_prefix;
    IpAddress next_hop;
    std::string as_path;
    BgpOrigin origin = BgpOrigin::none;
    std::optional<std::uint32_t> med;
    std::optional<std::uint32_t> local_pref;
    std::vector<std::string> communities;
    std::vector<std::string> large_communities;
    IpAddress peer_ip;
    std::optional<std::uint32_t> peer_as;
};

template <>
inline constexpr auto describe<FlowRoute> = record(
    "flow.route", 1, "keys that nmbgp annotate adds to a record with src_ip or dst_ip",
    field("src_as", &FlowRoute::src_as, Role::text, "AS that originates the route to src_ip"),
    field("src_prefix", &FlowRoute::src_prefix, Role::text, "longest prefix of the table that holds src_ip"),
    field("dst_as", &FlowRoute::dst_as, Role::text, "AS that originates the route to dst_ip"),
    field("dst_prefix", &FlowRoute::dst_prefix, Role::text, "longest prefix of the table that holds dst_ip"),
    field("next_hop", &FlowRoute::next_hop, Role::text, "next hop of the route to dst_ip"),
    field("as_path", &FlowRoute::as_path, Role::text, "AS path of the route to dst_ip"),
    field("origin", &FlowRoute::origin, Role::text, "origin of the route to dst_ip: igp, egp or incomplete"),
    field("med", &FlowRoute::med, Role::text, "multi-exit discriminator of the route to dst_ip"),
    field("local_pref", &FlowRoute::local_pref, Role::text, "local preference of the route to dst_ip"),
    field("communities", &FlowRoute::communities, Role::text, "communities of the route to dst_ip"),
    field("large_communities", &FlowRoute::large_communities, Role::text,
          "large communities of the route to dst_ip"),
    field("peer_ip", &FlowRoute::peer_ip, Role::text, "peer that announced the route to dst_ip"),
    field("peer_as", &FlowRoute::peer_as, Role::text, "AS of that peer"));

// The end of a run of nmbgp: what became of everything that came in. Lines: read is the sum of annotated,
// no_route, forwarded and rejected.
struct RouteSummary {
    Time ts;
    std::uint64_t files = 0;
    std::uint64_t records = 0;
    std::uint64_t routes = 0;
    std::uint64_t damaged = 0;
    std::uint64_t unsupported = 0;
    std::optional<std::uint64_t> prefixes;
    std::optional<std::uint64_t> read;
    std::optional<std::uint64_t> annotated;
    std::optional<std::uint64_t> found;
    std::optional<std::uint64_t> no_route;
    std::optional<std::uint64_t> forwarded;
    std::optional<std::uint64_t> rejected;
};

template <>
inline constexpr auto describe<RouteSummary> = record(
    "route.summary", 1, "the end of a run: what became of everything that came in",
    field("ts", &RouteSummary::ts, Role::time, "end of the run"),
    field("files", &RouteSummary::files, Role::value, "table files read"),
    field("records", &RouteSummary::records, Role::value, "records in these files, of every kind"),
    field("routes", &RouteSummary::routes, Role::value, "routes read"),
    field("damaged", &RouteSummary::damaged, Role::value, "records and routes that could not be read"),
    field("unsupported", &RouteSummary::unsupported, Role::value, "records of kinds that are not read"),
    field("prefixes", &RouteSummary::prefixes, Role::value, "distinct prefixes, each with its best route"),
    field("read", &RouteSummary::read, Role::value, "lines or addresses that came in"),
    field("annotated", &RouteSummary::annotated, Role::value, "lines that got keys from at least one route"),
    field("found", &RouteSummary::found, Role::value, "addresses with a route"),
    field("no_route", &RouteSummary::no_route, Role::value, "lines or addresses without a route"),
    field("forwarded", &RouteSummary::forwarded, Role::value,
          "lines without addresses, passed on as they came"),
    field("rejected", &RouteSummary::rejected, Role::value, "lines that are not records, left out"));

}  // namespace nm
