// A run of nmprobe ping or nmtcp ping: names become addresses while the first ones are probed already, rounds
// follow, SIGHUP reads the targets again, a signal or a closed pipe ends it, and the summary comes last.
#pragma once

#include "net/resolver.hpp"
#include "probe/live_view.hpp"
#include "probe/options.hpp"
#include "probe/packet_engine.hpp"

namespace nm {

class ProbeSession {
  public:
    ProbeSession(const ProbeOptions& options, PortRule rule, Context& context, ProbeReporter& reporter);

    EventLoop& loop() { return loop_; }
    Schedule& schedule() { return schedule_; }
    Scoreboard& board() { return board_; }

    // What is shown in the place of records; nullptr for none.
    void show(SessionView* view) { view_ = view; }
    // A target may take any number of packets: progress has no end that is known.
    void expect_any_number() { any_number_ = true; }

    // Runs to the end. has_socket: whether addresses of a family can be probed, and why not.
    Exit run(ProbeEngine& engine, TargetList targets, const BadInput& bad,
             std::function<std::string(Family)> why_not);

  private:
    struct Name {  // a target whose address may change
        std::uint32_t spec;
        std::uint32_t id;
        std::int64_t expires_ns;
        bool asked;
    };

    void feed(TargetList targets);
    void feed_more();
    bool all_fed() const { return fed_ == specs_.size(); }
    void on_resolved(std::uint32_t spec, const Resolved& resolved);
    void add_literal(std::uint32_t spec, const IpAddress& address);
    void add_address(std::uint32_t spec, const IpAddress& address, const Resolved* name);
    void tell_no_address(std::uint32_t spec, Exit verdict, const std::string& reason);
    void tell_failure(std::uint32_t spec, const char* stage, const std::string& reason);
    void ask_again(std::size_t name);
    void on_refreshed(std::size_t name, const Resolved& resolved);
    void refresh_names();
    void reload(ProbeEngine& engine);
    bool finished(const ProbeEngine& engine) const;
    void show_progress();
    void write_summary(const ProbeEngine& engine, const BadInput& bad, std::int64_t began_ns);
    Family wanted_family() const;

    const ProbeOptions& options_;
    PortRule rule_;
    SessionView* view_ = nullptr;
    Context& context_;
    EventLoop loop_;
    Resolver resolver_;
    Schedule schedule_;
    TargetList specs_;
    Scoreboard board_;
    std::function<std::string(Family)> why_not_;
    std::uint32_t fed_ = 0;  // of specs_: those before were given to the resolver
    std::vector<Name> names_;
    std::uint64_t generation_ = 0;  // counts reloads
    std::uint64_t refreshed_round_ = 0;
    std::uint64_t rounds_before_ = 0;  // rounds of the targets before the last reload
    bool reload_pending_ = false;
    bool any_number_ = false;
    Exit unresolved_ = Exit::ok;  // why names did not become targets
};

// Gives up the capabilities that opening sockets needed.
void drop_capabilities();

}  // namespace nm
