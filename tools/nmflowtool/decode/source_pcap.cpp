#include "decode/source_pcap.hpp"

#include "decode/protocol.hpp"

namespace nmflowtool {
namespace {

constexpr std::uint8_t udp = 17;

// LINKTYPE_PPI: version (1), flags (1), length of this header (2, little-endian), link type of the packet
// behind it (4, little-endian).
constexpr std::uint32_t link_ppi = 192;

struct Frame {
    std::uint32_t link_type;
    nm::Bytes bytes;
};

Frame without_ppi(nm::Bytes bytes) {
    nm::ByteReader in(bytes);
    in.skip(2);
    const std::size_t length = in.u16_le();
    const std::uint32_t inner = in.u32_le();
    if (!in.ok() || length < 8 || length > bytes.size()) return {link_ppi, {}};
    return {inner, bytes.subspan(length)};
}

}  // namespace

CaptureCounts& CaptureCounts::operator+=(const CaptureCounts& other) {
    packets += other.packets;
    not_udp += other.not_udp;
    unknown_link += other.unknown_link;
    fragments += other.fragments;
    reassembled += other.reassembled;
    fragments_lost += other.fragments_lost;
    cut += other.cut;
    return *this;
}

CaptureCounts PcapSource::counts() const {
    CaptureCounts counts = counts_;
    counts.fragments_lost += joiner_.lost();
    return counts;
}

bool PcapSource::take(const nm::CapturedPacket& captured, Datagram& datagram) {
    ++counts_.packets;
    if (captured.ts.ns != 0) ts_ = captured.ts;  // simple packet blocks of pcapng have none of their own
    const Frame frame = captured.link_type == link_ppi ? without_ppi(captured.bytes)
                                                       : Frame{captured.link_type, captured.bytes};
    const auto link_type = static_cast<nm::LinkType>(frame.link_type);
    if (!parse_packet(link_type, frame.bytes, packet_)) {
        ++counts_.unknown_link;
        if (unknown_link_ == 0) unknown_link_ = frame.link_type;
        return false;
    }
    const nm::Packet* packet = packet_.proto == udp ? &packet_ : nullptr;
    if (packet == nullptr || (!packet->is_fragment && !protocol_of(packet->payload))) {
        if (const nm::Packet* inside = udp_inside(link_type, frame.bytes)) packet = inside;
    }
    if (packet == nullptr) {
        ++counts_.not_udp;
        return false;
    }
    if (packet->is_fragment) return take_fragment(*packet, datagram);
    if (captured.bytes.size() < captured.wire_length) ++counts_.cut;
    datagram = {ts_, packet->src_ip, packet->payload, packet->src_port.value_or(0)};
    return true;
}

// The innermost packet, when it is a flow datagram or a part of one.
const nm::Packet* PcapSource::udp_inside(nm::LinkType link_type, nm::Bytes frame) {
    if (link_type == nm::LinkType::ethernet)
        parse_stack(nm::FirstHeader::ethernet, frame, stack_);
    else if (!packet_.ip.empty())
        parse_stack(nm::FirstHeader::ip, packet_.ip, stack_);
    else
        return nullptr;
    const nm::Packet& packet = stack_.has_inner ? stack_.inner : stack_.outer;
    const bool is_flow = packet.proto == udp && (packet.is_fragment || protocol_of(packet.payload));
    return is_flow ? &packet : nullptr;
}

bool PcapSource::take_fragment(const nm::Packet& packet, Datagram& datagram) {
    ++counts_.fragments;
    const auto whole = joiner_.add(packet.ip, ts_);
    if (!whole) return false;
    nm::ByteReader in(*whole);
    const std::uint16_t port = in.u16();
    in.skip(6);  // other port, length, check sum: the IP headers tell the length as well
    ++counts_.reassembled;
    datagram = {ts_, packet.src_ip, in.rest(), port};
    return true;
}

}  // namespace nmflowtool
