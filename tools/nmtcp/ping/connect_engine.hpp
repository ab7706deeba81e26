// TCP handshakes by connect(), without any privilege. The time is that of the packets where a packet socket
// is allowed, else the kernel's own measurement (TCP_INFO): neither depends on how many connections are in
// flight or how busy this process is. A handshake whose SYN was sent again has no valid time (Karn's
// algorithm, RFC 6298 section 3).
//
// A connection that came up is closed with a reset: no TIME_WAIT uses up the local ports.
#pragma once

#include <deque>
#include <vector>

#include "format/output.hpp"
#include "ping/handshake_tap.hpp"
#include "ping/ping.hpp"
#include "probe/packet_engine.hpp"

namespace nmtcp {

class ConnectEngine : public nm::ProbeEngine {
  public:
    // Without a tap (nullptr) times come from TCP_INFO.
    ConnectEngine(const PingOptions& options, HandshakeTap* tap, nm::EventLoop& loop, nm::Schedule& schedule,
                  nm::Scoreboard& board, nm::Output& out);
    ~ConnectEngine() override;

    void turn(std::int64_t deadline_ns) override;
    bool idle() const override { return in_flight_ == 0; }
    void forget() override {}
    std::optional<double> rate_pps() const override;

  private:
    struct Attempt {
        nm::UniqueFd fd;
        std::uint32_t target = 0;
        std::uint32_t seq = 0;
        std::int64_t began_ns = 0;
        bool watched = false;  // by the tap
    };

    bool start_due();
    // False when the kernel has no descriptor or port left just now: to be tried again.
    bool start(const nm::Schedule::Due& due);
    int open_socket(const nm::ProbeTarget& target, nm::UniqueFd& fd) const;
    void on_ready(std::size_t slot);
    void finish(Attempt& attempt, nm::PacketEvent event);
    // Puts the time of the packets in the place of any other.
    void set_tapped_rtt(const Attempt& attempt, nm::PacketEvent& event);
    std::size_t slot_of(const Attempt& attempt) const {
        return static_cast<std::size_t>(&attempt - slots_.data());
    }
    void fail(Attempt& attempt, int error);
    void expire();

    const PingOptions& options_;
    HandshakeTap* tap_;
    nm::EventLoop& loop_;
    nm::Schedule& schedule_;
    nm::Scoreboard& board_;
    nm::Output& out_;
    nm::Pacer pacer_;
    std::size_t window_;
    std::vector<Attempt> slots_;
    std::vector<std::size_t> free_slots_;
    std::deque<std::pair<std::size_t, std::int64_t>> by_age_;  // slot, began_ns
    std::size_t in_flight_ = 0;
    std::uint64_t started_ = 0;
    std::int64_t first_ns_ = 0;
    std::int64_t last_ns_ = 0;
};

}  // namespace nmtcp
