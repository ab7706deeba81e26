#include "dns/dns_engine.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <cstring>

#include "base/random.hpp"
#include "probe/socket_options.hpp"
#include "wire/byte_writer.hpp"
#include "wire/icmp_error.hpp"

namespace nmprobe {
namespace {

using nm::DnsState;
using nm::Family;
using nm::InFlight;

// Sockets of a family, so that ids and ports together tell more queries apart than ids alone.
constexpr std::size_t lanes_per_family = 4;
// Consecutive queries share a socket and so a system call; a power of two, and at most a batch.
constexpr unsigned lane_run_bits = 5;
constexpr std::uint32_t lane_run = 1U << lane_run_bits;
static_assert(lane_run <= nm::StampSocket::send_batch);
// Bits of an index that an id and its socket tell together.
constexpr unsigned index_bits = 18;
static_assert(lanes_per_family == 1U << (index_bits - 16));

constexpr std::size_t largest_window = 32'768;  // half the ids of one socket
constexpr std::size_t query_room = 320;         // name 255, header 12, type and class 4, OPT 15
constexpr std::int64_t kept_timeouts = 3;

std::size_t lane_of(std::uint32_t index) {
    return index >> lane_run_bits & (lanes_per_family - 1);
}

// The index without the bits that say which socket: consecutive on each socket.
std::uint16_t number_on_lane(std::uint32_t index) {
    return static_cast<std::uint16_t>(index >> (lane_run_bits + 2) << lane_run_bits |
                                      (index & (lane_run - 1)));
}

std::uint32_t low_index(std::uint16_t number, std::size_t lane) {
    return static_cast<std::uint32_t>(number) >> lane_run_bits << (lane_run_bits + 2) |
           static_cast<std::uint32_t>(lane) << lane_run_bits | (number & (lane_run - 1));
}

bool is_port_unreachable(Family family, int type, int code) {
    return family == Family::v4 ? type == 3 && code == 3 : type == 1 && code == 4;
}

}  // namespace

DnsEngine::DnsEngine(const DnsOptions& options, nm::EventLoop& loop, nm::Schedule& schedule,
                     const DnsPlan& plan, DnsSink& sink, nm::Output& out)
    : options_(options),
      loop_(loop),
      schedule_(schedule),
      plan_(plan),
      sink_(sink),
      out_(out),
      pacer_(options.rate_pps),
      flight_(options.timeout_ns * kept_timeouts),
      tcp_(loop, options.timeout_ns, nm::source_address(options, Family::v4),
           nm::source_address(options, Family::v6)),
      lanes_(2 * lanes_per_family),
      window_(std::clamp<std::size_t>(options.window, 1, largest_window)),
      queries_(2 * largest_window),
      rooms_(query_room * lane_run) {
    if (options.random_case) case_key_ = nm::random_number<std::uint64_t>();
    for (const Family family : {Family::v4, Family::v6}) {
        const bool needed = std::any_of(plan.servers.begin(), plan.servers.end(),
                                        [&](const DnsServer& s) { return s.address.family == family; });
        if (needed && !options.tcp) window_ = std::min(window_, open_lanes(family));
    }
}

DnsEngine::~DnsEngine() {
    for (const Lane& lane : lanes_) {
        if (lane.socket) loop_.remove(lane.socket->fd());
    }
}

// Returns how many answers the smallest receive buffer holds.
std::size_t DnsEngine::open_lanes(Family family) {
    const std::size_t largest_answer = std::max<std::size_t>(options_.edns_size, 512);
    nm::StampSocketOptions wanted = nm::socket_options(options_, family, largest_answer + 1);
    wanted.type = SOCK_DGRAM;
    std::size_t capacity = largest_window;
    for (std::size_t i = 0; i < lanes_per_family; ++i) {
        const std::size_t number = i + (family == Family::v6 ? lanes_per_family : 0);
        Lane& lane = lanes_[number];
        lane.socket = std::move(nm::StampSocket::open(wanted)).value_or_throw();
        own_drops_.watch(*lane.socket);
        capacity = std::min(capacity, lane.socket->capacity());
        loop_.add(lane.socket->fd(), EPOLLIN | EPOLLERR,
                  [this, number](std::uint32_t) { lanes_[number].ready = true; });
    }
    return capacity;
}

void DnsEngine::turn(std::int64_t deadline_ns) {
    bool worked = send_due();
    worked |= loop_.wait(0) > 0;
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
        if (!lanes_[i].ready) continue;
        lanes_[i].ready = take(i);
        worked = true;
    }
    const std::int64_t now_ns = nm::monotonic_ns();
    worked |= expire(now_ns);
    tcp_.expire(now_ns);
    if (worked) return;
    out_.flush();
    loop_.wait(std::min(deadline_ns, next_action_ns()));
}

