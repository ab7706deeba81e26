#include "diagnose/service_probe.hpp"

#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "app/signals.hpp"
#include "net/socket_option.hpp"
#include "net/tcp_info.hpp"
#include "probe/socket_options.hpp"

namespace nmtcp {
namespace {

using nm::StepState;

// How long a service of which nothing is known may take to speak, or to hang up.
constexpr std::int64_t unknown_wait_ns = 300 * nm::ns_per_ms;
constexpr std::size_t longest_reply = 80;

int connect_to(const nm::ProbeOptions& options, const nm::Endpoint& to, nm::UniqueFd& fd) {
    const bool v4 = to.address.is_v4();
    fd = nm::UniqueFd(::socket(v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd) return errno;
    if (!nm::bind_to_interface(fd.get(), options.interface)) return errno;
    sockaddr_storage address;
    if (const nm::IpAddress source = nm::source_address(options, to.address.family); source.is_set()) {
        const socklen_t length = nm::to_sockaddr(source, 0, address);
        if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), length) != 0) return errno;
    }
    const socklen_t length = nm::to_sockaddr(to.address, to.port, address);
    const int status = ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), length);
    return status == 0 || errno == EINPROGRESS ? 0 : errno;
}

// False when the time is up.
bool wait_for(nm::EventLoop& loop, int fd, std::uint32_t events, std::int64_t deadline_ns) {
    bool ready = false;
    loop.add(fd, events, [&](std::uint32_t) { ready = true; });
    while (!ready && nm::monotonic_ns() < deadline_ns && !nm::stop_requested()) loop.wait(deadline_ns);
    loop.remove(fd);
    return ready;
}

std::string first_line(std::string_view bytes, const std::string& protocol) {
    if (protocol == "tls" && bytes.size() >= 7 && bytes[0] == 0x15)
        return "TLS alert " + std::to_string(static_cast<unsigned char>(bytes[6]));
    std::string out;
    for (const char c : bytes.substr(0, longest_reply)) {
        if (c == '\r' || c == '\n' || c == '\0') break;
        if (c < 0x20 || c > 0x7E) return {};  // not words
        out += c;
    }
    return out;
}

void read_reply(int fd, std::int64_t since_ns, const ServiceRequest& request, ServiceAnswer& answer) {
    std::array<char, 1024> bytes{};
    const ssize_t got = ::recv(fd, bytes.data(), bytes.size(), 0);
    if (got <= 0) {
        answer.state = StepState::closed;
        answer.error = got == 0 ? "closed without a byte" : std::strerror(errno);
        return;
    }
    answer.state = StepState::ok;
    answer.first_byte_ms = static_cast<double>(nm::monotonic_ns() - since_ns) / 1e6;
    answer.reply = first_line({bytes.data(), static_cast<std::size_t>(got)}, request.protocol);
    // "HTTP/1.1 503 ...": it answers, and says itself that it is broken (RFC 9110 section 15.6).
    if (request.protocol == "http" && answer.reply.size() > 9 && answer.reply.starts_with("HTTP/") &&
        answer.reply[9] == '5') {
        answer.state = StepState::failed;
        answer.error = answer.reply;
    }
}

void talk(nm::EventLoop& loop, int fd, const ServiceRequest& request, std::int64_t timeout_ns,
          ServiceAnswer& answer) {
    std::int64_t since_ns = nm::monotonic_ns();
    const std::int64_t deadline_ns =
        since_ns + (request.protocol.empty() ? std::min(timeout_ns, unknown_wait_ns) : timeout_ns);
    if (!request.text.empty()) {
        const ssize_t sent = ::send(fd, request.text.data(), request.text.size(), MSG_NOSIGNAL);
        if (sent != static_cast<ssize_t>(request.text.size())) {
            answer.state = StepState::closed;
            answer.error = sent < 0 ? std::strerror(errno) : "takes only a part of the request";
            return;
        }
    }
    if (wait_for(loop, fd, EPOLLIN, deadline_ns))
        read_reply(fd, since_ns, request, answer);
    else
        answer.state = request.protocol.empty() ? StepState::unknown : StepState::silent;
}

}  // namespace

ServiceAnswer ask_service(nm::EventLoop& loop, const nm::ProbeOptions& options, const nm::Endpoint& to,
                          const ServiceRequest& request, std::int64_t timeout_ns) {
    ServiceAnswer answer;
    nm::UniqueFd fd;
    int error = connect_to(options, to, fd);
    if (error == 0) {
        if (wait_for(loop, fd.get(), EPOLLOUT, nm::monotonic_ns() + timeout_ns)) {
            socklen_t size = sizeof error;
            ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
        } else {
            error = ETIMEDOUT;
        }
    }
    if (error != 0) {
        answer.error = std::strerror(error);
        return answer;
    }
    talk(loop, fd.get(), request, timeout_ns, answer);
    answer.retrans = nm::tcp_handshake(fd.get()).retransmitted;
    return answer;
}

}  // namespace nmtcp
