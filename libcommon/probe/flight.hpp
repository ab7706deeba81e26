// The packets in flight and the recently finished ones, by their running index. A ring that grows while its
// oldest entry is still younger than the time in which an answer could come (timeout and grace): an index is
// never reused inside that time (trap T1). Proof: tests/unit/probe_test.cpp.
#pragma once

#include <cstdint>
#include <vector>

namespace nm {

struct InFlight {
    enum class State : std::uint8_t { free, waiting, answered, expired };
    std::uint32_t index = 0;
    std::uint32_t target = 0;
    std::uint32_t seq = 0;
    State state = State::free;
    std::int64_t sent_mono_ns = 0;  // just before the system call
    std::int64_t sent_real_ns = 0;  // the same moment by CLOCK_REALTIME
    std::int64_t tx_ns = 0;         // CLOCK_REALTIME stamp of the kernel; 0: none yet
};

class Flight {
  public:
    // keep_ns: how long after sending an entry must stay findable.
    explicit Flight(std::int64_t keep_ns) : keep_ns_(keep_ns), ring_(1024) {}

    // A new entry with the next index, waiting.
    InFlight& launch(std::int64_t now_ns) {
        InFlight* slot = &at(next_);
        if (slot->state != InFlight::State::free && now_ns - slot->sent_mono_ns < keep_ns_ &&
            ring_.size() < max_size) {
            grow();
            slot = &at(next_);
        }
        *slot = InFlight{next_++, 0, 0, InFlight::State::waiting, now_ns, 0, 0};
        ++waiting_;
        return *slot;
    }
    // The entry of this index, or nullptr when it is long gone or never was.
    InFlight* find(std::uint32_t index) {
        InFlight& slot = at(index);
        return slot.state != InFlight::State::free && slot.index == index ? &slot : nullptr;
    }
    // The newest entry whose index has these low bits: for errors that quote only the ICMP header.
    InFlight* find_low(std::uint32_t low, unsigned bits) {
        const std::uint32_t mask = (1U << bits) - 1;
        const std::uint32_t newest = next_ - 1;
        return find(newest - ((newest - low) & mask));
    }
    void end(InFlight& entry, InFlight::State state) {
        entry.state = state;
        --waiting_;
    }
    // The oldest entry that still waits, or nullptr: expiry walks in the order of sending.
    InFlight* oldest_waiting() {
        while (oldest_ != next_) {
            InFlight* entry = find(oldest_);
            if (entry != nullptr && entry->state == InFlight::State::waiting) return entry;
            ++oldest_;
        }
        return nullptr;
    }
    // Nothing is findable any more; indexes go on.
    void clear() { ring_.assign(ring_.size(), InFlight{}); }
    std::size_t waiting() const { return waiting_; }
    std::uint32_t next_index() const { return next_; }

  private:
    static constexpr std::size_t max_size = std::size_t{1} << 22;

    InFlight& at(std::uint32_t index) { return ring_[index & (ring_.size() - 1)]; }
    void grow() {
        std::vector<InFlight> larger(ring_.size() * 2);
        for (const InFlight& entry : ring_) {
            if (entry.state != InFlight::State::free) larger[entry.index & (larger.size() - 1)] = entry;
        }
        ring_ = std::move(larger);
    }

    std::int64_t keep_ns_;
    std::vector<InFlight> ring_;
    std::uint32_t next_ = 0;
    std::uint32_t oldest_ = 0;
    std::size_t waiting_ = 0;
};

}  // namespace nm
