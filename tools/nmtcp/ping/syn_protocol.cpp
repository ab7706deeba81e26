#include "ping/syn_protocol.hpp"

#include <netinet/in.h>

#include "probe/packet_filters.hpp"
#include "probe/socket_options.hpp"

namespace nmtcp {
namespace {

using nm::Family;
using nm::IpAddress;

constexpr int checksum_offset = 16;  // of a TCP header

}  // namespace

SynProtocol::SynProtocol(const PingOptions& options)
    : reserved_(SOCK_STREAM, source_ports, "close some connections, or use --method connect"),
      run_(SynRun::random(reserved_.first())),
      builder_(run_, nm::StampSocket::send_batch),
      source_(options, Family::v4) {
    lanes_.open(options, ": give the program CAP_NET_RAW (setcap cap_net_raw+ep), or use --method connect",
                [&](Lane& lane, Family family) { open(lane, family, options); });
}

void SynProtocol::open(Lane& lane, Family family, const PingOptions& options) const {
    nm::StampSocketOptions wanted = nm::socket_options(options, family, 640);
    wanted.protocol = IPPROTO_TCP;
    wanted.filter = nm::keep_ports(family, run_.first_port, source_ports);
    wanted.small = true;
    if (family == Family::v6) wanted.checksum_offset = checksum_offset;
    auto tcp = nm::StampSocket::open(wanted);
    wanted.protocol =
        family == Family::v4 ? static_cast<int>(IPPROTO_ICMP) : static_cast<int>(IPPROTO_ICMPV6);
    wanted.filter = nm::keep_icmp_errors(family);
    wanted.checksum_offset = -1;
    auto icmp = nm::StampSocket::open(wanted);
    if (!tcp || !icmp) {
        lane.fail(tcp ? icmp.error() : tcp.error());
        return;
    }
    lane.tcp = std::move(*tcp);
    lane.icmp = std::move(*icmp);
    lane.is_open = true;
}

std::vector<nm::StampSocket*> SynProtocol::sockets() {
    std::vector<nm::StampSocket*> sockets;
    for (const Lane& lane : lanes_.all()) {
        if (!lane.is_open) continue;
        sockets.push_back(lane.tcp.get());
        sockets.push_back(lane.icmp.get());
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
    const bool is_icmp = &socket == lanes_.of(family).icmp.get();
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
