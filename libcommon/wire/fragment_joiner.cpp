#include "wire/fragment_joiner.hpp"

#include <algorithm>

namespace nm {
namespace {

constexpr std::size_t max_datagram = 65535;
constexpr std::size_t max_pieces = 64;  // 65535 bytes at the smallest MTU of IPv6 are 53

// RFC 8200 section 4.5: headers that may stand before the fragment header.
constexpr std::uint8_t hop_by_hop = 0, routing = 43, fragment_header = 44, destination = 60;

}  // namespace

std::optional<FragmentJoiner::Fragment> FragmentJoiner::parse_v4(ByteReader in) {
    const std::size_t header = (in.u8() & 0x0Fu) * std::size_t{4};
    in.skip(1);
    const std::size_t total = in.u16();
    Fragment fragment;
    fragment.id = in.u16();
    const std::uint16_t position = in.u16();
    in.skip(1);
    fragment.proto = in.u8();
    in.skip(2);
    fragment.src_ip = IpAddress::from_bytes(in.bytes(4));
    fragment.dst_ip = IpAddress::from_bytes(in.bytes(4));
    if (!in.ok() || header < 20 || total < header) return std::nullopt;
    fragment.offset = (position & 0x1FFFu) * std::size_t{8};
    fragment.is_last = (position & 0x2000u) == 0;
    in.skip(header - 20);
    fragment.payload = in.bytes(total - header);
    return in.ok() ? std::optional(fragment) : std::nullopt;
}

std::optional<FragmentJoiner::Fragment> FragmentJoiner::parse_v6(ByteReader in) {
    in.skip(4);
    const std::size_t length = in.u16();
    std::uint8_t next = in.u8();
    in.skip(1);
    Fragment fragment;
    fragment.src_ip = IpAddress::from_bytes(in.bytes(16));
    fragment.dst_ip = IpAddress::from_bytes(in.bytes(16));
    ByteReader payload = in.sub(length);
    while (payload.ok() && next != fragment_header) {
        if (next != hop_by_hop && next != routing && next != destination) return std::nullopt;
        next = payload.u8();
        payload.skip((payload.u8() + std::size_t{1}) * 8 - 2);
    }
    fragment.proto = payload.u8();
    payload.skip(1);
    const std::uint16_t position = payload.u16();
    fragment.id = payload.u32();
    fragment.offset = position & 0xFFF8u;
    fragment.is_last = (position & 1u) == 0;
    fragment.payload = payload.rest();
    return payload.ok() ? std::optional(fragment) : std::nullopt;
}

std::optional<FragmentJoiner::Fragment> FragmentJoiner::parse(Bytes ip_packet) {
    if (ip_packet.empty()) return std::nullopt;
    const unsigned version = ip_packet[0] >> 4;
    auto fragment = version == 4   ? parse_v4(ByteReader(ip_packet))
                    : version == 6 ? parse_v6(ByteReader(ip_packet))
                                   : std::nullopt;
    if (!fragment || fragment->payload.empty()) return std::nullopt;
    // All but the last are whole multiples of 8 bytes.
    if (!fragment->is_last && fragment->payload.size() % 8 != 0) return std::nullopt;
    if (fragment->offset + fragment->payload.size() > max_datagram) return std::nullopt;
    return fragment;
}

void FragmentJoiner::forget(std::list<Incomplete>::iterator whole) {
    lost_ += whole->fragments;
    incomplete_.erase(whole);
}

std::list<FragmentJoiner::Incomplete>::iterator FragmentJoiner::find_or_make(const Fragment& fragment,
                                                                             Time ts) {
    while (!incomplete_.empty() && ts.ns - incomplete_.front().first.ns > patience_ns) {
        forget(incomplete_.begin());
    }
    const auto found = std::find_if(incomplete_.begin(), incomplete_.end(), [&](const Incomplete& whole) {
        return whole.id == fragment.id && whole.proto == fragment.proto && whole.src_ip == fragment.src_ip &&
               whole.dst_ip == fragment.dst_ip;
    });
    if (found != incomplete_.end()) return found;
    if (incomplete_.size() == max_incomplete) forget(incomplete_.begin());
    Incomplete& fresh = incomplete_.emplace_back();
    fresh.src_ip = fragment.src_ip;
    fresh.dst_ip = fragment.dst_ip;
    fresh.id = fragment.id;
    fresh.proto = fragment.proto;
    fresh.first = ts;
    return std::prev(incomplete_.end());
}

// False when the fragment contradicts what is there. An exact repeat is no contradiction.
bool FragmentJoiner::place(Incomplete& whole, const Fragment& fragment) {
    const Piece piece{fragment.offset, fragment.offset + fragment.payload.size()};
    for (const Piece& other : whole.pieces) {
        if (other.begin == piece.begin && other.end == piece.end) return true;
        if (piece.begin < other.end && other.begin < piece.end) return false;
    }
    if (fragment.is_last && whole.length != 0) return false;
    if (fragment.is_last) whole.length = piece.end;
    if (whole.pieces.size() == max_pieces) return false;
    whole.pieces.push_back(piece);
    if (whole.bytes.size() < piece.end) whole.bytes.resize(piece.end);
    std::copy(fragment.payload.begin(), fragment.payload.end(),
              whole.bytes.begin() + static_cast<std::ptrdiff_t>(piece.begin));
    whole.received += fragment.payload.size();
    return whole.length == 0 || whole.bytes.size() == whole.length;
}

std::optional<Bytes> FragmentJoiner::add(Bytes ip_packet, Time ts) {
    const auto fragment = parse(ip_packet);
    if (!fragment) {
        ++lost_;
        return std::nullopt;
    }
    const auto whole = find_or_make(*fragment, ts);
    ++whole->fragments;
    if (!place(*whole, *fragment)) {
        forget(whole);
        return std::nullopt;
    }
    if (whole->length == 0 || whole->received < whole->length) return std::nullopt;
    joined_ = std::move(whole->bytes);
    incomplete_.erase(whole);
    return Bytes(joined_);
}

void FragmentJoiner::give_up() {
    while (!incomplete_.empty()) forget(incomplete_.begin());
}

}  // namespace nm
