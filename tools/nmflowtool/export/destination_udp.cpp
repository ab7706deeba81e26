#include "export/destination_udp.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "export/wire_udp.hpp"

namespace nmflowtool {
namespace {

std::size_t overhead_of(const nm::Endpoint& to) {
    return to.address.is_v4() ? 20 + 8 : 40 + 8;
}

// A destination that knows how to book what a system call said.
class SocketDestination : public Destination {
  protected:
    void book(const ExportDatagram& datagram, int errno_value) {
        if (errno_value == 0) {
            book_sent(datagram);
            return;
        }
        ++books.send_errors;
        if (books.reason.empty()) books.reason = std::strerror(errno_value);
    }
};

class UdpDestination final : public SocketDestination {
  public:
    UdpDestination(nm::UniqueFd fd, const nm::Endpoint& to) : fd_(std::move(fd)), to_(to) {}

    void send(const ExportDatagram& datagram) override { book(datagram, try_send(datagram.payload)); }
    std::size_t overhead() const override { return overhead_of(to_); }
    nm::Status finish() override {
        note_refused();
        return nm::Done{};
    }

  private:
    // An ICMP error that came for an earlier datagram is told by the next call, which then sends nothing.
    int try_send(nm::Bytes payload) {
        for (int refusals = 0;;) {
            if (::send(fd_.get(), payload.data(), payload.size(), 0) >= 0) return 0;
            if (errno == EINTR) continue;
            if (errno != ECONNREFUSED || ++refusals > 2) return errno;
            ++books.refused;
        }
    }
    // The answer to the last datagram.
    void note_refused() {
        int error = 0;
        socklen_t size = sizeof error;
        if (getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == ECONNREFUSED)
            ++books.refused;
    }

    nm::UniqueFd fd_;
    nm::Endpoint to_;
};

class RawDestination final : public SocketDestination {
  public:
    RawDestination(nm::UniqueFd fd, const nm::Endpoint& to, std::unique_ptr<Destination> own)
        : fd_(std::move(fd)), to_(to), own_(std::move(own)) {
        length_ = to_sockaddr(to.address, 0, address_);
        books.source_changed = 0;
    }

    void send(const ExportDatagram& datagram) override {
        if (datagram.source.family != to_.address.family) {
            send_from_own(datagram);
            return;
        }
        constexpr std::uint16_t usual_port = 2055;
        packet_.clear();
        const nm::Endpoint from{datagram.source, datagram.port != 0 ? datagram.port : usual_port};
        write_udp_packet(packet_, from, to_, datagram.payload, ++id_);
        const nm::Bytes bytes = packet_.view();
        ssize_t sent;
        do {
            sent = ::sendto(fd_.get(), bytes.data(), bytes.size(), 0,
                            reinterpret_cast<const sockaddr*>(&address_), length_);
        } while (sent < 0 && errno == EINTR);
        book(datagram, sent < 0 ? errno : 0);
    }
    std::size_t overhead() const override { return overhead_of(to_); }

  private:
    void send_from_own(const ExportDatagram& datagram) {
        ++*books.source_changed;
        const std::uint64_t errors = own_->books.send_errors;
        own_->send(datagram);
        books.refused = own_->books.refused;
        if (own_->books.send_errors == errors) {
            book_sent(datagram);
            return;
        }
        ++books.send_errors;
        if (books.reason.empty()) books.reason = own_->books.reason;
    }

    nm::UniqueFd fd_;
    nm::Endpoint to_;
    std::unique_ptr<Destination> own_;  // for what cannot keep its source
    sockaddr_storage address_{};
    socklen_t length_ = 0;
    MessageWriter packet_;
    std::uint16_t id_ = 0;
};

}  // namespace

nm::Result<std::unique_ptr<Destination>> open_udp_destination(const nm::Endpoint& to) {
    const std::string name = "send to " + to_string(to);
    sockaddr_storage address;
    const socklen_t length = to_sockaddr(to.address, to.port, address);
    nm::UniqueFd fd(::socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!fd) return nm::os_error(name, errno);
    // A way with a smaller MTU cuts what is too large for it, instead of losing it.
    const bool is_v4 = to.address.is_v4();
    const int cut = is_v4 ? IP_PMTUDISC_DONT : IPV6_PMTUDISC_DONT;
    setsockopt(fd.get(), is_v4 ? IPPROTO_IP : IPPROTO_IPV6, is_v4 ? IP_MTU_DISCOVER : IPV6_MTU_DISCOVER, &cut,
               sizeof cut);
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), length) != 0)
        return nm::os_error(name, errno, nm::Exit::unavailable);
    return std::unique_ptr<Destination>(std::make_unique<UdpDestination>(std::move(fd), to));
}

nm::Result<std::unique_ptr<Destination>> open_raw_destination(const nm::Endpoint& to) {
    const bool is_v4 = to.address.is_v4();
    // IPPROTO_RAW: what is sent begins with its IP header (raw(7), ipv6(7)).
    nm::UniqueFd fd(::socket(is_v4 ? AF_INET : AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW));
    if (!fd) {
        nm::Error error = nm::os_error("--keep-source", errno);
        if (error.exit == nm::Exit::no_permission)
            error.message += ": give the program CAP_NET_RAW (setcap cap_net_raw+ep)";
        return error;
    }
    auto own = open_udp_destination(to);
    if (!own) return own.error();
    return std::unique_ptr<Destination>(std::make_unique<RawDestination>(std::move(fd), to, std::move(*own)));
}

}  // namespace nmflowtool