std::int64_t DnsEngine::next_action_ns() const {
    std::int64_t next = tcp_.next_timeout_ns();
    if (waiting() < window_ && !out_.congested() && schedule_.next_ns() != nm::Schedule::never)
        next = std::min(next, std::max(schedule_.next_ns(), pacer_.next_ns()));
    if (out_.congested()) next = std::min(next, nm::monotonic_ns() + nm::ns_per_ms);
    const InFlight* oldest = const_cast<nm::Flight&>(flight_).oldest_waiting();
    if (oldest != nullptr) return std::min(next, oldest->sent_mono_ns + options_.timeout_ns);
    return options_.linger_ns > 0 ? std::min(next, last_fate_ns_ + options_.linger_ns) : next;
}

bool DnsEngine::idle() const {
    if (waiting() > 0) return false;
    return options_.linger_ns == 0 || nm::monotonic_ns() >= last_fate_ns_ + options_.linger_ns;
}

std::optional<double> DnsEngine::rate_qps() const {
    if (counts_.queries < 2 || last_send_ns_ <= first_send_ns_) return std::nullopt;
    return static_cast<double>(counts_.queries - 1) * 1e9 /
           static_cast<double>(last_send_ns_ - first_send_ns_);
}

// --- sending ---

std::uint16_t DnsEngine::id_of(std::uint32_t index) const {
    return cipher_.encode(number_on_lane(index));
}

nm::InFlight* DnsEngine::find(std::uint16_t id, std::size_t lane) {
    const std::uint32_t low = low_index(cipher_.decode(id), lane % lanes_per_family);
    return flight_.find_low(low, index_bits);
}

// The query with its id and, if wanted, the case of its letters (draft-vixie-dnsext-dns0x20).
nm::Bytes DnsEngine::write_query(std::uint8_t* room, std::uint32_t index, const DnsQuery& query) const {
    std::memcpy(room, query.bytes.data(), query.bytes.size());
    nm::put_u16(room, id_of(index));
    if (options_.random_case) {
        const std::size_t name_size = query.question_size - 4;
        for (std::size_t i = 0; i < name_size; ++i) {
            std::uint8_t& c = room[dns_header_size + i];
            const bool is_letter = (c | 0x20U) >= 'a' && (c | 0x20U) <= 'z';
            if (is_letter && (nm::mix64(case_key_ ^ (std::uint64_t{index} << 8 | i / 64)) >> i % 64 & 1U) != 0)
                c ^= 0x20U;
        }
    }
    return {room, query.bytes.size()};
}

bool DnsEngine::send_due() {
    if (out_.congested()) return false;
    const std::int64_t now_ns = nm::monotonic_ns();
    const std::size_t room_left = window_ - std::min(window_, waiting());
    const std::uint32_t first = flight_.next_index();
    const std::size_t run_left = lane_run - (first & (lane_run - 1));
    const std::size_t wanted = pacer_.allowed(now_ns, std::min(room_left, run_left));
    std::size_t taken = 0;
    for (; taken < wanted; ++taken) {
        const auto due = schedule_.take(now_ns);
        if (!due) break;
        InFlight& entry = flight_.launch(now_ns);
        entry.target = due->target;
        entry.seq = due->seq;
        query_of(entry.index) = {due->round, 0};
        if (options_.tcp) {
            flight_.end(entry, InFlight::State::answered);
            ask_by_tcp(result_of(entry), id_of(entry.index));
            continue;
        }
        const DnsServer& server = plan_.server(due->target);
        nm::Outgoing& out = (server.address.is_v4() ? v4_batch_ : v6_batch_).emplace_back();
        out.to = server.address;
        out.port = server.port;
        out.index = entry.index;
        out.bytes = write_query(&rooms_[taken * query_room], entry.index, plan_.name(due->target).query);
    }
    if (taken == 0) return false;
    if (first_send_ns_ == 0) first_send_ns_ = now_ns;
    pacer_.sent(taken);
    counts_.queries += taken;
    send_batch(v4_batch_, lane_of(first));
    send_batch(v6_batch_, lane_of(first) + lanes_per_family);
    last_send_ns_ = nm::monotonic_ns();
    return true;
}

