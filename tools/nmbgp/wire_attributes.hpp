// BGP path attributes (RFC 4271 section 4.3) with 4-byte AS numbers, as a route of a TABLE_DUMP_V2 dump
// carries them. One row per attribute type; a type without a row is kept raw.
// Proof: tests/unit/nmbgp_attributes_test.cpp, tests/cli/nmbgp.bats against bgpdump, tests/fuzz/fuzz_mrt.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "as_path.hpp"
#include "net/ip.hpp"
#include "record/route.hpp"
#include "wire/byte_reader.hpp"

namespace nmbgp {

struct Aggregator {
    std::uint32_t as = 0;
    nm::IpAddress ip;
};

// What a sender left out is absent. Views and lists point into the decoded bytes.
struct Attributes {
    std::optional<nm::BgpOrigin> origin;
    std::optional<AsPath> as_path;
    nm::IpAddress next_hop;             // NEXT_HOP
    nm::IpAddress mp_next_hop;          // of MP_REACH_NLRI
    nm::IpAddress next_hop_link_local;  // the second address of a 32-byte next hop (RFC 2545 section 3)
    std::optional<std::uint32_t> med;
    std::optional<std::uint32_t> local_pref;
    bool atomic_aggregate = false;
    std::optional<Aggregator> aggregator;
    nm::Bytes communities;        // 4 bytes each (RFC 1997)
    nm::Bytes large_communities;  // 12 bytes each (RFC 8092)
    nm::IpAddress originator_id;
    nm::Bytes cluster_list;  // 4 bytes each (RFC 4456)
    struct Raw {
        std::uint8_t type;
        nm::Bytes value;
    };
    std::vector<Raw> others;

    // The next hop of a route: MP_REACH_NLRI speaks for it when there is one (RFC 4760 section 3).
    const nm::IpAddress& effective_next_hop() const { return mp_next_hop.is_set() ? mp_next_hop : next_hop; }
    void clear();
};

// Fills out from an attribute block. Returns nullptr, or the name of the attribute that is malformed or
// "attribute lengths" when the block does not add up. Of an attribute that stands twice the first counts
// (RFC 7606 section 3 g).
const char* decode_attributes(nm::Bytes block, Attributes& out);

// The members of a route or of an annotation that come from its attributes.
void set_members(const Attributes& attributes, nm::RouteAttributes& out);

}  // namespace nmbgp
