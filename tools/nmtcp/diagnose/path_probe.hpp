// Pings and handshakes of nmtcp diagnose, by the engines of nmprobe ping and nmtcp ping.
#pragma once

#include "ping/handshake_tap.hpp"
#include "ping/ping.hpp"
#include "ping/syn_protocol.hpp"
#include "probe/icmp_protocol.hpp"
#include "record/tcp_diagnosis.hpp"

namespace nmtcp {

class PathProbe {
  public:
    // Opens every socket that needs a right, so that the capabilities can be given up then.
    explicit PathProbe(const PingOptions& options);

    // Each sets its figures; the states are for verdict.hpp to judge.
    void ping(nm::EventLoop& loop, nm::Output& out, nm::TcpDiagnosis& d);
    void handshake(nm::EventLoop& loop, nm::Output& out, nm::TcpDiagnosis& d);
    // A few pings as large as Ethernet carries.
    void large_ping(nm::EventLoop& loop, nm::Output& out, nm::TcpDiagnosis& d);

  private:
    struct Pinger {
        std::unique_ptr<nm::IcmpProtocol> protocol;  // nullptr: not allowed
        std::string why_not;
    };

    Pinger open_pinger(std::uint64_t size) const;

    PingOptions options_;
    Pinger small_, large_v4_, large_v6_;
    std::unique_ptr<SynProtocol> raw_;
    std::unique_ptr<HandshakeTap> tap_;
};

}  // namespace nmtcp
