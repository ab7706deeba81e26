#include "probe/icmp_protocol.hpp"

#include <netinet/in.h>

#include "probe/packet_filters.hpp"
#include "probe/socket_options.hpp"
#include "wire/icmp_error.hpp"

namespace nm {
namespace {

constexpr const char* permission_hint =
    ": give the program CAP_NET_RAW (setcap cap_net_raw+ep), or open datagram sockets to your group"
    " (sysctl net.ipv4.ping_group_range='0 2147483647')";

}  // namespace

IcmpProtocol::IcmpProtocol(const IcmpOptions& options)
    : run_(EchoRun::random(options.size)), builder_(run_, StampSocket::send_batch) {
    lanes_.open(options, "", [&](Lane& lane, Family family) { open(lane, family, options); });
}

void IcmpProtocol::open(Lane& lane, Family family, const IcmpOptions& options) const {
    StampSocketOptions wanted =
        socket_options(options, family, std::max<std::size_t>(options.size + 128, 640));
    wanted.protocol =
        family == Family::v4 ? static_cast<int>(IPPROTO_ICMP) : static_cast<int>(IPPROTO_ICMPV6);
    constexpr std::size_t header_bytes = 28;  // IPv4 and ICMP
    wanted.small = options.size + header_bytes <= 576;
    for (const int type : {SOCK_RAW, SOCK_DGRAM}) {
        const bool allowed = options.socket == SocketChoice::automatic ||
                             (options.socket == SocketChoice::raw) == (type == SOCK_RAW);
        if (!allowed) continue;
        wanted.type = type;
        wanted.filter = type == SOCK_RAW
                            ? keep_icmp_errors_and_replies(family, run_.identifier, identifier_mask)
                            : PacketFilter{};
        auto socket = StampSocket::open(wanted);
        if (socket) {
            lane.socket = std::move(*socket);
            lane.is_open = true;
            return;
        }
        lane.fail(socket.error());
        if (lane.exit != Exit::no_permission) return;  // another kind of socket would be refused as well
        lane.why_not += permission_hint;
    }
}

std::vector<StampSocket*> IcmpProtocol::sockets() {
    std::vector<StampSocket*> sockets;
    for (const Lane& lane : lanes_.all()) {
        if (lane.is_open) sockets.push_back(lane.socket.get());
    }
    return sockets;
}

void IcmpProtocol::build(std::vector<Outgoing>& batch) {
    for (std::size_t slot = 0; slot < batch.size(); ++slot) {
        Outgoing& out = batch[slot];
        out.bytes = builder_.build(slot, out.index, out.to.family);
    }
}

void IcmpProtocol::parse(const StampSocket& socket, const std::vector<Incoming>& in,
                         std::vector<Answer>& out) {
    for (const Incoming& packet : in) {
        Answer answer = !socket.is_raw()                ? parse_dgram(run_, packet.bytes)
                        : socket.family() == Family::v4 ? parse_raw_v4(run_, packet.bytes)
                                                        : parse_raw_v6(run_, packet.bytes);
        if (!answer.from.is_set()) answer.from = packet.from;
        if (answer.ttl == 0) answer.ttl = packet.ttl;
        out.push_back(answer);
    }
}

Answer IcmpProtocol::parse_quote(const StampSocket& socket, const QueuedError& error) {
    // The error queue also tells of redirects and source quench: the request may be answered all the same.
    if (!is_icmp_error(socket.family(), error.type)) return {};
    Answer answer = parse_dgram_quote(run_, error.packet);
    if (answer.index_bits < 32) answer.probed = error.to;
    answer.from = error.from;
    answer.icmp_type = error.type;
    answer.icmp_code = error.code;
    return answer;
}

SocketKind IcmpProtocol::kind(Family family) const {
    const auto& socket = lanes_.of(family).socket;
    return !socket ? SocketKind::none : socket->is_raw() ? SocketKind::raw : SocketKind::dgram;
}

}  // namespace nm
