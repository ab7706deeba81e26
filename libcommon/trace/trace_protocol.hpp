// The packets of a trace for the packet engine: raw sockets of each family that send with their own IP
// header, and the table of what was sent, by which answers are known.
#pragma once

#include <memory>
#include <optional>

#include "probe/family_lanes.hpp"
#include "probe/options.hpp"
#include "probe/packet_engine.hpp"
#include "probe/reserved_ports.hpp"
#include "probe/route_source.hpp"
#include "trace/wire_trace.hpp"

namespace nm {

// What a PacketEvent::seq means here.
struct ProbeName {
    std::uint8_t ttl = 0;
    std::uint8_t query = 0;
    std::uint16_t flow = 0;

    std::uint32_t packed() const {
        return static_cast<std::uint32_t>(flow) << 16 | static_cast<std::uint32_t>(ttl) << 8 | query;
    }
    static ProbeName of(std::uint32_t seq) {
        return {static_cast<std::uint8_t>(seq >> 8), static_cast<std::uint8_t>(seq),
                static_cast<std::uint16_t>(seq >> 16)};
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
    static constexpr std::uint16_t mda_flows = 512;

    // Opens the sockets and reserves the source ports. Throws UserError when no family can be traced.
    explicit TraceProtocol(const TraceOptions& options);

    std::vector<StampSocket*> sockets() override;
    void build(std::vector<Outgoing>& batch) override;
    void parse(const StampSocket& socket, const std::vector<Incoming>& in, std::vector<Answer>& out) override;
    Answer parse_quote(const StampSocket&, const QueuedError&) override { return {}; }

    // Of PacketEvent::note; valid until the next packets are read. 0: none.
    const TraceNote& note(std::uint32_t number) const { return notes_[number]; }
    // Why addresses of this family cannot be traced; empty when they can.
    std::string why_not(Family family) const { return lanes_.why_not(family); }
    std::uint16_t flows() const { return run_.flows; }
    std::uint16_t port_of(const ProbeTarget& target) const;

  private:
    struct Lane : FamilyLane {
        std::unique_ptr<StampSocket> icmp;       // sends, and receives errors and echo replies
        std::unique_ptr<StampSocket> transport;  // receives TCP or UDP
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
    FamilyLanes<Lane> lanes_;
};

}  // namespace nm
