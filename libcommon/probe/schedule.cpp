#include "probe/schedule.hpp"

#include <algorithm>

namespace nm {

void Schedule::add_target(std::uint32_t count, std::int64_t interval_ns) {
    const Plan plan{count, interval_ns};
    if (plans_.empty() || plans_.back() != plan) plans_.push_back(plan);
    plan_of_.push_back(static_cast<std::uint32_t>(plans_.size() - 1));
}

void Schedule::start(std::int64_t now_ns) {
    start_ns_ = now_ns;
    started_ = true;
}

void Schedule::clear() {
    plans_.clear();
    plan_of_.clear();
    fresh_ = 0;
    repeats_ = {};
    not_last_round();
    start_ns_ += static_cast<std::int64_t>(round_ + 1) * every_ns_;
    round_ = 0;
}

std::int64_t Schedule::next_round_ns() const {
    const bool more = every_ns_ > 0 && (rounds_ == 0 || round_ + 1 < rounds_);
    return more ? start_ns_ + static_cast<std::int64_t>(round_ + 1) * every_ns_ : never;
}

Schedule::Due Schedule::due_of(std::uint32_t target, std::uint32_t seq, std::uint64_t round) const {
    return {target, seq, round, plan(target).count};
}

std::optional<Schedule::Due> Schedule::take(std::int64_t now_ns) {
    if (!started_) return std::nullopt;
    if (!repeats_.empty() && repeats_.top().due_ns <= now_ns) {
        const Repeat repeat = repeats_.top();
        repeats_.pop();
        const Due due = due_of(repeat.target, repeat.seq, repeat.round);
        if (!due.is_last() && !repeat.single)
            repeats_.push(
                {repeat.due_ns + plan(due.target).interval_ns, due.target, due.seq + 1, due.round, false});
        return due;
    }
    if (fresh_ == plan_of_.size() && next_round_ns() <= now_ns) {
        ++round_;
        fresh_ = 0;
    }
    if (fresh_ == plan_of_.size() || now_ns < start_ns_) return std::nullopt;
    const Due due = due_of(static_cast<std::uint32_t>(fresh_++), 0, round_);
    if (!due.is_last()) repeats_.push({now_ns + plan(due.target).interval_ns, due.target, 1, round_, false});
    return due;
}

void Schedule::postpone(const Due& due, std::int64_t due_ns) {
    repeats_.push({due_ns, due.target, due.seq, due.round, true});
}

std::int64_t Schedule::next_ns() const {
    if (!started_) return never;
    if (fresh_ < plan_of_.size()) return start_ns_;
    const std::int64_t repeat_ns = repeats_.empty() ? never : repeats_.top().due_ns;
    return std::min(repeat_ns, next_round_ns());
}

bool Schedule::exhausted() const {
    return started_ && fresh_ == plan_of_.size() && repeats_.empty() && next_round_ns() == never;
}

}  // namespace nm
