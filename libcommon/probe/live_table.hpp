// The live table of nmprobe ping and nmtcp ping: a row for each target with what its rounds showed so far.
// Here it is only kept and made into lines; live_view draws them. Proof: tests/unit/probe_live_test.cpp.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "app/console.hpp"
#include "app/live_grid.hpp"
#include "base/terminal_text.hpp"
#include "probe/running_rtt.hpp"

namespace nm {

struct LiveStyle {
    bool colour = false;
    bool unicode = true;
    bool worst_first = false;  // else as given, as long as all fit
};

// What a round of a target showed.
struct LiveRound {
    std::string_view state;  // the word of its record
    std::uint64_t sent = 0;
    std::uint64_t received = 0;
    const std::vector<std::int64_t>& rtts_ns;
    std::string_view note;  // why it is not good; empty: nobody said
};

class LiveTable {
  public:
    explicit LiveTable(LiveStyle style) : style_(style) {}

    // A row; rows stand in the order of place (ties: as they came). Returns its number.
    std::size_t add(std::uint64_t place, std::string name, std::string labels);
    void add_round(std::size_t row, const LiveRound& round);
    // No round will come: the name has no address, no socket.
    void fail(std::size_t row, std::string_view state, std::string_view why);
    void clear();

    // title: what the first line begins with, such as "round 3, every 1s".
    std::vector<std::string> render(const std::string& title, const WindowSize& room) const;

  private:
    static constexpr std::size_t rounds_kept = 60;

    enum class Seen : std::uint8_t { answers, some_lost, silence, error };
    struct Round {
        float rtt_ns;  // mean; below 0: none
        Seen seen;
    };
    struct Row {
        std::uint64_t place = 0;
        std::string name, labels;
        std::string state = "waiting";
        std::string note;
        std::uint64_t sent = 0, received = 0;
        bool lossy = false;  // some packets of the last round
        RunningRtt rtt;
        std::vector<Round> rounds;  // the last ones
    };

    static Mood mood_of(const Row& row);
    static double loss_pct(const Row& row);
    static bool is_worse(const Row& a, const Row& b);
    static GridRow cells_of(const Row& row, bool labels);
    std::vector<const Row*> shown(std::size_t most) const;
    std::string with_counts(const std::string& head, const std::map<std::string, std::size_t>& counts,
                            std::size_t columns) const;
    std::string tail_of(const Row& row, std::size_t columns) const;
    std::string sparkline(const Row& row, std::size_t columns) const;

    LiveStyle style_;
    std::vector<Row> rows_;
};

}  // namespace nm
