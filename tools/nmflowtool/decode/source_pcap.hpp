// Flow datagrams out of capture files: every UDP datagram of the file, whatever its port, fragmented ones put
// together; what tunnels, labels and mirrors of ports carry is looked for where no flow datagram is outside.
// Proof: tests/cli/nmflowtool_input.bats, tests/fuzz/fuzz_pcap.cpp.
#pragma once

#include "decode/datagram.hpp"
#include "record/flow_stats.hpp"
#include "wire/fragment_joiner.hpp"
#include "wire/packet_stack.hpp"
#include "wire/pcap_reader.hpp"

namespace nmflowtool {

// packets = datagrams - reassembled + not_udp + unknown_link + fragments
struct CaptureCounts {
    std::uint64_t packets = 0;
    std::uint64_t not_udp = 0;
    std::uint64_t unknown_link = 0;    // of a link layer that is not understood
    std::uint64_t fragments = 0;       // pieces of larger datagrams
    std::uint64_t reassembled = 0;     // datagrams made of them
    std::uint64_t fragments_lost = 0;  // pieces of datagrams that never became whole
    std::uint64_t cut = 0;             // by the snap length; what is left of them is decoded

    CaptureCounts& operator+=(const CaptureCounts& other);
};

class PcapSource {
  public:
    explicit PcapSource(nm::PcapReader reader) : reader_(std::move(reader)) {}

    // False at the end of the file; problem() says why when that came too early.
    bool next(Datagram& datagram) {
        nm::CapturedPacket captured;
        while (reader_.next(captured)) {
            if (take(captured, datagram)) return true;
        }
        joiner_.give_up();
        return false;
    }
    const std::string& problem() const { return reader_.problem(); }
    CaptureCounts counts() const;
    // Of the first packet whose link layer is not understood; 0 without one.
    std::uint32_t unknown_link() const { return unknown_link_; }
    std::uint64_t offset() const { return reader_.offset(); }
    std::uint64_t size() const { return reader_.size(); }

  private:
    bool take(const nm::CapturedPacket& captured, Datagram& datagram);
    bool take_fragment(const nm::Packet& packet, Datagram& datagram);
    const nm::Packet* udp_inside(nm::LinkType link_type, nm::Bytes frame);

    nm::PcapReader reader_;
    nm::Packet packet_;
    nm::PacketStack stack_;
    nm::Time ts_;  // of the last packet that had one
    nm::FragmentJoiner joiner_;
    CaptureCounts counts_;
    std::uint32_t unknown_link_ = 0;
};

}  // namespace nmflowtool
