#include "ping/wire_tcp.hpp"

#include <array>
#include <cstring>

#include "net/checksum.hpp"
#include "wire/byte_writer.hpp"
#include "wire/icmp_error.hpp"

namespace nmtcp {
namespace {

using nm::Answer;
using nm::ByteReader;
using nm::Bytes;
using nm::Family;
using nm::IpAddress;

constexpr std::size_t syn_size = 40;
constexpr std::uint8_t flag_syn = 0x02, flag_rst = 0x04, flag_ack = 0x10;
constexpr std::uint8_t proto_tcp = 6;

// MSS 1460, SACK permitted, timestamps, window scale 7: what Linux offers, so that what the server supports
// shows.
constexpr std::array<std::uint8_t, 20> options{2, 4, 0x05, 0xB4, 4, 2, 8, 10, 0, 0,
                                               0, 1, 0,    0,    0, 0, 1, 3,  3, 7};

// RFC 9293 section 3.1: kind, length, data; 0 ends the list, 1 fills.
void read_options(ByteReader in, Answer& answer) {
    while (in.left() > 0) {
        const unsigned kind = in.u8();
        if (kind == 0) return;
        if (kind == 1) continue;
        const std::size_t length = in.u8();
        if (length < 2) return;
        ByteReader body = in.sub(length - 2);
        if (!in.ok()) return;
        if (kind == 2 && body.left() == 2) {
            answer.mss = body.u16();
            answer.tcp_options |= option_mss;
        }
        if (kind == 3) answer.tcp_options |= option_window_scale;
        if (kind == 4) answer.tcp_options |= option_sack;
        if (kind == 8) answer.tcp_options |= option_timestamps;
    }
}

// SYN/ACK or RST that acknowledges exactly our SYN; anything else is not an answer (trap T10: an RST without
// ACK may be anyone's).
Answer read_segment(const SynRun& run, ByteReader in, bool checksum_ok) {
    const std::uint16_t from_port = in.u16();
    const std::uint16_t to_port = in.u16();
    in.u32();  // sequence number
    const std::uint32_t acknowledged = in.u32();
    const std::size_t header = static_cast<std::size_t>(in.u8() >> 4) * 4;
    const unsigned flags = in.u8();
    in.skip(6);  // window, checksum, urgent pointer
    const bool answers = (flags & flag_ack) != 0 && (flags & (flag_syn | flag_rst)) != 0;
    if (!in.ok() || header < 20 || !answers) return {};
    Answer answer;
    answer.index = run.index_of(acknowledged - 1);
    if (run.port_of(answer.index) != to_port) return {};
    answer.kind = checksum_ok ? Answer::Kind::reply : Answer::Kind::corrupt;
    answer.port = from_port;
    answer.refused = (flags & flag_rst) != 0;
    if (!answer.refused) read_options(in.sub(header - 20), answer);
    return answer;
}

// A segment of a neighbour on a virtual link may come with its checksum left to hardware that it never met
// (CHECKSUM_PARTIAL): the field then holds the folded sum of the pseudo header alone. It was not damaged.
bool checksum_ok(const IpAddress& from, const IpAddress& to, Bytes segment) {
    const auto length = static_cast<std::uint32_t>(segment.size());
    const std::uint64_t sum = nm::pseudo_header_sum(from, to, proto_tcp, length);
    if (nm::checksum_finish(nm::checksum_add(sum, segment)) == 0) return true;
    constexpr std::size_t checksum_at = 16;
    if (segment.size() < checksum_at + 2) return false;
    std::uint16_t field = 0;
    std::memcpy(&field, segment.data() + checksum_at, sizeof field);
    return field == static_cast<std::uint16_t>(~nm::checksum_finish(sum));
}

}  // namespace

std::string option_words(std::uint8_t bits) {
    constexpr std::array<std::pair<std::uint8_t, const char*>, 4> words{
        {{option_mss, "mss"}, {option_sack, "sack"}, {option_timestamps, "ts"}, {option_window_scale, "ws"}}};
    std::string text;
    for (const auto& [bit, word] : words) {
        if ((bits & bit) != 0) text += (text.empty() ? "" : " ") + std::string(word);
    }
    return text;
}

SynRun SynRun::random(std::uint16_t first_port) {
    return {nm::KeyedIndex::random(), first_port};
}

SynBuilder::SynBuilder(const SynRun& run, std::size_t slots) : run_(run), rooms_(slots * syn_size) {
    for (std::size_t slot = 0; slot < slots; ++slot) {
        std::uint8_t* segment = rooms_.data() + slot * syn_size;
        segment[12] = (syn_size / 4) << 4;
        segment[13] = flag_syn;
        nm::put_u16(segment + 14, 64'240);  // window
        std::memcpy(segment + 20, options.data(), options.size());
    }
}

Bytes SynBuilder::build(std::size_t slot, std::uint32_t index, const IpAddress& from, const IpAddress& to,
                        std::uint16_t port) {
    std::uint8_t* segment = rooms_.data() + slot * syn_size;
    nm::put_u16(segment, run_.port_of(index));
    nm::put_u16(segment + 2, port);
    nm::put_u32(segment + 4, run_.sequence_of(index));
    nm::put_u16(segment + 16, 0);
    if (to.is_v4()) {
        const std::uint64_t sum = nm::pseudo_header_sum(from, to, proto_tcp, syn_size);
        const std::uint16_t checksum = nm::checksum_finish(nm::checksum_add(sum, Bytes(segment, syn_size)));
        std::memcpy(segment + 16, &checksum, sizeof checksum);
    }
    return {segment, syn_size};
}

Answer parse_tcp_v4(const SynRun& run, Bytes bytes) {
    const nm::Ipv4Packet packet = nm::read_ipv4(ByteReader(bytes), false);
    if (!packet.ok || packet.proto != proto_tcp) return {};
    const Bytes segment = packet.body.rest();
    // A raw socket sees TCP before the kernel has checked its checksum.
    Answer answer = read_segment(run, packet.body, checksum_ok(packet.from, packet.to, segment));
    answer.from = packet.from;
    answer.ttl = packet.ttl;
    return answer;
}

Answer parse_tcp_v6(const SynRun& run, Bytes segment) {
    return read_segment(run, ByteReader(segment), true);
}

Answer parse_icmp(const SynRun& run, Family family, Bytes bytes) {
    ByteReader in(bytes);
    Answer answer;
    if (family == Family::v4) {
        const nm::Ipv4Packet packet = nm::read_ipv4(in, false);
        if (!packet.ok || nm::checksum(packet.body.rest()) != 0) return {};
        in = packet.body;
        answer.from = packet.from;
        answer.ttl = packet.ttl;
    }
    answer.icmp_type = in.u8();
    answer.icmp_code = in.u8();
    if (!nm::is_icmp_error(family, answer.icmp_type)) return {};
    nm::IcmpQuote quote = nm::read_icmp_quote(family, in);
    if (!quote.ok || quote.proto != proto_tcp) return {};
    const std::uint16_t from_port = quote.body.u16();
    answer.port = quote.body.u16();
    answer.index = run.index_of(quote.body.u32());
    if (!quote.body.ok() || run.port_of(answer.index) != from_port) return {};
    answer.kind = Answer::Kind::icmp_error;
    return answer;
}

}  // namespace nmtcp
