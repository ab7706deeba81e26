#include "craft.hpp"

#include <algorithm>

namespace netsim {
namespace {

constexpr std::size_t ipv4_header = 20;
constexpr std::size_t ipv6_header = 40;
constexpr std::size_t option_bytes = 8;

// RFC 791 section 3.1: record route with room for one address, and the end of the list.
constexpr std::array<std::uint8_t, option_bytes> record_route{7, 7, 4, 0, 0, 0, 0, 0};
// RFC 8200 section 4.2: an options header of 8 bytes whose six last are one PadN.
constexpr std::array<std::uint8_t, 6> pad_n{1, 4, 0, 0, 0, 0};

using Out = std::span<std::uint8_t>;

void copy_to(Out out, std::size_t at, View bytes) {
    std::copy(bytes.begin(), bytes.end(), out.begin() + static_cast<std::ptrdiff_t>(at));
}

void set_ipv4_checksum(Out header) {
    put16(header, 10, 0);
    put16(header, 10, fold(add_words(header)));
}

// Lays out IP header and a zeroed transport of `size` bytes; returns the transport's offset.
std::size_t start_packet(Bytes& out, const Envelope& envelope, std::uint8_t proto, std::size_t size) {
    if (envelope.to.v6) {
        out.assign(ipv6_header + size, 0);
        put32(out, 0, 6U << 28U);
        put16(out, 4, size);
        out[6] = proto;
        out[7] = envelope.ttl;
        copy_to(out, 8, envelope.from.bytes);
        copy_to(out, 24, envelope.to.bytes);
        return ipv6_header;
    }
    const std::size_t header = ipv4_header + (envelope.ip_options ? option_bytes : 0);
    out.assign(header + size, 0);
    out[0] = static_cast<std::uint8_t>(4U << 4U | header / 4);
    put16(out, 2, out.size());
    put16(out, 6, 0x4000);  // do not fragment
    out[8] = envelope.ttl;
    out[9] = proto;
    copy_to(out, 12, View(envelope.from.bytes).first(4));
    copy_to(out, 16, View(envelope.to.bytes).first(4));
    if (envelope.ip_options) copy_to(out, ipv4_header, record_route);
    set_ipv4_checksum(Out(out).first(header));
    return header;
}

std::size_t checksum_offset(std::uint8_t proto) {
    if (proto == proto::tcp) return 16;
    return proto == proto::udp ? 6 : 2;
}

void set_transport_checksum(Bytes& out, std::size_t l4, std::uint8_t proto, const Envelope& envelope) {
    const Out transport = Out(out).subspan(l4);
    const std::size_t at = checksum_offset(proto);
    put16(transport, at, 0);
    const std::uint32_t start =
        proto == proto::icmp ? 0 : pseudo_header(envelope.from, envelope.to, proto, transport.size());
    std::uint16_t sum = fold(add_words(transport, start));
    if (proto == proto::udp && sum == 0) sum = 0xffff;  // RFC 768: zero means none
    put16(transport, at, sum);
}

// The quoted IP header as the reporting router would have seen it, and what stands between it and the data.
Bytes quoted_header(const Request& request, const ErrorForm& form, std::uint8_t ttl) {
    const std::size_t own = request.dst.v6 ? ipv6_header : std::min(request.l4, std::size_t{60});
    Bytes quote(request.packet.begin(), request.packet.begin() + static_cast<std::ptrdiff_t>(own));
    if (request.dst.v6) {
        quote[7] = ttl;
        if (form.quote_nat) copy_to(quote, 24, form.quote_nat->bytes);
        if (form.quote_tos)
            put32(quote, 0, (get32(quote, 0) & 0xf00fffffU) | unsigned{*form.quote_tos} << 20U);
        if (form.quote_v6_ext != Ipv6Extension::none) {
            quote.push_back(quote[6]);
            quote.push_back(0);
            quote.insert(quote.end(), pad_n.begin(), pad_n.end());
            quote[6] = form.quote_v6_ext == Ipv6Extension::destination ? 60 : 0;
            put16(quote, 4, get16(quote, 4) + option_bytes);
        }
        return quote;
    }
    quote[8] = ttl;
    if (form.quote_nat) copy_to(quote, 16, View(form.quote_nat->bytes).first(4));
    if (form.quote_tos) quote[1] = *form.quote_tos;
    if (form.quote_ip_options && quote.size() + option_bytes <= 60) {
        quote.insert(quote.end(), record_route.begin(), record_route.end());
        quote[0] = static_cast<std::uint8_t>(4U << 4U | quote.size() / 4);
        put16(quote, 2, get16(quote, 2) + option_bytes);
    }
    set_ipv4_checksum(quote);
    return quote;
}

// RFC 4884 section 7 and RFC 4950 section 3: extension header, then one object with the label stack.
Bytes mpls_extension(const std::vector<MplsLabel>& labels) {
    Bytes extension(8 + labels.size() * 4, 0);
    extension[0] = 2U << 4U;
    put16(extension, 4, extension.size() - 4);
    extension[6] = 1;  // class: MPLS label stack
    extension[7] = 1;  // type: incoming stack
    std::size_t at = 8;
    for (const MplsLabel& entry : labels) {
        const unsigned bottom = at + 4 == extension.size() ? 1 : 0;
        put32(extension, at, entry.label << 12U | unsigned{entry.exp} << 9U | bottom << 8U | entry.ttl);
        at += 4;
    }
    put16(extension, 2, fold(add_words(extension)));
    return extension;
}

constexpr std::size_t extension_offset = 128;  // RFC 4884 section 3: the least length of a padded quote

}  // namespace

void craft_echo_reply(Bytes& out, const Envelope& envelope, const Request& request) {
    const View transport = request.transport();
    const std::size_t l4 = start_packet(out, envelope, request.proto, transport.size());
    copy_to(out, l4, transport);
    out[l4] = request.dst.v6 ? 129 : 0;
    set_transport_checksum(out, l4, request.proto, envelope);
}

void craft_udp_reply(Bytes& out, const Envelope& envelope, const Request& request) {
    const View transport = request.transport();
    const std::size_t l4 = start_packet(out, envelope, proto::udp, transport.size());
    copy_to(out, l4, transport);
    put16(out, l4, request.dport());
    put16(out, l4 + 2, request.sport());
    put16(out, l4 + 4, transport.size());
    set_transport_checksum(out, l4, proto::udp, envelope);
}

void craft_segment(Bytes& out, const Envelope& envelope, const Request& request, const Segment& segment) {
    const std::size_t header = segment.mss == 0 ? 20 : 24;
    const std::size_t l4 = start_packet(out, envelope, proto::tcp, header);
    put16(out, l4, request.dport());
    put16(out, l4 + 2, request.sport());
    put32(out, l4 + 4, segment.seq);
    put32(out, l4 + 8, segment.ack);
    out[l4 + 12] = static_cast<std::uint8_t>(header / 4 << 4U);
    out[l4 + 13] = segment.flags;
    put16(out, l4 + 14, (segment.flags & tcp_flag::rst) != 0 ? 0 : 65535);
    if (segment.mss != 0) {
        out[l4 + 20] = 2;
        out[l4 + 21] = 4;
        put16(out, l4 + 22, segment.mss);
    }
    set_transport_checksum(out, l4, proto::tcp, envelope);
}

void craft_error(Bytes& out, const Envelope& envelope, const Request& request, const ErrorForm& form,
                 const IcmpError& error) {
    const bool v6 = request.dst.v6;
    Bytes quote = quoted_header(request, form, error.quoted_ttl);

    const View data = request.packet.subspan(v6 ? ipv6_header : std::min(request.l4, std::size_t{60}));
    const std::size_t room = (v6 ? 1280U : 576U) - (v6 ? ipv6_header : ipv4_header) - 8 - quote.size();
    const std::size_t kept = std::min({data.size(), form.quote.value_or(room), room});
    quote.insert(quote.end(), data.begin(), data.begin() + static_cast<std::ptrdiff_t>(kept));

    std::size_t length_words = 0;
    if (!form.mpls.empty()) {
        quote.resize(extension_offset, 0);
        if (!form.mpls_legacy) length_words = extension_offset / (v6 ? 8 : 4);
        const Bytes extension = mpls_extension(form.mpls);
        quote.insert(quote.end(), extension.begin(), extension.end());
    }
    const std::uint8_t proto = v6 ? proto::icmp6 : proto::icmp;
    const std::size_t l4 = start_packet(out, envelope, proto, 8 + quote.size());
    out[l4] = error.type;
    out[l4 + 1] = error.code;
    if (length_words != 0) out[l4 + (v6 ? 4 : 5)] = static_cast<std::uint8_t>(length_words);
    // The MTU has four bytes in ICMPv6 and the last two in ICMP (RFC 4443 section 3.2, RFC 1191 section 4).
    if (form.mtu != 0) put16(out, l4 + 6, form.mtu);
    copy_to(out, l4 + 8, quote);
    set_transport_checksum(out, l4, proto, envelope);
}

void damage(Bytes& packet, Corrupt how) {
    const Request parsed = parse_request(packet);
    if (how == Corrupt::none || parsed.kind == Kind::malformed) return;
    const std::size_t checksum = parsed.l4 + checksum_offset(parsed.proto);
    if (how == Corrupt::checksum) {
        packet[checksum] ^= 0xffU;
        return;
    }
    const bool has_payload = parsed.payload < packet.size();
    const std::size_t first = has_payload ? parsed.payload : parsed.l4 + 4;
    packet[how == Corrupt::tag ? first : packet.size() - 1] ^= 0xffU;
    if (how != Corrupt::payload) {
        set_transport_checksum(packet, parsed.l4, parsed.proto, {parsed.src, parsed.dst});
    }
}

}  // namespace netsim
