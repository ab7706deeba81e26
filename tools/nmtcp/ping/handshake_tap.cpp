#include "ping/handshake_tap.hpp"

#include <arpa/inet.h>
#include <linux/errqueue.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/net_tstamp.h>
#include <netinet/in.h>

#include <array>
#include <functional>

#include "probe/kernel_stamps.hpp"
#include "wire/packet.hpp"

namespace nmtcp {
namespace {

constexpr std::uint8_t flag_syn = 0x02, flag_rst = 0x04, flag_ack = 0x10;
constexpr std::size_t snapped_bytes = 128;  // IP and TCP headers with all their options
constexpr std::size_t batch = 64;
constexpr int buffer_bytes = 16 << 20;

// Keeps TCP segments with SYN or RST. The packet begins at its IP header.
constexpr std::array<sock_filter, 14> handshake_filter{{
    BPF_STMT(BPF_LD | BPF_H | BPF_ABS, static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_PROTOCOL)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 0, 4),
    BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9),  // protocol
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_TCP, 0, 8),
    BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
    BPF_JUMP(BPF_JMP | BPF_JA, 4, 0, 0),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IPV6, 0, 5),
    BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 6),  // next header
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_TCP, 0, 3),
    BPF_STMT(BPF_LDX | BPF_W | BPF_IMM, 40),
    BPF_STMT(BPF_LD | BPF_B | BPF_IND, 13),  // flags
    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, flag_syn | flag_rst, 1, 0),
    BPF_STMT(BPF_RET | BPF_K, 0),
    BPF_STMT(BPF_RET | BPF_K, 0xFFFFFFFF),
}};

// A packet has no zone; a socket of a link-local address has one.
nm::Endpoint without_zone(nm::Endpoint end) {
    end.address.zone = 0;
    return end;
}

}  // namespace

struct HandshakeTap::Buffers {
    std::array<std::array<std::uint8_t, snapped_bytes>, batch> data;
    std::array<std::array<char, 128>, batch> control;
    std::array<sockaddr_ll, batch> from;
    std::array<iovec, batch> vectors;
    std::array<mmsghdr, batch> messages;
};

std::size_t HandshakeTap::EndsHash::operator()(const Ends& ends) const {
    const std::size_t ports = std::size_t{ends.local.port} << 16 | ends.peer.port;
    return std::hash<nm::IpAddress>()(ends.peer.address) ^ ports * 0x9E3779B97F4A7C15U;
}

HandshakeTap::HandshakeTap(nm::UniqueFd fd) : fd_(std::move(fd)), buffers_(std::make_unique<Buffers>()) {}

HandshakeTap::~HandshakeTap() = default;

std::unique_ptr<HandshakeTap> HandshakeTap::open() {
    // Without a protocol it takes nothing until it is bound, and by then the filter is there.
    nm::UniqueFd fd(::socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd) return nullptr;
    sock_fprog program{handshake_filter.size(), const_cast<sock_filter*>(handshake_filter.data())};
    const int stamps = SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;
    if (::setsockopt(fd.get(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0 ||
        ::setsockopt(fd.get(), SOL_SOCKET, SO_TIMESTAMPING, &stamps, sizeof stamps) != 0)
        return nullptr;
    if (::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, &buffer_bytes, sizeof buffer_bytes) != 0)
        ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &buffer_bytes, sizeof buffer_bytes);
    sockaddr_ll every_interface{};
    every_interface.sll_family = AF_PACKET;
    every_interface.sll_protocol = htons(ETH_P_ALL);  // outgoing packets come under no other
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&every_interface), sizeof every_interface) != 0)
        return nullptr;
    nm::await_receive_stamps();
    return std::unique_ptr<HandshakeTap>(new HandshakeTap(std::move(fd)));
}

void HandshakeTap::watch(std::size_t slot, const nm::Endpoint& local, const nm::Endpoint& peer) {
    if (slot >= ends_of_.size()) ends_of_.resize(slot + 1);
    ends_of_[slot] = {without_zone(local), without_zone(peer)};
    watched_[ends_of_[slot]] = {};
}

HandshakeStamps HandshakeTap::take(std::size_t slot) {
    const auto found = slot < ends_of_.size() ? watched_.find(ends_of_[slot]) : watched_.end();
    if (found == watched_.end()) return {};
    if (found->second.answer_ns == 0) drain();
    const HandshakeStamps stamps = found->second;
    watched_.erase(found);
    return stamps;
}

HandshakeStamps HandshakeTap::take_last(const nm::Endpoint& peer) {
    drain();
    if (last_.peer != without_zone(peer)) return {};
    last_ = {};
    return last_stamps_;
}

void HandshakeTap::drain() {
    Buffers& b = *buffers_;
    int n = batch;
    while (n == static_cast<int>(batch)) {
        for (std::size_t i = 0; i < batch; ++i) {
            b.vectors[i] = {b.data[i].data(), snapped_bytes};
            b.messages[i].msg_hdr = {};
            b.messages[i].msg_hdr.msg_name = &b.from[i];
            b.messages[i].msg_hdr.msg_namelen = sizeof b.from[i];
            b.messages[i].msg_hdr.msg_iov = &b.vectors[i];
            b.messages[i].msg_hdr.msg_iovlen = 1;
            b.messages[i].msg_hdr.msg_control = b.control[i].data();
            b.messages[i].msg_hdr.msg_controllen = b.control[i].size();
        }
        n = ::recvmmsg(fd_.get(), b.messages.data(), batch, MSG_DONTWAIT, nullptr);
        for (std::size_t i = 0; n > 0 && i < static_cast<std::size_t>(n); ++i) {
            std::int64_t stamp_ns = 0;
            msghdr& header = b.messages[i].msg_hdr;
            for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
                if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPING)
                    stamp_ns = nm::software_stamp_ns(c);
            }
            take_packet({b.data[i].data(), b.messages[i].msg_len}, b.from[i].sll_pkttype == PACKET_OUTGOING,
                        stamp_ns);
        }
    }
}

// Of a packet that passes several interfaces the first sight counts, in both directions.
void HandshakeTap::take_packet(nm::Bytes bytes, bool outgoing, std::int64_t stamp_ns) {
    nm::Packet packet;
    nm::parse_ip(nm::ByteReader(bytes), packet);
    if (!packet.tcp_flags || !packet.src_port || !packet.dst_port) return;
    const unsigned flags = *packet.tcp_flags;
    const nm::Endpoint from{packet.src_ip, *packet.src_port};
    const nm::Endpoint to{packet.dst_ip, *packet.dst_port};
    const bool is_syn = (flags & (flag_syn | flag_ack | flag_rst)) == flag_syn;
    if (outgoing != is_syn) return;  // on loopback each packet is seen in both directions
    const Ends ends = outgoing ? Ends{from, to} : Ends{to, from};
    const auto found = watched_.find(ends);
    if (found == watched_.end() && ends != last_) {
        if (!outgoing) return;
        last_ = ends;
        last_stamps_ = {};
    }
    HandshakeStamps& stamps = found == watched_.end() ? last_stamps_ : found->second;
    std::int64_t& stamp = outgoing ? stamps.syn_ns : stamps.answer_ns;
    if (stamp == 0) stamp = stamp_ns;
}

}  // namespace nmtcp
