#include "probe/stamp_socket.hpp"

#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <linux/sock_diag.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>

#include "base/clock.hpp"
#include "base/text.hpp"
#include "net/socket_option.hpp"
#include "probe/kernel_stamps.hpp"

namespace nm {
namespace {

constexpr std::size_t control_bytes = 256;
constexpr std::size_t error_packet_bytes = 1024;
// What the kernel charges for a small packet in a receive buffer: the sk_buff, its shared info and the data.
constexpr std::size_t bytes_per_packet = 832;

// Packets with a wrong checksum that the kernel has seen in this network namespace.
std::uint64_t checksum_errors(int protocol) {
    if (protocol == IPPROTO_ICMPV6) {  // lines of name and value
        std::ifstream file("/proc/thread-self/net/snmp6");
        std::string name;
        std::uint64_t value = 0;
        while (file >> name >> value) {
            if (name == "Icmp6InCsumErrors") return value;
        }
        return 0;
    }
    // For each protocol a line of names and one of values; this one is the last of them.
    std::ifstream file("/proc/thread-self/net/snmp");
    std::string names, values;
    while (std::getline(file, names) && std::getline(file, values)) {
        if (names.rfind("Tcp:", 0) != 0 || names.find("InCsumErrors") == std::string::npos) continue;
        return parse_number<std::uint64_t>(values.substr(values.rfind(' ') + 1)).value_or(0);
    }
    return 0;
}

// Room for a batch of messages, readied for recvmmsg once; the kernel overwrites lengths only of those that
// it fills.
template <std::size_t count>
class MessageRooms {
  public:
    explicit MessageRooms(std::size_t bytes_each)
        : size_(bytes_each), data_(std::make_unique_for_overwrite<std::uint8_t[]>(bytes_each * count)) {
        for (std::size_t i = 0; i < count; ++i) {
            vectors_[i] = {data_.get() + i * size_, size_};
            msghdr& header = messages_[i].msg_hdr;
            header = {};
            header.msg_name = &names_[i];
            header.msg_iov = &vectors_[i];
            header.msg_iovlen = 1;
            header.msg_control = control_[i].data();
        }
    }

    // How many messages came.
    std::size_t receive(int fd, int flags) {
        for (std::size_t i = 0; i < dirty_; ++i) {
            messages_[i].msg_hdr.msg_namelen = sizeof names_[i];
            messages_[i].msg_hdr.msg_controllen = control_bytes;
        }
        const int n = ::recvmmsg(fd, messages_.data(), count, flags | MSG_DONTWAIT, nullptr);
        dirty_ = n > 0 ? static_cast<std::size_t>(n) : 0;
        return dirty_;
    }
    msghdr& header(std::size_t i) { return messages_[i].msg_hdr; }
    Bytes bytes(std::size_t i) const { return {data_.get() + i * size_, messages_[i].msg_len}; }
    IpAddress name_of(std::size_t i) const {
        return IpAddress::from_sockaddr(reinterpret_cast<const sockaddr&>(names_[i]));
    }
    // The port stands at the same place in both families.
    std::uint16_t port_of(std::size_t i) const {
        return ntohs(reinterpret_cast<const sockaddr_in&>(names_[i]).sin_port);
    }

  private:
    std::size_t size_;
    std::unique_ptr<std::uint8_t[]> data_;  // not touched before it is used: half of the sockets never are
    std::size_t dirty_ = count;
    std::array<std::array<char, control_bytes>, count> control_;
    std::array<sockaddr_storage, count> names_;
    std::array<iovec, count> vectors_;
    std::array<mmsghdr, count> messages_;
};

bool is_ttl(const cmsghdr* c) {
    return (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TTL) ||
           (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_HOPLIMIT);
}

// A control message that sets the TTL of one packet.
struct TtlControl {
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> bytes;

    void attach(msghdr& header, Family family, int ttl) {
        header.msg_control = bytes.data();
        header.msg_controllen = bytes.size();
        cmsghdr* c = CMSG_FIRSTHDR(&header);
        c->cmsg_level = family == Family::v4 ? static_cast<int>(IPPROTO_IP) : static_cast<int>(IPPROTO_IPV6);
        c->cmsg_type = family == Family::v4 ? IP_TTL : IPV6_HOPLIMIT;
        c->cmsg_len = CMSG_LEN(sizeof ttl);
        std::memcpy(CMSG_DATA(c), &ttl, sizeof ttl);
    }
};

}  // namespace

struct StampSocket::Buffers {
    explicit Buffers(std::size_t packet_bytes) : replies(packet_bytes), errors(error_packet_bytes) {}

