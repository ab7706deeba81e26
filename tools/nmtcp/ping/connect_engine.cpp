#include "ping/connect_engine.hpp"

#include <linux/errqueue.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "net/socket_option.hpp"
#include "net/tcp_info.hpp"
#include "ping/wire_tcp.hpp"
#include "probe/kernel_stamps.hpp"
#include "wire/icmp_error.hpp"

namespace nmtcp {
namespace {

constexpr std::size_t descriptors_kept = 64;  // for everything that is not a connection

// As many descriptors as the hard limit allows; returns what connections may use.
std::size_t raise_descriptor_limit(std::size_t wanted) {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, wanted + descriptors_kept);
    ::setrlimit(RLIMIT_NOFILE, &limit);
    ::getrlimit(RLIMIT_NOFILE, &limit);
    const std::size_t granted = limit.rlim_cur;
    return granted > descriptors_kept ? std::min(wanted, granted - descriptors_kept)
                                      : std::min<std::size_t>(wanted, granted / 2 + 1);
}

nm::Endpoint own_end(int fd) {
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
    sockaddr_in in{};
    std::memcpy(&in, &address, sizeof in);  // the port is at the same place for both families
    return {nm::IpAddress::from_sockaddr(reinterpret_cast<const sockaddr&>(address)), ntohs(in.sin_port)};
}

// The ICMP error behind a failed connect, when it was one.
bool take_icmp_error(int fd, nm::PacketEvent& event) {
    std::array<char, 512> control{};
    std::array<char, 256> data{};
    iovec vector{data.data(), data.size()};
    msghdr message{};
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    if (::recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return false;
    for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
        const bool is_error = (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
                              (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR);
        if (!is_error || c->cmsg_len < CMSG_LEN(sizeof(sock_extended_err) + sizeof(sockaddr_in))) continue;
        sock_extended_err cause{};
        std::memcpy(&cause, CMSG_DATA(c), sizeof cause);
        if (cause.ee_origin != SO_EE_ORIGIN_ICMP && cause.ee_origin != SO_EE_ORIGIN_ICMP6) continue;
        sockaddr_storage offender{};
        std::memcpy(&offender, CMSG_DATA(c) + sizeof cause,
                    std::min<std::size_t>(c->cmsg_len - CMSG_LEN(sizeof cause), sizeof offender));
        event.from = nm::IpAddress::from_sockaddr(reinterpret_cast<const sockaddr&>(offender));
        event.icmp_type = cause.ee_type;
        event.icmp_code = cause.ee_code;
        return true;
    }
    return false;
}

void forget_rtt(nm::PacketEvent& event) {
    event.rtt_ns = -1;
    event.ts_source = nm::TsSource::none;
}

}  // namespace

ConnectEngine::ConnectEngine(const PingOptions& options, HandshakeTap* tap, nm::EventLoop& loop,
                             nm::Schedule& schedule, nm::Scoreboard& board, nm::Output& out)
    : options_(options),
      tap_(tap),
      loop_(loop),
      schedule_(schedule),
      board_(board),
      out_(out),
      pacer_(options.rate_pps),
      window_(raise_descriptor_limit(options.window)) {
    slots_.resize(window_);
    for (std::size_t slot = window_; slot > 0; --slot) free_slots_.push_back(slot - 1);
}

ConnectEngine::~ConnectEngine() {
    for (const Attempt& attempt : slots_) {
        if (attempt.fd) loop_.remove(attempt.fd.get());
    }
}

std::optional<double> ConnectEngine::rate_pps() const {
    if (started_ < 2 || last_ns_ <= first_ns_) return std::nullopt;
    return static_cast<double>(started_ - 1) * 1e9 / static_cast<double>(last_ns_ - first_ns_);
}

void ConnectEngine::turn(std::int64_t deadline_ns) {
    if (tap_ != nullptr) tap_->drain();
    const bool started = start_due();
    std::int64_t next = deadline_ns;
    if (!free_slots_.empty() && !out_.congested()) {
        const std::int64_t due = schedule_.next_ns();
        if (due != nm::Schedule::never) next = std::min(next, std::max(due, pacer_.next_ns()));
    } else if (out_.congested()) {
        next = std::min(next, nm::monotonic_ns() + nm::ns_per_ms);
    }
    if (!by_age_.empty()) next = std::min(next, by_age_.front().second + options_.timeout_ns);
    if (!started) next = std::min(next, out_.flush_before_wait(nm::monotonic_ns()));
    loop_.wait(started ? 0 : next);
    expire();
}

bool ConnectEngine::start_due() {
    if (out_.congested()) return false;
    constexpr std::size_t batch = 16;
    const std::int64_t now_ns = nm::monotonic_ns();
    const std::size_t wanted = pacer_.allowed(now_ns, std::min(batch, free_slots_.size()));
    std::size_t begun = 0;
    while (begun < wanted) {
        const auto due = schedule_.take(now_ns);
        if (!due) break;
        if (!board_.may_begin(due->target, due->round) || !start(*due)) {
            schedule_.postpone(*due, now_ns + nm::ns_per_ms);
            if (in_flight_ > 0) break;
            continue;
        }
        ++begun;
    }
    pacer_.sent(begun);
    return begun > 0;
}

int ConnectEngine::open_socket(const nm::ProbeTarget& target, nm::UniqueFd& fd) const {
    const bool v4 = target.address.is_v4();
    fd = nm::UniqueFd(::socket(v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd) return errno;
    const int level = v4 ? IPPROTO_IP : IPPROTO_IPV6;
    nm::set_option(fd.get(), level, v4 ? IP_RECVERR : IPV6_RECVERR, 1);
    if (options_.tos >= 0) nm::set_option(fd.get(), level, v4 ? IP_TOS : IPV6_TCLASS, options_.tos);
    if (options_.ttl >= 0) nm::set_option(fd.get(), level, v4 ? IP_TTL : IPV6_UNICAST_HOPS, options_.ttl);
    const linger reset{1, 0};
    ::setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    if (!nm::bind_to_interface(fd.get(), options_.interface)) return errno;
    const auto source = nm::parse_ip(options_.source);
    if (source && source->family == target.address.family) {
        nm::set_option(fd.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
        sockaddr_storage address;
        const socklen_t length = nm::to_sockaddr(*source, 0, address);
        if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), length) != 0) return errno;
    }
    return 0;
}

