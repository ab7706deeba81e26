// ICMP echo for the packet engine: one socket a family, raw where it is allowed, else datagram.
#pragma once

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
    std::string why_not(Family family) const;
    SocketKind kind(Family family) const;

  private:
    struct Lane {
        std::unique_ptr<StampSocket> socket;
        std::string why_not;
        Exit exit = Exit::ok;
    };

    Lane open(Family family, const IcmpOptions& options) const;
    const Lane& lane(Family family) const { return family == Family::v4 ? v4_ : v6_; }

    EchoRun run_;
    EchoBuilder builder_;
    Lane v4_;
    Lane v6_;
};

}  // namespace nm
