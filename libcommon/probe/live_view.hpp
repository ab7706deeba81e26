// What a session keeps on the terminal while it runs, in the place of records: the hook for session, and the
// live table of targets. The paths of traces are trace/trace_watch. Proof: tests/lab/live.bats.
#pragma once

#include <memory>

#include "app/live_screen.hpp"
#include "app/tool.hpp"
#include "probe/live_table.hpp"
#include "probe/options.hpp"
#include "probe/scoreboard.hpp"

namespace nm {

class SessionView {
  public:
    virtual ~SessionView() = default;
    // The scoreboard has a new target. place: its number in the list of targets.
    virtual void target(std::uint32_t id, std::uint32_t place, const TargetList::View& spec,
                        const IpAddress& address) = 0;
    // One that will never be probed. stage: as in the error record.
    virtual void failed(std::uint32_t place, const TargetList::View& spec, std::string_view stage,
                        const std::string& reason) = 0;
    // All targets are about to be replaced.
    virtual void clear() = 0;
    // Draws when it is time; next_ns() is when turn() wants to be called again.
    virtual void turn(std::int64_t now_ns) = 0;
    virtual std::int64_t next_ns() const = 0;
    // The last frame, which stays.
    virtual void finish() = 0;
};

// When to draw: soon after something changed, but not more often than a person can read.
class RedrawClock {
  public:
    // Something changed; complete: a round did, so that there is nothing to wait for.
    void changed(bool complete) {
        dirty_ = true;
        complete_ |= complete;
    }
    // True when it is time.
    bool take(std::int64_t now_ns);
    std::int64_t next_ns() const;

  private:
    static constexpr std::int64_t between_ns = 200 * ns_per_ms;

    bool dirty_ = true;
    bool complete_ = false;
    std::int64_t drawn_ns_ = 0;
};

class PingView final : public SessionView {
  public:
    // nullptr when records are wanted, or stdout is no terminal.
    static std::unique_ptr<PingView> open(const ProbeOptions& options, Context& context);
    PingView(const ProbeOptions& options, Context& context);

    void round(const TargetReport& of, std::string_view state);
    void round_done() { clock_.changed(true); }

    void target(std::uint32_t id, std::uint32_t place, const TargetList::View& spec,
                const IpAddress& address) override;
    void failed(std::uint32_t place, const TargetList::View& spec, std::string_view stage,
                const std::string& reason) override;
    void clear() override;
    void turn(std::int64_t now_ns) override;
    std::int64_t next_ns() const override { return clock_.next_ns(); }
    void finish() override { draw(); }

  private:
    void draw();

    const ProbeOptions& options_;
    LiveScreen screen_;
    LiveTable table_;
    std::vector<std::size_t> row_of_;  // by target
    std::uint64_t round_ = 0;          // the newest that was seen
    RedrawClock clock_;
};

// The target as it was written: host, or host:port.
std::string target_text(const TargetList::View& spec);
// "round 3, every 1s", for the first line.
std::string rhythm_text(const ProbeOptions& options, std::uint64_t rounds);

}  // namespace nm
