// Half-open TCP handshakes for the packet engine: SYNs from raw sockets; the kernel, which knows no such
// connection, resets what answers.
#pragma once

#include "ping/ping.hpp"
#include "ping/wire_tcp.hpp"
#include "probe/family_lanes.hpp"
#include "probe/reserved_ports.hpp"
#include "probe/route_source.hpp"

namespace nmtcp {

class SynProtocol : public nm::PacketProtocol {
  public:
    // Opens raw TCP and ICMP sockets of each family and reserves 16 source ports, so that no other program
    // gets them (trap T11). Throws UserError when no family can be probed.
    explicit SynProtocol(const PingOptions& options);

    std::vector<nm::StampSocket*> sockets() override;
    void build(std::vector<nm::Outgoing>& batch) override;
    void parse(const nm::StampSocket& socket, const std::vector<nm::Incoming>& in,
               std::vector<nm::Answer>& out) override;
    nm::Answer parse_quote(const nm::StampSocket&, const nm::QueuedError&) override { return {}; }

    // Why addresses of this family cannot be probed; empty when they can.
    std::string why_not(nm::Family family) const { return lanes_.why_not(family); }

  private:
    struct Lane : nm::FamilyLane {
        std::unique_ptr<nm::StampSocket> tcp;
        std::unique_ptr<nm::StampSocket> icmp;
    };

    void open(Lane& lane, nm::Family family, const PingOptions& options) const;

    nm::ReservedPorts reserved_;
    SynRun run_;
    SynBuilder builder_;
    nm::RouteSource source_;  // IPv4: for IPv6 the kernel fills in the checksum
    nm::FamilyLanes<Lane> lanes_;
};

// The raw way, or nullptr where it is not allowed and --method auto may do without.
std::unique_ptr<SynProtocol> open_syn(const PingOptions& options);

}  // namespace nmtcp
