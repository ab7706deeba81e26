// DNS over TCP (RFC 7766), one question on one connection: after a truncated answer, or because the user
// wants it so. Proof: tests/cli/nmprobe_dns.bats, tests/lab/nmprobe_dns.bats.
#pragma once

#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/unique_fd.hpp"
#include "net/event_loop.hpp"
#include "record/probe_dns.hpp"

namespace nmprobe {

// How it ended: state is ok when there is a message, whatever it says.
struct TcpOutcome {
    nm::DnsState state = nm::DnsState::ok;
    std::string error;
    std::vector<std::uint8_t> message;
    std::int64_t connect_ns = -1;  // below 0: not connected
    std::int64_t rtt_ns = -1;      // below 0: no answer
};

class TcpQueries {
  public:
    using Callback = std::function<void(TcpOutcome&&)>;

    // source: per family, unset for the kernel's choice.
    TcpQueries(nm::EventLoop& loop, std::int64_t timeout_ns, nm::IpAddress source_v4,
               nm::IpAddress source_v6);
    ~TcpQueries();
    TcpQueries(const TcpQueries&) = delete;
    TcpQueries& operator=(const TcpQueries&) = delete;

    // The callback runs inside EventLoop::wait, inside expire(), or before this returns.
    void ask(const nm::IpAddress& server, std::uint16_t port, nm::Bytes query, Callback callback);
    std::size_t pending() const { return connections_.size(); }
    // When expire() must be called next; INT64_MAX when nothing is pending.
    std::int64_t next_timeout_ns() const;
    void expire(std::int64_t now_ns);

  private:
    struct Connection {
        nm::UniqueFd fd;
        bool connected = false;
        std::vector<std::uint8_t> out;  // length and query
        std::size_t sent = 0;
        std::vector<std::uint8_t> in;
        std::int64_t began_ns = 0;
        std::int64_t sent_ns = 0;
        std::int64_t deadline_ns = 0;
        TcpOutcome outcome;
        Callback callback;
    };

    void on_ready(int fd);
    void on_connected(Connection& connection);
    bool send_more(Connection& connection);
    void receive(Connection& connection);
    void end(int fd, nm::DnsState state, std::string error);

    nm::EventLoop& loop_;
    std::int64_t timeout_ns_;
    nm::IpAddress source_v4_;
    nm::IpAddress source_v6_;
    std::unordered_map<int, Connection> connections_;
};

}  // namespace nmprobe
