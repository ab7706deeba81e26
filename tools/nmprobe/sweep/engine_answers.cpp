// What comes back to a sweep, and what it means that nothing does.
#include "probe/rtt.hpp"
#include "sweep/engine.hpp"
#include "wire/icmp_error.hpp"

namespace nmprobe {
namespace {

using Kind = nm::Answer::Kind;

// A request that did not leave this host is sent again so often before it counts as an attempt.
constexpr std::uint8_t free_attempts = 3;

}  // namespace

void SweepEngine::on_answer(const nm::Answer& answer, const nm::Incoming& in, std::int64_t now_ns) {
    if (answer.kind == Kind::foreign) {
        ++totals_.foreign;
        return;
    }
    Slot* slot = slots_.find(answer.index % Slots::most);
    const std::uint32_t known_bits =
        answer.index_bits == 32 ? 0xFFFFFFFF : (std::uint32_t{1} << answer.index_bits) - 1;
    if (slot == nullptr || ((slot->index ^ answer.index) & known_bits) != 0) {
        on_earlier(answer, in);
        return;
    }
    // Without its cookie an answer is known by identifier and sequence number only, which another program may
    // use as well: then it must at least be about our address, or come from it.
    const bool nameless = answer.index_bits < 32 && !answer.probed.is_set();
    const bool ours =
        answer.probed.is_set() ? answer.probed == slot->address : !nameless || in.from == slot->address;
    if (!ours) {
        ++totals_.foreign;
    } else if (answer.kind == Kind::corrupt) {
        ++totals_.corrupt;
    } else if (answer.kind == Kind::icmp_error) {
        on_error(*slot, answer, now_ns);
    } else if (answer.kind == Kind::wrong_source || in.from != slot->address) {
        ++totals_.wrong;
    } else {
        on_reply(*slot, answer, in, now_ns);
    }
}

void SweepEngine::on_reply(Slot& slot, const nm::Answer& answer, const nm::Incoming& in,
                           std::int64_t now_ns) {
    if (slot.place == Place::free) {
        ++(slot.answered ? totals_.dup : totals_.late);
        return;
    }
    if (slot.waiting() && slot.tx_ns == 0 && !stamps_seen_) stamps_absent_ = true;
    const nm::RttReading rtt = nm::read_rtt(slot.sent_mono_ns, slot.tx_ns, in.rx_ns, now_ns);
    const bool in_time = slot.waiting() && (slot.place == Place::resolving || rtt.ns <= options_.timeout_ns);
    slot.answered = in_time;
    if (in_time) {
        ++totals_.received;
    } else {
        // Too late for its packet, which is lost; the address answers all the same.
        ++totals_.late;
        if (slot.waiting()) ++totals_.lost;
    }
    record_.ts = in.rx_ns != 0 ? nm::Time{in.rx_ns} : nm::now();
    record_.rtt_us = static_cast<double>(rtt.ns) / 1e3;
    record_.ts_source = rtt.source;
    if (answer.ttl != 0) record_.ttl = answer.ttl;
    finish(slot, nm::SweepState::up);
}

// An answer to a packet whose slot has moved on: to an earlier request of the same address, or to an address
// that was given up. The cookie says that it is ours.
void SweepEngine::on_earlier(const nm::Answer& answer, const nm::Incoming& in) {
    if (answer.index_bits != 32) ++totals_.foreign;
    // An error after another fate changes nothing.
    if (answer.index_bits != 32 || answer.kind != Kind::reply) return;
    ++totals_.late;
    Slot* slot = slots_.find(answer.index % Slots::most);
    const bool same_address = slot != nullptr && slot->place != Place::free && in.from == slot->address &&
                              answer.index != slot->first_index &&
                              answer.index - slot->first_index < slot->index - slot->first_index;
    if (!same_address) return;
    slot->heard = true;
    if (!slot->waiting()) finish(*slot, nm::SweepState::up);
}

void SweepEngine::on_error(Slot& slot, const nm::Answer& answer, std::int64_t now_ns) {
    if (!slot.waiting()) return;  // an error after another fate changes nothing
    // The kernel itself says that nobody answered ARP or neighbour discovery.
    if (slot.place == Place::resolving && links_.own.contains(answer.from)) {
        no_neighbour(slot);
        return;
    }
    ++totals_.errors;
    slot.icmp_type = static_cast<std::int16_t>(answer.icmp_type);
    slot.icmp_code = static_cast<std::int16_t>(answer.icmp_code);
    slot.error_from = answer.from;
    slot.reason = nm::icmp_reason(slot.address.family, answer.icmp_type, answer.icmp_code);
    next_attempt(slot, now_ns);
}

void SweepEngine::lose(Slot& slot, std::int64_t now_ns) {
    if (slot.tx_ns == 0 && !stamps_seen_) stamps_absent_ = true;
    own_drops_.settle(slot.sent_mono_ns);
    if (slot.tx_ns == 0 && stamps_seen_) {
        // It still waits for the neighbour on its way, or was dropped by the queue there.
        ++totals_.lost_self;
        if (slot.stranded++ < free_attempts) --slot.attempts;
        slot.reason = "did not leave this host";
    } else if (own_drops_.take()) {
        ++totals_.lost_self;
        if (slot.stranded++ < free_attempts) --slot.attempts;
        slot.reason = "receive buffer full";
    } else {
        ++totals_.lost;
        slot.departed = true;
        slot.reason = nullptr;
    }
    next_attempt(slot, now_ns);
}

// The kernel asked three times: asking again would say the same.
void SweepEngine::no_neighbour(Slot& slot) {
    ++totals_.lost;
    slot.reason = nullptr;
    if (!stamps_absent_) {
        ++totals_.no_neighbour;
        slot.reason = slot.address.is_v4() ? "no answer to ARP" : "no answer to neighbour discovery";
    }
    finish(slot, slot.heard ? nm::SweepState::up : nm::SweepState::silent);
}

void SweepEngine::next_attempt(Slot& slot, std::int64_t now_ns) {
    has_left(slot);
    if (slot.heard)
        finish(slot, nm::SweepState::up);
    else if (slot.attempts < options_.count)
        pace(slot, now_ns);
    else if (slot.icmp_type >= 0)
        finish(slot, nm::SweepState::unreachable);
    else
        finish(slot, slot.departed ? nm::SweepState::silent : nm::SweepState::error);
}

void SweepEngine::finish(Slot& slot, nm::SweepState state) {
    has_left(slot);
    switch (state) {
        case nm::SweepState::up:
            ++totals_.answered;
            break;
        case nm::SweepState::unreachable:
            ++totals_.unreachable;
            break;
        case nm::SweepState::silent:
            ++totals_.silent;
            break;
        case nm::SweepState::error:
            ++totals_.failed;
            break;
    }
    if (state != nm::SweepState::silent || options_.each_silent) {
        if (record_.ts.ns == 0) record_.ts = nm::now();
        record_.address = slot.address;
        record_.state = state;
        record_.sent = (slot.index - slot.first_index) >> Slot::number_bits;
        if (slot.on_link && slot.tx_ns != 0 && slot.place == Place::flying)
            record_.neighbour_us = static_cast<double>(slot.tx_ns - slot.sent_real_ns) / 1e3;
        if (state == nm::SweepState::unreachable) {
            record_.from = slot.error_from;
            record_.icmp_type = static_cast<std::uint32_t>(slot.icmp_type);
            record_.icmp_code = static_cast<std::uint32_t>(slot.icmp_code);
        }
        if (state != nm::SweepState::up && slot.reason != nullptr) record_.reason = slot.reason;
        out_.write(record_);
    }
    record_ = {};
    slots_.move(slot, Place::free);
}

}  // namespace nmprobe
