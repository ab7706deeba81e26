#include "top/ranking.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

namespace nmflowtool {
namespace {

std::uint64_t Sums::*member_of(RankBy value) {
    switch (value) {
        case RankBy::packets:
            return &Sums::packets;
        case RankBy::flows:
            return &Sums::flows;
        default:
            return &Sums::bytes;
    }
}

}  // namespace

Ranking::Ranking(const RankOptions& options, nm::Output& out)
    : options_(options),
      out_(out),
      value_(member_of(options.value)),
      key_(GroupKey::parse(options.by)),
      groups_(key_.width(), value_, options.max_keys, options.scaled),
      other_side_(key_.width()) {}

std::vector<std::string_view> Ranking::keys() const {
    std::vector<std::string_view> keys = key_.keys();
    nm::for_each_field<nm::FlowRecord>([&](auto, const auto& field) {
        bool is_read = false;
        if constexpr (requires { field.member == &nm::FlowRecord::bytes; })
            is_read = field.member == &nm::FlowRecord::bytes || field.member == &nm::FlowRecord::packets ||
                      field.member == &nm::FlowRecord::flow_count;
        if constexpr (requires { field.member == &nm::FlowRecord::sampling_rate; })
            is_read = options_.scaled && field.member == &nm::FlowRecord::sampling_rate;
        if (is_read || field.info.role == nm::Role::time) keys.push_back(field.info.key);
    });
    return keys;
}

void Ranking::add(const nm::FlowRecord& flow, const nm::FlowNames& names) {
    if (options_.every_ns > 0 && !in_window(flow.ts)) {
        ++late_;
        return;
    }
    latest_ = std::max(latest_, flow.ts);
    const Sums sums = sums_of(flow);
    const double variance = variance_of(flow);
    total_ += sums;
    key_.pack(flow, names, groups_.next_key());
    if (!key_.has_sides()) {
        groups_.add(sums, variance);
        return;
    }
    // A flow between two equal keys counts once, so that no share passes 100 %.
    key_.pack(flow, names, other_side_.data(), GroupKey::Side::destination);
    const bool differs = std::memcmp(groups_.next_key(), other_side_.data(), other_side_.size()) != 0;
    groups_.add(sums, variance);
    if (!differs) return;
    std::memcpy(groups_.next_key(), other_side_.data(), other_side_.size());
    groups_.add(sums, variance);
}

Sums Ranking::sums_of(const nm::FlowRecord& flow) {
    without_value_ += (options_.value == RankBy::bytes && !flow.bytes) ||
                      (options_.value == RankBy::packets && !flow.packets);
    Sums sums{flow.bytes.value_or(0), flow.packets.value_or(0), flow.flow_count.value_or(1)};
    if (!options_.scaled) return sums;
    rate_unknown_ += !flow.sampling_rate;
    const std::uint64_t rate = flow.sampling_rate.value_or(1);
    sums.bytes = saturated_product(sums.bytes, rate);
    sums.packets = saturated_product(sums.packets, rate);
    return sums;
}

// Of the number of packets that the record stands for: each of n packets looked at stands for rate packets,
// and how many are looked at varies by n (a Poisson process, as rates are large). A record that counts no
// packets but bytes is of one at least.
double Ranking::variance_of(const nm::FlowRecord& flow) const {
    if (!options_.scaled || flow.sampling_rate.value_or(1) <= 1) return 0;
    const double rate = *flow.sampling_rate;
    return static_cast<double>(flow.packets.value_or(flow.bytes ? 1 : 0)) * rate * rate;
}

// Windows begin at whole multiples of their length since 1970. False: too late for the open one.
bool Ranking::in_window(nm::Time ts) {
    const std::int64_t start = ts.ns - ts.ns % options_.every_ns;
    const bool has_end = start < std::numeric_limits<std::int64_t>::max() - options_.every_ns;
    if (ts.ns == 0 || start < window_start_ns_ || !has_end) return false;
    if (start > window_start_ns_) {
        if (window_is_open_) close_window();
        window_start_ns_ = start;
    }
    window_is_open_ = true;
    return true;
}

void Ranking::close_window() {
    const std::int64_t end = window_start_ns_ + options_.every_ns;
    write_groups({end});
    out_.end_round();
    groups_.clear();
    total_ = {};
    window_start_ns_ = end;
    window_is_open_ = false;
    ++windows_;
}

std::int64_t Ranking::close_window_at(std::int64_t now_ns) {
    if (!window_is_open_) return 0;
    const std::int64_t end = window_start_ns_ + options_.every_ns;
    if (end > now_ns) return end;
    close_window();
    return 0;
}

// The groups in their order. Equal values are ranked by key, so that the order does not depend on that of the
// input.
std::vector<std::uint32_t> Ranking::ranked(std::size_t shown) const {
    std::vector<std::uint32_t> order(groups_.size());
    std::iota(order.begin(), order.end(), 0u);
    const bool largest_first = options_.order == RankOrder::largest;
    const auto goes_before = [&](std::uint32_t a, std::uint32_t b) {
        const std::uint64_t left = groups_.sums(a).*value_, right = groups_.sums(b).*value_;
        if (left != right) return (left > right) == largest_first;
        return std::memcmp(groups_.key(a), groups_.key(b), groups_.key_width()) < 0;
    };
    std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(shown), order.end(),
                      goes_before);
    order.resize(shown);
    return order;
}

