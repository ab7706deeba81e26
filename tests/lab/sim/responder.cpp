#include "responder.hpp"

#include <algorithm>
#include <utility>

namespace netsim {
namespace {

Address default_hop_base(bool v6) {
    return *parse_address(v6 ? "2001:db8:fffe::" : "198.18.254.0");
}

}  // namespace

Responder::Responder(std::vector<Rule> rules, std::uint64_t seed, Ledger& ledger, Schedule& schedule)
    : rules_(std::move(rules)), seed_(seed), ledger_(ledger), schedule_(schedule) {}

void Responder::replace_rules(std::vector<Rule> rules) {
    rules_ = std::move(rules);
    for (auto& [address, known] : destinations_) known.rule = rule_for(address);
}

void Responder::write_totals(std::FILE* out) const {
    for (const auto& [address, known] : destinations_) netsim::write_totals(out, address, known.totals);
}

const Rule* Responder::rule_for(const Address& address) const {
    const auto found = std::find_if(rules_.begin(), rules_.end(),
                                    [&](const Rule& rule) { return rule.prefix.contains(address); });
    return found == rules_.end() ? nullptr : &*found;
}

Responder::Destination& Responder::destination(const Address& address) {
    const auto [at, is_new] = destinations_.try_emplace(address);
    if (is_new) {
        at->second.rule = rule_for(address);
        at->second.random = mix(seed_ ^ AddressHash{}(address));
    }
    return at->second;
}

double Responder::draw(Destination& destination) {
    destination.random += 0x9e3779b97f4a7c15U;
    return static_cast<double>(mix(destination.random) >> 11U) * 0x1p-53;
}

void Responder::handle(View packet, Moment now) {
    const Request request = parse_request(packet);
    PacketRecord& record = ledger_.packet(request, now.real);
    if (request.kind == Kind::malformed) {
        record.fate = Fate::malformed;
        return;
    }
    Destination& known = destination(request.dst);
    record.fate = decide(request, record, known, now);
    ++known.totals.received;
    ++known.totals.by_fate[static_cast<std::size_t>(record.fate)];
}

Fate Responder::decide(const Request& request, PacketRecord& record, Destination& known, Moment now) {
    if (request.kind == Kind::other) return Fate::ignored;
    if (request.kind == Kind::fragment) return Fate::fragment;
    if (request.kind == Kind::bad_checksum) return Fate::bad_checksum;
    if (known.rule == nullptr) return Fate::no_rule;
    const Rule& rule = *known.rule;
    ++known.probes;
    if (rule.drop_every != 0 && known.probes % rule.drop_every == 0) return Fate::lost_request;
    if (rule.loss_request > 0 && draw(known) < rule.loss_request) return Fate::lost_request;
    Turn turn{request, record, known, rule, now, known.probes % rule.every == 0};
    return request.ttl < rule.hops ? expire(turn) : answer(turn);
}

Fate Responder::answer(Turn& turn) {
    if (turn.request.kind == Kind::tcp) return answer_tcp(turn);
    return answer_datagram(turn, turn.request.kind == Kind::echo ? turn.rule.echo : turn.rule.udp);
}

Fate Responder::answer_datagram(Turn& turn, Answer how) {
    if (how == Answer::silent) return Fate::silent;
    if (how == Answer::error && turn.chosen) return answer_error(turn);
    return send(turn, {.kind = SentKind::reply}, turn.rule.delay, [&](Bytes& out, const Envelope& envelope) {
        if (turn.request.kind == Kind::echo) {
            craft_echo_reply(out, envelope, turn.request);
        } else {
            craft_udp_reply(out, envelope, turn.request);
        }
    });
}

Fate Responder::answer_tcp(Turn& turn) {
    const Request& request = turn.request;
    const std::uint8_t flags = request.tcp_flags();
    if ((flags & tcp_flag::rst) != 0) return Fate::accepted;
    Answer how = turn.rule.tcp_answer(request.dport());
    if (how == Answer::error && !turn.chosen) how = Answer::synack;
    if (how == Answer::silent) return Fate::silent;
    if (how == Answer::error) return answer_error(turn);
    const bool is_syn = (flags & (tcp_flag::syn | tcp_flag::ack)) == tcp_flag::syn;
    if (!is_syn) return answer_segment(turn, how);
    if (turn.rule.swallow_first_syn != 0) {
        std::uint64_t& seen = swallowed_[mix(request.flow() ^ request.tcp_seq())];
        if (seen < turn.rule.swallow_first_syn) {
            ++seen;
            return Fate::swallowed;
        }
    }
    return answer_syn(turn, how);
}

Fate Responder::answer_syn(Turn& turn, Answer how) {
    constexpr std::uint32_t wrong = 100'000;
    const Request& request = turn.request;
    // The same for a retransmitted SYN: it continues the same connection.
    const auto isn = static_cast<std::uint32_t>(mix(request.flow() ^ request.tcp_seq() ^ seed_));
    const std::uint32_t next = request.tcp_seq() + 1;
    constexpr std::uint8_t syn_ack = tcp_flag::syn | tcp_flag::ack;
    constexpr std::uint8_t rst_ack = tcp_flag::rst | tcp_flag::ack;
    switch (how) {
        case Answer::rst:
            return send_segment(turn, SentKind::rst, {0, next, rst_ack});
        case Answer::rst_noack:
            return send_segment(turn, SentKind::rst, {0, 0, tcp_flag::rst});
        case Answer::rst_bad_ack:
            return send_segment(turn, SentKind::rst, {0, next + wrong, rst_ack});
        case Answer::bad_ack:
            return send_segment(turn, SentKind::synack, {isn, next + wrong, syn_ack, turn.rule.mss});
        case Answer::challenge_ack:
            return send_segment(turn, SentKind::ack, {isn, next + wrong, tcp_flag::ack});
        default:
            return send_segment(turn, SentKind::synack, {isn, next, syn_ack, turn.rule.mss});
    }
}

// Without state: what the client acknowledged is our next sequence number.
Fate Responder::answer_segment(Turn& turn, Answer how) {
    const Request& request = turn.request;
    const std::uint8_t flags = request.tcp_flags();
    const auto length = static_cast<std::uint32_t>(request.packet.size() - request.payload);
    if (how != Answer::synack) {  // RFC 9293 section 3.10.7.1: a reset for what no connection knows
        if ((flags & tcp_flag::ack) != 0) {
            return send_segment(turn, SentKind::rst, {request.tcp_ack(), 0, tcp_flag::rst});
        }
        return send_segment(turn, SentKind::rst,
                            {0, request.tcp_seq() + length, tcp_flag::rst | tcp_flag::ack});
    }
    if ((flags & tcp_flag::fin) != 0) {
        return send_segment(
            turn, SentKind::fin,
            {request.tcp_ack(), request.tcp_seq() + length + 1, tcp_flag::fin | tcp_flag::ack});
    }
    if (length == 0) return Fate::accepted;
    return send_segment(turn, SentKind::ack, {request.tcp_ack(), request.tcp_seq() + length, tcp_flag::ack});
}

Fate Responder::answer_error(Turn& turn) {
    const bool v6 = turn.request.dst.v6;
    const ErrorForm& form = turn.rule.error;
    const std::uint64_t routers = turn.rule.hops - 1;
    IcmpError error{static_cast<std::uint8_t>(v6 ? 1 : 3), static_cast<std::uint8_t>(v6 ? 4 : 3)};
    if (form.type) error = {*form.type, form.code};
    const bool expired = error.type == (v6 ? 3 : 11);
    error.quoted_ttl = static_cast<std::uint8_t>(expired ? 1 : turn.request.ttl - routers);
    return send_error(turn, form.from.value_or(turn.request.dst), turn.rule.delay, error);
}

Fate Responder::expire(Turn& turn) {
    const bool v6 = turn.request.dst.v6;
    const std::uint64_t position = std::max<std::uint64_t>(turn.request.ttl, 1);
    Address router;
    if (turn.rule.path.empty()) {
        router = plus(turn.rule.hop_base.value_or(default_hop_base(v6)), position);
    } else {
        const Hop& hop = turn.rule.path[position - 1];
        if (hop.empty()) return Fate::silent;
        router = hop[turn.request.flow() % hop.size()];
    }
    const Nanoseconds per_hop = turn.rule.hop_delay;
    const Nanoseconds delay = per_hop == 0 ? turn.rule.delay : per_hop * static_cast<Nanoseconds>(position);
    return send_error(turn, router, delay, {static_cast<std::uint8_t>(v6 ? 3 : 11), 0, 1});
}

bool Responder::allowed(const Rule& rule, const Address& router, Nanoseconds now) {
    if (rule.rate_limit <= 0) return true;
    const auto [at, is_new] = buckets_.try_emplace(router, Bucket{rule.rate_burst, now});
    Bucket& bucket = at->second;
    const double refill = static_cast<double>(now - bucket.filled) * 1e-9 * rule.rate_limit;
    bucket.tokens = std::min(rule.rate_burst, bucket.tokens + refill);
    bucket.filled = now;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
}

Fate Responder::send_error(Turn& turn, const Address& from, Nanoseconds delay, const IcmpError& error) {
    if (!allowed(turn.rule, from, turn.now.monotonic)) return Fate::rate_limited;
    const SentRecord sent{.from = from, .kind = SentKind::error, .type = error.type, .code = error.code};
    return send(turn, sent, delay, [&](Bytes& out, const Envelope& envelope) {
        craft_error(out, envelope, turn.request, turn.rule.error, error);
    });
}

Fate Responder::send_segment(Turn& turn, SentKind kind, const Segment& segment) {
    return send(turn, {.kind = kind}, turn.rule.delay, [&](Bytes& out, const Envelope& envelope) {
        craft_segment(out, envelope, turn.request, segment);
    });
}

template <class Craft>
Fate Responder::send(Turn& turn, SentRecord sent, Nanoseconds delay, Craft craft) {
    const Rule& rule = turn.rule;
    const bool is_error = sent.kind == SentKind::error;
    if (rule.loss_reply > 0 && draw(turn.destination) < rule.loss_reply) return Fate::lost_reply;
    if (!is_error) sent.from = turn.chosen && rule.wrong_source ? *rule.wrong_source : turn.request.dst;
    if (turn.chosen) sent.corrupt = rule.corrupt;
    if (rule.jitter > 0)
        delay += static_cast<Nanoseconds>(draw(turn.destination) * static_cast<double>(rule.jitter));

    const std::uint64_t copies = turn.chosen ? rule.dup : 0;
    Nanoseconds deadline = turn.now.monotonic + delay;
    for (std::uint64_t copy = 0; copy <= copies; ++copy) {
        if (copy > 0) {
            sent.kind = SentKind::dup;
            if (rule.dup_from) sent.from = *rule.dup_from;
            deadline += rule.dup_delay;
        }
        const Schedule::Slot slot = schedule_.acquire();
        Outgoing& outgoing = schedule_[slot];
        craft(outgoing.packet, Envelope{sent.from, turn.request.src, rule.reply_ttl, rule.reply_ip_options});
        damage(outgoing.packet, sent.corrupt);
        outgoing.sent_index = ledger_.plan_send(turn.record, sent);
        outgoing.totals = &turn.destination.totals;
        outgoing.is_dup = copy > 0;
        place(turn, slot, deadline);
    }
    return is_error ? Fate::error : Fate::replied;
}

void Responder::place(Turn& turn, Schedule::Slot slot, Nanoseconds deadline) {
    std::optional<Held>& held = turn.destination.held;
    if (!turn.rule.reorder) {
        schedule_.at(slot, deadline);
    } else if (held && schedule_.waits(held->slot, held->ticket)) {
        schedule_.at(slot, deadline);
        schedule_.at(held->slot, deadline);  // handed over later, so it leaves behind the newer one
        held.reset();
    } else {
        schedule_.at(slot, deadline + turn.rule.reorder_hold);
        held = Held{slot, schedule_[slot].ticket};
    }
}

}  // namespace netsim
