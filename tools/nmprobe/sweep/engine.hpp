// Sends the echo requests of a sweep in its order and gives each packet its one fate. What it holds is the
// addresses in work (Slots), so memory and state file stay the same whatever the prefix.
//
// On a link of this host a request first waits for ARP or neighbour discovery. The kernel's transmit stamp
// tells when it really left: the timeout runs from then, and an address is silent only when the neighbour
// was asked for as long as the kernel asks (trap T28). A request that never left is sent again.
// Proof: tests/lab/nmprobe_sweep.bats.
#pragma once

#include <deque>
#include <queue>

#include "format/output.hpp"
#include "net/event_loop.hpp"
#include "probe/icmp_protocol.hpp"
#include "probe/own_drops.hpp"
#include "probe/pacer.hpp"
#include "record/probe_sweep.hpp"
#include "sweep/local_links.hpp"
#include "sweep/order.hpp"
#include "sweep/prefix_pacer.hpp"
#include "sweep/slots.hpp"
#include "sweep/state.hpp"
#include "sweep/sweep.hpp"

namespace nmprobe {

class SweepEngine {
  public:
    SweepEngine(const SweepOptions& options, const SweepOrder& order, const LocalLinks& links,
                nm::EventLoop& loop, nm::IcmpProtocol& protocol, nm::Output& out);
    ~SweepEngine();

    // Goes on where an earlier run stood.
    void resume(const SweepProgress& progress);
    // The place and the counts, as they are now.
    SweepProgress progress() const;

    // Sends, receives, expires; sleeps until deadline_ns at most when there is nothing to do.
    void turn(std::int64_t deadline_ns);
    bool done() const;
    std::uint64_t addresses_done() const;
    // Of all runs of the sweep; what is in flight is counted as unfinished.
    nm::SweepSummary totals() const;

  private:
    struct Lane {  // the socket of a family
        nm::StampSocket* socket;
        std::vector<nm::Outgoing> batch;
        bool in_use = false;
    };
    struct Deferred {
        std::int64_t ready_ns;
        std::uint32_t number;
        bool operator>(const Deferred& other) const { return ready_ns > other.ready_ns; }
    };

    // Which address comes next (engine_order.cpp).
    bool has_new() const;
    Slot* take_new(std::int64_t now_ns);
    void pace(Slot& slot, std::int64_t now_ns);
    void release_deferred(std::int64_t now_ns);
    bool may_resolve(std::int64_t now_ns) const;
    Slot* next_slot(std::int64_t now_ns);
    std::size_t room_to_leave() const;
    std::int64_t next_action_ns() const;

    // Packets (engine.cpp).
    bool send_due();
    void launch(Slot& slot);
    void send_batch(Lane& lane);
    void refused(Slot& slot, int error, std::int64_t now_ns);
    bool take_errors(Lane& lane);
    bool take_replies(Lane& lane);
    void on_stamp(const nm::TransmitStamp& stamp);
    void has_left(Slot& slot);
    bool expire(std::int64_t now_ns);

    // What an answer means (engine_answers.cpp).
    void on_answer(const nm::Answer& answer, const nm::Incoming& in, std::int64_t now_ns);
    void on_reply(Slot& slot, const nm::Answer& answer, const nm::Incoming& in, std::int64_t now_ns);
    void on_error(Slot& slot, const nm::Answer& answer, std::int64_t now_ns);
    void on_earlier(const nm::Answer& answer, const nm::Incoming& in);
    void lose(Slot& slot, std::int64_t now_ns);
    void no_neighbour(Slot& slot);
    void next_attempt(Slot& slot, std::int64_t now_ns);
    void finish(Slot& slot, nm::SweepState state);

    const SweepOptions& options_;
    const SweepOrder& order_;
    const LocalLinks& links_;
    nm::EventLoop& loop_;
    nm::IcmpProtocol& protocol_;
    nm::Output& out_;
    nm::Pacer pacer_;
    PrefixPacer prefix_pacer_;
    std::vector<Lane> lanes_;
    Slots slots_;
    std::priority_queue<Deferred, std::vector<Deferred>, std::greater<>> deferred_;
    std::deque<std::uint64_t> reopened_;  // positions that an earlier run left open
    std::uint64_t next_ = 0;
    std::size_t unleft_ = 0;          // packets off our links that have no stamp yet
    bool stamps_seen_ = false;        // transmit stamps come
    bool stamps_absent_ = false;      // they do not: what left is not known
    std::int64_t hold_until_ns_ = 0;  // the neighbour table is full
    nm::OwnDrops own_drops_;
    std::int64_t first_send_ns_ = 0;
    std::int64_t last_send_ns_ = 0;
    std::uint64_t packets_ = 0;  // of this run
    nm::SweepSummary totals_;
    nm::SweepProbe record_;  // of the address that is being finished
    std::vector<nm::Incoming> incoming_;
    std::vector<nm::Answer> answers_;
    std::vector<nm::TransmitStamp> stamps_;
    std::vector<nm::QueuedError> errors_;
};

}  // namespace nmprobe
