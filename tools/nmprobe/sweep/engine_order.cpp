// Which address a sweep asks next, and when.
#include <algorithm>
#include <limits>

#include "sweep/engine.hpp"

namespace nmprobe {
namespace {

// Addresses that wait for the rate of their network, or for room in the neighbour table: with more, the sweep
// as a whole waits.
constexpr std::size_t most_deferred = 4096;
constexpr std::size_t most_held = 1024;

// Packets that may wait for ARP of a router before there is an answer: its queue holds some 200 small packets
// (net.ipv4.neigh.default.unres_qlen_bytes) and drops the oldest of more.
constexpr std::size_t most_unleft = 128;

}  // namespace

bool SweepEngine::has_new() const {
    return (!reopened_.empty() || next_ < order_.size()) && slots_.count(Place::free) > 0 &&
           slots_.count(Place::deferred) < most_deferred && slots_.count(Place::held) < most_held;
}

// The next address of the order that may be sent now, in the list of the ready ones; nullptr when there is
// none.
Slot* SweepEngine::take_new(std::int64_t now_ns) {
    while (has_new()) {
        Slot& slot = *slots_.front(Place::free);
        slot.position = static_cast<std::uint32_t>(reopened_.empty() ? next_++ : reopened_.front());
        if (!reopened_.empty()) reopened_.pop_front();
        slot.first_index = slot.index;
        slot.address = order_.at(slot.position);
        slot.on_link = links_.on_link.contains(slot.address) && !links_.own.contains(slot.address);
        slot.heard = slot.departed = false;
        slot.attempts = slot.stranded = 0;
        slot.icmp_type = slot.icmp_code = -1;
        slot.reason = nullptr;
        pace(slot, now_ns);
        if (slot.place == Place::ready) return &slot;
    }
    return nullptr;
}

void SweepEngine::pace(Slot& slot, std::int64_t now_ns) {
    const std::int64_t ready_ns = prefix_pacer_.reserve(slot.address, now_ns);
    slots_.move(slot, ready_ns <= now_ns ? Place::ready : Place::deferred);
    slot.deadline_ns = ready_ns;
    if (slot.place == Place::deferred) deferred_.push({ready_ns, slot.number()});
}

void SweepEngine::release_deferred(std::int64_t now_ns) {
    while (!deferred_.empty() && deferred_.top().ready_ns <= now_ns) {
        Slot& slot = *slots_.find(deferred_.top().number);
        const bool still_there =
            slot.place == Place::deferred && slot.deadline_ns == deferred_.top().ready_ns;
        deferred_.pop();
        if (still_there) slots_.move(slot, Place::ready);
    }
}

bool SweepEngine::may_resolve(std::int64_t now_ns) const {
    return slots_.count(Place::resolving) < links_.neighbour_limit && now_ns >= hold_until_ns_;
}

Slot* SweepEngine::next_slot(std::int64_t now_ns) {
    const bool resolve = may_resolve(now_ns);
    if (Slot* held = slots_.front(Place::held); resolve && held != nullptr) pace(*held, now_ns);
    release_deferred(now_ns);
    while (true) {
        Slot* slot = slots_.front(Place::ready);
        if (slot == nullptr) slot = take_new(now_ns);
        if (slot == nullptr || !slot->on_link || resolve) return slot;
        slots_.move(*slot, Place::held);
    }
}

std::size_t SweepEngine::room_to_leave() const {
    if (stamps_absent_) return nm::StampSocket::send_batch;
    return std::min(nm::StampSocket::send_batch, most_unleft - std::min(most_unleft, unleft_));
}

std::int64_t SweepEngine::next_action_ns() const {
    std::int64_t next = std::numeric_limits<std::int64_t>::max();
    const std::int64_t now_ns = nm::monotonic_ns();
    if (out_.congested()) {
        next = now_ns + nm::ns_per_ms;
    } else if (room_to_leave() > 0) {
        const bool held = slots_.count(Place::held) > 0;
        if (slots_.count(Place::ready) > 0 || has_new() || (held && may_resolve(now_ns)))
            next = pacer_.next_ns();
        if (!deferred_.empty()) next = std::min(next, std::max(deferred_.top().ready_ns, pacer_.next_ns()));
        if (held && hold_until_ns_ > now_ns) next = std::min(next, hold_until_ns_);
    }
    for (const Place place : {Place::resolving, Place::flying}) {
        if (const Slot* slot = slots_.front(place)) next = std::min(next, slot->deadline_ns);
    }
    return next;
}

bool SweepEngine::done() const {
    return reopened_.empty() && next_ >= order_.size() && slots_.count(Place::free) == slots_.all().size();
}

std::uint64_t SweepEngine::addresses_done() const {
    return totals_.answered + totals_.unreachable + totals_.silent + totals_.failed;
}

void SweepEngine::resume(const SweepProgress& progress) {
    next_ = progress.next;
    reopened_.assign(progress.open.begin(), progress.open.end());
    totals_ = progress.counts;
}

SweepProgress SweepEngine::progress() const {
    SweepProgress progress;
    progress.next = next_;
    progress.open.assign(reopened_.begin(), reopened_.end());
    for (const Slot& slot : slots_.all()) {
        if (slot.place != Place::free) progress.open.push_back(slot.position);
    }
    progress.counts = totals();
    return progress;
}

nm::SweepSummary SweepEngine::totals() const {
    nm::SweepSummary totals = totals_;
    totals.unfinished += slots_.count(Place::resolving) + slots_.count(Place::flying);
    totals.addresses = order_.size();
    if (packets_ > 1 && last_send_ns_ > first_send_ns_)
        totals.rate_pps =
            static_cast<double>(packets_ - 1) * 1e9 / static_cast<double>(last_send_ns_ - first_send_ns_);
    return totals;
}

}  // namespace nmprobe
