// The sampling rate that the user gives: for records whose exporter tells none, or in place of what it tells.
// The record says so by its rate_source, and the summary how often. Proof:
// tests/unit/nmflowtool_sampling_rule_test.cpp, tests/cli/nmflowtool_traps.bats.
#pragma once

#include <optional>
#include <string_view>

#include "base/text.hpp"
#include "record/flow_stats.hpp"

namespace nmflowtool {

struct SamplingRate {
    std::uint32_t rate = 1;
    bool overrides = false;  // what exporters tell, too

    bool operator==(const SamplingRate&) const = default;
};

// As nfcapd takes it: 100 where none is told, -100 in any case.
inline std::optional<SamplingRate> parse_sampling_rate(std::string_view text) {
    const bool overrides = text.starts_with('-');
    if (overrides) text.remove_prefix(1);
    const auto rate = nm::parse_size(text);
    if (!rate || *rate == 0 || *rate > 0xFFFFFFFFu) return std::nullopt;
    return SamplingRate{static_cast<std::uint32_t>(*rate), overrides};
}

class SamplingRule {
  public:
    explicit SamplingRule(const std::optional<SamplingRate>& given) : given_(given) {}

    void apply(nm::FlowRecord& flow) {
        if (!given_ || (flow.sampling_rate && !given_->overrides)) return;
        ++(flow.sampling_rate ? overridden_ : assumed_);
        flow.rate_source = flow.sampling_rate ? nm::RateSource::override_ : nm::RateSource::assumed;
        flow.sampling_rate = given_->rate;
    }
    void add_to(nm::FlowSummary& summary) const {
        if (!given_) return;
        summary.rate_assumed = assumed_;
        if (given_->overrides) summary.rate_overridden = overridden_;
    }

  private:
    std::optional<SamplingRate> given_;
    std::uint64_t assumed_ = 0;
    std::uint64_t overridden_ = 0;
};

}  // namespace nmflowtool
