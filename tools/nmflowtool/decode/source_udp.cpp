#include "decode/source_udp.hpp"

#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "app/signals.hpp"

namespace nmflowtool {
namespace {

// Datagrams that come this close together are left to gather for a while: to wake up for each costs more than
// to decode it, and the kernel has stamped it. For how long follows from what the buffers hold afterwards: a
// burst of eight times the rate must still find room.
constexpr std::int64_t close_ns = 3 * nm::ns_per_ms;
constexpr std::int64_t shortest_gather_ns = nm::ns_per_ms / 8;
constexpr std::int64_t longest_gather_ns = 8 * nm::ns_per_ms;
constexpr double too_full = 1.0 / 8;
constexpr double nearly_empty = 1.0 / 32;

std::uint16_t port_of(const sockaddr_storage& address) {
    if (address.ss_family == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
    return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
}

// The kernel's figures of a socket, by SK_MEMINFO_...; all 0 when it tells none.
std::array<std::uint32_t, SK_MEMINFO_VARS> memory_of(const nm::UniqueFd& socket) {
    std::array<std::uint32_t, SK_MEMINFO_VARS> info{};
    socklen_t size = sizeof info;
    if (getsockopt(socket.get(), SOL_SOCKET, SO_MEMINFO, info.data(), &size) != 0) info = {};
    return info;
}

}  // namespace

// Room for one recvmmsg call.
struct UdpSource::Batch {
    static constexpr std::size_t messages = 64;
    static constexpr std::size_t message_bytes = 65536;  // the largest UDP datagram fits
    // Not a power of two: else all datagrams of a batch would meet in the same few lines of the caches.
    static constexpr std::size_t stride = message_bytes + 2112;
    static constexpr std::size_t control_bytes = 128;

    std::array<mmsghdr, messages> headers{};
    std::array<iovec, messages> vectors{};
    std::array<sockaddr_storage, messages> senders{};
    alignas(cmsghdr) std::array<std::array<std::uint8_t, control_bytes>, messages> controls{};
    std::unique_ptr<std::uint8_t[]> bytes = std::make_unique_for_overwrite<std::uint8_t[]>(messages * stride);
    std::size_t filled = messages;  // whose headers the kernel wrote to
    std::size_t taken = messages;

