#include "probe/icmp_protocol.hpp"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>

#include "probe/socket_options.hpp"
#include "wire/icmp_error.hpp"

namespace nm {
namespace {

constexpr const char* permission_hint =
    ": give the program CAP_NET_RAW (setcap cap_net_raw+ep), or open datagram sockets to your group"
    " (sysctl net.ipv4.ping_group_range='0 2147483647')";

// Keeps what may be ours: echo replies with our identifier, and errors. Raw IPv4 sockets see the IP header.
std::vector<sock_filter> raw_filter(Family family, std::uint16_t identifier) {
    if (family == Family::v4) {
        return {
            BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
            BPF_STMT(BPF_LD | BPF_B | BPF_IND, 0),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ICMP_ECHOREPLY, 0, 4),
            BPF_STMT(BPF_LD | BPF_H | BPF_IND, 4),
            BPF_STMT(BPF_ALU | BPF_AND | BPF_K, identifier_mask),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, identifier, 3, 0),
            BPF_STMT(BPF_RET | BPF_K, 0),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ICMP_DEST_UNREACH, 1, 0),
            BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, ICMP_TIME_EXCEEDED, 0, 1),
            BPF_STMT(BPF_RET | BPF_K, 0xFFFFFFFF),
            BPF_STMT(BPF_RET | BPF_K, 0),
        };
    }
    return {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ICMP6_ECHO_REPLY, 0, 4),
        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 4),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, identifier_mask),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, identifier, 2, 0),
        BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, ICMP6_PARAM_PROB, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, 0xFFFFFFFF),
        BPF_STMT(BPF_RET | BPF_K, 0),
    };
}

}  // namespace

IcmpProtocol::IcmpProtocol(const IcmpOptions& options)
    : run_(EchoRun::random(options.size)), builder_(run_, StampSocket::send_batch) {
    if (options.wants(Family::v4))
        v4_ = open(Family::v4, options);
    else
        v4_.why_not = "IPv4 is switched off by --ipv6";
    if (options.wants(Family::v6))
        v6_ = open(Family::v6, options);
    else
        v6_.why_not = "IPv6 is switched off by --ipv4";
    if (v4_.socket || v6_.socket) return;
    const Lane& asked = options.wants(Family::v4) ? v4_ : v6_;
    throw UserError(asked.exit, asked.why_not);
}

IcmpProtocol::Lane IcmpProtocol::open(Family family, const IcmpOptions& options) const {
    StampSocketOptions wanted =
        socket_options(options, family, std::max<std::size_t>(options.size + 128, 640));
    wanted.protocol =
        family == Family::v4 ? static_cast<int>(IPPROTO_ICMP) : static_cast<int>(IPPROTO_ICMPV6);
    constexpr std::size_t header_bytes = 28;  // IPv4 and ICMP
    wanted.small = options.size + header_bytes <= 576;
    Lane lane;
    for (const int type : {SOCK_RAW, SOCK_DGRAM}) {
        const bool allowed = options.socket == SocketChoice::automatic ||
                             (options.socket == SocketChoice::raw) == (type == SOCK_RAW);
        if (!allowed) continue;
        wanted.type = type;
        wanted.filter = type == SOCK_RAW ? raw_filter(family, run_.identifier) : std::vector<sock_filter>{};
        auto socket = StampSocket::open(wanted);
        if (socket) {
            lane.socket = std::move(*socket);
            return lane;
        }
        lane.why_not = socket.error().message;
        lane.exit = socket.error().exit;
        if (lane.exit == Exit::no_permission) lane.why_not += permission_hint;
    }
    return lane;
}

std::vector<StampSocket*> IcmpProtocol::sockets() {
    std::vector<StampSocket*> sockets;
    for (const Lane* lane : {&v4_, &v6_}) {
        if (lane->socket) sockets.push_back(lane->socket.get());
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

std::string IcmpProtocol::why_not(Family family) const {
    return lane(family).socket ? std::string() : lane(family).why_not;
}

SocketKind IcmpProtocol::kind(Family family) const {
    const auto& socket = lane(family).socket;
    return !socket ? SocketKind::none : socket->is_raw() ? SocketKind::raw : SocketKind::dgram;
}

}  // namespace nm
