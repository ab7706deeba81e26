// Sockets as NETLINK_SOCK_DIAG lists them (sock_diag(7), include/uapi/linux/inet_diag.h), and the request for
// such a list. Messages are in host order and aligned to 4 bytes; struct tcp_info is as long as the kernel
// knows it, so that a member counts only where its last byte is there.
// Proof: tests/unit/nmtcp_inet_diag_test.cpp, tests/fuzz/fuzz_inet_diag.cpp.
#pragma once

#include <linux/tcp.h>

#include <optional>
#include <string_view>
#include <vector>

#include "net/ip.hpp"
#include "record/tcp_info.hpp"

namespace nmtcp {

// struct tcp_info with what of it the kernel told.
class KernelInfo {
  public:
    void set(nm::Bytes bytes);
    bool is_set() const { return size_ > 0; }
    template <class Member>
    std::optional<Member> get(Member tcp_info::*member) const {
        const auto* begin = reinterpret_cast<const char*>(&values_);
        const auto* at = reinterpret_cast<const char*>(&(values_.*member));
        if (static_cast<std::size_t>(at - begin) + sizeof(Member) > size_) return std::nullopt;
        return values_.*member;
    }
    // The bit that shares a byte with others; told since Linux 4.9 together with delivery_rate.
    bool app_limited() const { return values_.tcpi_delivery_rate_app_limited != 0; }

  private:
    tcp_info values_{};
    std::size_t size_ = 0;
};

struct DiagSocket {
    nm::TcpState state = nm::TcpState::none;
    nm::Endpoint local, peer;  // v4-mapped addresses as IPv4
    std::uint32_t interface = 0;
    std::uint64_t cookie = 0;
    std::uint32_t receive_queue = 0, send_queue = 0;
    std::uint32_t uid = 0;
    KernelInfo info;
    std::string_view congestion_control;  // into the datagram
    std::optional<std::uint64_t> cgroup_id;
};

// The messages of one datagram.
class DiagReader {
  public:
    // done: the list is complete. error: the kernel refused (errno_value()). damaged: a length lies, the rest
    // of the datagram is lost.
    enum class Got : std::uint8_t { end, socket, done, error, damaged };

    explicit DiagReader(nm::Bytes datagram) : in_(datagram) {}

    Got next(DiagSocket& socket);
    // The list changed while it was read: sockets may be missing (NLM_F_DUMP_INTR).
    bool interrupted() const { return interrupted_; }
    int errno_value() const { return errno_; }

  private:
    nm::ByteReader in_;
    bool interrupted_ = false;
    int errno_ = 0;
};

// A request for the sockets of a family in these states (bits by TcpState), filtered by bytecode (may be
// empty); with_info asks for tcp_info and the congestion control too.
std::vector<std::uint8_t> dump_request(nm::Family family, std::uint32_t states, nm::Bytes bytecode,
                                       bool with_info);

}  // namespace nmtcp
