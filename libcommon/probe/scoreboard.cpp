#include "probe/scoreboard.hpp"

#include <algorithm>
#include <cmath>

namespace nm {
namespace {

// The q-th percentile of sorted values by nearest rank: a value that was measured, never an average.
double nearest_rank_us(const std::vector<std::int64_t>& sorted, double q) {
    const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(sorted.size())));
    return static_cast<double>(sorted[std::max<std::size_t>(rank, 1) - 1]) / 1e3;
}

// Keeps the weakest source: if one time is not from the kernel, the record says so.
TsSource weaker(TsSource a, TsSource b) {
    if (a == TsSource::mono || b == TsSource::none) return a;
    return b;
}

Outcome outcome_of(const Tally& tally) {
    if (tally.received > tally.refused) return Outcome::answered;
    if (tally.refused > 0) return Outcome::closed;
    if (tally.errors > 0) return Outcome::unreachable;
    return tally.lost > 0 ? Outcome::lost : Outcome::unsent;
}

Exit exit_of(Outcome outcome) {
    switch (outcome) {
        case Outcome::answered:
            return Exit::ok;
        case Outcome::closed:
            return Exit::closed;
        case Outcome::unreachable:
            return Exit::unreachable;
        case Outcome::unsent:
            return Exit::unsent;
        default:
            return Exit::no;
    }
}

std::string error_text(const PacketEvent& event) {
    std::string text = event.reason != nullptr ? event.reason : "";
    if (event.from.is_set()) text += " from " + to_string(event.from);
    return text;
}

}  // namespace

std::optional<RttSummary> summarize(const std::vector<std::int64_t>& rtts_ns) {
    if (rtts_ns.empty()) return std::nullopt;
    if (rtts_ns.size() == 1) {
        const double only_us = static_cast<double>(rtts_ns.front()) / 1e3;
        return RttSummary{only_us, only_us, only_us, 0, only_us, only_us, only_us};
    }
    std::vector<std::int64_t> sorted = rtts_ns;
    std::sort(sorted.begin(), sorted.end());
    const auto n = static_cast<double>(sorted.size());
    double sum = 0;
    for (const std::int64_t rtt : sorted) sum += static_cast<double>(rtt);
    const double mean = sum / n;
    double squares = 0;
    for (const std::int64_t rtt : sorted) {
        const double difference = static_cast<double>(rtt) - mean;
        squares += difference * difference;
    }
    return RttSummary{static_cast<double>(sorted.front()) / 1e3,
                      mean / 1e3,
                      static_cast<double>(sorted.back()) / 1e3,
                      std::sqrt(squares / n) / 1e3,
                      nearest_rank_us(sorted, 0.5),
                      nearest_rank_us(sorted, 0.95),
                      nearest_rank_us(sorted, 0.99)};
}

std::uint32_t Scoreboard::add(std::uint32_t spec, const IpAddress& address, float resolve_ms) {
    const auto id = static_cast<std::uint32_t>(targets_.size());
    ProbeTarget& target = targets_.emplace_back();
    target.address = address;
    target.spec = spec;
    target.port = specs_[spec].port;
    if (resolve_ms >= 0) resolve_ms_[id] = resolve_ms;
    totals_.targets = targets_.size();
    return id;
}

bool Scoreboard::may_begin(std::uint32_t id, std::uint64_t round) const {
    const ProbeTarget& target = targets_[id];
    return !target.has_packets_in_flight() || target.tally->round == round;
}

void Scoreboard::begin(std::uint32_t id, std::uint64_t round, std::uint32_t count) {
    ProbeTarget& target = targets_[id];
    if (target.tally != nullptr && target.tally->round != round && target.tally->begun > 0)
        report(target, now());
    Tally& tally = open_tally(target);
    tally.round = round;
    tally.count = count;
    ++tally.begun;
    ++totals_.sent;
}

