#include "dns/dns_engine.hpp"

#include <algorithm>
#include <cstring>

#include "base/random.hpp"
#include "probe/socket_options.hpp"
#include "wire/byte_writer.hpp"

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
constexpr std::int64_t kept_timeouts = 3;

// As in nm::PacketEngine: while many answers are awaited and few come in at a time, they are left to gather.
constexpr std::size_t many_in_flight = 64;
constexpr std::size_t enough_together = 16;
constexpr std::int64_t gather_ns = 100 * nm::ns_per_us;

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
        if (lane.in_use) loop_.unwatch(lane.socket->fd());
    }
}

// Returns how many answers the smallest receive buffer holds.
std::size_t DnsEngine::open_lanes(Family family) {
    const std::size_t largest_answer = std::max<std::size_t>(options_.edns_size, 512);
    nm::StampSocketOptions wanted = nm::socket_options(options_, family, largest_answer + 1);
    wanted.type = SOCK_DGRAM;
    std::size_t capacity = largest_window;
    for (std::size_t i = 0; i < lanes_per_family; ++i) {
        Lane& lane = lanes_[i + (family == Family::v6 ? lanes_per_family : 0)];
        lane.socket = std::move(nm::StampSocket::open(wanted)).value_or_throw();
        own_drops_.watch(*lane.socket);
        capacity = std::min(capacity, lane.socket->capacity());
    }
    return capacity;
}

void DnsEngine::turn(std::int64_t deadline_ns) {
    const bool sent = send_due();
    std::int64_t now_ns = nm::monotonic_ns();
    if (received_ > 0 && received_ < enough_together && flight_.waiting() >= many_in_flight)
        nm::EventLoop::pause(std::min(deadline_ns, now_ns + gather_ns));
    std::int64_t until_ns = 0;
    if (!sent && received_ == 0)
        until_ns = std::min({deadline_ns, next_action_ns(), out_.flush_before_wait(now_ns)});
    loop_.wait(until_ns);
    received_ = 0;
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
        const short found = lanes_[i].in_use ? loop_.found(lanes_[i].socket->fd()) : short{0};
        if ((found & POLLIN) != 0)
            received_ += take(i);
        else if (found != 0)
            take_errors(i);
    }
    now_ns = nm::monotonic_ns();
    expire(now_ns);
    tcp_.expire(now_ns);
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
            if (is_letter &&
                (nm::mix64(case_key_ ^ (std::uint64_t{index} << 8 | i / 64)) >> i % 64 & 1U) != 0)
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
    if (!lanes_[lane].in_use) loop_.watch(lanes_[lane].socket->fd());
    lanes_[lane].in_use = true;
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
        result.unsent = true;
        sink_.result(result);
    }
    batch.clear();
}

// --- expiry ---

void DnsEngine::expire(std::int64_t now_ns) {
    bool looked = false;
    while (InFlight* entry = flight_.oldest_waiting()) {
        if (entry->sent_mono_ns + options_.timeout_ns > now_ns) break;
        if (!looked) {
            // What came in before the timeout but was not read yet is no loss.
            for (std::size_t i = 0; i < lanes_.size(); ++i) {
                while (lanes_[i].in_use && take(i) > 0) {
                }
                if (lanes_[i].in_use) take_errors(i);
            }
            own_drops_.notice(nm::monotonic_ns());
            looked = true;
            continue;
        }
        lose(*entry);
    }
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
