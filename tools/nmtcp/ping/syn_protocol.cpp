#include "ping/syn_protocol.hpp"

#include <netinet/in.h>

#include "probe/socket_options.hpp"

namespace nmtcp {
namespace {

using nm::Family;
using nm::IpAddress;

constexpr int checksum_offset = 16;  // of a TCP header

// Keeps segments to our reserved ports.
std::vector<sock_filter> tcp_filter(Family family, std::uint16_t first_port) {
    std::vector<sock_filter> program;
    if (family == Family::v4) {
        program = {BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0), BPF_STMT(BPF_LD | BPF_H | BPF_IND, 2)};
    } else {
        program = {BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 2)};
    }
    const std::vector<sock_filter> rest{
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xFFFF & ~(source_ports - 1U)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, first_port, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0xFFFFFFFF),
        BPF_STMT(BPF_RET | BPF_K, 0),
    };
    program.insert(program.end(), rest.begin(), rest.end());
    return program;
}

// Keeps ICMP errors: destination unreachable, time exceeded, parameter problem, packet too big.
std::vector<sock_filter> icmp_filter(Family family) {
    if (family == Family::v4) {
        return {
            BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
            BPF_STMT(BPF_LD | BPF_B | BPF_IND, 0),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 3, 2, 0),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 11, 1, 0),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 12, 0, 1),
            BPF_STMT(BPF_RET | BPF_K, 0xFFFFFFFF),
            BPF_STMT(BPF_RET | BPF_K, 0),
        };
    }
    return {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
        BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 4, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, 0xFFFFFFFF),
        BPF_STMT(BPF_RET | BPF_K, 0),
    };
}

}  // namespace

SynProtocol::SynProtocol(const PingOptions& options)
    : reserved_(SOCK_STREAM, source_ports, "close some connections, or use --method connect"),
      run_(SynRun::random(reserved_.first())),
      builder_(run_, nm::StampSocket::send_batch),
      source_(options, Family::v4) {
    if (options.wants(Family::v4))
        v4_ = open(Family::v4, options);
    else
        v4_.why_not = "IPv4 is switched off by --ipv6";
    if (options.wants(Family::v6))
        v6_ = open(Family::v6, options);
    else
        v6_.why_not = "IPv6 is switched off by --ipv4";
    if (v4_.tcp || v6_.tcp) return;
    const Lane& asked = options.wants(Family::v4) ? v4_ : v6_;
    throw nm::UserError(
        asked.exit,
        asked.why_not + ": give the program CAP_NET_RAW (setcap cap_net_raw+ep), or use --method connect");
}

SynProtocol::Lane SynProtocol::open(Family family, const PingOptions& options) const {
    Lane lane;
    nm::StampSocketOptions wanted = nm::socket_options(options, family, 640);
    wanted.protocol = IPPROTO_TCP;
    wanted.filter = tcp_filter(family, run_.first_port);
    wanted.small = true;
    if (family == Family::v6) wanted.checksum_offset = checksum_offset;
    auto tcp = nm::StampSocket::open(wanted);
    wanted.protocol =
        family == Family::v4 ? static_cast<int>(IPPROTO_ICMP) : static_cast<int>(IPPROTO_ICMPV6);
    wanted.filter = icmp_filter(family);
    wanted.checksum_offset = -1;
    auto icmp = nm::StampSocket::open(wanted);
    if (tcp && icmp) {
        lane.tcp = std::move(*tcp);
        lane.icmp = std::move(*icmp);
        return lane;
    }
    const nm::Error& error = tcp ? icmp.error() : tcp.error();
    lane.why_not = error.message;
    lane.exit = error.exit;
    return lane;
}

std::vector<nm::StampSocket*> SynProtocol::sockets() {
    std::vector<nm::StampSocket*> sockets;
    for (const Lane* lane : {&v4_, &v6_}) {
        if (!lane->tcp) continue;
        sockets.push_back(lane->tcp.get());
        sockets.push_back(lane->icmp.get());
    }
    return sockets;
}

void SynProtocol::build(std::vector<nm::Outgoing>& batch) {
    for (std::size_t slot = 0; slot < batch.size(); ++slot) {
        nm::Outgoing& out = batch[slot];
        nm::ProbeTarget& target = *out.target;
        // Once a round, because routes change between rounds.
        IpAddress& from = target.tally->source;
        if (out.to.is_v4() && !from.is_set()) from = source_.to(out.to);
        out.bytes = builder_.build(slot, out.index, from, out.to, target.port);
    }
}

void SynProtocol::parse(const nm::StampSocket& socket, const std::vector<nm::Incoming>& in,
                        std::vector<nm::Answer>& out) {
    const Family family = socket.family();
    const bool is_icmp = &socket == lane(family).icmp.get();
    for (const nm::Incoming& packet : in) {
        nm::Answer answer = is_icmp                ? parse_icmp(run_, family, packet.bytes)
                            : family == Family::v4 ? parse_tcp_v4(run_, packet.bytes)
                                                   : parse_tcp_v6(run_, packet.bytes);
        if (!answer.from.is_set()) answer.from = packet.from;
        if (answer.ttl == 0) answer.ttl = packet.ttl;
        out.push_back(answer);
    }
}

std::unique_ptr<SynProtocol> open_syn(const PingOptions& options) {
    if (options.method == Method::connect) return nullptr;
    try {
        return std::make_unique<SynProtocol>(options);
    } catch (const nm::UserError& error) {
        if (options.method == Method::syn || error.exit() != nm::Exit::no_permission) throw;
        return nullptr;
    }
}

}  // namespace nmtcp
