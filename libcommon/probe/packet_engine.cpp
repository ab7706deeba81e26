#include "probe/packet_engine.hpp"

#include <algorithm>
#include <cstring>

#include "probe/rtt.hpp"
#include "wire/icmp_error.hpp"

namespace nm {
namespace {

// While that many answers are awaited and few come in at a time, they are left to gather for a moment: the
// kernel has stamped them, and waking up for each costs more than all else.
constexpr std::size_t many_in_flight = 64;
constexpr std::size_t enough_together = 16;
constexpr std::int64_t gather_ns = 100 * ns_per_us;

// Answers are looked for this many timeouts after sending: late ones are told apart from foreign ones.
constexpr std::int64_t kept_timeouts = 3;

}  // namespace

PacketEngine::PacketEngine(const EngineOptions& options, EventLoop& loop, PacketProtocol& protocol,
                           ProbeSource& schedule, Scoreboard& board, Output& out)
    : options_(options),
      loop_(loop),
      protocol_(protocol),
      schedule_(schedule),
      board_(board),
      out_(out),
      pacer_(options.rate_pps),
      flight_(options.timeout_ns * kept_timeouts) {
    for (StampSocket* socket : protocol_.sockets()) {
        const bool first_of_family = std::none_of(lanes_.begin(), lanes_.end(), [&](const Lane& lane) {
            return lane.socket->family() == socket->family();
        });
        if (first_of_family) (socket->family() == Family::v4 ? lane_v4_ : lane_v6_) = lanes_.size();
        window_ = window_ == 0 ? socket->capacity() : std::min(window_, socket->capacity());
        lanes_.push_back({socket, {}, false});
        own_drops_.watch(*socket);
    }
    constexpr std::size_t largest_window = std::size_t{1} << 20;
    window_ = std::min(window_, largest_window);
}

PacketEngine::~PacketEngine() {
    for (const Lane& lane : lanes_) {
        if (lane.in_use) loop_.unwatch(lane.socket->fd());
    }
}

void PacketEngine::turn(std::int64_t deadline_ns) {
    bool worked = send_due();
    const bool sent = worked;
    std::size_t received = 0;
    for (Lane& lane : lanes_) {
        if (!lane.in_use) continue;
        const std::size_t taken = take_replies(lane);
        received += taken;
        worked |= taken > 0 || take_errors(lane);
    }
    const std::int64_t now_ns = monotonic_ns();
    own_drops_.notice_at_times(now_ns);
    worked |= expire(now_ns);
    const bool few = !sent && received > 0 && received < enough_together;
    if (few && flight_.waiting() >= many_in_flight) {
        EventLoop::pause(std::min({deadline_ns, next_action_ns(), now_ns + gather_ns}));
    } else if (!worked) {
        const std::int64_t flush_ns = out_.flush_before_wait(now_ns);
        loop_.wait(std::min({deadline_ns, next_action_ns(), flush_ns}));
    }
}

std::int64_t PacketEngine::next_action_ns() const {
    std::int64_t next = ProbeSource::never;
    if (flight_.waiting() < window_ && !out_.congested()) {
        next = schedule_.next_ns();
        if (next != ProbeSource::never) next = std::max(next, pacer_.next_ns());
    } else if (out_.congested()) {
        next = monotonic_ns() + ns_per_ms;
    }
    const InFlight* oldest = const_cast<Flight&>(flight_).oldest_waiting();
    if (oldest != nullptr) return std::min(next, oldest->sent_mono_ns + options_.timeout_ns);
    if (options_.linger_ns > 0 && packets_ > 0) return std::min(next, last_fate_ns_ + options_.linger_ns);
    return next;
}

bool PacketEngine::idle() const {
    if (flight_.waiting() > 0) return false;
    return options_.linger_ns == 0 || packets_ == 0 || monotonic_ns() >= last_fate_ns_ + options_.linger_ns;
}

std::optional<double> PacketEngine::rate_pps() const {
    if (packets_ < 2 || last_send_ns_ <= first_send_ns_) return std::nullopt;
    return static_cast<double>(packets_ - 1) * 1e9 / static_cast<double>(last_send_ns_ - first_send_ns_);
}

// --- sending ---

bool PacketEngine::send_due() {
    if (out_.congested()) return false;
    if (!collect_due(monotonic_ns())) return false;
    for (Lane& lane : lanes_) {
        if (!lane.batch.empty()) send_batch(lane);
    }
    return true;
}

// Fills the lanes' batches with what pacing, the window and the schedule allow now.
bool PacketEngine::collect_due(std::int64_t now_ns) {
    const std::size_t window_left = window_ - std::min(window_, flight_.waiting());
    const std::size_t wanted = pacer_.allowed(now_ns, std::min(window_left, StampSocket::send_batch));
    std::size_t collected = 0;
    while (collected < wanted) {
        const auto due = schedule_.take(now_ns);
        if (!due) break;
        if (!board_.may_begin(due->target, due->round)) {
            schedule_.postpone(*due, now_ns + ns_per_ms);
            continue;
        }
        board_.begin(due->target, due->round, due->count);
        InFlight& entry = flight_.launch(now_ns);
        entry.target = due->target;
        entry.seq = due->seq;
        ProbeTarget& target = board_.target(due->target);
        Outgoing& out = sending_lane(target.address.family).batch.emplace_back();
        out.target = &target;
        out.to = target.address;
        out.index = entry.index;
        out.seq = entry.seq;
        ++collected;
    }
    pacer_.sent(collected);
    packets_ += collected;
    return collected > 0;
}

// From the first packet of a family on, its sockets are read; one that nobody reads must not wake the loop.
void PacketEngine::use_family(Family family) {
    for (Lane& lane : lanes_) {
        if (lane.socket->family() != family) continue;
        lane.in_use = true;
        loop_.watch(lane.socket->fd());
    }
}

void PacketEngine::send_batch(Lane& lane) {
    protocol_.build(lane.batch);
    if (!lane.in_use) use_family(lane.socket->family());
    const std::int64_t before_ns = monotonic_ns();
    const std::int64_t real_ns = now().ns;
    for (const Outgoing& out : lane.batch) {
        InFlight& entry = *flight_.find(out.index);
        entry.sent_mono_ns = before_ns;
        entry.sent_real_ns = real_ns;
    }
    for (std::size_t sent = 0; sent < lane.batch.size();) {
        sent = lane.socket->send(lane.batch, sent);
        if (sent < lane.batch.size() || lane.batch.back().error != 0) take_errors(lane);
    }
    if (first_send_ns_ == 0) first_send_ns_ = before_ns;
    last_send_ns_ = monotonic_ns();
    for (const Outgoing& out : lane.batch) {
        if (out.error == 0) continue;
        InFlight& entry = *flight_.find(out.index);
        flight_.end(entry, InFlight::State::expired);
        PacketEvent event = event_of(entry, Fate::send_error, now());
        event.reason = std::strerror(out.error);
        last_fate_ns_ = last_send_ns_;
        board_.fate(event);
    }
    lane.batch.clear();
}

// --- receiving ---

void PacketEngine::on_stamp(const TransmitStamp& stamp) {
    InFlight* entry = flight_.find(stamp.index);
    if (entry != nullptr) entry->stamp(stamp.tx_ns);
}

bool PacketEngine::take_errors(Lane& lane) {
    bool more = true;
    bool any = false;
    while (more) {
        more = lane.socket->drain_error_queue(stamps_, errors_);
        for (const TransmitStamp& stamp : stamps_) on_stamp(stamp);
        for (const QueuedError& error : errors_) {
            Answer answer = protocol_.parse_quote(*lane.socket, error);
            Incoming in;
            in.from = error.from;
            in.rx_ns = error.rx_ns;
            on_answer(answer, in, monotonic_ns());
        }
        any |= !stamps_.empty() || !errors_.empty();
    }
    return any;
}

std::size_t PacketEngine::take_replies(Lane& lane) {
    if (lane.socket->receive(incoming_) == 0) return 0;
    const std::int64_t now_ns = monotonic_ns();
    // A reply's transmit stamp was queued before the request left: it is there by now.
    take_errors(lanes_[lane.socket->family() == Family::v4 ? lane_v4_ : lane_v6_]);
    answers_.clear();
    protocol_.parse(*lane.socket, incoming_, answers_);
    for (std::size_t i = 0; i < answers_.size(); ++i) on_answer(answers_[i], incoming_[i], now_ns);
    return answers_.size();
}

InFlight* PacketEngine::entry_of(const Answer& answer, const IpAddress& from) {
    if (answer.kind == Answer::Kind::foreign) return nullptr;
    InFlight* entry = answer.index_bits == 32 ? flight_.find(answer.index)
                                              : flight_.find_low(answer.index, answer.index_bits);
    if (entry == nullptr) return nullptr;
    const ProbeTarget& target = board_.target(entry->target);
    // Without its cookie, a reply is known by identifier and sequence number only, which another program may
    // use as well: then it must at least come from our target.
    const bool nameless = answer.index_bits < 32 && !answer.probed.is_set();
    const bool other_address = answer.probed.is_set() && answer.probed != target.address;
    const bool other_sender = nameless && from != target.address && !target.address.is_multicast();
    return other_address || other_sender || answer.port != target.port ? nullptr : entry;
}

void PacketEngine::on_answer(const Answer& answer, const Incoming& in, std::int64_t now_ns) {
    InFlight* entry = entry_of(answer, in.from);
    if (entry == nullptr) {
        ++board_.totals().foreign;
        return;
    }
    PacketEvent event = event_of(*entry, Fate::none, in.rx_ns != 0 ? Time{in.rx_ns} : now());
    event.from = answer.from;
    event.ttl = answer.ttl;
    event.note = answer.note;
    const RttReading rtt = read_rtt(*entry, in.rx_ns, now_ns);
    event.rtt_ns = rtt.ns;
    event.ts_source = rtt.source;
    const ProbeTarget& probed = board_.target(entry->target);
    const bool is_reply = answer.kind == Answer::Kind::reply;
    // Read before it was expired, but its stamps say that it came after the timeout.
    if (is_reply && entry->state == InFlight::State::waiting && event.rtt_ns > options_.timeout_ns)
        lose(*entry, now_ns);
    const bool waiting = entry->state == InFlight::State::waiting;
    const bool elsewhere =
        is_reply && !answer.any_source && in.from != probed.address && !probed.address.is_multicast();
    switch (elsewhere ? Answer::Kind::wrong_source : answer.kind) {
        case Answer::Kind::corrupt:
            event.fate = Fate::corrupt;
            break;
        case Answer::Kind::wrong_source:
            event.fate = Fate::wrong_source;
            event.from = in.from;
            break;
        case Answer::Kind::icmp_error:
            if (!waiting) return;  // an error after another fate changes nothing
            event.fate = Fate::icmp_error;
            event.icmp_type = answer.icmp_type;
            event.icmp_code = answer.icmp_code;
            event.reason = icmp_reason(probed.address.family, answer.icmp_type, answer.icmp_code);
            break;
        default:
            event.fate = waiting                                     ? Fate::reply
                         : entry->state == InFlight::State::answered ? Fate::dup
                                                                     : Fate::late;
            event.refused = answer.refused;
            break;
    }
    if (waiting && (event.fate == Fate::reply || event.fate == Fate::icmp_error)) {
        flight_.end(*entry, InFlight::State::answered);
        if (Tally* tally = board_.target(entry->target).tally; answer.mss != 0 || answer.tcp_options != 0) {
            tally->mss = answer.mss;
            tally->tcp_options = answer.tcp_options;
        }
    }
    last_fate_ns_ = now_ns;
    board_.fate(event);
}

PacketEvent PacketEngine::event_of(const InFlight& entry, Fate fate, Time ts) const {
    PacketEvent event;
    event.target = entry.target;
    event.seq = entry.seq;
    event.fate = fate;
    event.ts = ts;
    return event;
}

// --- expiry ---

bool PacketEngine::expire(std::int64_t now_ns) {
    bool looked = false;
    while (InFlight* entry = flight_.oldest_waiting()) {
        if (entry->sent_mono_ns + options_.timeout_ns > now_ns) break;
        if (!looked) {
            // What came in before the timeout but was not read yet is no loss.
            for (Lane& lane : lanes_) {
                while (take_replies(lane) > 0) {
                }
                take_errors(lane);
            }
            own_drops_.notice(monotonic_ns());
            looked = true;
            continue;
        }
        lose(*entry, now_ns);
    }
    return looked;
}

void PacketEngine::lose(InFlight& entry, std::int64_t now_ns) {
    flight_.end(entry, InFlight::State::expired);
    own_drops_.settle(entry.sent_mono_ns);
    const bool ours = own_drops_.take();
    PacketEvent event = event_of(entry, ours ? Fate::lost_self : Fate::lost, now());
    if (ours) event.reason = "receive buffer full";
    last_fate_ns_ = now_ns;
    board_.fate(event);
}

}  // namespace nm
