#include "probe/wire_icmp.hpp"

#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/random.hpp"
#include "net/checksum.hpp"
#include "wire/byte_writer.hpp"
#include "wire/icmp_error.hpp"

namespace nm {
namespace {

// Byte i of a payload behind cookie and index is i.
constexpr std::array<std::uint8_t, 256> pattern = [] {
    std::array<std::uint8_t, 256> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i);
    return bytes;
}();

// The head of an echo packet; type and code are read already.
struct EchoHead {
    std::uint16_t identifier = 0;
    std::uint16_t sequence = 0;

    std::uint32_t low_index() const {
        return static_cast<std::uint32_t>(identifier & ~identifier_mask & 0xFFFF) << 16 | sequence;
    }
};

EchoHead read_head(ByteReader& in) {
    in.u16();  // checksum
    const std::uint16_t identifier = in.u16();
    return {identifier, in.u16()};
}

// Whether the payload is exactly what we sent with this index.
bool payload_intact(const EchoRun& run, Bytes payload, std::uint32_t& index) {
    if (payload.size() != run.payload_size) return false;
    ByteReader in(payload);
    const std::uint64_t cookie = in.u64();
    index = in.u32();
    if (cookie != run.cookie(index)) return false;
    for (std::size_t i = 12; i < payload.size();) {
        const std::size_t from = i % pattern.size();
        const std::size_t length = std::min(pattern.size() - from, payload.size() - i);
        if (std::memcmp(payload.data() + i, pattern.data() + from, length) != 0) return false;
        i += length;
    }
    return true;
}

Answer only_head(Answer::Kind kind, const EchoHead& head, unsigned bits) {
    Answer answer;
    answer.kind = kind;
    answer.index_bits = bits;
    answer.index = bits == raw_index_bits ? head.low_index() : head.sequence;
    return answer;
}

Answer read_reply(const EchoRun& run, ByteReader in, bool checksum_ok, unsigned bits) {
    const EchoHead head = read_head(in);
    if (!in.ok() || (bits == raw_index_bits && (head.identifier & identifier_mask) != run.identifier))
        return {};
    std::uint32_t index = 0;
    if (!checksum_ok || !payload_intact(run, in.rest(), index))
        return only_head(Answer::Kind::corrupt, head, bits);
    Answer answer;
    answer.kind = Answer::Kind::reply;
    answer.index = index;
    return answer;
}

// Which of our requests an error quotes, from its ICMP header on. With 20 bytes or more behind the header the
// cookie settles it, whatever a translator did to the addresses; with less, identifier and destination must
// do.
Answer read_quoted_echo(const EchoRun& run, ByteReader in, int request_type, const IpAddress& destination,
                        unsigned bits) {
    const int type = in.u8();
    in.u8();  // code
    const EchoHead head = read_head(in);
    if (!in.ok() || type != request_type) return {};
    if (in.left() >= 12) {
        const std::uint64_t cookie = in.u64();
        const std::uint32_t index = in.u32();
        if (cookie != run.cookie(index)) return {};
        Answer answer;
        answer.kind = Answer::Kind::icmp_error;
        answer.index = index;
        return answer;
    }
    if (bits == raw_index_bits && (head.identifier & identifier_mask) != run.identifier) return {};
    Answer answer = only_head(Answer::Kind::icmp_error, head, bits);
    answer.probed = destination;
    return answer;
}

}  // namespace

EchoRun EchoRun::random(std::size_t payload_size) {
    EchoRun run;
    // Random for every run: a constant one gets stuck in the state of firewalls (trap T37).
    fill_random(run.key, sizeof run.key);
    run.identifier = random_number<std::uint16_t>() & identifier_mask;
    run.payload_size = payload_size;
    return run;
}

std::uint64_t EchoRun::cookie(std::uint32_t index) const {
    return mix64(mix64(index ^ key[0]) ^ key[1]);
}

