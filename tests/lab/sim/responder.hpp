// Decides the fate of every packet by the rules and hands the answers to the schedule.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "craft.hpp"
#include "ledger.hpp"
#include "rule.hpp"
#include "schedule.hpp"

namespace netsim {

struct Moment {
    Nanoseconds monotonic = 0;
    Nanoseconds real = 0;
};

class Responder {
  public:
    Responder(std::vector<Rule> rules, std::uint64_t seed, Ledger& ledger, Schedule& schedule);

    void handle(View packet, Moment now);
    void replace_rules(std::vector<Rule> rules);
    void write_totals(std::FILE* out) const;

  private:
    struct Held {
        Schedule::Slot slot;
        std::uint64_t ticket;
    };
    // The random sequence is the destination's own: what others receive meanwhile does not change it.
    struct Destination {
        const Rule* rule = nullptr;
        std::uint64_t random = 0;
        std::uint64_t probes = 0;
        std::optional<Held> held;  // first of a pair to be swapped
        Totals totals;
    };
    struct Turn {
        const Request& request;
        PacketRecord& record;
        Destination& destination;
        const Rule& rule;
        Moment now;
        bool chosen;  // by `every`
    };
    struct Bucket {
        double tokens = 0;
        Nanoseconds filled = 0;
    };

    const Rule* rule_for(const Address& address) const;
    Destination& destination(const Address& address);
    Fate decide(const Request& request, PacketRecord& record, Destination& destination, Moment now);
    Fate answer(Turn& turn);
    Fate answer_datagram(Turn& turn, Answer how);
    Fate answer_tcp(Turn& turn);
    Fate answer_syn(Turn& turn, Answer how);
    Fate answer_segment(Turn& turn, Answer how);
    Fate answer_error(Turn& turn);
    Fate expire(Turn& turn);
    Fate send_error(Turn& turn, const Address& from, Nanoseconds delay, const IcmpError& error);
    Fate send_segment(Turn& turn, SentKind kind, const Segment& segment);
    template <class Craft>
    Fate send(Turn& turn, SentRecord sent, Nanoseconds delay, Craft craft);
    void place(Turn& turn, Schedule::Slot slot, Nanoseconds deadline);
    bool allowed(const Rule& rule, const Address& router, Nanoseconds now);
    static double draw(Destination& destination);

    std::vector<Rule> rules_;
    std::uint64_t seed_;
    Ledger& ledger_;
    Schedule& schedule_;
    std::unordered_map<Address, Destination, AddressHash> destinations_;
    std::unordered_map<Address, Bucket, AddressHash> buckets_;
    std::unordered_map<std::uint64_t, std::uint64_t> swallowed_;  // SYNs by flow and sequence number
};

}  // namespace netsim
