// MRT files (RFC 6396): records in a row, each a header with its length and a body. The bodies decoded here
// are those of TABLE_DUMP_V2, with the add-path forms of RFC 8050.
// Proof: tests/unit/nmbgp_mrt_test.cpp, tests/cli/nmbgp.bats against bgpdump, tests/fuzz/fuzz_mrt.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/file_source.hpp"
#include "net/ip.hpp"
#include "wire/byte_reader.hpp"

namespace nmbgp {

// RFC 6396 section 4.
enum class MrtType : std::uint16_t { table_dump = 12, table_dump_v2 = 13, bgp4mp = 16, bgp4mp_et = 17 };
// "TABLE_DUMP", or "type 77" for one that RFC 6396 and its registry do not know.
std::string mrt_type_name(unsigned type);
// Whether the registry of RFC 6396 section 4 and its predecessors has this type.
bool is_mrt_type(unsigned type);

struct MrtRecord {
    std::uint64_t offset = 0;  // of its header in the unpacked file
    nm::Time ts;
    std::uint16_t type = 0;
    std::uint16_t subtype = 0;
    nm::Bytes body;
};

// Cuts a file into its records.
class MrtReader {
  public:
    explicit MrtReader(nm::FileSource source);

    enum class Step { record, end, failed };
    // On record: out is valid until the next call. On failed, which ends the file: error() says "byte N:
    // what", that it ends inside a record, cannot be unpacked, or holds a length beyond all sense.
    Step next(MrtRecord& out);
    const nm::Error& error() const { return error_; }

  private:
    // Makes at least wanted bytes lie at first_; false at the end of the file or after an error.
    bool have(std::size_t wanted);
    Step fail(const std::string& what);

    nm::FileSource source_;
    std::vector<std::uint8_t> buffer_;
    std::size_t first_ = 0;
    std::size_t last_ = 0;
    std::uint64_t offset_ = 0;  // of first_ in the unpacked file
    nm::Error error_;
    bool failed_ = false;
};

struct Peer {
    nm::IpAddress ip;  // unset for routes made locally, which BIRD writes as peer :: of AS 0
    std::uint32_t as = 0;
};

// PEER_INDEX_TABLE, RFC 6396 section 4.3.1. Nothing when it is damaged.
std::optional<std::vector<Peer>> decode_peer_index(nm::Bytes body);

struct RibEntry {
    std::uint16_t peer_index = 0;
    nm::Time originated;
    std::optional<std::uint32_t> path_id;
    nm::Bytes attributes;
};

// RIB_IPV4_UNICAST, RIB_IPV6_UNICAST and their add-path forms: one prefix, one entry per peer and path.
class RibReader {
  public:
    RibReader() = default;
    // Whether this subtype of TABLE_DUMP_V2 is read here.
    static bool reads(unsigned subtype);
    // Nothing when the prefix is damaged. The subtype must be one that reads() accepts.
    static std::optional<RibReader> decode(unsigned subtype, nm::Bytes body);

    const nm::Prefix& prefix() const { return prefix_; }
    // False after the last entry, and when the next one is damaged: then damaged() is true.
    bool next(RibEntry& out);
    bool damaged() const { return damaged_; }

  private:
    nm::ByteReader in_;
    nm::Prefix prefix_;
    unsigned entries_left_ = 0;
    bool add_path_ = false;
    bool damaged_ = false;
};

}  // namespace nmbgp
