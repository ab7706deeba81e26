#include "trace/mda_walk.hpp"

#include <algorithm>
#include <set>

namespace nm {
namespace {

// A flow without an answer is asked once more where others are answered.
constexpr std::uint8_t probes_of_a_flow = 2;
// So often one flow is sent again where addresses differ: two balanced by packet stay hidden once in 64.
constexpr int repeats = 6;

bool is_end(const HopAddress& at) {
    const bool expired = at.note.icmp_type == (at.address.is_v4() ? 11 : 3);
    return at.destination || !expired;
}

}  // namespace

std::uint32_t stopping_point(std::uint32_t successors, double confidence) {
    const std::uint32_t branches = successors + 1;
    std::vector<double> seen(branches + 1);  // the probability that so many branches were met
    seen[0] = 1;
    std::uint32_t flows = 0;
    constexpr std::uint32_t most = 100'000;
    while (seen[branches] < confidence && flows < most) {
        for (std::uint32_t j = branches; j > 0; --j)
            seen[j] = (seen[j] * j + seen[j - 1] * (branches - j + 1)) / branches;
        seen[0] = 0;
        ++flows;
    }
    return flows;
}

std::vector<TraceLink> links_of(const PathTally& tally) {
    std::set<TraceLink> links;
    const std::uint32_t end = tally.first_ttl + static_cast<std::uint32_t>(tally.hops.size());
    for (std::uint32_t ttl = tally.first_ttl + 1; ttl < end; ++ttl) {
        const HopTally& before = *tally.find(ttl - 1);
        const HopTally& here = *tally.find(ttl);
        if (before.per_packet || here.per_packet) continue;
        for (const auto& [flow, to] : here.flows) {
            const IpAddress* from = before.of_flow(flow);
            if (from != nullptr && *from != to) links.insert({ttl, *from, to});
        }
    }
    return {links.begin(), links.end()};
}

MdaWalk::MdaWalk(const WalkOptions& options, PathTally& tally)
    : options_(options), tally_(tally), ttl_(tally.first_ttl) {
    tally_.multipath = true;
}

std::uint32_t MdaWalk::needed(std::uint32_t successors) const {
    return stopping_point(std::max(successors, 1U), options_.confidence_pct / 100);
}

MdaWalk::FlowState& MdaWalk::state(std::uint32_t ttl, std::uint16_t flow) {
    const std::size_t hop = ttl - tally_.first_ttl;
    if (hop >= states_.size()) states_.resize(hop + 1);
    if (flow >= states_[hop].size()) states_[hop].resize(flow + std::size_t{1});
    return states_[hop][flow];
}

void MdaWalk::ask(std::uint32_t ttl, std::uint16_t flow, std::int64_t now_ns,
                  std::vector<PlannedProbe>& out) {
    FlowState& at = state(ttl, flow);
    out.push_back({now_ns, {static_cast<std::uint8_t>(ttl), at.probes, flow}});
    ++at.probes;
    at.waits = true;
    ++waiting_;
}

void MdaWalk::on_fate(const ProbeName& name, std::int64_t now_ns, std::vector<PlannedProbe>& out) {
    --waiting_;
    FlowState& at = state(name.ttl, name.flow);
    at.waits = false;
    const HopTally& hop = *tally_.find(name.ttl);
    const bool silent = hop.of_flow(name.flow) == nullptr;
    if (silent && hop.answered() && at.probes < probes_of_a_flow && tally_.send_error.empty())
        ask(name.ttl, name.flow, now_ns, out);
    if (waiting_ == 0) step(now_ns, out);
}

// Everything asked has its fate: what is still needed at this hop, else the next hop.
void MdaWalk::step(std::int64_t now_ns, std::vector<PlannedProbe>& out) {
    while (!ended_) {
        if (!tally_.send_error.empty()) {
            ended_ = true;
            return;
        }
        if (explore(now_ns, out)) return;
        ended_ = !next_hop();
    }
}

// The flows through each node of the hop before, as far as it goes on. One group where no node is known: at
// the first hop, behind silence and behind per-packet balancing.
std::vector<MdaWalk::Flows> MdaWalk::nodes_before() const {
    const HopTally* before = ttl_ == tally_.first_ttl ? nullptr : tally_.find(ttl_ - 1);
    std::vector<Flows> nodes;
    if (before == nullptr || before->addresses.empty() || before->per_packet) {
        Flows& all = nodes.emplace_back(flows_);
        for (std::uint16_t flow = 0; flow < flows_; ++flow) all[flow] = flow;
        return nodes;
    }
    for (const HopAddress& at : before->addresses) {
        if (is_end(at)) continue;
        Flows& through = nodes.emplace_back();
        for (const auto& [flow, address] : before->flows) {
            if (address == at.address) through.push_back(flow);
        }
    }
    return nodes;
}

// True when something was asked.
bool MdaWalk::explore(std::int64_t now_ns, std::vector<PlannedProbe>& out) {
    bool asked = false;
    std::size_t more_wanted = 0;
    const std::vector<Flows> nodes = nodes_before();
    for (const Flows& through : nodes) asked |= explore_node(through, more_wanted, now_ns, out);
    // Which node a new flow meets is chance: as many as reach the neediest one on the average.
    if (more_wanted > 0) asked |= add_flows(more_wanted * nodes.size(), now_ns, out);
    return asked;
}

// more_wanted: rises to the number of flows that this node lacks.
bool MdaWalk::explore_node(const Flows& through, std::size_t& more_wanted, std::int64_t now_ns,
                           std::vector<PlannedProbe>& out) {
    const HopTally* here = tally_.find(ttl_);
    if (here != nullptr && here->per_packet) return false;
    std::set<IpAddress> successors;
    Flows fresh;
    std::uint32_t settled = 0;
    for (const std::uint16_t flow : through) {
        if (state(ttl_, flow).probes == 0) {
            fresh.push_back(flow);
            continue;
        }
        ++settled;
        if (const IpAddress* address = here == nullptr ? nullptr : here->of_flow(flow))
            successors.insert(*address);
    }
    if (successors.size() > 1 && repeated_ttl_ != ttl_) {
        repeated_ttl_ = ttl_;
        for (int i = 0; i < repeats; ++i) ask(ttl_, here->flows.front().first, now_ns, out);
        return true;  // whether flows mean anything here must be known first
    }
    const std::uint32_t wanted = needed(static_cast<std::uint32_t>(successors.size()));
    if (settled >= wanted) return false;
    const std::size_t missing = wanted - settled;
    const std::size_t now = std::min(missing, fresh.size());
    for (std::size_t i = 0; i < now; ++i) ask(ttl_, fresh[i], now_ns, out);
    more_wanted = std::max(more_wanted, missing - now);
    return now > 0;
}

// New flows show which node they meet first; at the first hop that is all there is to know.
bool MdaWalk::add_flows(std::size_t wanted, std::int64_t now_ns, std::vector<PlannedProbe>& out) {
    const HopTally* before = ttl_ == tally_.first_ttl ? nullptr : tally_.find(ttl_ - 1);
    const bool no_nodes = before == nullptr || before->addresses.empty() || before->per_packet;
    const std::size_t count = std::min<std::size_t>(wanted, options_.flows - flows_);
    if (count < wanted) tally_.flows_ran_out = true;
    for (std::size_t i = 0; i < count; ++i) ask(no_nodes ? ttl_ : ttl_ - 1, flows_++, now_ns, out);
    return count > 0;
}

bool MdaWalk::next_hop() {
    const HopTally* here = tally_.find(ttl_);
    const bool answered = here != nullptr && here->answered();
    silent_hops_ = answered ? 0 : silent_hops_ + 1;
    const bool goes_on = !answered || std::any_of(here->addresses.begin(), here->addresses.end(),
                                                  [](const HopAddress& at) { return !is_end(at); });
    ++ttl_;
    return goes_on && silent_hops_ < options_.gap && ttl_ <= options_.max_ttl && loop_at(tally_) == 0;
}

}  // namespace nm
