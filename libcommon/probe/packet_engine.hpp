// Sends probes on schedule and gives every packet its one fate: replied, errored, lost in the network, or
// lost by us. What a packet looks like is a PacketProtocol's business (ICMP echo, TCP SYN); pacing, batches,
// kernel time stamps, matching, expiry and the in-flight cap are here, once.
//
// One turn: send what is due (at most one batch a socket), take transmit stamps and errors, take replies,
// expire. The thread sleeps only when a turn did nothing. Proof: tests/lab/ledger.bats (three ledgers),
// tests/bench (rates).
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "format/output.hpp"
#include "net/event_loop.hpp"
#include "probe/flight.hpp"
#include "probe/own_drops.hpp"
#include "probe/pacer.hpp"
#include "probe/schedule.hpp"
#include "probe/scoreboard.hpp"
#include "probe/stamp_socket.hpp"

namespace nm {

// What a received packet says about one of ours.
struct Answer {
    enum class Kind : std::uint8_t { foreign, reply, corrupt, wrong_source, icmp_error };
    Kind kind = Kind::foreign;
    std::uint32_t index = 0;   // of the packet it answers...
    unsigned index_bits = 32;  // ...or only its low bits
    IpAddress from;            // icmp_error: who sent it
    IpAddress probed;          // icmp_error: destination quoted; unset if not known
    std::uint16_t port = 0;    // TCP: the target's port
    int icmp_type = -1;
    int icmp_code = -1;
    std::uint8_t ttl = 0;
    bool refused = false;     // TCP RST
    bool any_source = false;  // a reply although it comes from another address
    std::uint16_t mss = 0;    // TCP SYN/ACK
    std::uint8_t tcp_options = 0;
    std::uint32_t note = 0;  // the protocol's own, handed on in PacketEvent
};

class PacketProtocol {
  public:
    virtual ~PacketProtocol() = default;
    // Sockets to receive on; the first of a family also sends.
    virtual std::vector<StampSocket*> sockets() = 0;
    // Builds the packets of a batch: out.bytes by out.index and out.target, valid until the next batch.
    virtual void build(std::vector<Outgoing>& batch) = 0;
    // Reads a batch that came in on a socket; one answer for each packet.
    virtual void parse(const StampSocket& socket, const std::vector<Incoming>& in,
                       std::vector<Answer>& out) = 0;
    // Reads what an ICMP error of the error queue quotes.
    virtual Answer parse_quote(const StampSocket& socket, const QueuedError& error) = 0;
};

// What a session drives: an engine that probes what the schedule says and tells the scoreboard.
class ProbeEngine {
  public:
    virtual ~ProbeEngine() = default;
    // One turn; sleeps until deadline_ns at most when there is nothing to do.
    virtual void turn(std::int64_t deadline_ns) = 0;
    // Everything that was begun has its fate (and --linger has passed).
    virtual bool idle() const = 0;
    // Forgets finished packets: the targets are about to be replaced.
    virtual void forget() = 0;
    // Packets per second from the first to the last one sent.
    virtual std::optional<double> rate_pps() const = 0;
};

struct EngineOptions {
    std::int64_t timeout_ns = 0;
    std::int64_t linger_ns = 0;
    std::uint64_t rate_pps = 0;
};

class PacketEngine : public ProbeEngine {
  public:
    PacketEngine(const EngineOptions& options, EventLoop& loop, PacketProtocol& protocol,
                 ProbeSource& schedule, Scoreboard& board, Output& out);
    ~PacketEngine() override;

    void turn(std::int64_t deadline_ns) override;
    bool idle() const override;
    void forget() override { flight_.clear(); }
    std::optional<double> rate_pps() const override;

  private:
    struct Lane {  // one socket
        StampSocket* socket;
        std::vector<Outgoing> batch;
        bool in_use = false;  // something was sent in its family: there may be answers
    };

    bool send_due();
    bool collect_due(std::int64_t now_ns);
    void use_family(Family family);
    void send_batch(Lane& lane);
    bool take_errors(Lane& lane);
    std::size_t take_replies(Lane& lane);  // how many
    bool expire(std::int64_t now_ns);
    void lose(InFlight& entry, std::int64_t now_ns);
    void on_answer(const Answer& answer, const Incoming& in, std::int64_t now_ns);
    void on_stamp(const TransmitStamp& stamp);
    InFlight* entry_of(const Answer& answer, const IpAddress& from);
    PacketEvent event_of(const InFlight& entry, Fate fate, Time ts) const;
    Lane& sending_lane(Family family) { return lanes_[family == Family::v4 ? lane_v4_ : lane_v6_]; }
    std::int64_t next_action_ns() const;

    EngineOptions options_;
    EventLoop& loop_;
    PacketProtocol& protocol_;
    ProbeSource& schedule_;
    Scoreboard& board_;
    Output& out_;
    Pacer pacer_;
    Flight flight_;
    std::vector<Lane> lanes_;
    std::size_t lane_v4_ = 0;
    std::size_t lane_v6_ = 0;
    std::size_t window_ = 0;
    OwnDrops own_drops_;
    std::int64_t first_send_ns_ = 0;
    std::int64_t last_send_ns_ = 0;
    std::int64_t last_fate_ns_ = 0;
    std::uint64_t packets_ = 0;
    std::vector<Incoming> incoming_;
    std::vector<Answer> answers_;
    std::vector<TransmitStamp> stamps_;
    std::vector<QueuedError> errors_;
};

}  // namespace nm
