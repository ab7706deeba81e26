// The addresses of a sweep that are in work, each in a slot; finished ones leave theirs. Their number is
// fixed, so the memory of a sweep does not grow with its prefix. A packet's index is the slot's number and
// its generation: an answer finds its slot at once, and one to an earlier packet is known as such.
// Every slot is in the list of its place; lists keep the order in which slots came.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "net/ip.hpp"

namespace nmprobe {

enum class Place : std::uint8_t {
    free,
    deferred,   // waits for its network's rate; in a heap of the engine too
    ready,      // may be sent
    held,       // waits for room in the neighbour table
    resolving,  // sent, and may still wait for ARP or neighbour discovery
    flying      // sent; its deadline runs
};

struct Slot {
    static constexpr unsigned number_bits = 16;
    static constexpr std::uint32_t none = 0xFFFFFFFF;

    std::uint32_t index = 0;        // of its last packet: generation << number_bits | number
    std::uint32_t first_index = 0;  // before the first packet of this address
    std::uint32_t position = 0;     // in the order of the sweep
    std::uint32_t before = none, after = none;
    Place place = Place::free;
    bool on_link = false;
    bool unleft = false;          // counted among the packets that have not left yet
    bool heard = false;           // an earlier request was answered after its timeout
    bool departed = false;        // a request left, and nothing came back
    bool answered = false;        // its last packet was, in time
    std::uint8_t attempts = 0;    // requests that count against --count
    std::uint8_t stranded = 0;    // requests that did not leave this host
    std::int16_t icmp_type = -1;  // of the last ICMP error
    std::int16_t icmp_code = -1;
    const char* reason = nullptr;  // of the last error; static or strerror text
    std::int64_t sent_mono_ns = 0;
    std::int64_t sent_real_ns = 0;
    std::int64_t tx_ns = 0;        // stamp of the kernel, CLOCK_REALTIME; 0: none yet
    std::int64_t deadline_ns = 0;  // of its place, CLOCK_MONOTONIC
    nm::IpAddress address;
    nm::IpAddress error_from;

    std::uint32_t number() const { return index & ((1U << number_bits) - 1); }
    bool waiting() const { return place == Place::resolving || place == Place::flying; }
};

class Slots {
  public:
    static constexpr std::size_t most = std::size_t{1} << Slot::number_bits;

    explicit Slots(std::size_t count) : slots_(count) {
        for (std::uint32_t i = 0; i < count; ++i) {
            slots_[i].index = i;
            push_back(slots_[i], Place::free);
        }
    }

    // The slot of this number, or nullptr.
    Slot* find(std::uint32_t number) { return number < slots_.size() ? &slots_[number] : nullptr; }
    Slot* front(Place place) {
        const List& list = list_of(place);
        return list.first == Slot::none ? nullptr : &slots_[list.first];
    }
    const Slot* front(Place place) const { return const_cast<Slots*>(this)->front(place); }
    std::size_t count(Place place) const { return lists_[static_cast<std::size_t>(place)].count; }
    // To the end of the place's list.
    void move(Slot& slot, Place place) {
        remove(slot);
        push_back(slot, place);
    }
    const std::vector<Slot>& all() const { return slots_; }

  private:
    struct List {
        std::uint32_t first = Slot::none;
        std::uint32_t last = Slot::none;
        std::size_t count = 0;
    };

    List& list_of(Place place) { return lists_[static_cast<std::size_t>(place)]; }
    void push_back(Slot& slot, Place place) {
        List& list = list_of(place);
        slot.place = place;
        slot.before = list.last;
        slot.after = Slot::none;
        (list.last == Slot::none ? list.first : slots_[list.last].after) = slot.number();
        list.last = slot.number();
        ++list.count;
    }
    void remove(Slot& slot) {
        List& list = list_of(slot.place);
        (slot.before == Slot::none ? list.first : slots_[slot.before].after) = slot.after;
        (slot.after == Slot::none ? list.last : slots_[slot.after].before) = slot.before;
        --list.count;
    }

    std::vector<Slot> slots_;
    std::array<List, 6> lists_;
};

}  // namespace nmprobe
