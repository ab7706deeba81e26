// The best route of every prefix of a table, ready to be looked up and printed: what a route says about a
// flow is kept once per distinct set of attributes, as the JSON members that annotate appends.
//
// Which of several routes to a prefix is best is decided as a router does (RFC 4271 section 9.1.2.2) as far
// as a dump tells: highest local_pref (100 when absent), shortest AS path, lowest origin (igp, egp,
// incomplete), lowest med (0 when absent; compared whatever the neighbour AS, so that the answer does not
// depend on the order of the file), lowest peer address, and of a peer's paths the first.
// Proof: tests/unit/nmbgp_mrt_test.cpp, tests/lab/nmbgp.bats against birdc.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/text_buffer.hpp"
#include "prefix_table.hpp"
#include "table_reader.hpp"

namespace nmbgp {

// Less is better.
struct RouteRank {
    std::uint32_t local_pref = 0;  // as its complement
    unsigned path_length = 0;
    nm::BgpOrigin origin = nm::BgpOrigin::incomplete;
    std::uint32_t med = 0;
    nm::IpAddress peer_ip;
    auto operator<=>(const RouteRank&) const = default;
};
RouteRank rank_of(const Attributes& attributes, const Peer& peer);

class RouteTable {
  public:
    // What routes with the same attributes from the same peer have in common.
    struct Shared {
        Peer peer;
        nm::Bytes attributes;  // as they stood in the dump
        std::optional<std::uint32_t> origin_as;
        std::uint32_t first_member = 0;
        std::uint32_t member_count = 0;
    };
    struct Entry {
        nm::Prefix prefix;
        std::uint32_t shared = 0;  // index
        nm::Time ts;
        nm::Time originated;
        std::optional<std::uint32_t> path_id;
        RouteRank rank;
    };
    // One member of a flow's route: field is its index in describe<nm::FlowRoute>, text is
    // ,"as_path":"65001 2914".
    struct Member {
        std::size_t field;
        std::string_view text;
    };

    // Reads routes to the end of the file; several files make one table.
    void read(TableReader& from);
    // Once after the last read() and before find().
    void finish();

    // The route of the longest prefix that holds ip, or nullptr.
    const Entry* find(const nm::IpAddress& ip) const {
        const std::uint32_t index = prefixes_.find(ip);
        return index == PrefixTable::none ? nullptr : &entries_[index];
    }
    const Shared& shared(const Entry& entry) const { return shared_[entry.shared]; }
    // All members of a route in one piece, and one by one.
    std::string_view members_text(const Shared& shared) const;
    Member member(const Shared& shared, std::uint32_t index) const;
    std::size_t size() const { return entries_.size(); }

  private:
    struct MemberEnd {
        std::size_t field;
        std::size_t end;  // in texts_; the member before it ends where this one begins
    };
    // The best route so far of the prefix that is being read.
    struct Candidate {
        Entry entry;
        Peer peer;
        std::string attributes;
    };

    void offer(const TableRoute& route);
    void commit();
    std::uint32_t intern(const Candidate& candidate);
    void write_members(const Attributes& attributes, Shared& shared);
    std::size_t text_begin(std::size_t member) const {
        return member == 0 ? 0 : member_ends_[member - 1].end;
    }

    Candidate candidate_;
    std::vector<Entry> entries_;
    std::vector<Shared> shared_;
    std::vector<MemberEnd> member_ends_;
    nm::TextBuffer texts_;
    // Peer and raw attributes to an index of shared_; its keys hold the bytes that shared_ points to.
    std::unordered_map<std::string, std::uint32_t> interned_;
    PrefixTable prefixes_;
};

}  // namespace nmbgp
