// The packets in flight and the recently finished ones, by their running index: a row of blocks, the oldest
// of which is used again once no answer to its packets can come any more (timeout and grace). An index is
// never reused inside that time (trap T1). 32 bytes a packet. Proof: tests/unit/probe_test.cpp.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>

namespace nm {

struct InFlight {
    enum class State : std::uint8_t { free, waiting, answered, expired };
    std::uint32_t index = 0;
    std::uint32_t target = 0;
    std::uint32_t seq = 0;
    std::uint32_t tx_delay_ns : 30 = no_stamp;  // the kernel's transmit stamp, after sent_real_ns
    State state : 2 = State::free;
    std::int64_t sent_mono_ns = 0;  // just before the system call
    std::int64_t sent_real_ns = 0;  // the same moment by CLOCK_REALTIME

    static constexpr std::uint32_t no_stamp = (1U << 30) - 1;
    // A stamp from before the packet was sent, or from a second later, is another's and changes nothing.
    void stamp(std::int64_t tx_ns) {
        const std::int64_t delay_ns = tx_ns - sent_real_ns;
        if (tx_delay_ns == no_stamp && delay_ns >= 0 && delay_ns < no_stamp)
            tx_delay_ns = static_cast<std::uint32_t>(delay_ns) & no_stamp;
    }
    bool is_stamped() const { return tx_delay_ns != no_stamp; }
    std::int64_t tx_ns() const { return sent_real_ns + tx_delay_ns; }  // if is_stamped()
};
static_assert(sizeof(InFlight) == 32);

class Flight {
  public:
    // keep_ns: how long after sending an entry must stay findable.
    explicit Flight(std::int64_t keep_ns) : keep_ns_(keep_ns) {}

    // A new entry with the next index, waiting.
    InFlight& launch(std::int64_t now_ns) {
        if (next_ % block_entries == 0) add_block(now_ns);
        InFlight& entry = blocks_.back()[next_ % block_entries];
        entry = InFlight{};
        entry.index = next_++;
        entry.state = InFlight::State::waiting;
        entry.sent_mono_ns = now_ns;
        ++waiting_;
        return entry;
    }
    // The entry of this index, or nullptr when it is long gone or never was.
    InFlight* find(std::uint32_t index) {
        const std::uint32_t at = index - first_;
        if (at >= next_ - first_) return nullptr;
        InFlight& entry = blocks_[at / block_entries][at % block_entries];
        return entry.state != InFlight::State::free ? &entry : nullptr;
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
    void clear() {
        for (Block& block : blocks_) {
            for (std::size_t i = 0; i < block_entries; ++i) block[i].state = InFlight::State::free;
        }
    }
    std::size_t waiting() const { return waiting_; }
    std::uint32_t next_index() const { return next_; }

  private:
    // 32 KiB, so that growing touches nothing that is there.
    static constexpr std::uint32_t block_entries = 1024;
    using Block = std::unique_ptr<InFlight[]>;

    // The oldest block is used again when nothing in it waits or is young enough for an answer to come.
    void add_block(std::int64_t now_ns) {
        if (!blocks_.empty() && is_over(blocks_.front()[block_entries - 1], now_ns) && oldest_is_behind()) {
            Block oldest = std::move(blocks_.front());
            blocks_.pop_front();
            first_ += block_entries;
            blocks_.push_back(std::move(oldest));
        } else {
            blocks_.push_back(std::make_unique<InFlight[]>(block_entries));
        }
    }
    bool is_over(const InFlight& last, std::int64_t now_ns) const {
        return last.state == InFlight::State::free || now_ns - last.sent_mono_ns >= keep_ns_;
    }
    bool oldest_is_behind() {
        const InFlight* oldest = oldest_waiting();
        return oldest == nullptr || oldest->index - first_ >= block_entries;
    }

    std::int64_t keep_ns_;
    std::deque<Block> blocks_;
    std::uint32_t first_ = 0;  // index of the first entry of the first block
    std::uint32_t next_ = 0;
    std::uint32_t oldest_ = 0;
    std::size_t waiting_ = 0;
};

}  // namespace nm