EchoBuilder::EchoBuilder(const EchoRun& run, std::size_t slots)
    : run_(run), packet_size_(icmp_header_size + run.payload_size), rooms_(slots * packet_size_) {
    for (std::size_t slot = 0; slot < slots; ++slot) {
        std::uint8_t* payload = rooms_.data() + slot * packet_size_ + icmp_header_size;
        for (std::size_t i = 12; i < run.payload_size; ++i) payload[i] = pattern[i % pattern.size()];
    }
    pattern_sum_ = checksum_add(0, Bytes(rooms_.data() + icmp_header_size + 12, run.payload_size - 12));
}

Bytes EchoBuilder::build(std::size_t slot, std::uint32_t index, Family family) {
    std::uint8_t* packet = rooms_.data() + slot * packet_size_;
    packet[0] = family == Family::v4 ? ICMP_ECHO : ICMP6_ECHO_REQUEST;
    packet[1] = 0;
    put_u16(packet + 2, 0);
    put_u16(packet + 4, static_cast<std::uint16_t>(run_.identifier | ((index >> 16) & 15U)));
    put_u16(packet + 6, static_cast<std::uint16_t>(index));
    put_u64(packet + 8, run_.cookie(index));
    put_u32(packet + 16, index);
    const std::uint16_t sum = checksum_finish(checksum_add(pattern_sum_, Bytes(packet, 20)));
    std::memcpy(packet + 2, &sum, sizeof sum);
    return {packet, packet_size_};
}

Answer parse_raw_v4(const EchoRun& run, Bytes bytes) {
    const Ipv4Packet packet = read_ipv4(ByteReader(bytes), false);
    if (!packet.ok) return {};
    // A raw socket sees ICMP before the kernel has checked its checksum (trap T5).
    const bool checksum_ok = checksum(packet.body.rest()) == 0;
    ByteReader in = packet.body;
    const int type = in.u8();
    const int code = in.u8();
    Answer answer;
    if (type == ICMP_ECHOREPLY) {
        answer = read_reply(run, in, checksum_ok, raw_index_bits);
    } else if (const auto quote = read_icmp_quote(Family::v4, in);
               is_icmp_error(Family::v4, type) && quote.ok) {
        if (quote.proto != IPPROTO_ICMP) return {};
        answer = read_quoted_echo(run, quote.body, ICMP_ECHO, quote.to, raw_index_bits);
        if (answer.kind != Answer::Kind::foreign && !checksum_ok) answer.kind = Answer::Kind::corrupt;
    }
    answer.from = packet.from;
    answer.ttl = packet.ttl;
    answer.icmp_type = type;
    answer.icmp_code = code;
    return answer;
}

Answer parse_raw_v6(const EchoRun& run, Bytes packet) {
    ByteReader in(packet);
    const int type = in.u8();
    const int code = in.u8();
    Answer answer;
    if (type == ICMP6_ECHO_REPLY) {
        answer = read_reply(run, in, true, raw_index_bits);
    } else if (const auto quote = read_icmp_quote(Family::v6, in);
               is_icmp_error(Family::v6, type) && quote.ok) {
        if (quote.proto != IPPROTO_ICMPV6) return {};
        answer = read_quoted_echo(run, quote.body, ICMP6_ECHO_REQUEST, quote.to, raw_index_bits);
    }
    answer.icmp_type = type;
    answer.icmp_code = code;
    return answer;
}

Answer parse_dgram(const EchoRun& run, Bytes packet) {
    ByteReader in(packet);
    const int type = in.u8();
    in.u8();  // code
    if (type != ICMP_ECHOREPLY && type != ICMP6_ECHO_REPLY) return {};
    return read_reply(run, in, true, dgram_index_bits);
}

Answer parse_dgram_quote(const EchoRun& run, Bytes quote) {
    if (quote.empty()) return {};
    const int type = quote[0] == ICMP6_ECHO_REQUEST ? ICMP6_ECHO_REQUEST : ICMP_ECHO;
    return read_quoted_echo(run, ByteReader(quote), type, {}, dgram_index_bits);
}

}  // namespace nm
