// Sums of flows by key, and the largest of them as records: of the whole input, or of each window of time.
// Proof: tests/cli/nmflowtool_top.bats, tests/cli/nmflowtool.bats.
#pragma once

#include "app/tool.hpp"
#include "record/flow_stats.hpp"
#include "top/groups.hpp"
#include "top/keys.hpp"

namespace nmflowtool {

enum class RankBy : std::uint8_t { bytes, packets, flows };
inline constexpr std::array<std::string_view, 3> rank_by_words{"bytes", "packets", "flows"};

enum class RankOrder : std::uint8_t { largest, smallest };
inline constexpr std::array<std::string_view, 2> rank_order_words{"largest", "smallest"};

struct RankOptions {
    std::string by;
    RankBy value = RankBy::bytes;
    RankOrder order = RankOrder::largest;
    std::uint64_t number = 10;            // groups to show; 0: all
    std::int64_t every_ns = 0;            // length of a window; 0: the whole input is one
    bool scaled = false;                  // bytes and packets times the sampling rate
    std::uint64_t max_keys = 10'000'000;  // exact up to here; 0: no limit
};

class Ranking {
  public:
    // Throws UserError when options.by is no key.
    Ranking(const RankOptions& options, nm::Output& out);

    // Flow: a flow or a sample, with its names.
    template <class Flow>
    void add(const Flow& flow) {
        add(flow, flow);
    }
    // Tells the open window if it is over at this time; returns when it will be, or 0 when none is open.
    std::int64_t close_window_at(std::int64_t now_ns);
    // Tells what was not told yet, and the sums of the whole run.
    void finish(nm::FlowSummary& summary);

    nm::Time latest() const { return latest_; }
    // Whether flows are grouped by names that exporters tell beside them.
    bool wants_names() const { return key_.has_names(); }
    // The keys of the records that tell the group, in the order asked for.
    const std::vector<std::string_view>& shown_keys() const { return key_.shown(); }
    bool any() const { return ranked_.flows + late_ > 0; }
    std::uint64_t rate_unknown() const { return rate_unknown_; }
    // Of the groups that were told: whether they are the smallest of what was left when smaller ones were
    // given up.
    bool lacks_smallest() const { return options_.order == RankOrder::smallest && given_up_ > 0; }
    // Of flow records: what add() looks at.
    std::vector<std::string_view> keys() const;

  private:
    void add(const nm::FlowRecord& flow, const nm::FlowNames& names);
    bool in_window(nm::Time ts);
    void close_window();
    Sums sums_of(const nm::FlowRecord& flow);
    double variance_of(const nm::FlowRecord& flow) const;
    void write_groups(nm::Time ts);
    std::vector<std::uint32_t> ranked(std::size_t shown) const;
    nm::FlowTop top_of(std::uint32_t group) const;

    const RankOptions& options_;
    nm::Output& out_;
    std::uint64_t Sums::*value_;
    GroupKey key_;
    Groups groups_;
    std::vector<std::uint8_t> other_side_;
    Sums total_;  // of the window
    nm::Time latest_;
    std::int64_t window_start_ns_ = 0;
    bool window_is_open_ = false;

    // Of the whole run.
    Sums ranked_;
    std::uint64_t group_count_ = 0;
    std::uint64_t given_up_ = 0;
    std::uint64_t value_error_ = 0;
    std::uint64_t windows_ = 0;
    std::uint64_t late_ = 0;
    std::uint64_t without_value_ = 0;
    std::uint64_t rate_unknown_ = 0;
};

}  // namespace nmflowtool
