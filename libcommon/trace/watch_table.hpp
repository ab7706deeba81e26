// What all rounds of some traces showed, hop by hop, as lines of text: the table of trace --watch.
// Proof: tests/unit/trace_watch_test.cpp.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "app/console.hpp"
#include "app/live_grid.hpp"
#include "probe/running_rtt.hpp"
#include "record/probe_trace.hpp"

namespace nm {

// The fate of one probe of a round.
struct WatchProbe {
    std::uint32_t ttl = 0;
    bool answered = false;
    std::int64_t rtt_ns = -1;  // below 0: none
};

class WatchTable {
  public:
    explicit WatchTable(bool colour) : colour_(colour) {}

    // A target; they stand in the order of place. Returns its number.
    std::size_t add(std::uint64_t place, std::string name);
    // One that will not be traced.
    void fail(std::size_t target, const std::string& state, const std::string& why);
    // A finished round: its record, and its probes one by one. distance: of the destination, as far as it is
    // known from all rounds; 0: not known.
    void add_round(std::size_t target, const Trace& trace, std::span<const WatchProbe> probes,
                   std::uint32_t distance);
    void name(const IpAddress& address, std::string name);
    void clear() { targets_.clear(); }

    std::vector<std::string> render(const std::string& title, const WindowSize& room) const;

  private:
    struct Router {  // an address at a hop
        IpAddress address;
        std::uint64_t received = 0;
        std::uint64_t last_round = 0;
        std::string note;
    };
    struct Hop {
        std::uint32_t ttl = 0;
        std::uint64_t sent = 0, received = 0, lost_self = 0;
        std::uint64_t changed_round = 0;  // another address answered than before; 0: never
        bool per_packet = false;
        RunningRtt rtt;
        std::vector<Router> routers;  // who answered last comes first
    };
    struct Target {
        std::uint64_t place = 0;
        std::string name;
        IpAddress address;
        TraceState state = TraceState::stopped;
        std::string failed;  // the word for it, in the place of a state
        std::string reason;
        std::uint64_t rounds = 0, changes = 0, changed_round = 0;
        std::uint32_t changed_ttl = 0;
        std::vector<Hop> hops;
    };

    static void join(Target& target, const TraceHop& seen, std::uint64_t round);
    static std::vector<bool> rate_limits(const Target& target);
    std::string title_of(const Target& target, std::size_t columns) const;
    std::vector<std::string> block(const Target& target, const WindowSize& room) const;
    GridRow cells_of(const Hop& hop, bool last, bool rate_limited) const;
    std::string name_of(const IpAddress& address) const;

    bool colour_;
    std::vector<Target> targets_;
    std::map<IpAddress, std::string> names_;
};

}  // namespace nm
