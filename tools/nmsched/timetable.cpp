#include "timetable.hpp"

#include <algorithm>

namespace nmsched {
namespace {

// With far-apart periods one scan could visit millions of arcs; past this many jumps the answer is "not
// found".
constexpr int jump_budget = 20'000;
// How many free offsets snug_offset compares.
constexpr int snug_candidates = 48;

std::int32_t round_up(std::int32_t value, std::int32_t step) {
    const std::int32_t over = value % step;
    return over == 0 ? value : value + step - over;
}

template <class Visit>
void each_booking(Resources on, Visit visit) {
    for (const Booking& booking : on.node->bookings()) visit(booking);
    if (on.server != nullptr)
        for (const Booking& booking : on.server->bookings()) visit(booking);
}

// Seconds that [start, start + duration) and the booking share modulo `level`.
std::int32_t shared_s(const Booking& booking, std::int32_t level, std::int32_t start,
                      std::int32_t duration_s) {
    std::int32_t since = (start - booking.offset_s) % level;
    if (since < 0) since += level;
    const std::int32_t behind = std::clamp(booking.duration_s - since, 0, duration_s);
    const std::int32_t ahead = std::clamp(since + duration_s - level, 0, booking.duration_s);
    return behind + ahead;
}

// What a test at `start` would share with the bookings modulo every period shorter than their gcd.
std::int64_t snugness(const Problem& problem, const Test& test, Resources on, std::int32_t start) {
    const std::int32_t* row = problem.gcd_row(test.period_class);
    std::int64_t score = 0;
    each_booking(on, [&](const Booking& booking) {
        const std::int32_t g = row[booking.period_class];
        int levels = 0;
        for (const std::int32_t period : problem.periods) {
            if (period >= g || ++levels > 4) break;
            if (g % period == 0) score += shared_s(booking, period, start, test.duration_s);
        }
    });
    return score;
}

}  // namespace

void Timetable::remove(int index) {
    const auto at = std::find_if(bookings_.begin(), bookings_.end(),
                                 [&](const Booking& booking) { return booking.test == index; });
    if (at != bookings_.end()) bookings_.erase(at);
}

bool is_free(const Problem& problem, const Test& test, Resources on, std::int32_t offset_s) {
    const std::int32_t* row = problem.gcd_row(test.period_class);
    bool free = true;
    each_booking(on, [&](const Booking& booking) {
        const std::int32_t g = row[booking.period_class];
        free = free && test.duration_s + booking.duration_s <= g &&
               past(booking, g, offset_s, test.duration_s) == offset_s;
    });
    return free;
}

std::optional<std::int32_t> earliest_offset(const Problem& problem, const Test& test, Resources on,
                                            std::int32_t from) {
    const std::int32_t* row = problem.gcd_row(test.period_class);
    bool possible = true;
    std::int64_t repeat = problem.slot_s;  // what is free looks the same after this many seconds
    each_booking(on, [&](const Booking& booking) {
        const std::int32_t g = row[booking.period_class];
        possible = possible && test.duration_s + booking.duration_s <= g;
        if (repeat < test.period_s && repeat % g != 0) repeat = std::lcm(repeat, std::int64_t{g});
    });
    if (!possible) return std::nullopt;
    std::int32_t start = round_up(from, problem.slot_s);
    const std::int64_t end = std::min<std::int64_t>(test.period_s, start + repeat);
    for (int jumps = 0; jumps < jump_budget && start < end; ++jumps) {
        const std::int32_t before = start;
        each_booking(on, [&](const Booking& booking) {
            if (start < test.period_s)
                start = past(booking, row[booking.period_class], start, test.duration_s);
        });
        if (start == before) return start;
        start = round_up(start, problem.slot_s);
    }
    return std::nullopt;
}

std::optional<std::int32_t> snug_offset(const Problem& problem, const Test& test, Resources on) {
    std::optional<std::int32_t> best = earliest_offset(problem, test, on);
    if (!best || problem.periods.front() == test.period_s) return best;
    std::int64_t best_score = snugness(problem, test, on, *best);
    std::int32_t from = *best;
    for (int i = 0; i < snug_candidates; ++i) {
        // The next candidate lies behind the next arc or, within a free stretch, one duration on.
        const auto next =
            earliest_offset(problem, test, on, from + std::min(test.duration_s, problem.periods.front()));
        if (!next) break;
        const std::int64_t score = snugness(problem, test, on, *next);
        if (score > best_score) {
            best = next;
            best_score = score;
        }
        from = *next;
    }
    return best;
}

}  // namespace nmsched
