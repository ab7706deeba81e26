#include "decode/source_pcap.hpp"

namespace nmflowtool {

bool PcapSource::take(const nm::CapturedPacket& captured, Datagram& datagram) {
    constexpr std::uint8_t udp = 17;
    ++counts_.packets;
    parse_packet(static_cast<nm::LinkType>(captured.link_type), captured.bytes, packet_);
    if (packet_.proto != udp) {
        ++counts_.not_udp;
        return false;
    }
    if (packet_.is_fragment) {
        ++counts_.fragments;
        return false;
    }
    if (packet_.payload.size() < packet_.udp_length) ++counts_.cut;
    datagram = {captured.ts, packet_.src_ip, packet_.payload};
    return true;
}

}  // namespace nmflowtool
