// Probes of a trace as they leave, IP header included, and what may come back.
//
// A flow is what routers hash to choose among paths: addresses, protocol, the first 4 bytes of the transport
// header, and in IPv6 the flow label. All probes of one flow have the same (traps T29, T7): ports; or type,
// code and checksum of ICMP, with its identifier too. What tells one probe from another is where no router
// looks:
// - everywhere: 8 bytes of cookie in the payload, which hold the index under a key; two more bytes keep the
//   checksum of ICMP and UDP the same whatever they hold;
// - ICMP: the sequence number; UDP over IPv4: the identification of the IP header. Both are in the shortest
//   quote (28 bytes), and hold 1 + index % 65535. UDP over IPv6 has only its payload, which RFC 4443 quotes;
// - TCP: the sequence number holds the index under the key.
// A quote that differs from what was sent tells of a translator (NAT).
// Proof: tests/unit/trace_wire_test.cpp (against libtins), tests/fuzz/fuzz_trace.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "net/ip.hpp"
#include "probe/keyed_index.hpp"
#include "record/probe_trace.hpp"
#include "wire/icmp_extension.hpp"

namespace nm {

// What all probes of a run have in common.
struct TraceRun {
    TraceMethod method = TraceMethod::icmp;
    KeyedIndex key[2];
    std::uint16_t flows = 1;       // a power of two
    std::uint16_t first_mark = 0;  // source port or ICMP identifier of flow 0, a multiple of flows
    std::uint16_t checksum = 0;    // of ICMP and UDP, of flow 0
    std::uint32_t flow_label = 0;  // of flow 0
    std::uint8_t tos = 0;

    static TraceRun random(TraceMethod method, std::uint16_t flows, std::uint16_t first_mark, int tos);

    std::uint64_t cookie(std::uint32_t index) const {
        return static_cast<std::uint64_t>(key[0].hide(index)) << 32 | key[1].hide(index);
    }
    std::uint16_t mark_of(std::uint32_t flow) const { return static_cast<std::uint16_t>(first_mark + flow); }
    // The flow of a source port or identifier, or nullopt when it is not ours.
    std::optional<std::uint16_t> flow_of(std::uint16_t mark) const {
        const auto flow = static_cast<std::uint16_t>(mark - first_mark);
        return flow < flows ? std::optional(flow) : std::nullopt;
    }
    // In the byte order of the packet; never 0, which means none in UDP.
    std::uint16_t checksum_of(std::uint32_t flow) const {
        const auto sum = static_cast<std::uint16_t>(checksum + flow * 0x61C9);
        return sum != 0 ? sum : 0x6E6D;
    }
};

// What 16 bits can hold of an index: never 0, which the kernel would replace in an IP header.
inline constexpr std::uint32_t short_indexes = 65'535;
inline std::uint16_t short_index(std::uint32_t index) {
    return static_cast<std::uint16_t>(1 + index % short_indexes);
}

struct TracePacket {
    std::uint32_t index = 0;
    IpAddress from, to;
    std::uint16_t port = 0;
    std::uint8_t ttl = 0;
    std::uint16_t flow = 0;
};

class TraceBuilder {
  public:
    TraceBuilder(const TraceRun& run, std::size_t slots) : run_(run), rooms_(slots * largest) {}
    Bytes build(std::size_t slot, const TracePacket& packet);

  private:
    static constexpr std::size_t largest = 40 + 24;
    std::size_t build_transport(std::uint8_t* at, const TracePacket& packet) const;

    const TraceRun& run_;
    std::vector<std::uint8_t> rooms_;
};

// What a received packet says, before the table of sent probes is asked.
struct TraceHit {
    enum class Kind : std::uint8_t { foreign, reply, icmp_error };
    Kind kind = Kind::foreign;
    bool corrupt = false;
    std::optional<std::uint32_t> index;        // whole...
    std::optional<std::uint16_t> index_short;  // ...or only what 16 bits hold of it
    std::uint16_t flow = 0;
    IpAddress from;
    std::uint8_t ttl = 0;  // of the answer; 0: not in the packet
    int icmp_type = -1;
    int icmp_code = -1;
    TraceAnswer answer = TraceAnswer::none;  // of a reply
    // An error's quote:
    IpAddress quoted_from, quoted_to;
    std::uint16_t quoted_port = 0;
    bool quoted_header = false;  // the three below are known
    std::uint8_t quoted_ttl = 0;
    std::uint8_t quoted_tos = 0;
    bool checksum_changed = false;
    MplsStack mpls;
};

// A packet of a raw ICMP or ICMPv6 socket; IPv4 with its IP header.
TraceHit parse_trace_icmp(const TraceRun& run, Family family, Bytes bytes);
// A packet of a raw TCP or UDP socket.
TraceHit parse_trace_transport(const TraceRun& run, Family family, Bytes bytes);
// What a datagram socket has of a UDP probe: the payload, sent, or quoted, or sent back by the destination.
Bytes trace_payload(Bytes packet, Family family);
std::optional<std::uint32_t> read_trace_payload(const TraceRun& run, Bytes payload);

}  // namespace nm
