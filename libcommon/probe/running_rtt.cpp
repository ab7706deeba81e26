#include "probe/running_rtt.hpp"

#include <algorithm>
#include <cmath>

namespace nm {

void RunningRtt::add(std::int64_t rtt_ns) {
    const auto ns = static_cast<double>(rtt_ns);
    if (count_ > 0) changes_ns_ += std::abs(ns - last_ns_);
    best_ns_ = count_ == 0 ? ns : std::min(best_ns_, ns);
    worst_ns_ = std::max(worst_ns_, ns);
    last_ns_ = ns;
    if (recent_ns_.size() < recent)
        recent_ns_.push_back(static_cast<float>(ns));
    else
        recent_ns_[count_ % recent] = static_cast<float>(ns);
    ++count_;
    const double distance = ns - mean_ns_;
    mean_ns_ += distance / static_cast<double>(count_);
    squares_ += distance * (ns - mean_ns_);
}

double RunningRtt::deviation_ns() const {
    return count_ == 0 ? 0 : std::sqrt(squares_ / static_cast<double>(count_));
}

double RunningRtt::jitter_ns() const {
    return count_ < 2 ? 0 : changes_ns_ / static_cast<double>(count_ - 1);
}

double RunningRtt::percentile_ns(double q) const {
    if (recent_ns_.empty()) return 0;
    std::vector<float> sorted = recent_ns_;
    const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(sorted.size())));
    const auto nth = sorted.begin() + static_cast<std::ptrdiff_t>(std::max<std::size_t>(rank, 1) - 1);
    std::nth_element(sorted.begin(), nth, sorted.end());
    return static_cast<double>(*nth);
}

}  // namespace nm
