// Which probe an ICMP error is about that quotes no more than 8 bytes of a datagram, the least that RFC 792
// asks for. A datagram socket learns only where the datagram went and who complains: the rest of the quote,
// where one probe of a flow differs from the next, is not handed on by the kernel. Other ports would tell,
// but they would make another flow, and show another path.
//
// So the answer is found by what is under way: one hop at a time is asked where such an error was seen
// (asks_hop_by_hop), and what was under way before is told apart by who is known to answer where. An error
// that may be about several hops is placed at none. Time is a parameter. Proof:
// tests/unit/trace_short_quotes_test.cpp.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "net/ip.hpp"

namespace nm {

class ShortQuotes {
  public:
    // A probe is forgotten when it is lost.
    explicit ShortQuotes(std::int64_t timeout_ns) : timeout_ns_(timeout_ns) {}

    void sent(const IpAddress& to, std::uint16_t port, std::uint32_t index, std::uint8_t ttl,
              std::int64_t now_ns);
    // The probe has its answer, which tells that it is this one.
    void answered(const IpAddress& to, std::uint16_t port, std::uint32_t index, const IpAddress& by);
    // The index of the probe that a short quote is about.
    std::optional<std::uint32_t> place(const IpAddress& to, std::uint16_t port, const IpAddress& from,
                                       std::int64_t now_ns);
    bool asks_hop_by_hop(const IpAddress& to, std::uint16_t port) const;

  private:
    struct Probe {
        std::uint32_t index;
        std::uint8_t ttl;
        std::int64_t sent_ns;
    };
    struct Destination {
        std::deque<Probe> waiting;       // by time
        std::vector<IpAddress> routers;  // by TTL, who answered last
        bool quotes_short = false;
    };

    void forget_lost(Destination& destination, std::int64_t now_ns) const;
    void end(Destination& destination, std::deque<Probe>::iterator probe, const IpAddress& by) const;

    std::int64_t timeout_ns_;
    std::map<std::pair<IpAddress, std::uint16_t>, Destination> destinations_;
};

}  // namespace nm
