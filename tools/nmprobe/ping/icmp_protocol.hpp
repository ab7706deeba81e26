// ICMP echo for the packet engine: one socket a family, raw where it is allowed, else datagram.
#pragma once

#include "ping/ping.hpp"
#include "ping/wire_icmp.hpp"

namespace nmprobe {

class IcmpProtocol : public nm::PacketProtocol {
  public:
    // Opens what the options allow. Throws UserError(no_permission) when no family can be probed at all.
    explicit IcmpProtocol(const PingOptions& options);

    std::vector<nm::StampSocket*> sockets() override;
    void build(std::vector<nm::Outgoing>& batch) override;
    void parse(const nm::StampSocket& socket, const std::vector<nm::Incoming>& in,
               std::vector<nm::Answer>& out) override;
    nm::Answer parse_quote(const nm::StampSocket& socket, const nm::QueuedError& error) override;

    // Why addresses of this family cannot be probed; empty when they can.
    std::string why_not(nm::Family family) const;
    nm::SocketKind kind(nm::Family family) const;

  private:
    struct Lane {
        std::unique_ptr<nm::StampSocket> socket;
        std::string why_not;
        nm::Exit exit = nm::Exit::ok;
    };

    Lane open(nm::Family family, const PingOptions& options) const;
    const Lane& lane(nm::Family family) const { return family == nm::Family::v4 ? v4_ : v6_; }

    EchoRun run_;
    EchoBuilder builder_;
    Lane v4_;
    Lane v6_;
};

}  // namespace nmprobe
