// A socket that sends and receives in batches with kernel time stamps on both ways (SO_TIMESTAMPING software,
// OPT_ID and OPT_TSONLY), and that knows what it dropped (SO_MEMINFO). Raw or datagram, IPv4 or IPv6; what is
// inside the packets is its user's business.
// Proof: tests/lab/ledger.bats, tests/bench/accuracy.py.
#pragma once

#include <linux/filter.h>
#include <sys/socket.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "net/ip.hpp"

namespace nm {

struct StampSocketOptions {
    Family family = Family::v4;
    int type = SOCK_RAW;  // or SOCK_DGRAM
    int protocol = 0;
    std::uint64_t receive_buffer = 0;
    std::size_t largest_packet = 2048;
    std::vector<sock_filter> filter;  // classic BPF; empty: none
    bool small = false;            // nothing is sent that some link may have to fragment (576 bytes, RFC 791)
    int checksum_offset = -1;      // raw IPv6: where the kernel puts the transport checksum
    bool header_included = false;  // raw: the packets sent begin with their IP header
    int tos = -1;
    int ttl = -1;
    IpAddress source;
    std::string interface;
};

struct ProbeTarget;

// One packet to send: bytes stay the caller's until send() returns.
struct Outgoing {
    ProbeTarget* target = nullptr;  // the caller's
    IpAddress to;
    Bytes bytes;
    std::uint32_t index = 0;  // the caller's, given back with the time stamp
    std::uint32_t seq = 0;    // the caller's: number within the target's round
    int error = 0;            // out: errno when the kernel refused it
    std::uint16_t port = 0;   // UDP: where to
    std::uint8_t ttl = 0;     // datagram socket: of this packet; 0: that of the socket
};

// When a packet left, as the driver took it.
struct TransmitStamp {
    std::uint32_t index = 0;
    std::int64_t tx_ns = 0;  // CLOCK_REALTIME
};

struct Incoming {
    Bytes bytes;
    IpAddress from;
    std::int64_t rx_ns = 0;  // CLOCK_REALTIME; 0: no stamp
    std::uint8_t ttl = 0;    // from a control message; raw IPv4 has it in the header
    bool truncated = false;
    std::uint16_t port = 0;  // UDP: the sender's
};

// An ICMP error from the error queue of a datagram socket.
struct QueuedError {
    int errno_value = 0;
    int type = 0;
    int code = 0;
    IpAddress from;  // who sent it; unset when it is ours
    IpAddress to;    // where the packet went
    Bytes packet;    // what the error quotes behind the header of a datagram
    std::int64_t rx_ns = 0;
    std::uint8_t ttl = 0;    // with which the error arrived
    std::uint16_t port = 0;  // UDP: where the packet went
};

class StampSocket {
  public:
    static constexpr std::size_t send_batch = 64;
    static constexpr std::size_t receive_batch = 128;
    // More than one batch of packets leaves behind: then a single call empties the queue.
    static constexpr std::size_t error_batch = send_batch + 32;

    static Result<std::unique_ptr<StampSocket>> open(const StampSocketOptions& options);
    ~StampSocket();

    int fd() const { return fd_.get(); }
    Family family() const { return options_.family; }
    bool is_raw() const { return options_.type == SOCK_RAW; }
    // Packets that the receive buffer surely holds.
    std::size_t capacity() const { return capacity_; }
    // Packets that the kernel dropped because the buffer was full.
    std::uint32_t drops();

    // Sends batch[first] and those behind it, send_batch at most, up to one that the kernel refuses, whose
    // error is set. Returns where to go on: a refused packet never holds up the others (trap T18). Stamp ids
    // are counted afresh then, so the error queue must be drained before the next call (trap T17).
    std::size_t send(std::vector<Outgoing>& batch, std::size_t first);

    // One batch of the error queue: transmit stamps, and on a datagram socket ICMP errors, whose spans stay
    // valid until the next call. True when there may be more.
    bool drain_error_queue(std::vector<TransmitStamp>& stamps, std::vector<QueuedError>& errors);
    // One batch; the spans stay valid until the next call. Returns how many.
    std::size_t receive(std::vector<Incoming>& out);

  private:
    struct Buffers;

    // Stamps that may be on their way: more than a queue of an interface holds.
    static constexpr std::size_t stamp_ring = 1 << 14;

    StampSocket(const StampSocketOptions& options, UniqueFd fd);
    Status configure();
    Status enable_stamps(bool with_ids);
    void restart_stamp_ids();
    void take_error(std::size_t i, std::vector<TransmitStamp>& stamps, std::vector<QueuedError>& errors);
    std::uint32_t& stamp_slot(std::uint32_t id) { return stamp_index_[id % stamp_ring]; }

    StampSocketOptions options_;
    UniqueFd fd_;
    std::size_t capacity_ = 0;
    std::unique_ptr<Buffers> buffers_;
    std::uint32_t next_stamp_id_ = 0;
    bool stamp_ids_unsure_ = false;  // a packet was refused: it may have taken an id
    int fruitless_sends_ = 0;
    std::uint32_t drops_seen_ = 0;
    std::uint32_t overflows_ = 0;
    std::uint64_t damaged_before_ = 0;  // packets with a wrong checksum before the socket was there
    std::unique_ptr<std::uint32_t[]> stamp_index_;  // by stamp id: the packet's index
};

}  // namespace nm
