// The routes of one table file, one after the other, with everything that could not be read counted and told.
// Proof: tests/unit/nmbgp_mrt_test.cpp, tests/cli/nmbgp.bats.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "wire_attributes.hpp"
#include "wire_mrt.hpp"

namespace nmbgp {

struct TableCounts {
    std::uint64_t records = 0;      // MRT records of every type
    std::uint64_t tables = 0;       // PEER_INDEX_TABLEs
    std::uint64_t routes = 0;       // given out
    std::uint64_t damaged = 0;      // records and routes that could not be decoded
    std::uint64_t unsupported = 0;  // records of a kind that is not read here
};

// One route; everything is valid until the next call.
struct TableRoute {
    nm::Time ts;
    nm::Prefix prefix;
    const Peer* peer = nullptr;
    RibEntry entry;
    const Attributes* attributes = nullptr;
};

class TableReader {
  public:
    // Called for each damage with "byte N: what", N counted in the unpacked file.
    using Tell = std::function<void(const std::string& message)>;

    TableReader(nm::FileSource source, Tell tell);

    // False at the end of the file, or where it cannot be read any further: then failed() is true.
    bool next(TableRoute& out);
    bool failed() const { return failed_; }
    // Of the failure: bad_data or io_error.
    nm::Exit failure() const { return reader_.error().exit; }
    const TableCounts& counts() const { return counts_; }
    // "36 BGP4MP, 2 RIB_GENERIC": what counts().unsupported is made of; empty when there is none.
    std::string unsupported_text() const;

  private:
    bool next_rib();
    void read_table_dump_v2();
    void skip_unsupported(const std::string& kind);
    void tell_damage(const std::string& what);

    MrtReader reader_;
    Tell tell_;
    MrtRecord record_;
    std::vector<Peer> peers_;
    bool has_peers_ = false;
    RibReader rib_;
    Attributes attributes_;
    TableCounts counts_;
    std::map<std::string, std::uint64_t> unsupported_;
    bool failed_ = false;
};

}  // namespace nmbgp