bool ConnectEngine::start(const nm::Schedule::Due& due) {
    const nm::ProbeTarget& target = board_.target(due.target);
    nm::UniqueFd fd;
    int error = open_socket(target, fd);
    const std::int64_t now_ns = nm::monotonic_ns();
    if (error == 0) {
        sockaddr_storage address;
        const socklen_t length = nm::to_sockaddr(target.address, target.port, address);
        if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), length) != 0 &&
            errno != EINPROGRESS)
            error = errno;
    }
    const bool exhausted = error == EMFILE || error == ENFILE || error == EADDRNOTAVAIL || error == EAGAIN;
    if (exhausted && in_flight_ > 0) return false;
    board_.begin(due.target, due.round, due.count);
    ++started_;
    if (first_ns_ == 0) first_ns_ = now_ns;
    last_ns_ = now_ns;
    const std::size_t slot = free_slots_.back();
    free_slots_.pop_back();
    ++in_flight_;
    slots_[slot] = Attempt{std::move(fd), due.target, due.seq, now_ns, false};
    if (error != 0) {
        fail(slots_[slot], error);
        return true;
    }
    by_age_.emplace_back(slot, now_ns);
    if (tap_ != nullptr) {
        tap_->watch(slot, own_end(slots_[slot].fd.get()), {target.address, target.port});
        slots_[slot].watched = true;
    }
    loop_.add(slots_[slot].fd.get(), EPOLLOUT, [this, slot](std::uint32_t) { on_ready(slot); });
    return true;
}