nm::FlowTop Ranking::top_of(std::uint32_t group) const {
    const Sums& sums = groups_.sums(group);
    nm::FlowTop top;
    key_.unpack(groups_.key(group), top);
    top.bytes = sums.bytes;
    top.packets = sums.packets;
    top.flows = sums.flows;
    if (options_.every_ns > 0) top.window_start = {window_start_ns_};
    if (total_.*value_ > 0)
        top.share_pct = 100.0 * static_cast<double>(sums.*value_) / static_cast<double>(total_.*value_);
    // Of n packets at one rate this is 196*sqrt(1/n) (sFlow's sampling theory, Phaal and Panchen 2002): 1.96
    // standard deviations hold 95 % of all cases.
    const double variance = groups_.variance(group);
    if (variance > 0 && sums.packets > 0)
        top.error_pct = 196.0 * std::sqrt(variance) / static_cast<double>(sums.packets);
    if (groups_.given_up() > 0) top.value_error = groups_.error(group);
    return top;
}

void Ranking::write_groups(nm::Time ts) {
    groups_.flush();
    const std::size_t shown =
        options_.number == 0 ? groups_.size() : std::min<std::size_t>(groups_.size(), options_.number);
    std::uint64_t rank = 0;
    for (const std::uint32_t group : ranked(shown)) {
        if (out_.closed()) break;
        nm::FlowTop top = top_of(group);
        top.ts = ts;
        top.rank = ++rank;
        out_.write(top);
    }
    ranked_ += total_;
    group_count_ += groups_.size() + groups_.given_up();
    given_up_ += groups_.given_up();
    value_error_ = std::max(value_error_, groups_.given_up_bound());
}

void Ranking::finish(nm::FlowSummary& summary) {
    if (options_.every_ns == 0)
        write_groups(latest_);
    else if (window_is_open_)
        close_window();
    if (options_.every_ns > 0) {
        summary.windows = windows_;
        summary.late = late_;
    }
    summary.groups = group_count_;
    if (given_up_ > 0) {
        summary.groups_given_up = given_up_;
        summary.value_error = value_error_;
    }
    if (options_.value != RankBy::flows) summary.without_value = without_value_;
    if (options_.scaled) summary.rate_unknown = rate_unknown_;
    summary.bytes = ranked_.bytes;
    summary.total_packets = ranked_.packets;
}

}  // namespace nmflowtool
