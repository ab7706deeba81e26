// Longest-prefix match over a fixed set of prefixes; built once, then read by any number of threads.
//
// IPv4: DIR-24-8 (Gupta, Lin, McKeown 1998): one slot per /24, so one memory access finds every prefix up to
// /24, a second one the longer ones. 64 MiB of address space, of which only touched pages take memory.
// IPv6: the prefixes cut the address space into intervals, each with one answer; they lie sorted in an array
// and a hash of the first 32 bits leads to the few intervals of that /32 (what registries hand out).
// Proof: tests/unit/nmbgp_prefix_table_test.cpp, against a linear scan.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "net/ip.hpp"

namespace nmbgp {

struct PrefixEntry {
    nm::Prefix prefix;
    std::uint32_t value = 0;  // below PrefixTable::none
};

class PrefixTable {
  public:
    static constexpr std::uint32_t none = (1u << 31) - 1;

    PrefixTable() = default;
    // Of a prefix that stands twice, the last one counts.
    explicit PrefixTable(std::vector<PrefixEntry> entries);

    // The value of the longest prefix that holds ip, or none.
    std::uint32_t find(const nm::IpAddress& ip) const {
        if (ip.is_v4()) return find_v4(ip.to_v4());
        return ip.is_v6() ? find_v6(ip) : none;
    }

  private:
    struct Free {
        void operator()(std::uint32_t* memory) const { std::free(memory); }
    };
    __extension__ typedef unsigned __int128 Address128;  // not ISO C++, in both our compilers
    // A /32 that holds the start of an interval: where its intervals lie in starts_.
    struct Block {
        std::uint32_t top = 0;
        std::uint32_t first = 0;
        std::uint32_t count = 0;  // 0: a free slot of the hash
    };

    void build_v4(const std::vector<PrefixEntry>& by_length);
    void set_v4(const nm::Prefix& prefix, std::uint32_t value);
    void build_v6(std::vector<PrefixEntry> entries);
    void add_boundary(Address128 start, std::uint32_t value);
    void index_blocks();
    std::uint32_t find_v4(std::uint32_t address) const;
    std::uint32_t find_v6(const nm::IpAddress& ip) const;
    const Block* find_block(std::uint32_t top) const;

    // Slots hold the value plus one, so that fresh memory says none; the top bit marks a page number.
    std::unique_ptr<std::uint32_t[], Free> slots_;
    std::vector<std::uint32_t> pages_;  // 256 slots each, for what lies under a /24
    std::vector<Address128> starts_;    // ascending, the first is ::
    std::vector<std::uint32_t> values_;
    std::vector<Block> blocks_;  // open addressing, a power of two
};

}  // namespace nmbgp