void ConnectEngine::on_ready(std::size_t slot) {
    Attempt& attempt = slots_[slot];
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(attempt.fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    // On loopback, connecting to a port of the ephemeral range may meet itself (trap T15): no service is there.
    const nm::ProbeTarget& target = board_.target(attempt.target);
    if (error == 0 && own_end(attempt.fd.get()) == nm::Endpoint{target.address, target.port})
        error = ECONNREFUSED;
    if (error != 0) {
        fail(attempt, error);
        return;
    }
    const nm::TcpHandshake handshake = nm::tcp_handshake(attempt.fd.get());
    nm::PacketEvent event;
    event.fate = nm::Fate::reply;
    event.retransmitted = handshake.retransmitted;
    event.rtt_ns = handshake.rtt_ns;
    if (handshake.rtt_ns >= 0) event.ts_source = nm::TsSource::tcp_info;
    nm::Tally& tally = *board_.target(attempt.target).tally;
    tally.mss = static_cast<std::uint16_t>(handshake.send_mss);
    tally.tcp_options = option_mss;
    if (handshake.timestamps) tally.tcp_options |= option_timestamps;
    if (handshake.sack) tally.tcp_options |= option_sack;
    if (handshake.window_scale) tally.tcp_options |= option_window_scale;
    finish(attempt, event);
}

// Refused is an answer; an ICMP error names its sender; anything else was this host's refusal to try.
void ConnectEngine::fail(Attempt& attempt, int error) {
    nm::PacketEvent event;
    event.rtt_ns = nm::monotonic_ns() - attempt.began_ns;
    event.ts_source = nm::TsSource::mono;
    event.reason = std::strerror(error);
    const nm::Family family = board_.target(attempt.target).address.family;
    if (attempt.fd && take_icmp_error(attempt.fd.get(), event)) {
        event.fate = nm::Fate::icmp_error;
        event.reason = nm::icmp_reason(family, event.icmp_type, event.icmp_code);
    } else if (error == ECONNREFUSED) {
        event.fate = nm::Fate::reply;
        event.refused = true;
        event.reason = nullptr;
        event.retransmitted = nm::tcp_handshake(attempt.fd.get()).retransmitted;
        if (event.retransmitted > 0) forget_rtt(event);
    } else if (error == ETIMEDOUT) {
        event.fate = nm::Fate::lost;
        forget_rtt(event);
    } else {
        event.fate = nm::Fate::send_error;
        forget_rtt(event);
    }
    finish(attempt, event);
}

void ConnectEngine::finish(Attempt& attempt, nm::PacketEvent event) {
    event.target = attempt.target;
    event.seq = attempt.seq;
    event.ts = nm::now();
    if (tap_ != nullptr) set_tapped_rtt(attempt, event);
    if (attempt.fd) {
        loop_.forget(attempt.fd.get());
        attempt.fd.reset();
    }
    --in_flight_;
    free_slots_.push_back(slot_of(attempt));
    board_.fate(event);
}

// As with other stamps, a step of the clock shows: they must fit into the monotonic time around them (trap
// T16).
void ConnectEngine::set_tapped_rtt(const Attempt& attempt, nm::PacketEvent& event) {
    const nm::ProbeTarget& target = board_.target(attempt.target);
    const HandshakeStamps seen =
        attempt.watched ? tap_->take(slot_of(attempt)) : tap_->take_last({target.address, target.port});
    const std::int64_t bracket_ns = nm::monotonic_ns() - attempt.began_ns;
    const bool answered = event.fate == nm::Fate::reply && event.retransmitted == 0;
    if (!answered || !seen.complete() || seen.rtt_ns() > bracket_ns + nm::bracket_slack_ns(bracket_ns))
        return;
    event.rtt_ns = seen.rtt_ns();
    event.ts_source = nm::TsSource::kernel;
}

void ConnectEngine::expire() {
    const std::int64_t now_ns = nm::monotonic_ns();
    while (!by_age_.empty()) {
        const auto [slot, began_ns] = by_age_.front();
        Attempt& attempt = slots_[slot];
        const bool waits = attempt.fd && attempt.began_ns == began_ns;
        if (waits && began_ns + options_.timeout_ns > now_ns) return;
        by_age_.pop_front();
        if (!waits) continue;
        nm::PacketEvent event;
        event.fate = nm::Fate::lost;
        finish(attempt, event);
    }
}

}  // namespace nmtcp
