#include "decode/source_pcap.hpp"

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
    const Frame frame = captured.link_type == link_ppi ? without_ppi(captured.bytes)
                                                       : Frame{captured.link_type, captured.bytes};
    if (!parse_packet(static_cast<nm::LinkType>(frame.link_type), frame.bytes, packet_)) {
        ++counts_.unknown_link;
        if (unknown_link_ == 0) unknown_link_ = frame.link_type;
        return false;
    }
    if (packet_.proto != udp) {
        ++counts_.not_udp;
        return false;
    }
    if (packet_.is_fragment) return take_fragment(captured, datagram);
    if (packet_.payload.size() < packet_.udp_length) ++counts_.cut;
    datagram = {captured.ts, packet_.src_ip, packet_.payload, packet_.src_port.value_or(0)};
    return true;
}

bool PcapSource::take_fragment(const nm::CapturedPacket& captured, Datagram& datagram) {
    ++counts_.fragments;
    const auto whole = joiner_.add(packet_.ip, captured.ts);
    if (!whole) return false;
    nm::ByteReader in(*whole);
    const std::uint16_t port = in.u16();
    in.skip(6);  // other port, length, check sum: the IP headers tell the length as well
    ++counts_.reassembled;
    datagram = {captured.ts, packet_.src_ip, in.rest(), port};
    return true;
}

}  // namespace nmflowtool
