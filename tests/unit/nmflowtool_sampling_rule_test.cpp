#include <gtest/gtest.h>

#include "sampling_rule.hpp"

namespace {

using nm::FlowRecord;
using nm::RateSource;
using namespace nmflowtool;

FlowRecord with_rate(std::optional<std::uint32_t> rate) {
    FlowRecord flow;
    flow.sampling_rate = rate;
    if (rate) flow.rate_source = RateSource::options;
    return flow;
}

TEST(SamplingRate, IsReadAsNfcapdReadsIt) {
    EXPECT_EQ(parse_sampling_rate("1000"), (SamplingRate{1000, false}));
    EXPECT_EQ(parse_sampling_rate("-4k"), (SamplingRate{4000, true}));
    EXPECT_EQ(parse_sampling_rate("1"), (SamplingRate{1, false}));
    for (const char* text : {"", "-", "0", "-0", "1:1000", "--5", "4294967296", "0.2", "x"})
        EXPECT_FALSE(parse_sampling_rate(text)) << text;
}

TEST(SamplingRule, Trap14AssumesARateOnlyWhereNoneIsTold) {
    SamplingRule rule(SamplingRate{500, false});
    FlowRecord untold = with_rate(std::nullopt), told = with_rate(100);
    rule.apply(untold);
    rule.apply(told);
    EXPECT_EQ(untold.sampling_rate, 500u);
    EXPECT_EQ(untold.rate_source, RateSource::assumed);
    EXPECT_EQ(told.sampling_rate, 100u);
    EXPECT_EQ(told.rate_source, RateSource::options);
    nm::FlowSummary summary;
    rule.add_to(summary);
    EXPECT_EQ(summary.rate_assumed, 1u);
    EXPECT_FALSE(summary.rate_overridden);
}

TEST(SamplingRule, Trap14OverridesWhatIsToldAndSaysSo) {
    SamplingRule rule(SamplingRate{500, true});
    FlowRecord untold = with_rate(std::nullopt), told = with_rate(100);
    rule.apply(untold);
    rule.apply(told);
    EXPECT_EQ(untold.rate_source, RateSource::assumed);
    EXPECT_EQ(told.sampling_rate, 500u);
    EXPECT_EQ(told.rate_source, RateSource::override_);
    nm::FlowSummary summary;
    rule.add_to(summary);
    EXPECT_EQ(summary.rate_assumed, 1u);
    EXPECT_EQ(summary.rate_overridden, 1u);
}

TEST(SamplingRule, Trap14LeavesRecordsAloneWithoutTheOption) {
    SamplingRule rule(std::nullopt);
    FlowRecord untold = with_rate(std::nullopt);
    rule.apply(untold);
    EXPECT_FALSE(untold.sampling_rate);
    EXPECT_FALSE(untold.rate_source);
    nm::FlowSummary summary;
    rule.add_to(summary);
    EXPECT_FALSE(summary.rate_assumed);
}

}  // namespace
