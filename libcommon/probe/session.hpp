// A run of nmprobe ping or nmtcp ping: names become addresses while the first ones are probed already, rounds
// follow, SIGHUP reads the targets again, a signal or a closed pipe ends it, and the summary comes last.
#pragma once

#include <deque>

#include "net/resolver.hpp"
#include "probe/options.hpp"
#include "probe/packet_engine.hpp"

namespace nm {

class ProbeSession {
  public:
    ProbeSession(const ProbeOptions& options, PortRule rule, Context& context, ProbeReporter& reporter);

    EventLoop& loop() { return loop_; }
    Schedule& schedule() { return schedule_; }
    Scoreboard& board() { return board_; }

    // Runs to the end. has_socket: whether addresses of a family can be probed, and why not.
    Exit run(ProbeEngine& engine, std::vector<Target> targets, const BadInput& bad,
             std::function<std::string(Family)> why_not);

  private:
    struct Name {  // a target whose address may change
        std::shared_ptr<const Target> spec;
        std::uint32_t id;
        std::int64_t expires_ns;
        bool asked;
    };

    void feed(std::vector<Target> targets);
    void feed_more();
    void on_resolved(const std::shared_ptr<const Target>& spec, const Resolved& resolved);
    void add_address(const std::shared_ptr<const Target>& spec, const IpAddress& address,
                     const Resolved& resolved);
    void tell_failure(const Target& spec, const char* stage, const std::string& reason);
    void refresh_names();
    void reload(ProbeEngine& engine);
    bool finished(const ProbeEngine& engine) const;
    void write_summary(const ProbeEngine& engine, const BadInput& bad, std::int64_t began_ns);
    Family wanted_family() const;

    const ProbeOptions& options_;
    PortRule rule_;
    Context& context_;
    EventLoop loop_;
    Resolver resolver_;
    Schedule schedule_;
    Scoreboard board_;
    std::function<std::string(Family)> why_not_;
    std::deque<std::shared_ptr<const Target>> unresolved_;
    std::vector<Name> names_;
    std::uint64_t refreshed_round_ = 0;
    std::uint64_t rounds_before_ = 0;  // rounds of the targets before the last reload
    bool reload_pending_ = false;
};

// Gives up the capabilities that opening sockets needed.
void drop_capabilities();

}  // namespace nm
