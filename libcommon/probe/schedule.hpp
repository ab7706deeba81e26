// Which target is probed next, and when: rounds on an absolute schedule (--every), and within a round the
// repeated probes of each target at its own interval. Time is a parameter.
// Proof: tests/unit/probe_test.cpp.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <queue>
#include <vector>

#include "base/clock.hpp"

namespace nm {

// Where the packet engine learns what to send next: a Schedule, or what stands between it and one (trace).
class ProbeSource {
  public:
    static constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

    struct Due {
        std::uint32_t target;
        std::uint32_t seq;  // within the round
        std::uint64_t round;
        std::uint32_t count;  // of this target's probes in a round

        bool is_last() const { return seq + 1 == count; }
    };

    virtual ~ProbeSource() = default;
    // The next probe due at now_ns.
    virtual std::optional<Due> take(std::int64_t now_ns) = 0;
    // The probe could not start yet (the target's last round is unfinished): it comes again at due_ns.
    virtual void postpone(const Due& due, std::int64_t due_ns) = 0;
    // When take() has something, or never.
    virtual std::int64_t next_ns() const = 0;
};

class Schedule final : public ProbeSource {
  public:
    // every_ns 0: a single round. rounds 0: no end.
    Schedule(std::int64_t every_ns, std::uint64_t rounds)
        : every_ns_(every_ns), rounds_(every_ns == 0 ? 1 : rounds) {}

    // Room for this many targets.
    void reserve(std::size_t targets) { plan_of_.reserve(targets); }
    // A target joins the current round at once, and all later ones. Targets are numbered in order.
    void add_target(std::uint32_t count, std::int64_t interval_ns);
    // The first round begins.
    void start(std::int64_t now_ns);
    // No further round begins; the probes of the current one still come.
    void last_round() { rounds_ = round_ + 1; }
    void not_last_round() { rounds_ = rounds_wanted_; }
    // Forgets the targets and begins again, on the grid of rounds that was there.
    void clear();

    std::optional<Due> take(std::int64_t now_ns) override;
    void postpone(const Due& due, std::int64_t due_ns) override;
    std::int64_t next_ns() const override;
    // Everything of the current round was taken and no other round will begin.
    bool exhausted() const;
    std::uint64_t rounds_begun() const { return started_ ? round_ + 1 : 0; }

  private:
    struct Plan {
        std::uint32_t count;
        std::int64_t interval_ns;
        bool operator==(const Plan&) const = default;
    };
    struct Repeat {
        std::int64_t due_ns;
        std::uint32_t target;
        std::uint32_t seq;
        std::uint64_t round;
        bool single;  // put back by postpone(): the probes after it are queued already
        bool operator>(const Repeat& other) const { return due_ns > other.due_ns; }
    };

    std::int64_t next_round_ns() const;
    const Plan& plan(std::uint32_t target) const { return plans_[plan_of_[target]]; }
    Due due_of(std::uint32_t target, std::uint32_t seq, std::uint64_t round) const;

    std::int64_t every_ns_;
    std::uint64_t rounds_;
    std::uint64_t rounds_wanted_ = rounds_;
    std::vector<Plan> plans_;             // each once, as long as neighbours are alike
    std::vector<std::uint32_t> plan_of_;  // by target
    std::size_t fresh_ = 0;               // targets from here on have not begun the current round
    std::priority_queue<Repeat, std::vector<Repeat>, std::greater<>> repeats_;
    std::uint64_t round_ = 0;
    std::int64_t start_ns_ = 0;
    bool started_ = false;
};

}  // namespace nm
