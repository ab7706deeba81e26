// Packets that wait for their time to leave. Deadlines are monotonic nanoseconds; packets with the same
// deadline leave in the order of their hand-over. A binary heap: with one constant delay every push
// is already in place, so a push costs one comparison.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "bytes.hpp"
#include "rule.hpp"

namespace netsim {

struct Totals;

struct Outgoing {
    Bytes packet;
    std::uint32_t sent_index = 0;  // its record in the ledger
    Totals* totals = nullptr;      // owned by the responder, never moves
    bool is_dup = false;
    std::uint64_t ticket = 0;  // order of hand-over; an entry with another ticket is void
    Nanoseconds deadline = 0;
};

class Schedule {
  public:
    using Slot = std::uint32_t;

    Slot acquire() {
        if (free_.empty()) {
            slots_.emplace_back();
            return static_cast<Slot>(slots_.size() - 1);
        }
        const Slot slot = free_.back();
        free_.pop_back();
        return slot;
    }

    Outgoing& operator[](Slot slot) { return slots_[slot]; }

    // Once more for the same slot moves it.
    void at(Slot slot, Nanoseconds deadline) {
        slots_[slot].ticket = ++tickets_;
        slots_[slot].deadline = deadline;
        heap_.push_back({deadline, tickets_, slot});
        std::push_heap(heap_.begin(), heap_.end(), later);
    }

    bool waits(Slot slot, std::uint64_t ticket) const { return slots_[slot].ticket == ticket; }

    std::optional<Nanoseconds> next() const {
        if (heap_.empty()) return std::nullopt;
        return heap_.front().deadline;
    }

    // The next packet whose time has come; the caller sends and releases it.
    std::optional<Slot> due(Nanoseconds now) {
        while (!heap_.empty() && heap_.front().deadline <= now) {
            const Entry entry = heap_.front();
            std::pop_heap(heap_.begin(), heap_.end(), later);
            heap_.pop_back();
            if (slots_[entry.slot].ticket == entry.ticket) return entry.slot;
        }
        return std::nullopt;
    }

    void release(Slot slot) {
        slots_[slot].ticket = 0;
        free_.push_back(slot);
    }

  private:
    struct Entry {
        Nanoseconds deadline;
        std::uint64_t ticket;
        Slot slot;
    };

    static bool later(const Entry& left, const Entry& right) {
        if (left.deadline != right.deadline) return left.deadline > right.deadline;
        return left.ticket > right.ticket;
    }

    std::deque<Outgoing> slots_;
    std::vector<Slot> free_;
    std::vector<Entry> heap_;
    std::uint64_t tickets_ = 0;
};

}  // namespace netsim