    MessageRooms<receive_batch> replies;
    MessageRooms<error_batch> errors;
};

StampSocket::StampSocket(const StampSocketOptions& options, UniqueFd fd)
    : options_(options),
      fd_(std::move(fd)),
      buffers_(std::make_unique<Buffers>(options.largest_packet)),
      stamp_index_(std::make_unique<std::uint32_t[]>(stamp_ring)) {}

StampSocket::~StampSocket() = default;

Result<std::unique_ptr<StampSocket>> StampSocket::open(const StampSocketOptions& options) {
    const int domain = options.family == Family::v4 ? AF_INET : AF_INET6;
    UniqueFd fd(::socket(domain, options.type | SOCK_NONBLOCK | SOCK_CLOEXEC, options.protocol));
    if (!fd) return os_error("socket", errno);
    std::unique_ptr<StampSocket> socket(new StampSocket(options, std::move(fd)));
    if (const Status status = socket->configure(); !status) return status.error();
    await_receive_stamps();
    socket->damaged_before_ = checksum_errors(options.protocol);
    return socket;
}

Status StampSocket::configure() {
    const int fd = fd_.get();
    if (!options_.filter.empty()) {
        sock_fprog program{static_cast<unsigned short>(options_.filter.size()), options_.filter.data()};
        if (::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0)
            return os_error("filter", errno);
    }
    const int wanted = static_cast<int>(std::min<std::uint64_t>(options_.receive_buffer / 2, 1U << 30));
    if (!set_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, wanted)) set_option(fd, SOL_SOCKET, SO_RCVBUF, wanted);
    set_option(fd, SOL_SOCKET, SO_SNDBUF, 4 << 20);
    int granted = 0;
    socklen_t size = sizeof granted;
    ::getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &granted, &size);
    // Transmit stamps are charged to the same buffer and drained every turn: half is for replies.
    capacity_ = std::max<std::size_t>(static_cast<std::size_t>(granted) / bytes_per_packet / 2, 16);

    const bool v4 = options_.family == Family::v4;
    const int level = v4 ? IPPROTO_IP : IPPROTO_IPV6;
    if (options_.tos >= 0 && !set_option(fd, level, v4 ? IP_TOS : IPV6_TCLASS, options_.tos))
        return os_error("--tos", errno);
    if (options_.ttl >= 0 && !set_option(fd, level, v4 ? IP_TTL : IPV6_UNICAST_HOPS, options_.ttl))
        return os_error("--ttl", errno);
    if (options_.checksum_offset >= 0) set_option(fd, IPPROTO_IPV6, IPV6_CHECKSUM, options_.checksum_offset);
    // A raw IPv4 packet has its header with it.
    if (!v4 || !is_raw()) set_option(fd, level, v4 ? IP_RECVTTL : IPV6_RECVHOPLIMIT, 1);
    // Small packets are never fragmented: saying so spares the kernel to draw an identifier for each.
    if (v4 && options_.small) set_option(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
    if (options_.header_included && !set_option(fd, level, v4 ? IP_HDRINCL : IPV6_HDRINCL, 1))
        return os_error("header included", errno);
    if (!is_raw()) set_option(fd, level, v4 ? IP_RECVERR : IPV6_RECVERR, 1);
    if (!bind_to_interface(fd, options_.interface))
        return os_error("--interface " + options_.interface, errno);
    if (options_.source.is_set()) {
        sockaddr_storage address;
        const socklen_t length = to_sockaddr(options_.source, 0, address);
        if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), length) != 0)
            return os_error("--source " + to_string(options_.source), errno);
    }
    return enable_stamps(true);
}

Status StampSocket::enable_stamps(bool with_ids) {
    int flags = SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE |
                SOF_TIMESTAMPING_OPT_TSONLY;
    if (with_ids) flags |= SOF_TIMESTAMPING_OPT_ID;
    if (!set_option(fd_.get(), SOL_SOCKET, SO_TIMESTAMPING, flags)) return os_error("time stamps", errno);
    return Done{};
}

// The kernel counts stamp ids from 0 again when the option is turned on afresh.
void StampSocket::restart_stamp_ids() {
    (void)enable_stamps(false);
    (void)enable_stamps(true);
    next_stamp_id_ = 0;
    stamp_ids_unsure_ = false;
}

std::uint32_t StampSocket::drops() {
    std::array<std::uint32_t, SK_MEMINFO_VARS> info{};
    socklen_t size = sizeof info;
    if (::getsockopt(fd_.get(), SOL_SOCKET, SO_MEMINFO, info.data(), &size) != 0) return overflows_;
    const std::uint32_t dropped = info[SK_MEMINFO_DROPS];
    if (dropped == drops_seen_) return overflows_;
    drops_seen_ = dropped;
    // A raw IPv6 socket counts what has a wrong checksum among its drops; that is the network's doing.
    std::uint64_t damaged = 0;
    if (is_raw() && family() == Family::v6) damaged = checksum_errors(options_.protocol) - damaged_before_;
    if (dropped > overflows_ + damaged) overflows_ = dropped - static_cast<std::uint32_t>(damaged);
    return overflows_;
}

