#include "trace/wire_trace.hpp"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>

#include <cstring>

#include "net/checksum.hpp"
#include "wire/byte_writer.hpp"
#include "wire/icmp_error.hpp"

namespace nm {
namespace {

constexpr std::size_t ipv4_size = 20, ipv6_size = 40;
constexpr std::size_t cookie_at = 8;    // in an ICMP or UDP probe
constexpr std::size_t balance_at = 16;  // two bytes that keep the checksum
constexpr std::size_t datagram_size = 20;
constexpr std::size_t segment_size = 24;  // with the MSS option
constexpr std::uint8_t flag_syn = 0x02, flag_rst = 0x04, flag_ack = 0x10;

int proto_of(TraceMethod method, Family family) {
    if (method == TraceMethod::udp) return IPPROTO_UDP;
    if (method == TraceMethod::tcp) return IPPROTO_TCP;
    return family == Family::v4 ? static_cast<int>(IPPROTO_ICMP) : static_cast<int>(IPPROTO_ICMPV6);
}

std::size_t transport_size(TraceMethod method) {
    return method == TraceMethod::tcp ? segment_size : datagram_size;
}

std::uint64_t pseudo_sum(const TraceRun& run, const TracePacket& packet) {
    const int proto = proto_of(run.method, packet.to.family);
    if (proto == IPPROTO_ICMP) return 0;
    return pseudo_header_sum(packet.from, packet.to, static_cast<std::uint8_t>(proto),
                             static_cast<std::uint32_t>(transport_size(run.method)));
}

// The whole index out of a cookie that is ours.
std::optional<std::uint32_t> read_cookie(const TraceRun& run, ByteReader& in) {
    const std::uint64_t cookie = in.u64();
    const std::uint32_t index = run.key[0].find(static_cast<std::uint32_t>(cookie >> 32));
    return in.ok() && run.cookie(index) == cookie ? std::optional(index) : std::nullopt;
}

// The index out of the payload when the quote has it; false when the payload is not ours. A router that
// quotes 8 bytes of transport and adds an extension fills up with zeros (RFC 4884 section 4.1).
bool read_quoted_cookie(const TraceRun& run, ByteReader in, TraceHit& hit) {
    ByteReader again = in;
    const bool absent = in.left() < 8 || again.u64() == 0;
    if (!absent) hit.index = read_cookie(run, in);
    return hit.index.has_value() || (absent && hit.index_short.has_value());
}

bool read_quoted_echo(const TraceRun& run, Family family, ByteReader in, TraceHit& hit) {
    const int type = in.u8();
    in.u8();  // code
    const std::uint16_t checksum = in.u16();
    const auto flow = run.flow_of(in.u16());
    const std::uint16_t sequence = in.u16();
    if (!in.ok() || !flow || type != (family == Family::v4 ? ICMP_ECHO : ICMP6_ECHO_REQUEST)) return false;
    hit.flow = *flow;
    hit.index_short = sequence;
    hit.checksum_changed = checksum != run.checksum_of(*flow);
    return read_quoted_cookie(run, in, hit);
}

bool read_quoted_datagram(const TraceRun& run, Family family, std::uint16_t ip_id, ByteReader in,
                          TraceHit& hit) {
    const auto flow = run.flow_of(in.u16());
    hit.quoted_port = in.u16();
    in.u16();  // length
    const std::uint16_t checksum = in.u16();
    if (!in.ok() || !flow) return false;
    hit.flow = *flow;
    if (family == Family::v4) hit.index_short = ip_id;
    hit.checksum_changed = checksum != run.checksum_of(*flow);
    return read_quoted_cookie(run, in, hit);
}

bool read_quoted_segment(const TraceRun& run, ByteReader in, TraceHit& hit) {
    const auto flow = run.flow_of(in.u16());
    hit.quoted_port = in.u16();
    const std::uint32_t sequence = in.u32();
    if (!in.ok() || !flow) return false;
    hit.flow = *flow;
    hit.index = run.key[0].find(sequence);
    return true;
}

bool read_quote(const TraceRun& run, Family family, ByteReader in, TraceHit& hit) {
    const IcmpQuote quote = read_icmp_quote(family, in);
    if (!quote.ok || quote.proto != proto_of(run.method, family)) return false;
    hit.quoted_from = quote.from;
    hit.quoted_to = quote.to;
    hit.quoted_ttl = quote.ttl;
    hit.quoted_tos = quote.tos;
    hit.quoted_header = true;
    switch (run.method) {
        case TraceMethod::icmp:
            return read_quoted_echo(run, family, quote.body, hit);
        case TraceMethod::udp:
            return read_quoted_datagram(run, family, quote.id, quote.body, hit);
        default:
            return read_quoted_segment(run, quote.body, hit);
    }
}

// type and code are read already.
bool read_echo_reply(const TraceRun& run, ByteReader in, TraceHit& hit) {
    in.u16();  // checksum
    const auto flow = run.flow_of(in.u16());
    hit.index_short = in.u16();
    if (!in.ok() || !flow) return false;
    hit.flow = *flow;
    hit.index = read_cookie(run, in);
    if (!hit.index) hit.corrupt = true;
    hit.answer = TraceAnswer::echo_reply;
    return true;
}

// SYN/ACK or RST that acknowledges exactly our SYN (trap T10).
bool read_segment(const TraceRun& run, ByteReader in, TraceHit& hit) {
    hit.quoted_port = in.u16();
    const auto flow = run.flow_of(in.u16());
    in.u32();  // sequence number
    const std::uint32_t acknowledged = in.u32();
    in.u8();  // header length
    const unsigned flags = in.u8();
    in.skip(6);  // window, checksum, urgent pointer
    const bool answers = (flags & flag_ack) != 0 && (flags & (flag_syn | flag_rst)) != 0;
    if (!in.ok() || !flow || !answers) return false;
    hit.flow = *flow;
    hit.index = run.key[0].find(acknowledged - 1);
    hit.answer = (flags & flag_rst) != 0 ? TraceAnswer::closed : TraceAnswer::open;
    return true;
}

// A datagram says nothing of the probe that it answers, unless it echoes it.
bool read_datagram(const TraceRun& run, ByteReader in, TraceHit& hit) {
    hit.quoted_port = in.u16();
    const auto flow = run.flow_of(in.u16());
    in.skip(4);  // length, checksum
    if (!in.ok() || !flow) return false;
    hit.flow = *flow;
    if (in.left() >= 8) hit.index = read_cookie(run, in);
    hit.answer = TraceAnswer::udp;
    return true;
}

// A neighbour on a virtual link may leave the checksum to hardware that the segment never meets: the field
// then holds the folded sum of the pseudo header alone.
bool transport_checksum_ok(const Ipv4Packet& packet) {
    const Bytes body = packet.body.rest();
    const std::size_t field_at = packet.proto == IPPROTO_TCP ? 16 : 6;
    if (body.size() < field_at + 2) return false;
    std::uint16_t field = 0;
    std::memcpy(&field, body.data() + field_at, sizeof field);
    if (packet.proto == IPPROTO_UDP && field == 0) return true;
    const std::uint64_t sum =
        pseudo_header_sum(packet.from, packet.to, packet.proto, static_cast<std::uint32_t>(body.size()));
    return checksum_finish(checksum_add(sum, body)) == 0 ||
           field == static_cast<std::uint16_t>(~checksum_finish(sum));
}

}  // namespace

TraceRun TraceRun::random(TraceMethod method, std::uint16_t flows, std::uint16_t first_mark, int tos) {
    TraceRun run;
    run.method = method;
    run.key[0] = KeyedIndex::random();
    run.key[1] = KeyedIndex::random();
    run.flows = flows;
    run.first_mark = first_mark;
    const KeyedIndex draw = KeyedIndex::random();
    run.checksum = static_cast<std::uint16_t>(draw.key[0]);
    run.flow_label = draw.key[1] & 0xFFFFF;
    run.tos = static_cast<std::uint8_t>(tos < 0 ? 0 : tos);
    return run;
}

std::size_t TraceBuilder::build_transport(std::uint8_t* at, const TracePacket& packet) const {
    const std::size_t size = transport_size(run_.method);
    std::memset(at, 0, size);
    if (run_.method == TraceMethod::tcp) {
        put_u16(at, run_.mark_of(packet.flow));
        put_u16(at + 2, packet.port);
        put_u32(at + 4, run_.key[0].hide(packet.index));
        at[12] = (segment_size / 4) << 4;
        at[13] = flag_syn;
        put_u16(at + 14, 64'240);      // window
        put_u32(at + 20, 0x020405B4);  // MSS 1460
        const std::uint16_t sum = checksum_finish(checksum_add(pseudo_sum(run_, packet), Bytes(at, size)));
        std::memcpy(at + 16, &sum, sizeof sum);
        return size;
    }
    if (run_.method == TraceMethod::udp) {
        put_u16(at, run_.mark_of(packet.flow));
        put_u16(at + 2, packet.port);
        put_u16(at + 4, datagram_size);
        put_u16(at + 6, run_.checksum_of(packet.flow));
    } else {
        at[0] = packet.to.is_v4() ? ICMP_ECHO : ICMP6_ECHO_REQUEST;
        put_u16(at + 2, run_.checksum_of(packet.flow));
        put_u16(at + 4, run_.mark_of(packet.flow));
        put_u16(at + 6, short_index(packet.index));
    }
    put_u64(at + cookie_at, run_.cookie(packet.index));
    const std::uint16_t balance = checksum_finish(checksum_add(pseudo_sum(run_, packet), Bytes(at, size)));
    std::memcpy(at + balance_at, &balance, sizeof balance);
    return size;
}

Bytes TraceBuilder::build(std::size_t slot, const TracePacket& packet) {
    std::uint8_t* at = rooms_.data() + slot * largest;
    const auto proto = static_cast<std::uint8_t>(proto_of(run_.method, packet.to.family));
    if (packet.to.is_v4()) {
        const std::size_t size = ipv4_size + build_transport(at + ipv4_size, packet);
        std::memset(at, 0, ipv4_size);  // the kernel fills in length and checksum
        at[0] = 0x45;
        at[1] = run_.tos;
        put_u16(at + 2, static_cast<std::uint16_t>(size));
        put_u16(at + 4, short_index(packet.index));
        at[8] = packet.ttl;
        at[9] = proto;
        std::memcpy(at + 12, packet.from.bytes.data(), 4);
        std::memcpy(at + 16, packet.to.bytes.data(), 4);
        return {at, size};
    }
    const std::size_t size = build_transport(at + ipv6_size, packet);
    const std::uint32_t label = (run_.flow_label + packet.flow) & 0xFFFFF;
    put_u32(at, 6U << 28 | static_cast<std::uint32_t>(run_.tos) << 20 | label);
    put_u16(at + 4, static_cast<std::uint16_t>(size));
    at[6] = proto;
    at[7] = packet.ttl;
    std::memcpy(at + 8, packet.from.bytes.data(), 16);
    std::memcpy(at + 24, packet.to.bytes.data(), 16);
    return {at, ipv6_size + size};
}

TraceHit parse_trace_icmp(const TraceRun& run, Family family, Bytes bytes) {
    ByteReader in(bytes);
    TraceHit hit;
    if (family == Family::v4) {
        const Ipv4Packet packet = read_ipv4(in, false);
        if (!packet.ok) return {};
        in = packet.body;
        hit.from = packet.from;
        hit.ttl = packet.ttl;
        // A raw socket sees ICMP before the kernel has checked its checksum (trap T5).
        hit.corrupt = checksum(in.rest()) != 0;
    }
    hit.icmp_type = in.u8();
    hit.icmp_code = in.u8();
    const bool is_reply = hit.icmp_type == (family == Family::v4 ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY);
    if (is_reply) {
        if (run.method != TraceMethod::icmp || !read_echo_reply(run, in, hit)) return {};
        hit.kind = TraceHit::Kind::reply;
        return hit;
    }
    if (!is_icmp_error(family, hit.icmp_type) || !read_quote(run, family, in, hit)) return {};
    hit.kind = TraceHit::Kind::icmp_error;
    hit.mpls = read_mpls_stack(family, hit.icmp_type, in);
    return hit;
}

TraceHit parse_trace_transport(const TraceRun& run, Family family, Bytes bytes) {
    ByteReader in(bytes);
    TraceHit hit;
    if (family == Family::v4) {
        const Ipv4Packet packet = read_ipv4(in, false);
        if (!packet.ok || packet.proto != proto_of(run.method, family)) return {};
        hit.from = packet.from;
        hit.ttl = packet.ttl;
        hit.corrupt = !transport_checksum_ok(packet);
        in = packet.body;
    }
    const bool ours =
        run.method == TraceMethod::tcp ? read_segment(run, in, hit) : read_datagram(run, in, hit);
    if (!ours) return {};
    hit.kind = TraceHit::Kind::reply;
    return hit;
}

Bytes trace_payload(Bytes packet, Family family) {
    return packet.subspan((family == Family::v4 ? ipv4_size : ipv6_size) + cookie_at);
}

std::optional<std::uint32_t> read_trace_payload(const TraceRun& run, Bytes payload) {
    ByteReader in(payload);
    return read_cookie(run, in);
}

}  // namespace nm
