#include "probe/kernel_stamps.hpp"

#include <linux/errqueue.h>
#include <linux/net_tstamp.h>

#include <array>
#include <ctime>

#include "base/clock.hpp"
#include "base/unique_fd.hpp"
#include "net/ip.hpp"
#include "net/socket_option.hpp"

namespace nm {
namespace {

// Whether a datagram that comes in now bears a receive stamp.
bool loopback_is_stamped(int fd) {
    const char byte = 0;
    return ::send(fd, &byte, 1, 0) == 1 && next_receive_stamp_ns(fd, 0) != 0;
}

}  // namespace

std::int64_t software_stamp_ns(const cmsghdr* header) {
    const auto stamps = control_value<scm_timestamping>(header);
    return stamps.ts[0].tv_sec * ns_per_s + stamps.ts[0].tv_nsec;
}

std::int64_t next_receive_stamp_ns(int fd, int flags) {
    char byte = 0;
    std::array<char, 256> control{};
    iovec vector{&byte, 1};
    msghdr message{};
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    if (::recvmsg(fd, &message, flags | MSG_DONTWAIT) != 1) return 0;
    for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPING) return software_stamp_ns(c);
    }
    return 0;
}

void await_receive_stamps() {
    constexpr int tries = 40;
    const timespec pause{0, 500'000};
    const UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_storage address;
    socklen_t length = to_sockaddr(IpAddress::v4(0x7F000001U), 0, address);
    ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), length);
    ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &length);
    ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), length);
    set_option(fd.get(), SOL_SOCKET, SO_TIMESTAMPING,
               SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE);
    for (int attempt = 0; attempt < tries && !loopback_is_stamped(fd.get()); ++attempt)
        ::nanosleep(&pause, nullptr);
}

}  // namespace nm
