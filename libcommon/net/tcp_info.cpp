#include "net/tcp_info.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "base/clock.hpp"

namespace nm {

TcpHandshake tcp_handshake(int fd) {
    tcp_info info{};
    socklen_t size = sizeof info;
    TcpHandshake handshake;
    if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return handshake;
    handshake.retransmitted = info.tcpi_total_retrans;
    if (info.tcpi_rtt > 0 && info.tcpi_total_retrans == 0)
        handshake.rtt_ns = std::int64_t{info.tcpi_rtt} * ns_per_us;
    handshake.send_mss = info.tcpi_snd_mss;
    handshake.timestamps = (info.tcpi_options & TCPI_OPT_TIMESTAMPS) != 0;
    handshake.sack = (info.tcpi_options & TCPI_OPT_SACK) != 0;
    handshake.window_scale = (info.tcpi_options & TCPI_OPT_WSCALE) != 0;
    return handshake;
}

}  // namespace nm
