// What the probes of one trace have met so far: each hop with everyone who answered there. Only counting;
// which probe comes next is a PathWalk's business, what it means is trace_report's. Proof:
// tests/unit/trace_path_test.cpp.
#pragma once

#include <string>
#include <vector>

#include "probe/scoreboard.hpp"
#include "trace/trace_protocol.hpp"

namespace nm {

struct HopAddress {
    IpAddress address;
    std::uint32_t received = 0;
    std::int64_t rtt_min_ns = -1, rtt_max_ns = -1, rtt_sum_ns = 0;
    std::uint32_t rtts = 0;
    std::uint8_t ttl = 0;  // of its last answer
    TraceNote note;        // of its last answer
    bool nat = false;      // of any answer
    bool destination = false;
};

struct HopTally {
    std::uint32_t sent = 0;
    std::uint32_t received = 0;
    std::uint32_t lost = 0;
    std::uint32_t lost_self = 0;
    std::int64_t first_sent_ns = 0;  // monotonic; 0: nothing sent
    bool per_packet = false;         // packets of one flow met different addresses
    std::vector<HopAddress> addresses;
    std::vector<std::pair<std::uint16_t, IpAddress>> flows;  // who answered a flow first

    bool answered() const { return received > 0; }
    std::uint32_t in_flight() const { return sent - received - lost - lost_self; }
    bool whole() const { return sent > 0 && in_flight() == 0; }
    // Who answered this flow, or nullptr.
    const IpAddress* of_flow(std::uint16_t flow) const;
};

struct PathTally {
    static constexpr std::uint32_t none = 0;

    std::uint32_t first_ttl = 1;
    std::vector<HopTally> hops;  // from first_ttl on
    std::uint32_t in_flight = 0;
    std::uint32_t sent = 0, received = 0, lost = 0, lost_self = 0;
    std::uint32_t last_answered = 0;   // the farthest TTL with an answer
    std::uint32_t reached_ttl = none;  // the nearest TTL that the destination answered
    std::uint32_t refused_ttl = none;  // the nearest TTL at which someone said unreachable
    IpAddress refused_by;
    int refused_type = -1, refused_code = -1;
    TraceAnswer answer = TraceAnswer::none;
    IpAddress wrong_from;        // an echo reply came from here instead
    std::string send_error;      // the first one
    bool multipath = false;      // branches may differ in length: the nearest end is not the only one
    bool flows_ran_out = false;  // MDA: the confidence was not reached
    TsSource ts_source = TsSource::none;
    std::int64_t rtt_max_ns = 0;

    explicit PathTally(std::uint32_t first = 1) : first_ttl(first), last_answered(first - 1) {}

    HopTally& hop(std::uint32_t ttl);
    const HopTally* find(std::uint32_t ttl) const;
    // Who answered the first flow here; unset when nobody did.
    IpAddress address_at(std::uint32_t ttl) const;
    // A probe of another hop than this one is under way.
    bool waits_elsewhere(std::uint32_t ttl) const;
    // The farthest TTL that still matters.
    std::uint32_t end_ttl() const;
    // A probe of this TTL leaves.
    void begin(std::uint32_t ttl, std::int64_t now_ns);
    // A fate, or something more seen of a probe. note: of the answer.
    void add(const PacketEvent& event, const TraceNote& note);

  private:
    void add_answer(const ProbeName& name, const PacketEvent& event, const TraceNote& note);
};

}  // namespace nm
