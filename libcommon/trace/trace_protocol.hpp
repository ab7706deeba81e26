// The packets of a trace for the packet engine: raw sockets of each family that send with their own IP
// header, or for UDP without privileges a datagram socket, whose error queue tells what routers said; and the
// table of what was sent, by which answers are known.
#pragma once

#include <map>
#include <memory>
#include <optional>

#include "probe/family_lanes.hpp"
#include "probe/icmp_protocol.hpp"
#include "probe/options.hpp"
#include "probe/packet_engine.hpp"
#include "probe/reserved_ports.hpp"
#include "probe/route_source.hpp"
#include "trace/short_quotes.hpp"
#include "trace/wire_trace.hpp"

namespace nm {

// What a PacketEvent::seq means here.
struct ProbeName {
    static constexpr std::uint32_t flows = 512, runs = 128;

    std::uint8_t ttl = 0;
    std::uint8_t query = 0;
    std::uint16_t flow = 0;  // below flows
    std::uint8_t run = 0;    // below runs: which of the target's traces it belongs to

    std::uint32_t packed() const { return (run * flows + flow) << 16 | std::uint32_t{ttl} << 8 | query; }
    static ProbeName of(std::uint32_t seq) {
        return {static_cast<std::uint8_t>(seq >> 8), static_cast<std::uint8_t>(seq),
                static_cast<std::uint16_t>(seq >> 16 & (flows - 1)),
                static_cast<std::uint8_t>((seq >> 16) / flows)};
    }
};

// What an answer said beside its time.
struct TraceNote {
    TraceAnswer answer = TraceAnswer::none;
    int icmp_type = -1;
    int icmp_code = -1;
    bool quoted = false;  // the three below are known
    std::uint8_t quoted_ttl = 0;
    std::uint8_t quoted_tos = 0;
    bool nat = false;
    IpAddress nat_address;
    MplsStack mpls;
};

struct TraceOptions : ProbeOptions {
    TraceMethod method = TraceMethod::icmp;
    SocketChoice socket = SocketChoice::automatic;
    std::uint32_t first_ttl = 1;
    std::uint32_t max_ttl = 30;
    std::uint32_t gap = 5;
    std::uint16_t port = 0;  // 0: 33434 for udp, 80 for tcp
    bool mda = false;
    bool watch = false;
    bool no_dns = false;  // in what --watch shows
    double confidence_pct = 95;
};

class TraceProtocol : public PacketProtocol {
  public:
    static constexpr std::uint16_t mda_flows = ProbeName::flows;

    // Opens the sockets and reserves the source ports. Throws UserError when no family can be traced, or when
    // the options ask for a datagram socket that cannot do it.
    explicit TraceProtocol(const TraceOptions& options);

    std::vector<StampSocket*> sockets() override;
    void build(std::vector<Outgoing>& batch) override;
    void parse(const StampSocket& socket, const std::vector<Incoming>& in, std::vector<Answer>& out) override;
    Answer parse_quote(const StampSocket& socket, const QueuedError& error) override;

    // Of PacketEvent::note; valid until the next packets are read. 0: none.
    const TraceNote& note(std::uint32_t number) const { return notes_[number]; }
    // Why addresses of this family cannot be traced; empty when they can.
    std::string why_not(Family family) const { return lanes_.why_not(family); }
    SocketKind kind(Family family) const;
    // ICMP errors about this address whose quote was too short to know the packet, since the last call.
    std::uint64_t take_unplaced(const IpAddress& address);
    // Only one hop at a time tells there which probe an error is about.
    bool asks_hop_by_hop(const ProbeTarget& target) const {
        return short_quotes_.asks_hop_by_hop(target.address, port_of(target));
    }
    std::uint16_t flows() const { return run_.flows; }
    std::uint16_t port_of(const ProbeTarget& target) const;

  private:
    struct Lane : FamilyLane {
        std::unique_ptr<StampSocket> icmp;       // sends, and receives errors and echo replies
        std::unique_ptr<StampSocket> transport;  // receives TCP or UDP
        std::unique_ptr<StampSocket> dgram;      // instead of both: sends and receives UDP
        std::optional<RouteSource> source;
    };
    struct Sent {
        IpAddress to;
        IpAddress from;
        std::uint32_t index = 0;
        std::uint16_t port = 0;  // sent to
        std::uint16_t spec_port = 0;
        std::uint16_t flow = 0;
        bool used = false;
    };

    void open(Lane& lane, Family family) const;
    void open_raw(Lane& lane, Family family) const;
    void open_dgram(Lane& lane, Family family) const;
    TraceHit hit_of(const StampSocket& socket, const Incoming& packet) const;
    const Sent* sent_of(TraceHit& hit) const;
    Answer answer_of(const TraceHit& hit, const Sent& sent);
    TraceNote note_of(const TraceHit& hit, const Sent& sent) const;

    const TraceOptions& options_;
    std::unique_ptr<ReservedPorts> reserved_;
    TraceRun run_;
    TraceBuilder builder_;
    std::vector<Sent> sent_;  // by short index: an older packet with the same one is known no more
    std::vector<TraceNote> notes_ = {TraceNote{}};  // the first: of what no answer told
    std::uint32_t newest_ = 0;
    std::map<IpAddress, std::uint64_t> unplaced_;
    ShortQuotes short_quotes_;  // of datagram sockets
    FamilyLanes<Lane> lanes_;
};

}  // namespace nm
