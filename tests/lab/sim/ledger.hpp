// What happened to every packet: the simulator's truth. Records stay in memory (about 120 bytes per packet)
// and become JSON lines at the end, so that writing never delays an answer.
#pragma once

#include <array>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <memory>
#include <string_view>
#include <vector>

#include "request.hpp"
#include "rule.hpp"

namespace netsim {

enum class Fate : std::uint8_t {
    replied,
    error,         // an ICMP error was the answer
    silent,        // the rule says nothing answers, or the router on the way is silent
    lost_request,  // loss_request, drop_every
    lost_reply,
    swallowed,     // swallow_first_syn
    rate_limited,  // an ICMP error that the router's limit forbade
    accepted,      // needs no answer: ACK, RST, the last ACK
    ignored,       // no probe: neighbour discovery, MLD, unknown protocols
    no_rule,
    fragment,
    bad_checksum,
    malformed,
};
inline constexpr std::size_t fates = 13;
std::string_view name(Fate fate);

enum class SentKind : std::uint8_t { reply, error, dup, synack, rst, ack, fin };

// Counts of one destination.
struct Totals {
    std::uint64_t received = 0;
    std::array<std::uint64_t, fates> by_fate{};
    std::uint64_t sent = 0;  // copies included
    std::uint64_t dup = 0;
};

struct PacketRecord {
    static constexpr std::size_t payload_kept = 32;

    Nanoseconds t_rx_ns = 0;  // CLOCK_REALTIME
    Address src;
    Address dst;
    std::array<std::uint8_t, payload_kept> payload{};
    std::uint8_t payload_size = 0;  // of those kept
    Kind kind = Kind::other;
    Fate fate = Fate::ignored;
    std::uint8_t proto = 0;
    std::uint8_t ttl = 0;
    std::uint8_t tos = 0;
    std::uint8_t detail = 0;   // ICMP type or TCP flags
    std::uint8_t code = 0;     // ICMP code
    std::uint16_t first = 0;   // id or source port
    std::uint16_t second = 0;  // seq or destination port
    std::uint16_t checksum = 0;
    std::uint16_t size = 0;
    std::uint32_t ip_id = 0;
    std::uint32_t tcp_seq = 0;
    std::uint32_t tcp_ack = 0;
    std::uint32_t sent_first = 0;
    std::uint32_t sent_count = 0;
};

struct SentRecord {
    Nanoseconds t_ns = 0;     // CLOCK_REALTIME just before the write; 0: not sent
    Nanoseconds late_ns = 0;  // how long after its deadline
    Address from{};
    SentKind kind = SentKind::reply;
    Corrupt corrupt = Corrupt::none;
    std::uint8_t failed = 0;  // errno of the write
    std::uint8_t type = 0;    // of an error
    std::uint8_t code = 0;
};

// Grows without moving what it holds: a reallocation of 100 MB would be seen as a delay.
template <class Record>
class Pages {
  public:
    static constexpr std::size_t per_page = 4096;

    Record& add() {
        if (size_ % per_page == 0) pages_.push_back(std::make_unique<std::array<Record, per_page>>());
        ++size_;
        return (*this)[size_ - 1];
    }
    Record& operator[](std::size_t at) { return (*pages_[at / per_page])[at % per_page]; }
    const Record& operator[](std::size_t at) const { return (*pages_[at / per_page])[at % per_page]; }
    std::size_t size() const { return size_; }

  private:
    std::vector<std::unique_ptr<std::array<Record, per_page>>> pages_;
    std::size_t size_ = 0;
};

// What a whole run came to, beside the records.
struct RunTotals {
    std::uint64_t received = 0;
    std::uint64_t sent = 0;
    std::uint64_t write_errors = 0;
    std::uint64_t unsent = 0;          // answers still waiting at the end
    std::uint64_t device_dropped = 0;  // by the kernel before we could read
    Nanoseconds late_max_ns = 0;       // sending after its deadline
    std::uint64_t late_over_100us = 0;
    std::uint64_t late_over_1ms = 0;
};

class Ledger {
  public:
    explicit Ledger(bool each) : each_(each) {}

    // The record lives as long as the ledger; with counts only it is overwritten by the next.
    PacketRecord& packet(const Request& request, Nanoseconds t_rx_ns);
    std::uint32_t plan_send(PacketRecord& packet, const SentRecord& planned);
    void sent(std::uint32_t index, Nanoseconds t_ns, Nanoseconds late_ns, int error);

    void write_packets(std::FILE* out) const;

  private:
    bool each_;
    PacketRecord last_;
    Pages<PacketRecord> packets_;
    Pages<SentRecord> sends_;
};

void write_totals(std::FILE* out, const Address& destination, const Totals& totals);
void write_summary(std::FILE* out, const RunTotals& run);

}  // namespace netsim
