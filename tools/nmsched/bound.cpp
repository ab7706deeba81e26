#include "bound.hpp"

#include <algorithm>
#include <map>

#include "timetable.hpp"

namespace nmsched {
namespace {

std::size_t index(int i) {
    return static_cast<std::size_t>(i);
}

// Tests with equal period and duration are interchangeable.
struct Kind {
    std::int32_t period_s;
    std::int32_t duration_s;
    int count;
    auto operator<=>(const Kind&) const = default;
};

enum class Verdict { fits, impossible, unknown };

// Depth-first search over offsets, complete because offsets may be taken as multiples of `unit`.
class Packing {
  public:
    Packing(const std::vector<Kind>& kinds, std::int32_t unit, std::int64_t& steps, Stop& stop)
        : unit_(unit), steps_(steps), stop_(stop) {
        for (const Kind& kind : kinds)
            for (int i = 0; i < kind.count; ++i) tests_.push_back(kind);
    }
    Verdict run() {
        if (!dense_enough()) return Verdict::impossible;
        return place(0, 0) ? Verdict::fits : gave_up_ ? Verdict::unknown : Verdict::impossible;
    }

  private:
    // Necessary: durations fit every pair's gcd, and the shares of time do not pass one.
    bool dense_enough() const {
        double share = 0;
        for (std::size_t i = 0; i < tests_.size(); ++i) {
            share += static_cast<double>(tests_[i].duration_s) / tests_[i].period_s;
            for (std::size_t j = 0; j < i; ++j)
                if (tests_[i].duration_s + tests_[j].duration_s >
                    std::gcd(tests_[i].period_s, tests_[j].period_s))
                    return false;
        }
        return share <= 1.0 + 1e-9;
    }
    bool place(std::size_t i, std::int32_t from) {
        if (i == tests_.size()) return true;
        const Kind& test = tests_[i];
        // The first test may stand at 0: turning a whole timetable changes nothing.
        const std::int32_t end = i == 0 ? 1 : test.period_s;
        for (std::int32_t start = from; start < end;) {
            if (--steps_ < 0 || stop_.now()) {
                gave_up_ = true;
                return false;
            }
            std::int32_t next = start;
            for (std::size_t j = 0; j < i && next == start; ++j) {
                const std::int32_t g = std::gcd(test.period_s, tests_[j].period_s);
                next = past({offsets_[j], tests_[j].duration_s, 0, 0}, g, start, test.duration_s);
            }
            if (next != start) {
                start = next + (unit_ - next % unit_) % unit_;
                continue;
            }
            offsets_.push_back(start);
            const bool twin = i + 1 < tests_.size() && tests_[i + 1] == test;
            const bool done = place(i + 1, twin ? start + unit_ : 0);
            offsets_.pop_back();
            if (done || gave_up_) return done;
            start += unit_;
        }
        return false;
    }

    std::vector<Kind> tests_;
    std::vector<std::int32_t> offsets_;
    std::int32_t unit_;
    std::int64_t& steps_;
    Stop& stop_;
    bool gave_up_ = false;
};

// The most tests of these kinds that one resource can hold, or more when the steps run out.
class LargestSet {
  public:
    LargestSet(std::vector<Kind> kinds, std::int64_t steps, Stop& stop)
        : kinds_(std::move(kinds)), steps_(steps), stop_(stop) {
        // Hard to place first: short periods, then long durations.
        std::sort(kinds_.begin(), kinds_.end(), [](const Kind& a, const Kind& b) {
            return std::pair(a.period_s, -a.duration_s) < std::pair(b.period_s, -b.duration_s);
        });
        for (const Kind& kind : kinds_) {
            total_ += kind.count;
            unit_ = std::gcd(unit_, std::gcd(kind.period_s, kind.duration_s));
        }
    }
    int run() {
        for (int drop = 0; drop < total_; ++drop) {
            std::vector<Kind> kept = kinds_;
            if (some_subset_fits(kept, 0, drop)) return total_ - drop;
        }
        return 0;
    }

  private:
    // True when dropping `drop` tests of kinds_[from..] may leave a set that fits.
    bool some_subset_fits(std::vector<Kind>& kept, std::size_t from, int drop) {
        if (drop == 0) return Packing(kept, unit_, steps_, stop_).run() != Verdict::impossible;
        if (from == kept.size()) return false;
        for (int n = std::min(drop, kept[from].count); n >= 0; --n) {
            kept[from].count -= n;
            const bool fits = !dominated(kept, from, n) && some_subset_fits(kept, from + 1, drop - n);
            kept[from].count += n;
            if (fits) return true;
        }
        return false;
    }
    // Dropping an easier test while a harder one stays is never needed: the easier one fits in its place.
    bool dominated(const std::vector<Kind>& kept, std::size_t at, int dropped) const {
        if (dropped == 0) return false;
        for (std::size_t hard = 0; hard < at; ++hard)
            if (kept[hard].count > 0 && kept[at].period_s % kept[hard].period_s == 0 &&
                kept[at].duration_s <= kept[hard].duration_s)
                return true;
        return false;
    }