std::size_t StampSocket::send(std::vector<Outgoing>& batch, std::size_t first) {
    if (stamp_ids_unsure_) restart_stamp_ids();
    std::array<mmsghdr, send_batch> messages{};
    std::array<iovec, send_batch> vectors{};
    std::array<sockaddr_storage, send_batch> names;
    std::array<TtlControl, send_batch> ttls;
    for (std::size_t i = first; i < batch.size(); ++i) {
        const socklen_t length = to_sockaddr(batch[i].to, batch[i].port, names[i]);
        vectors[i] = {const_cast<std::uint8_t*>(batch[i].bytes.data()), batch[i].bytes.size()};
        messages[i].msg_hdr.msg_name = &names[i];
        messages[i].msg_hdr.msg_namelen = length;
        messages[i].msg_hdr.msg_iov = &vectors[i];
        messages[i].msg_hdr.msg_iovlen = 1;
        if (batch[i].ttl != 0) ttls[i].attach(messages[i].msg_hdr, options_.family, batch[i].ttl);
    }
    std::size_t done = first;
    while (done < batch.size()) {
        const int n =
            ::sendmmsg(fd_.get(), messages.data() + done, static_cast<unsigned>(batch.size() - done), 0);
        if (n > 0) {
            for (int i = 0; i < n; ++i)
                stamp_slot(next_stamp_id_++) = batch[done + static_cast<std::size_t>(i)].index;
            done += static_cast<std::size_t>(n);
            fruitless_sends_ = 0;
            continue;
        }
        if (errno == EINTR) continue;
        const int error = errno;
        stamp_ids_unsure_ = true;
        // A datagram socket reports an ICMP error that came in meanwhile with the next send: not this
        // packet's error. The caller reads the error queue and tries again; the packet's own error stays.
        constexpr int fruitless_sends_allowed = 3;
        if (!is_raw() && fruitless_sends_++ < fruitless_sends_allowed) return done;
        fruitless_sends_ = 0;
        batch[done].error = error;
        return done + 1;
    }
    return done;
}

bool StampSocket::drain_error_queue(std::vector<TransmitStamp>& stamps, std::vector<QueuedError>& errors) {
    stamps.clear();
    errors.clear();
    const std::size_t n = buffers_->errors.receive(fd_.get(), MSG_ERRQUEUE);
    for (std::size_t i = 0; i < n; ++i) take_error(i, stamps, errors);
    return n == error_batch;
}

void StampSocket::take_error(std::size_t i, std::vector<TransmitStamp>& stamps,
                             std::vector<QueuedError>& errors) {
    auto& rooms = buffers_->errors;
    msghdr& message = rooms.header(i);
    QueuedError error;
    sock_extended_err cause{};
    for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
        const bool is_error = (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
                              (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR);
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPING) {
            error.rx_ns = software_stamp_ns(c);
        } else if (is_ttl(c)) {
            error.ttl = static_cast<std::uint8_t>(control_value<int>(c));
        } else if (is_error) {
            cause = control_value<sock_extended_err>(c);
            if (c->cmsg_len >= CMSG_LEN(sizeof cause + sizeof(sockaddr_in))) {
                sockaddr_storage offender{};
                std::memcpy(&offender, CMSG_DATA(c) + sizeof cause,
                            std::min<std::size_t>(c->cmsg_len - CMSG_LEN(sizeof cause), sizeof offender));
                error.from = IpAddress::from_sockaddr(reinterpret_cast<const sockaddr&>(offender));
            }
        }
    }
    if (cause.ee_origin == SO_EE_ORIGIN_TIMESTAMPING) {
        stamps.push_back({stamp_slot(cause.ee_data), error.rx_ns});
        return;
    }
    if (cause.ee_origin != SO_EE_ORIGIN_ICMP && cause.ee_origin != SO_EE_ORIGIN_ICMP6) return;
    error.errno_value = static_cast<int>(cause.ee_errno);
    error.type = cause.ee_type;
    error.code = cause.ee_code;
    error.to = rooms.name_of(i);
    error.port = rooms.port_of(i);
    error.packet = rooms.bytes(i);
    errors.push_back(error);
    fruitless_sends_ = 0;
}

std::size_t StampSocket::receive(std::vector<Incoming>& out) {
    auto& rooms = buffers_->replies;
    out.clear();
    const std::size_t n = rooms.receive(fd_.get(), 0);
    for (std::size_t i = 0; i < n; ++i) {
        msghdr& message = rooms.header(i);
        Incoming& incoming = out.emplace_back();
        incoming.bytes = rooms.bytes(i);
        incoming.from = rooms.name_of(i);
        incoming.port = rooms.port_of(i);
        incoming.truncated = (message.msg_flags & MSG_TRUNC) != 0;
        for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
            if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPING)
                incoming.rx_ns = software_stamp_ns(c);
            if (is_ttl(c)) incoming.ttl = static_cast<std::uint8_t>(control_value<int>(c));
        }
    }
    return out.size();
}

}  // namespace nm
