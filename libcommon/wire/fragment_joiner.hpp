// Puts the fragments of IP datagrams of both versions together again (RFC 791 section 3.2, RFC 8200 section
// 4.5). Memory is bounded: so many datagrams may be incomplete at a time, the oldest gives way; one that
// overlaps itself is dropped whole (RFC 5722 for IPv6, and no honest sender of IPv4 does that).
// Proof: tests/unit/wire_fragment_joiner_test.cpp, tests/fuzz/fuzz_pcap.cpp.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "net/ip.hpp"
#include "wire/byte_reader.hpp"

namespace nm {

class FragmentJoiner {
  public:
    static constexpr std::size_t max_incomplete = 256;
    static constexpr std::int64_t patience_ns = 30 * ns_per_s;  // RFC 791 asks for 15 s, RFC 8200 for 60 s

    // An IP packet that is a fragment, from its IP header on. Returns what follows the IP header of the whole
    // datagram (the first fragment's transport header on) once the last missing piece came; valid until the
    // next call.
    std::optional<Bytes> add(Bytes ip_packet, Time ts);

    // Fragments that came to nothing: cut, overlapping, or their datagram never became whole. Exact once
    // give_up() was called.
    std::uint64_t lost() const { return lost_; }
    // No more fragments: what is incomplete is counted as lost.
    void give_up();

  private:
    struct Fragment {
        IpAddress src_ip;
        IpAddress dst_ip;
        std::uint32_t id = 0;
        std::uint8_t proto = 0;
        std::size_t offset = 0;  // bytes
        bool is_last = false;
        Bytes payload;
    };
    struct Piece {
        std::size_t begin;
        std::size_t end;
    };
    struct Incomplete {
        IpAddress src_ip;
        IpAddress dst_ip;
        std::uint32_t id = 0;
        std::uint8_t proto = 0;
        Time first;
        std::size_t length = 0;  // of the whole; 0 until the last fragment came
        std::size_t received = 0;
        std::uint64_t fragments = 0;
        std::vector<Piece> pieces;
        std::vector<std::uint8_t> bytes;
    };

    static std::optional<Fragment> parse(Bytes ip_packet);
    static std::optional<Fragment> parse_v4(ByteReader in);
    static std::optional<Fragment> parse_v6(ByteReader in);
    std::list<Incomplete>::iterator find_or_make(const Fragment& fragment, Time ts);
    static bool place(Incomplete& whole, const Fragment& fragment);
    void forget(std::list<Incomplete>::iterator whole);

    std::list<Incomplete> incomplete_;  // oldest first
    std::vector<std::uint8_t> joined_;
    std::uint64_t lost_ = 0;
};

}  // namespace nm