void DnsEngine::send_batch(std::vector<nm::Outgoing>& batch, std::size_t lane) {
    if (batch.empty()) return;
    const std::int64_t before_ns = nm::monotonic_ns();
    const std::int64_t real_ns = nm::now().ns;
    for (const nm::Outgoing& out : batch) {
        InFlight& entry = *flight_.find(out.index);
        entry.sent_mono_ns = before_ns;
        entry.sent_real_ns = real_ns;
    }
    for (std::size_t sent = 0; sent < batch.size();) {
        sent = lanes_[lane].socket->send(batch, sent);
        if (sent < batch.size() || batch.back().error != 0) take_errors(lane);
    }
    for (const nm::Outgoing& out : batch) {
        if (out.error == 0) continue;
        InFlight& entry = *flight_.find(out.index);
        flight_.end(entry, InFlight::State::expired);
        DnsResult result = result_of(entry);
        result.state = DnsState::error;
        result.error = std::strerror(out.error);
        sink_.result(result);
    }
    batch.clear();
}

// --- receiving ---

DnsResult DnsEngine::result_of(const InFlight& entry) {
    DnsResult result;
    result.target = entry.target;
    result.seq = entry.seq;
    result.round = query_of(entry.index).round;
    result.wrong = query_of(entry.index).wrong;
    result.ts = nm::now();
    last_fate_ns_ = nm::monotonic_ns();
    return result;
}

// True when there may be more to read.
bool DnsEngine::take(std::size_t lane) {
    const std::size_t received = lanes_[lane].socket->receive(incoming_);
    const std::int64_t now_ns = nm::monotonic_ns();
    // An answer's transmit stamp was queued before the query left: it is there by now.
    take_errors(lane);
    for (std::size_t i = 0; i < received; ++i) on_packet(incoming_[i], lane, now_ns);
    return received == nm::StampSocket::receive_batch;
}

void DnsEngine::take_errors(std::size_t lane) {
    bool more = true;
    while (more) {
        more = lanes_[lane].socket->drain_error_queue(stamps_, errors_);
        for (const nm::TransmitStamp& stamp : stamps_) {
            if (InFlight* entry = flight_.find(stamp.index)) entry->stamp(stamp.tx_ns);
        }
        for (const nm::QueuedError& error : errors_) on_error(error, lane);
    }
}

void DnsEngine::on_error(const nm::QueuedError& error, std::size_t lane) {
    const Family family = lanes_[lane].socket->family();
    if (!nm::is_icmp_error(family, error.type)) return;
    nm::ByteReader quote(error.packet);
    const std::uint16_t id = quote.u16();
    // Without the id, what was sent first to this server is meant.
    InFlight* entry = quote.ok() ? find(id, lane) : flight_.oldest_waiting();
    if (entry == nullptr || entry->state != InFlight::State::waiting) return;
    const DnsServer& server = plan_.server(entry->target);
    if (error.to != server.address || error.port != server.port) return;
    flight_.end(*entry, InFlight::State::answered);
    DnsResult result = result_of(*entry);
    const nm::RttReading rtt = nm::read_rtt(*entry, error.rx_ns, nm::monotonic_ns());
    result.rtt_ns = rtt.ns;
    result.ts_source = rtt.source;
    result.state =
        is_port_unreachable(family, error.type, error.code) ? DnsState::closed : DnsState::unreachable;
    result.error = nm::icmp_reason(family, error.type, error.code);
    if (error.from.is_set()) result.error += " from " + nm::to_string(error.from);
    sink_.result(result);
}

bool DnsEngine::matches(const nm::Incoming& in, const DnsHead& head, const InFlight& entry) const {
    const DnsServer& server = plan_.server(entry.target);
    if (in.from != server.address || in.port != server.port) return false;
    // A server that cannot read the query may leave the question out.
    if (head.questions == 0) return head.rcode() != rcode_noerror;
    const DnsQuery& query = plan_.name(entry.target).query;
    if (!options_.random_case) return same_question(in.bytes, query.question(), false);
    std::array<std::uint8_t, query_room> room;
    const nm::Bytes sent = write_query(room.data(), entry.index, query);
    return same_question(in.bytes, sent.subspan(dns_header_size, query.question_size), true);
}

