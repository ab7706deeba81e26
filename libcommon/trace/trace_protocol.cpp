#include "trace/trace_protocol.hpp"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>

#include <algorithm>

#include "base/random.hpp"
#include "probe/packet_filters.hpp"
#include "probe/socket_options.hpp"
#include "wire/icmp_error.hpp"

namespace nm {
namespace {

constexpr std::uint16_t udp_port = 33'434;
constexpr std::uint16_t tcp_port = 80;
constexpr std::size_t most_unplaced = 100'000;  // addresses: anyone can send us errors

// Source ports of all flows, held for the run; an echo identifier needs no holding.
std::unique_ptr<ReservedPorts> reserve(const TraceOptions& options, std::uint16_t flows) {
    if (options.method == TraceMethod::icmp) return nullptr;
    return std::make_unique<ReservedPorts>(options.method == TraceMethod::tcp ? SOCK_STREAM : SOCK_DGRAM,
                                           flows, "close some sockets, or use --method icmp");
}

std::uint16_t first_mark_of(const ReservedPorts* reserved, std::uint16_t flows) {
    if (reserved != nullptr) return reserved->first();
    return static_cast<std::uint16_t>(random_number<std::uint16_t>() & ~(flows - 1));
}

std::uint16_t flows_of(const TraceOptions& options) {
    return options.mda ? TraceProtocol::mda_flows : std::uint16_t{1};
}

std::string hint_of(const TraceOptions& options) {
    std::string hint = ": give the program CAP_NET_RAW (setcap cap_net_raw+ep)";
    if (options.method != TraceMethod::udp)
        hint += ", or use nmprobe trace --method udp, which needs no privilege";
    else if (options.mda)
        hint += ", or leave out --mda";
    else
        hint += ", or use --socket dgram";
    return hint;
}

}  // namespace

TraceProtocol::TraceProtocol(const TraceOptions& options)
    : options_(options),
      reserved_(reserve(options, flows_of(options))),
      run_(TraceRun::random(options.method, flows_of(options),
                            first_mark_of(reserved_.get(), flows_of(options)), options.tos)),
      builder_(run_, StampSocket::send_batch),
      sent_(short_indexes),
      short_quotes_(options.timeout_ns) {
    if (options.socket == SocketChoice::dgram && options.method != TraceMethod::udp)
        throw UserError(Exit::usage, "--socket dgram can send UDP only: use --method udp");
    if (options.socket == SocketChoice::dgram && options.mda)
        throw UserError(Exit::usage, "--mda needs --socket raw: a datagram socket is one flow");
    lanes_.open(options, hint_of(options), [&](Lane& lane, Family family) { open(lane, family); });
}

void TraceProtocol::open(Lane& lane, Family family) const {
    if (options_.socket != SocketChoice::dgram) open_raw(lane, family);
    const bool automatic = options_.socket == SocketChoice::automatic && lane.exit == Exit::no_permission &&
                           options_.method == TraceMethod::udp && !options_.mda;
    if (automatic || options_.socket == SocketChoice::dgram) open_dgram(lane, family);
}

void TraceProtocol::open_dgram(Lane& lane, Family family) const {
    StampSocketOptions wanted = socket_options(options_, family, 640);
    wanted.ttl = -1;  // each packet has its own
    wanted.type = SOCK_DGRAM;
    wanted.protocol = IPPROTO_UDP;
    auto socket = StampSocket::open(wanted);
    if (!socket) {
        lane.fail(socket.error());
        return;
    }
    lane.dgram = std::move(*socket);
    lane.is_open = true;
}

void TraceProtocol::open_raw(Lane& lane, Family family) const {
    StampSocketOptions wanted = socket_options(options_, family, 640);
    wanted.tos = wanted.ttl = -1;  // both are in our own headers
    wanted.header_included = true;
    wanted.protocol =
        family == Family::v4 ? static_cast<int>(IPPROTO_ICMP) : static_cast<int>(IPPROTO_ICMPV6);
    const auto mark_mask = static_cast<std::uint16_t>(~(run_.flows - 1U));
    wanted.filter = keep_icmp_errors_and_replies(family, run_.first_mark, mark_mask);
    auto icmp = StampSocket::open(wanted);
    const Error* error = icmp ? nullptr : &icmp.error();
    Result<std::unique_ptr<StampSocket>> transport = std::unique_ptr<StampSocket>();
    if (icmp && options_.method != TraceMethod::icmp) {
        const bool tcp = options_.method == TraceMethod::tcp;
        wanted.header_included = false;
        wanted.protocol = tcp ? static_cast<int>(IPPROTO_TCP) : static_cast<int>(IPPROTO_UDP);
        wanted.filter = keep_ports(family, run_.first_mark, run_.flows);
        if (family == Family::v6) wanted.checksum_offset = tcp ? 16 : 6;
        transport = StampSocket::open(wanted);
        if (!transport) error = &transport.error();
    }
    if (error != nullptr) {
        lane.fail(*error);
        return;
    }
    lane.icmp = std::move(*icmp);
    lane.transport = std::move(*transport);
    lane.source.emplace(options_, family);
    lane.is_open = true;
}

std::vector<StampSocket*> TraceProtocol::sockets() {
    std::vector<StampSocket*> sockets;
    for (const Lane& lane : lanes_.all()) {
        if (lane.icmp) sockets.push_back(lane.icmp.get());
        if (lane.transport) sockets.push_back(lane.transport.get());
        if (lane.dgram) sockets.push_back(lane.dgram.get());
    }
    return sockets;
}

SocketKind TraceProtocol::kind(Family family) const {
    const Lane& lane = lanes_.of(family);
    return lane.dgram ? SocketKind::dgram : lane.is_open ? SocketKind::raw : SocketKind::none;
}

std::uint16_t TraceProtocol::port_of(const ProbeTarget& target) const {
    if (target.port != 0) return target.port;
    if (options_.port != 0) return options_.port;
    return options_.method == TraceMethod::tcp ? tcp_port : udp_port;
}

// --- sending ---

void TraceProtocol::build(std::vector<Outgoing>& batch) {
    for (std::size_t slot = 0; slot < batch.size(); ++slot) {
        Outgoing& out = batch[slot];
        ProbeTarget& target = *out.target;
        // Once a round, because routes change between rounds.
        IpAddress& from = target.tally->source;
        if (!from.is_set()) from = lanes_.of(out.to.family).source->to(out.to);
        const ProbeName name = ProbeName::of(out.seq);
        TracePacket packet{out.index, from, out.to, port_of(target), name.ttl, name.flow};
        if (options_.method == TraceMethod::icmp) packet.port = 0;
        out.bytes = builder_.build(slot, packet);
        if (lanes_.of(out.to.family).dgram) {  // the kernel makes the headers, and the same checksum for all
            out.bytes = trace_payload(out.bytes, out.to.family);
            out.port = packet.port;
            out.ttl = name.ttl;
            short_quotes_.sent(out.to, packet.port, out.index, name.ttl, monotonic_ns());
        }
        sent_[out.index % short_indexes] = {out.to,      from,      out.index, packet.port,
                                            target.port, name.flow, true};
        newest_ = out.index;
    }
}

// --- receiving ---

// The probe that a packet is about, or nullptr; hit.index is set then.
const TraceProtocol::Sent* TraceProtocol::sent_of(TraceHit& hit) const {
    if (hit.index) {
        const Sent& sent = sent_[*hit.index % short_indexes];
        return sent.used && sent.index == *hit.index ? &sent : nullptr;
    }
    if (hit.index_short) {
        if (*hit.index_short == 0) return nullptr;
        const Sent& sent = sent_[*hit.index_short - 1U];
        if (!sent.used || sent.flow != hit.flow) return nullptr;
        hit.index = sent.index;
        return &sent;
    }
    // A datagram from the destination: it answers one of the last probes of this flow.
    constexpr std::uint32_t looked_back = 4096;
    for (std::uint32_t back = 0; back < looked_back && back <= newest_; ++back) {
        const Sent& sent = sent_[(newest_ - back) % short_indexes];
        if (!sent.used || sent.index != newest_ - back) break;
        if (sent.flow != hit.flow || sent.to != hit.from || sent.port != hit.quoted_port) continue;
        hit.index = sent.index;
        return &sent;
    }
    return nullptr;
}

TraceNote TraceProtocol::note_of(const TraceHit& hit, const Sent& sent) const {
    TraceNote note;
    note.answer = hit.answer;
    note.icmp_type = hit.icmp_type;
    note.icmp_code = hit.icmp_code;
    note.mpls = hit.mpls;
    if (hit.kind != TraceHit::Kind::icmp_error) return note;
    note.quoted = hit.quoted_header;
    note.quoted_ttl = hit.quoted_ttl;
    note.quoted_tos = hit.quoted_tos;
    const auto differs = [](IpAddress quoted, IpAddress ours) {
        quoted.zone = ours.zone = 0;
        return quoted != ours;
    };
    if (differs(hit.quoted_to, sent.to))
        note.nat_address = hit.quoted_to;
    else if (hit.quoted_from.is_set() && differs(hit.quoted_from, sent.from))
        note.nat_address = hit.quoted_from;
    note.nat = note.nat_address.is_set() || hit.checksum_changed || hit.quoted_port != sent.port;
    return note;
}

Answer TraceProtocol::answer_of(const TraceHit& hit, const Sent& sent) {
    Answer answer;
    answer.index = *hit.index;
    answer.from = hit.from;
    answer.port = sent.spec_port;
    answer.ttl = hit.ttl;
    answer.icmp_type = hit.icmp_type;
    answer.icmp_code = hit.icmp_code;
    answer.note = static_cast<std::uint32_t>(notes_.size());
    TraceNote& note = notes_.emplace_back(note_of(hit, sent));
    const Family family = sent.to.family;
    const bool unreachable = hit.icmp_type == (family == Family::v4 ? ICMP_UNREACH : ICMP6_DST_UNREACH);
    const int port_code = family == Family::v4 ? ICMP_UNREACH_PORT : ICMP6_DST_UNREACH_NOPORT;
    // Only the host itself knows that a port is closed; it may say so from another of its addresses (trap
    // T30).
    const bool port_closed = options_.method == TraceMethod::udp && unreachable && hit.icmp_code == port_code;
    if (hit.corrupt) {
        answer.kind = Answer::Kind::corrupt;
    } else if (hit.kind == TraceHit::Kind::reply) {
        answer.kind = Answer::Kind::reply;
    } else if (port_closed || (unreachable && hit.from == sent.to)) {
        // An error, but said by the destination: it was reached.
        note.answer = port_closed ? TraceAnswer::port_unreachable : TraceAnswer::unreachable;
        answer.kind = Answer::Kind::reply;
        answer.any_source = true;
    } else {
        answer.kind = Answer::Kind::icmp_error;
    }
    return answer;
}

// A datagram socket has the payload alone; what the headers say comes beside it.
TraceHit TraceProtocol::hit_of(const StampSocket& socket, const Incoming& packet) const {
    const Family family = socket.family();
    if (socket.is_raw()) {
        const bool is_icmp = &socket == lanes_.of(family).icmp.get();
        return is_icmp ? parse_trace_icmp(run_, family, packet.bytes)
                       : parse_trace_transport(run_, family, packet.bytes);
    }
    TraceHit hit;
    hit.kind = TraceHit::Kind::reply;
    hit.answer = TraceAnswer::udp;
    hit.quoted_port = packet.port;
    if (packet.bytes.size() >= sizeof(std::uint64_t)) hit.index = read_trace_payload(run_, packet.bytes);
    return hit;
}

Answer TraceProtocol::parse_quote(const StampSocket& socket, const QueuedError& error) {
    if (socket.is_raw() || !is_icmp_error(socket.family(), error.type)) return {};
    TraceHit hit;
    hit.kind = TraceHit::Kind::icmp_error;
    hit.index = read_trace_payload(run_, error.packet);
    hit.from = error.from;
    hit.ttl = error.ttl;
    hit.icmp_type = error.type;
    hit.icmp_code = error.code;
    hit.quoted_to = error.to;
    hit.quoted_port = error.port;
    if (!hit.index) hit.index = short_quotes_.place(error.to, error.port, error.from, monotonic_ns());
    if (!hit.index) {
        if (unplaced_.size() < most_unplaced) ++unplaced_[error.to];
        return {};
    }
    notes_.assign(1, TraceNote{});
    const Sent* sent = sent_of(hit);
    if (sent == nullptr) return {};
    short_quotes_.answered(error.to, error.port, *hit.index, error.from);
    return answer_of(hit, *sent);
}

std::uint64_t TraceProtocol::take_unplaced(const IpAddress& address) {
    const auto found = unplaced_.find(address);
    if (found == unplaced_.end()) return 0;
    const std::uint64_t count = found->second;
    unplaced_.erase(found);
    return count;
}

void TraceProtocol::parse(const StampSocket& socket, const std::vector<Incoming>& in,
                          std::vector<Answer>& out) {
    notes_.assign(1, TraceNote{});
    for (const Incoming& packet : in) {
        TraceHit hit = hit_of(socket, packet);
        if (!hit.from.is_set()) hit.from = packet.from;
        if (hit.ttl == 0) hit.ttl = packet.ttl;
        const Sent* sent = hit.kind == TraceHit::Kind::foreign ? nullptr : sent_of(hit);
        if (sent != nullptr && !socket.is_raw())
            short_quotes_.answered(sent->to, sent->port, *hit.index, hit.from);
        out.push_back(sent != nullptr ? answer_of(hit, *sent) : Answer{});
    }
}

}  // namespace nm
