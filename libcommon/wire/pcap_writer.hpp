// Packets as a capture of the classic format, which every reader knows: times in microseconds, numbers in
// this machine's byte order, as the magic number tells. Proof: tests/cli/nmflowtool_export.bats,
// tests/cli/nmflowtool_sflow.bats (tshark and tcpdump read them).
#pragma once

#include <algorithm>

#include "base/clock.hpp"
#include "base/text_buffer.hpp"
#include "wire/packet.hpp"

namespace nm {

namespace detail {

struct PcapFileHeader {
    std::uint32_t magic = 0xA1B2C3D4;
    std::uint16_t major = 2;
    std::uint16_t minor = 4;
    std::uint32_t zone = 0;
    std::uint32_t accuracy = 0;
    std::uint32_t snap_length = 262144;
    LinkType link_type;
};
struct PcapPacketHeader {
    std::uint32_t seconds;
    std::uint32_t microseconds;
    std::uint32_t captured;
    std::uint32_t length;
};

template <class Struct>
void append_struct(TextBuffer& out, const Struct& value) {
    out.append(std::string_view(reinterpret_cast<const char*>(&value), sizeof value));
}

}  // namespace detail

inline void append_pcap_header(TextBuffer& out, LinkType link_type) {
    detail::append_struct(out, detail::PcapFileHeader{.link_type = link_type});
}

// length: of the packet on the wire, which may be more than what there is of it.
inline void append_pcap_packet(TextBuffer& out, Time ts, Bytes bytes, std::size_t length) {
    const auto us = static_cast<std::uint64_t>(ts.ns / ns_per_us);
    detail::append_struct(
        out, detail::PcapPacketHeader{.seconds = static_cast<std::uint32_t>(us / 1'000'000),
                                      .microseconds = static_cast<std::uint32_t>(us % 1'000'000),
                                      .captured = static_cast<std::uint32_t>(bytes.size()),
                                      .length = static_cast<std::uint32_t>(std::max(length, bytes.size()))});
    out.append(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

}  // namespace nm