void DnsEngine::on_packet(const nm::Incoming& in, std::size_t lane, std::int64_t now_ns) {
    const DnsHead head = read_head(in.bytes);
    InFlight* entry = head.ok && head.is_response() ? find(head.id, lane) : nullptr;
    if (entry == nullptr) {
        ++counts_.foreign;
        return;
    }
    if (!matches(in, head, *entry)) {
        ++counts_.wrong_answers;
        if (entry->state == InFlight::State::waiting) ++query_of(entry->index).wrong;
        return;
    }
    const nm::RttReading rtt = nm::read_rtt(*entry, in.rx_ns, now_ns);
    // Read before it was expired, but its stamps say that it came after the timeout.
    if (entry->state == InFlight::State::waiting && rtt.ns > options_.timeout_ns) lose(*entry);
    if (entry->state != InFlight::State::waiting) {
        ++(entry->state == InFlight::State::answered ? counts_.dup : counts_.late);
        last_fate_ns_ = now_ns;
        return;
    }
    flight_.end(*entry, InFlight::State::answered);
    DnsResult result = result_of(*entry);
    if (in.rx_ns != 0) result.ts = nm::Time{in.rx_ns};
    result.rtt_ns = rtt.ns;
    result.ts_source = rtt.source;
    if ((head.flags & dns_tc) != 0 && !options_.no_tcp) {
        ask_by_tcp(std::move(result), head.id);
        return;
    }
    judge(result, in.bytes);
    if (in.truncated) {
        result.state = DnsState::malformed;
        result.error = "the answer is larger than the query allows";
    }
    sink_.result(result);
}

// What the message says.
void DnsEngine::judge(DnsResult& result, nm::Bytes message) {
    const bool sound = read_message(message, message_);
    result.message = &message_;
    result.bytes = message.size();
    if ((message_.head.flags & dns_tc) != 0) {
        result.state = DnsState::truncated;
    } else if (!sound) {
        result.state = DnsState::malformed;
        result.error = "the answer cannot be read";
    } else if (message_.rcode == rcode_nxdomain) {
        result.state = DnsState::nxdomain;
    } else if (message_.rcode != rcode_noerror) {
        result.state = DnsState::failed;
    } else {
        result.state = message_.answer_count > 0 ? DnsState::ok : DnsState::no_data;
    }
}

void DnsEngine::ask_by_tcp(DnsResult result, std::uint16_t id) {
    ++counts_.by_tcp;
    const DnsServer& server = plan_.server(result.target);
    std::vector<std::uint8_t> query = plan_.name(result.target).query.bytes;
    nm::put_u16(query.data(), id);
    const bool after_udp = result.rtt_ns >= 0;
    tcp_.ask(server.address, server.port, query, [this, result, id, after_udp](TcpOutcome&& outcome) mutable {
        result.ts = nm::now();
        result.tcp_connect_ns = outcome.connect_ns;
        result.tcp_rtt_ns = outcome.rtt_ns;
        const DnsHead head = read_head(outcome.message);
        const DnsQuery& asked = plan_.name(result.target).query;
        if (outcome.state != DnsState::ok) {
            result.state = after_udp ? DnsState::truncated : outcome.state;
            result.error = (after_udp ? "truncated, and by TCP: " : "") + outcome.error;
        } else if (!head.ok || head.id != id || !same_question(outcome.message, asked.question(), false)) {
            result.state = DnsState::wrong;
            result.error = "the answer by TCP is to another question";
        } else {
            result.transport = nm::DnsTransport::tcp;
            judge(result, outcome.message);
        }
        last_fate_ns_ = nm::monotonic_ns();
        sink_.result(result);
    });
}

// --- expiry ---

bool DnsEngine::expire(std::int64_t now_ns) {
    bool looked = false;
    while (InFlight* entry = flight_.oldest_waiting()) {
        if (entry->sent_mono_ns + options_.timeout_ns > now_ns) break;
        if (!looked) {
            // What came in before the timeout but was not read yet is no loss.
            for (std::size_t i = 0; i < lanes_.size(); ++i) {
                while (lanes_[i].socket && take(i)) {
                }
            }
            own_drops_.notice(nm::monotonic_ns());
            looked = true;
            continue;
        }
        lose(*entry);
    }
    return looked;
}

void DnsEngine::lose(InFlight& entry) {
    flight_.end(entry, InFlight::State::expired);
    DnsResult result = result_of(entry);
    own_drops_.settle(entry.sent_mono_ns);
    if (own_drops_.take()) {
        result.state = DnsState::lost_self;
        result.error = "receive buffer full";
    } else if (result.wrong > 0) {
        result.state = DnsState::wrong;
        result.error = "answers came from another address or to another question";
    }
    sink_.result(result);
}

}  // namespace nmprobe