    Batch() {
        for (std::size_t i = 0; i < messages; ++i) {
            vectors[i] = {bytes.get() + i * stride, message_bytes};
            headers[i].msg_hdr.msg_name = &senders[i];
            headers[i].msg_hdr.msg_iov = &vectors[i];
            headers[i].msg_hdr.msg_iovlen = 1;
            headers[i].msg_hdr.msg_control = controls[i].data();
        }
    }
    // False when there was nothing, or an error of an earlier datagram, which clears itself.
    bool receive(int fd) {
        for (std::size_t i = 0; i < filled; ++i) {
            headers[i].msg_hdr.msg_namelen = sizeof senders[i];
            headers[i].msg_hdr.msg_controllen = control_bytes;
        }
        const int got = recvmmsg(fd, headers.data(), messages, MSG_DONTWAIT, nullptr);
        filled = got > 0 ? static_cast<std::size_t>(got) : 0;
        taken = 0;
        return filled > 0;
    }
};

UdpSource::UdpSource() : batch_(std::make_unique<Batch>()) {}
UdpSource::UdpSource(UdpSource&&) noexcept = default;
UdpSource& UdpSource::operator=(UdpSource&&) noexcept = default;
UdpSource::~UdpSource() = default;

namespace {

nm::UniqueFd udp_socket(int family) {
    return nm::UniqueFd(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

// Datagrams to a group come only to those who joined it. On the interface that the routes choose.
bool join(const nm::UniqueFd& fd, const nm::IpAddress& group, const sockaddr_storage& address) {
    if (!group.is_multicast()) return true;
    group_req request{};
    request.gr_group = address;
    const int level = group.is_v4() ? IPPROTO_IP : IPPROTO_IPV6;
    return setsockopt(fd.get(), level, MCAST_JOIN_GROUP, &request, sizeof request) == 0;
}

}  // namespace

nm::Result<UdpSource> UdpSource::open(std::span<const nm::Endpoint> endpoints, std::size_t receive_buffer) {
    UdpSource source;
    for (const nm::Endpoint& endpoint : endpoints) {
        const std::string name = to_string(endpoint);
        sockaddr_storage address;
        socklen_t length = to_sockaddr(endpoint.address, endpoint.port, address);
        nm::UniqueFd fd = udp_socket(address.ss_family);
        if (!fd && errno == EAFNOSUPPORT && endpoint.address == *nm::parse_ip("::")) {
            // A host without IPv6: every address is one of IPv4.
            length = to_sockaddr(nm::IpAddress::v4(std::uint32_t{0}), endpoint.port, address);
            fd = udp_socket(address.ss_family);
        }
        if (!fd) return nm::os_error("listen " + name, errno);
        const int on = 1, off = 0;
        const int size = static_cast<int>(std::min<std::size_t>(receive_buffer, 1u << 30));
        // :PORT is every address of both families.
        if (address.ss_family == AF_INET6) setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
        if (setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0) {
            setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
        }
        setsockopt(fd.get(), SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
        if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), length) != 0) {
            return nm::os_error("listen " + name, errno, nm::Exit::unavailable);
        }
        if (!join(fd, endpoint.address, address))
            return nm::os_error("listen " + name + ": join the group", errno, nm::Exit::unavailable);
        source.sockets_.push_back(std::move(fd));
    }
    return source;
}

bool UdpSource::receive() {
    for (std::size_t tries = 0; tries < sockets_.size(); ++tries) {
        turn_ = (turn_ + 1) % sockets_.size();
        if (batch_->receive(sockets_[turn_].get())) return true;
    }
    return false;
}

bool UdpSource::wait(int timeout_ms) {
    std::vector<pollfd> watched;
    watched.reserve(sockets_.size() + 1);
    watched.push_back({nm::signal_event_fd(), POLLIN, 0});
    for (const nm::UniqueFd& socket : sockets_) watched.push_back({socket.get(), POLLIN, 0});
    if (!nm::stop_requested()) ::poll(watched.data(), watched.size(), timeout_ms);
    if (watched[0].revents != 0) nm::clear_signal_event();
    if (nm::monotonic_ns() - woke_ns_ < close_ns && !nm::stop_requested()) gather();
    woke_ns_ = nm::monotonic_ns();
    return !nm::stop_requested();
}

void UdpSource::gather() {
    const timespec time{0, gather_ns_};
    ::nanosleep(&time, nullptr);
    const double fullest = fullest_buffer();
    if (fullest > too_full) gather_ns_ = std::max(gather_ns_ / 2, shortest_gather_ns);
    if (fullest < nearly_empty) gather_ns_ = std::min(gather_ns_ * 2, longest_gather_ns);
}

double UdpSource::fullest_buffer() const {
    double fullest = 0;
    for (const nm::UniqueFd& socket : sockets_) {
        const auto memory = memory_of(socket);
        const double room = std::max(memory[SK_MEMINFO_RCVBUF], 1u);
        fullest = std::max(fullest, memory[SK_MEMINFO_RMEM_ALLOC] / room);
    }
    return fullest;
}

bool UdpSource::next(Datagram& datagram) {
    if (batch_->taken == batch_->filled) return false;
    const std::size_t i = batch_->taken++;
    msghdr& header = batch_->headers[i].msg_hdr;
    datagram.ts = {};
    for (cmsghdr* control = CMSG_FIRSTHDR(&header); control; control = CMSG_NXTHDR(&header, control)) {
        if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SO_TIMESTAMPNS) continue;
        timespec time;
        std::memcpy(&time, CMSG_DATA(control), sizeof time);
        datagram.ts.ns = std::int64_t{time.tv_sec} * nm::ns_per_s + time.tv_nsec;
    }
    if (datagram.ts.ns == 0) datagram.ts = nm::now();
    datagram.sender = nm::IpAddress::from_sockaddr(reinterpret_cast<const sockaddr&>(batch_->senders[i]));
    datagram.sender_port = port_of(batch_->senders[i]);
    datagram.payload = {batch_->bytes.get() + i * Batch::stride, batch_->headers[i].msg_len};
    return true;
}

std::size_t UdpSource::receive_buffer() const {
    std::size_t least = 0;
    for (const nm::UniqueFd& socket : sockets_) {
        // The kernel tells the double of what was asked for (socket(7)).
        const std::size_t bytes = memory_of(socket)[SK_MEMINFO_RCVBUF] / 2;
        if (least == 0 || bytes < least) least = bytes;
    }
    return least;
}

// SO_MEMINFO tells the same counter as SO_RXQ_OVFL, but also of drops after the last datagram that came.
std::uint64_t UdpSource::kernel_drops() const {
    std::uint64_t sum = 0;
    for (const nm::UniqueFd& socket : sockets_) sum += memory_of(socket)[SK_MEMINFO_DROPS];
    return sum;
}

}  // namespace nmflowtool
