// Flow datagrams out of capture files: every UDP datagram of the file, whatever its port. Pieces of
// fragmented datagrams are counted, not put together.
#pragma once

#include "decode/datagram.hpp"
#include "record/flow_stats.hpp"
#include "wire/packet.hpp"
#include "wire/pcap_reader.hpp"

namespace nmflowtool {

struct CaptureCounts {
    std::uint64_t packets = 0;
    std::uint64_t not_udp = 0;
    std::uint64_t fragments = 0;
    std::uint64_t cut = 0;  // by the snap length; what is left of them is decoded
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
        return false;
    }
    const std::string& problem() const { return reader_.problem(); }
    const CaptureCounts& counts() const { return counts_; }
    std::uint64_t offset() const { return reader_.offset(); }
    std::uint64_t size() const { return reader_.size(); }

  private:
    bool take(const nm::CapturedPacket& captured, Datagram& datagram);

    nm::PcapReader reader_;
    nm::Packet packet_;
    CaptureCounts counts_;
};

}  // namespace nmflowtool
