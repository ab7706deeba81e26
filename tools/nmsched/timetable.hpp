// What is booked on one exclusive resource (a node or a target server), and where another test still fits.
// Strictly periodic tests i and j never overlap iff d_i <= (o_j - o_i) mod g <= g - d_j with g = gcd(T_i,
// T_j) (Korst et al.), so nothing is ever expanded to the hyperperiod. Proof:
// tests/unit/nmsched_timetable_test.cpp (against brute-force expansion).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "problem.hpp"

namespace nmsched {

struct Booking {
    std::int32_t offset_s;
    std::int32_t duration_s;
    std::int32_t period_class;
    std::int32_t test;
};

// The first start >= `start` at which a test of this duration does not meet the booking; `start` itself when
// it is free. Needs duration + booking.duration <= g.
inline std::int32_t past(const Booking& booking, std::int32_t g, std::int32_t start,
                         std::int32_t duration_s) {
    std::int32_t since = (start - booking.offset_s) % g;
    if (since < 0) since += g;
    if (since < booking.duration_s) return start + booking.duration_s - since;
    if (since > g - duration_s) return start + g - since + booking.duration_s;
    return start;
}

class Timetable {
  public:
    void add(const Test& test, int index, std::int32_t offset_s) {
        bookings_.push_back({offset_s, test.duration_s, test.period_class, index});
    }
    void remove(int index);
    const std::vector<Booking>& bookings() const { return bookings_; }

  private:
    std::vector<Booking> bookings_;
};

// The two exclusive resources of a test: its node and, when it has a target, the server.
struct Resources {
    const Timetable* node;
    const Timetable* server;  // may be null
};

// True when `test` at `offset_s` meets no booking of either resource.
bool is_free(const Problem& problem, const Test& test, Resources on, std::int32_t offset_s);

// The earliest offset >= from, a multiple of the slot and below the period, that is free on both resources.
// Left-justified: some offset is free iff one is free at 0 or at the end of a forbidden arc.
std::optional<std::int32_t> earliest_offset(const Problem& problem, const Test& test, Resources on,
                                            std::int32_t from = 0);

// Among the free offsets at the ends of forbidden arcs, the one that shares most of its time, modulo the
// shorter periods, with what is booked already: long periods are stacked so that short ones still find a gap.
std::optional<std::int32_t> snug_offset(const Problem& problem, const Test& test, Resources on);

}  // namespace nmsched