Tally& Scoreboard::open_tally(ProbeTarget& target) {
    if (target.tally != nullptr) return *target.tally;
    if (free_tallies_.empty()) {
        target.tally = &tallies_.emplace_back();
    } else {
        target.tally = free_tallies_.back();
        free_tallies_.pop_back();
    }
    return *target.tally;
}

void Scoreboard::close_tally(ProbeTarget& target) {
    // Keeps the capacity of the samples: the next round needs as many.
    std::vector<std::int64_t> samples = std::move(target.tally->rtts_ns);
    samples.clear();
    *target.tally = Tally{};
    target.tally->rtts_ns = std::move(samples);
    free_tallies_.push_back(target.tally);
    target.tally = nullptr;
}

TargetReport Scoreboard::report_of(const ProbeTarget& target) const {
    const auto id = static_cast<std::uint32_t>(&target - targets_.data());
    const auto named = resolve_ms_.empty() ? resolve_ms_.end() : resolve_ms_.find(id);
    return {specs_[target.spec], target, *target.tally, named == resolve_ms_.end() ? -1 : named->second, id};
}

void Scoreboard::count(Tally& tally, const PacketEvent& event) {
    switch (event.fate) {
        case Fate::reply:
            ++tally.received;
            tally.refused += event.refused;
            tally.retransmitted += event.retransmitted;
            ++totals_.received;
            if (event.rtt_ns >= 0) tally.rtts_ns.push_back(event.rtt_ns);
            tally.ts_source = weaker(tally.ts_source, event.ts_source);
            if (event.ttl != 0) tally.ttl = event.ttl;
            break;
        case Fate::icmp_error:
            ++tally.errors;
            ++totals_.errors;
            tally.error = error_text(event);
            break;
        case Fate::lost:
            ++tally.lost;
            ++totals_.lost;
            break;
        case Fate::lost_self:
        case Fate::send_error:
            ++tally.lost_self;
            ++totals_.lost_self;
            tally.error = error_text(event);
            break;
        case Fate::dup:
            ++tally.dup;
            ++totals_.dup;
            break;
        case Fate::late:
            ++tally.late;
            ++totals_.late;
            break;
        case Fate::corrupt:
            ++tally.corrupt;
            ++totals_.corrupt;
            break;
        case Fate::wrong_source:
            ++tally.wrong;
            ++totals_.wrong;
            break;
        case Fate::none:
            break;
    }
}

void Scoreboard::fate(const PacketEvent& event) {
    ProbeTarget& target = targets_[event.target];
    Tally& tally = open_tally(target);
    count(tally, event);
    if (each_) reporter_.packet(report_of(target), event);
    const bool ends_packet = event.fate <= Fate::send_error;
    if (ends_packet && tally.fates() == tally.count && !hold_) report(target, event.ts);
}

void Scoreboard::report(ProbeTarget& target, Time ts) {
    target.outcome = outcome_of(*target.tally);
    reporter_.target_done(report_of(target), ts);
    close_tally(target);
    if (++done_in_round_ == targets_.size()) {
        done_in_round_ = 0;
        reporter_.round_done();
    }
}

void Scoreboard::close(Time ts) {
    for (ProbeTarget& target : targets_) {
        if (target.tally == nullptr) continue;
        totals_.unfinished += target.tally->begun - target.tally->fates();
        if (target.tally->fates() > 0) report(target, ts);
    }
}

void Scoreboard::clear_targets() {
    targets_.clear();
    tallies_.clear();
    free_tallies_.clear();
    resolve_ms_.clear();
    done_in_round_ = 0;
}

std::size_t Scoreboard::answered() const {
    return static_cast<std::size_t>(std::count_if(targets_.begin(), targets_.end(), [](const ProbeTarget& t) {
        return t.outcome == Outcome::answered;
    }));
}

Exit Scoreboard::verdict() const {
    Exit verdict = Exit::ok;
    for (const ProbeTarget& target : targets_) verdict = worse_of(verdict, exit_of(target.outcome));
    return verdict;
}

}  // namespace nm