    std::vector<Kind> kinds_;
    std::int64_t steps_;
    Stop& stop_;
    int total_ = 0;
    std::int32_t unit_ = 0;
};

// How many of the smallest values fit under the limit.
int smallest_within(std::vector<double> values, double limit) {
    std::sort(values.begin(), values.end());
    double sum = 0;
    int count = 0;
    for (const double value : values) {
        sum += value;
        if (sum > limit * (1 + 1e-9) + 1e-9) break;
        ++count;
    }
    return count;
}

struct Demands {
    std::vector<double> cpu, mem, time;
};

Demands placeable_demands(const Problem& problem) {
    Demands result;
    for (std::size_t a = 0; a < problem.apps.size(); ++a) {
        if (problem.hopeless[a] != Hopeless::no) continue;
        const App& app = problem.apps[a];
        double share = 0;
        for (int t = app.first_test; t < app.last_test; ++t) {
            const Test& test = problem.tests[index(t)];
            if (test.kind == TestClass::exclusive)
                share += static_cast<double>(test.duration_s) / test.period_s;
        }
        result.cpu.push_back(static_cast<double>(app.cpu));
        result.mem.push_back(static_cast<double>(app.mem));
        result.time.push_back(share);
    }
    return result;
}

// Each app with exclusive tests counts at one server only, so that the servers' limits add up.
std::vector<std::vector<Kind>> kinds_by_server(const Problem& problem, int& elsewhere) {
    std::vector<std::map<std::pair<std::int32_t, std::int32_t>, int>> by_server(problem.servers.size());
    for (std::size_t a = 0; a < problem.apps.size(); ++a) {
        if (problem.hopeless[a] != Hopeless::no) continue;
        int chosen = none;
        for (int t = problem.apps[a].first_test; t < problem.apps[a].last_test; ++t) {
            const Test& test = problem.tests[index(t)];
            if (test.kind == TestClass::exclusive && test.server != none && chosen == none) chosen = t;
        }
        if (chosen == none) {
            ++elsewhere;
            continue;
        }
        const Test& test = problem.tests[index(chosen)];
        ++by_server[index(test.server)][{test.period_s, test.duration_s}];
    }
    std::vector<std::vector<Kind>> result;
    for (const auto& counts : by_server) {
        result.emplace_back();
        for (const auto& [key, count] : counts) result.back().push_back({key.first, key.second, count});
    }
    return result;
}

// The fewest largest values that reach the sum; one more than there are when they never do.
int largest_reaching(std::vector<double> values, double sum) {
    std::sort(values.rbegin(), values.rend());
    double reached = 0;
    int count = 0;
    for (const double value : values) {
        if (reached * (1 + 1e-9) + 1e-9 >= sum) break;
        reached += value;
        ++count;
    }
    return count;
}

double sum_of_smallest(std::vector<double> values, int count) {
    std::sort(values.begin(), values.end());
    double sum = 0;
    for (int i = 0; i < count && index(i) < values.size(); ++i) sum += values[index(i)];
    return sum;
}

}  // namespace

int accepted_bound(const Problem& problem, std::int64_t steps, Stop& stop) {
    double cpu = 0, mem = 0;
    for (const Node& node : problem.nodes) {
        cpu += static_cast<double>(node.cpu);
        mem += static_cast<double>(node.mem);
    }
    const Demands demands = placeable_demands(problem);
    int bound = std::min({smallest_within(demands.cpu, cpu), smallest_within(demands.mem, mem),
                          smallest_within(demands.time, static_cast<double>(problem.nodes.size()))});
    int by_servers = 0;
    const auto servers = kinds_by_server(problem, by_servers);
    for (const std::vector<Kind>& kinds : servers) {
        std::vector<double> shares;
        for (const Kind& kind : kinds)
            shares.insert(shares.end(), index(kind.count),
                          static_cast<double>(kind.duration_s) / kind.period_s);
        const int by_density = smallest_within(shares, 1.0);
        const std::int64_t budget = steps / static_cast<std::int64_t>(servers.size());
        by_servers += std::min(by_density, LargestSet(kinds, budget, stop).run());
    }
    return std::min(bound, by_servers);
}

int nodes_bound(const Problem& problem, int accepted) {
    const Demands demands = placeable_demands(problem);
    std::vector<double> cpu, mem;
    for (const Node& node : problem.nodes) {
        cpu.push_back(static_cast<double>(node.cpu));
        mem.push_back(static_cast<double>(node.mem));
    }
    const std::vector<double> time(problem.nodes.size(), 1.0);
    return std::max({accepted > 0 ? 1 : 0, largest_reaching(cpu, sum_of_smallest(demands.cpu, accepted)),
                     largest_reaching(mem, sum_of_smallest(demands.mem, accepted)),
                     largest_reaching(time, sum_of_smallest(demands.time, accepted))});
}

}  // namespace nmsched
