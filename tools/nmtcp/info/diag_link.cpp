#include "info/diag_link.hpp"

#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <sys/socket.h>

#include <cerrno>

#include "app/signals.hpp"

namespace nmtcp {
namespace {

nm::Status enter_netns(const std::string& netns) {
    const std::string path = netns.find('/') == std::string::npos ? "/run/netns/" + netns : netns;
    const nm::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) return nm::os_error("--netns: " + path, errno, nm::Exit::no_input);
    if (::setns(fd.get(), CLONE_NEWNET) == 0) return nm::Done{};
    nm::Error error = nm::os_error("--netns: " + path, errno);
    if (error.exit == nm::Exit::no_permission) error.message += ": entering needs CAP_SYS_ADMIN";
    return error;
}

}  // namespace

nm::Result<DiagLink> DiagLink::open(const std::string& netns) {
    if (!netns.empty()) {
        if (const nm::Status entered = enter_netns(netns); !entered) return entered.error();
    }
    nm::UniqueFd fd(::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
    if (!fd) return nm::os_error("inet_diag", errno);
    return DiagLink(std::move(fd));
}

nm::Status DiagLink::send(const std::vector<std::uint8_t>& request) {
    sockaddr_nl kernel{};
    kernel.nl_family = AF_NETLINK;
    while (::sendto(fd_.get(), request.data(), request.size(), 0, reinterpret_cast<const sockaddr*>(&kernel),
                    sizeof kernel) < 0) {
        if (errno != EINTR) return nm::os_error("inet_diag", errno);
    }
    return nm::Done{};
}

nm::Result<nm::Bytes> DiagLink::receive() {
    for (;;) {
        sockaddr_nl from{};
        socklen_t length = sizeof from;
        const ssize_t got =
            ::recvfrom(fd_.get(), buffer_.get(), buffer_size, 0, reinterpret_cast<sockaddr*>(&from), &length);
        if (got < 0 && errno == EINTR) {
            if (nm::stop_requested()) return nm::Bytes{};
            continue;
        }
        if (got < 0) return nm::os_error("inet_diag", errno);
        if (from.nl_pid != 0 || got == 0) continue;  // another process may send to our port
        return nm::Bytes(buffer_.get(), static_cast<std::size_t>(got));
    }
}

}  // namespace nmtcp
