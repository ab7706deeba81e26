// When the SYN of a connect() left and its answer came in, as a packet socket saw them: the kernel's own
// measurement (TCP_INFO) begins and ends deeper in the stack, and does not time a refusal at all. Needs
// CAP_NET_RAW while it is opened. Proof: tests/lab/ledger.bats ("connect()"), tests/bench/accuracy.py.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/unique_fd.hpp"
#include "net/ip.hpp"
#include "wire/byte_reader.hpp"

namespace nmtcp {

// What was seen of one connection, in CLOCK_REALTIME; 0 for what was not.
struct HandshakeStamps {
    std::int64_t syn_ns = 0;
    std::int64_t answer_ns = 0;  // SYN/ACK or RST

    bool complete() const { return syn_ns != 0 && answer_ns >= syn_ns; }
    std::int64_t rtt_ns() const { return answer_ns - syn_ns; }
};

class HandshakeTap {
  public:
    // nullptr without CAP_NET_RAW.
    static std::unique_ptr<HandshakeTap> open();
    ~HandshakeTap();

    // From here on the packets of this connection, which has just been begun, are looked for. The slot is the
    // caller's name for it, small and used by one connection at a time.
    void watch(std::size_t slot, const nm::Endpoint& local, const nm::Endpoint& peer);
    // What was seen of the connection, which is then forgotten. An answer that the connection has got is
    // there.
    HandshakeStamps take(std::size_t slot);
    // The same for a connection that was refused before it could be watched: the last one to this peer.
    HandshakeStamps take_last(const nm::Endpoint& peer);
    // Reads what the kernel holds. To be called now and then: without room it drops the newest.
    void drain();

  private:
    struct Ends {
        nm::Endpoint local;
        nm::Endpoint peer;
        bool operator==(const Ends&) const = default;
    };
    struct EndsHash {
        std::size_t operator()(const Ends& ends) const;
    };
    struct Buffers;

    explicit HandshakeTap(nm::UniqueFd fd);
    void take_packet(nm::Bytes bytes, bool outgoing, std::int64_t stamp_ns);

    nm::UniqueFd fd_;
    std::unique_ptr<Buffers> buffers_;
    std::unordered_map<Ends, HandshakeStamps, EndsHash> watched_;
    std::vector<Ends> ends_of_;  // by slot
    Ends last_;                  // of the last SYN that is not watched
    HandshakeStamps last_stamps_;
};

}  // namespace nmtcp
