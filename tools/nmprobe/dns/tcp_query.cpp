#include "dns/tcp_query.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

#include "base/clock.hpp"
#include "net/tcp_info.hpp"
#include "wire/byte_writer.hpp"

namespace nmprobe {
namespace {

using nm::DnsState;

DnsState state_of(int error) {
    switch (error) {
        case ECONNREFUSED:
            return DnsState::closed;
        case EHOSTUNREACH:
        case ENETUNREACH:
        case ENETDOWN:
        case EHOSTDOWN:
            return DnsState::unreachable;
        case ETIMEDOUT:
            return DnsState::timeout;
        default:
            return DnsState::error;
    }
}

}  // namespace

TcpQueries::TcpQueries(nm::EventLoop& loop, std::int64_t timeout_ns, nm::IpAddress source_v4,
                       nm::IpAddress source_v6)
    : loop_(loop), timeout_ns_(timeout_ns), source_v4_(source_v4), source_v6_(source_v6) {}

TcpQueries::~TcpQueries() {
    for (const auto& [fd, connection] : connections_) loop_.remove(fd);
}

void TcpQueries::ask(const nm::IpAddress& server, std::uint16_t port, nm::Bytes query, Callback callback) {
    Connection connection;
    connection.callback = std::move(callback);
    connection.began_ns = nm::monotonic_ns();
    connection.deadline_ns = connection.began_ns + timeout_ns_;
    nm::append_u16(connection.out, static_cast<unsigned>(query.size()));
    connection.out.insert(connection.out.end(), query.begin(), query.end());
    const int domain = server.is_v4() ? AF_INET : AF_INET6;
    connection.fd.reset(::socket(domain, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    sockaddr_storage address;
    int failed = connection.fd ? 0 : errno;
    const nm::IpAddress& source = server.is_v4() ? source_v4_ : source_v6_;
    if (failed == 0 && source.is_set()) {
        const socklen_t length = nm::to_sockaddr(source, 0, address);
        if (::bind(connection.fd.get(), reinterpret_cast<const sockaddr*>(&address), length) != 0)
            failed = errno;
    }
    if (failed == 0) {
        const socklen_t length = nm::to_sockaddr(server, port, address);
        const int result =
            ::connect(connection.fd.get(), reinterpret_cast<const sockaddr*>(&address), length);
        if (result != 0 && errno != EINPROGRESS) failed = errno;
    }
    if (failed != 0) {
        connection.outcome.state = state_of(failed);
        connection.outcome.error = std::strerror(failed);
        connection.callback(std::move(connection.outcome));
        return;
    }
    const int fd = connection.fd.get();
    connections_.emplace(fd, std::move(connection));
    loop_.add(fd, EPOLLOUT, [this, fd](std::uint32_t) { on_ready(fd); });
}

void TcpQueries::on_ready(int fd) {
    Connection& connection = connections_.at(fd);
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) {
        end(fd, state_of(error), std::strerror(error));
        return;
    }
    if (!connection.connected) on_connected(connection);
    if (connection.sent < connection.out.size()) {
        if (!send_more(connection)) end(fd, state_of(errno), std::strerror(errno));
        return;
    }
    receive(connection);
}

void TcpQueries::on_connected(Connection& connection) {
    connection.connected = true;
    const std::int64_t kernel_ns = nm::tcp_handshake(connection.fd.get()).rtt_ns;
    connection.outcome.connect_ns = kernel_ns >= 0 ? kernel_ns : nm::monotonic_ns() - connection.began_ns;
}

bool TcpQueries::send_more(Connection& connection) {
    connection.sent_ns = nm::monotonic_ns();
    const ssize_t n = ::send(connection.fd.get(), connection.out.data() + connection.sent,
                             connection.out.size() - connection.sent, MSG_NOSIGNAL);
    if (n < 0) return errno == EAGAIN || errno == EINTR;
    connection.sent += static_cast<std::size_t>(n);
    if (connection.sent == connection.out.size()) loop_.modify(connection.fd.get(), EPOLLIN);
    return true;
}

void TcpQueries::receive(Connection& connection) {
    const int fd = connection.fd.get();
    std::array<std::uint8_t, 4096> buffer;
    const ssize_t n = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) {
        end(fd, DnsState::malformed,
            n < 0 ? std::strerror(errno) : "the server closed the connection before it had answered");
        return;
    }
    connection.in.insert(connection.in.end(), buffer.begin(), buffer.begin() + n);
    if (connection.in.size() < 2) return;
    const std::size_t length = static_cast<std::size_t>(connection.in[0]) << 8 | connection.in[1];
    if (connection.in.size() < length + 2) return;
    connection.outcome.rtt_ns = nm::monotonic_ns() - connection.sent_ns;
    connection.outcome.message.assign(connection.in.begin() + 2,
                                      connection.in.begin() + 2 + static_cast<std::ptrdiff_t>(length));
    end(fd, DnsState::ok, {});
}

void TcpQueries::end(int fd, DnsState state, std::string error) {
    const auto at = connections_.find(fd);
    loop_.remove(fd);
    Connection connection = std::move(at->second);
    connections_.erase(at);
    connection.fd.reset();
    connection.outcome.state = state;
    connection.outcome.error = std::move(error);
    connection.callback(std::move(connection.outcome));
}

std::int64_t TcpQueries::next_timeout_ns() const {
    std::int64_t next = std::numeric_limits<std::int64_t>::max();
    for (const auto& [fd, connection] : connections_) next = std::min(next, connection.deadline_ns);
    return next;
}

void TcpQueries::expire(std::int64_t now_ns) {
    std::vector<int> expired;
    for (const auto& [fd, connection] : connections_) {
        if (connection.deadline_ns <= now_ns) expired.push_back(fd);
    }
    for (const int fd : expired) {
        const bool connected = connections_.at(fd).connected;
        end(fd, DnsState::timeout, connected ? "no answer on the TCP connection" : "no TCP connection");
    }
}

}  // namespace nmprobe
