#include "sweep/engine.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "net/socket_option.hpp"

namespace nmprobe {
namespace {

using nm::monotonic_ns;
using nm::ns_per_ms;
using nm::ns_per_s;

// The kernel asks for a neighbour three times, a second apart, before it gives up (RFC 4861 section 10:
// MAX_MULTICAST_SOLICIT, RETRANS_TIMER; Linux does the same for ARP).
constexpr std::int64_t neighbour_wait_ns = 3 * ns_per_s + 200 * ns_per_ms;

// When the neighbour table is full, and how often an address waits for that.
constexpr std::int64_t full_table_pause_ns = 250 * ns_per_ms;
constexpr std::uint8_t full_table_pauses = 100;

std::size_t slots_wanted(const std::vector<nm::StampSocket*>& sockets, std::uint64_t addresses) {
    std::size_t wanted = Slots::most;
    for (nm::StampSocket* socket : sockets) wanted = std::min(wanted, socket->capacity());
    return std::min<std::size_t>(wanted, std::max<std::uint64_t>(addresses, 1));
}

}  // namespace

SweepEngine::SweepEngine(const SweepOptions& options, const SweepOrder& order, const LocalLinks& links,
                         nm::EventLoop& loop, nm::IcmpProtocol& protocol, nm::Output& out)
    : options_(options),
      order_(order),
      links_(links),
      loop_(loop),
      protocol_(protocol),
      out_(out),
      pacer_(options.rate_pps),
      prefix_pacer_(options.prefix_rate_pps),
      slots_(slots_wanted(protocol.sockets(), order.size())) {
    for (nm::StampSocket* socket : protocol.sockets()) {
        if (options.all) nm::set_option(socket->fd(), SOL_SOCKET, SO_BROADCAST, 1);
        lanes_.push_back({socket, {}, false});
        own_drops_.watch(*socket);
    }
}

SweepEngine::~SweepEngine() {
    for (const Lane& lane : lanes_) {
        if (lane.in_use) loop_.unwatch(lane.socket->fd());
    }
}

void SweepEngine::turn(std::int64_t deadline_ns) {
    bool worked = send_due();
    for (Lane& lane : lanes_) {
        if (lane.in_use) worked |= take_replies(lane) || take_errors(lane);
    }
    const std::int64_t now_ns = monotonic_ns();
    own_drops_.notice_at_times(now_ns);
    worked |= expire(now_ns);
    if (worked) return;
    const std::int64_t flush_ns = out_.flush_before_wait(now_ns);
    loop_.wait(std::min({deadline_ns, next_action_ns(), flush_ns}));
}

// --- sending ---

bool SweepEngine::send_due() {
    if (out_.congested()) return false;
    const std::int64_t now_ns = monotonic_ns();
    const std::size_t wanted = pacer_.allowed(now_ns, room_to_leave());
    std::size_t collected = 0;
    for (; collected < wanted; ++collected) {
        Slot* slot = next_slot(now_ns);
        if (slot == nullptr) break;
        launch(*slot);
    }
    if (collected == 0) return false;
    pacer_.sent(collected);
    packets_ += collected;
    for (Lane& lane : lanes_) {
        if (!lane.batch.empty()) send_batch(lane);
    }
    return true;
}

void SweepEngine::launch(Slot& slot) {
    slot.index += 1U << Slot::number_bits;
    ++slot.attempts;
    slot.tx_ns = 0;
    slot.answered = false;
    slots_.move(slot, slot.on_link ? Place::resolving : Place::flying);
    slot.unleft = !slot.on_link;
    if (slot.unleft) ++unleft_;
    for (Lane& lane : lanes_) {
        if (lane.socket->family() != slot.address.family) continue;
        nm::Outgoing& out = lane.batch.emplace_back();
        out.to = slot.address;
        out.index = slot.index;
    }
}

void SweepEngine::send_batch(Lane& lane) {
    protocol_.build(lane.batch);
    if (!lane.in_use) {
        lane.in_use = true;
        loop_.watch(lane.socket->fd());
    }
    const std::int64_t before_ns = monotonic_ns();
    const std::int64_t real_ns = nm::now().ns;
    for (const nm::Outgoing& out : lane.batch) {
        Slot& slot = *slots_.find(out.index % Slots::most);
        slot.sent_mono_ns = before_ns;
        slot.sent_real_ns = real_ns;
        slot.deadline_ns = before_ns + (slot.on_link ? neighbour_wait_ns : options_.timeout_ns);
    }
    for (std::size_t sent = 0; sent < lane.batch.size();) {
        sent = lane.socket->send(lane.batch, sent);
        if (sent < lane.batch.size() || lane.batch.back().error != 0) take_errors(lane);
    }
    if (first_send_ns_ == 0) first_send_ns_ = before_ns;
    last_send_ns_ = monotonic_ns();
    for (const nm::Outgoing& out : lane.batch) {
        Slot& slot = *slots_.find(out.index % Slots::most);
        if (out.error != 0 && slot.index == out.index && slot.waiting())
            refused(slot, out.error, last_send_ns_);
        else
            ++totals_.sent;
    }
    lane.batch.clear();
}

void SweepEngine::refused(Slot& slot, int error, std::int64_t now_ns) {
    has_left(slot);
    if (error == ENOBUFS && slot.on_link && slot.stranded < full_table_pauses) {
        ++slot.stranded;
        --slot.attempts;
        slot.index -= 1U << Slot::number_bits;  // as if it had not been sent
        hold_until_ns_ = now_ns + full_table_pause_ns;
        slots_.move(slot, Place::held);
        return;
    }
    ++totals_.sent;
    ++totals_.lost_self;
    slot.reason = std::strerror(error);
    next_attempt(slot, now_ns);
}

// --- receiving ---

void SweepEngine::has_left(Slot& slot) {
    if (slot.unleft) --unleft_;
    slot.unleft = false;
}

void SweepEngine::on_stamp(const nm::TransmitStamp& stamp) {
    Slot* slot = slots_.find(stamp.index % Slots::most);
    // A stamp from before its packet was sent is another's: ids were counted afresh meanwhile.
    if (slot == nullptr || slot->index != stamp.index || !slot->waiting() || slot->tx_ns != 0 ||
        stamp.tx_ns < slot->sent_real_ns)
        return;
    slot->tx_ns = stamp.tx_ns;
    stamps_seen_ = true;
    has_left(*slot);
    if (slot->place != Place::resolving) return;
    slots_.move(*slot, Place::flying);  // the neighbour is known: now the timeout runs
    slot->deadline_ns = monotonic_ns() + options_.timeout_ns;
}

bool SweepEngine::take_errors(Lane& lane) {
    bool more = true;
    bool any = false;
    while (more) {
        more = lane.socket->drain_error_queue(stamps_, errors_);
        for (const nm::TransmitStamp& stamp : stamps_) on_stamp(stamp);
        for (const nm::QueuedError& error : errors_) {
            const nm::Answer answer = protocol_.parse_quote(*lane.socket, error);
            nm::Incoming in;
            in.from = error.from;
            in.rx_ns = error.rx_ns;
            on_answer(answer, in, monotonic_ns());
        }
        any |= !stamps_.empty() || !errors_.empty();
    }
    return any;
}

bool SweepEngine::take_replies(Lane& lane) {
    if (lane.socket->receive(incoming_) == 0) return false;
    const std::int64_t now_ns = monotonic_ns();
    take_errors(lane);  // a reply's transmit stamp was queued before the request left: it is there by now
    answers_.clear();
    protocol_.parse(*lane.socket, incoming_, answers_);
    for (std::size_t i = 0; i < answers_.size(); ++i) on_answer(answers_[i], incoming_[i], now_ns);
    return true;
}

// --- expiry ---

bool SweepEngine::expire(std::int64_t now_ns) {
    bool looked = false;
    for (const Place place : {Place::flying, Place::resolving}) {
        while (Slot* slot = slots_.front(place)) {
            if (slot->deadline_ns > now_ns) break;
            if (!looked) {
                // What came in before the timeout but was not read yet is no loss.
                for (Lane& lane : lanes_) {
                    while (lane.in_use && take_replies(lane)) {
                    }
                    if (lane.in_use) take_errors(lane);
                }
                own_drops_.notice(monotonic_ns());
                looked = true;
                continue;
            }
            if (place == Place::flying)
                lose(*slot, now_ns);
            else
                no_neighbour(*slot);
        }
    }
    return looked;
}

}  // namespace nmprobe
