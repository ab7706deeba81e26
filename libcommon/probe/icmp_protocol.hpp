// ICMP echo for the packet engine: one socket a family, raw where it is allowed, else datagram.
#pragma once

#include "probe/family_lanes.hpp"
#include "probe/options.hpp"
#include "probe/wire_icmp.hpp"

namespace nm {

enum class SocketChoice : std::uint8_t { automatic, raw, dgram };
inline constexpr std::array<std::string_view, 3> socket_choice_words{"auto", "raw", "dgram"};

struct IcmpOptions : ProbeOptions {
    std::uint64_t size = 56;  // payload bytes
    SocketChoice socket = SocketChoice::automatic;
};

class IcmpProtocol : public PacketProtocol {
  public:
    // Opens what the options allow. Throws UserError(no_permission) when no family can be probed at all.
    explicit IcmpProtocol(const IcmpOptions& options);

    std::vector<StampSocket*> sockets() override;
    void build(std::vector<Outgoing>& batch) override;
    void parse(const StampSocket& socket, const std::vector<Incoming>& in, std::vector<Answer>& out) override;
    Answer parse_quote(const StampSocket& socket, const QueuedError& error) override;

    // Why addresses of this family cannot be probed; empty when they can.
    std::string why_not(Family family) const { return lanes_.why_not(family); }
    SocketKind kind(Family family) const;

  private:
    struct Lane : FamilyLane {
        std::unique_ptr<StampSocket> socket;
    };

    void open(Lane& lane, Family family, const IcmpOptions& options) const;

    EchoRun run_;
    EchoBuilder builder_;
    FamilyLanes<Lane> lanes_;
};

}  // namespace nm
