// Packets from a capture file or a pipe, packed or not: pcap (both byte orders, us and ns) and pcapng
// (several sections and interfaces). Nothing is copied: a packet's bytes stay valid until the next call of
// next(). Link types are told by their number in the file (LINKTYPE_*); wire/packet.hpp knows what to do with
// them. Proof: tests/unit/wire_pcap_reader_test.cpp, tests/fuzz/fuzz_pcap.cpp.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/byte_window.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"

namespace nm {

struct CapturedPacket {
    Time ts;  // unset when the file tells none (pcapng simple packet block)
    std::uint32_t link_type = 0;
    std::uint32_t wire_length = 0;  // bytes on the wire; more than bytes.size() when the capture was cut
    Bytes bytes;
};

class PcapReader {
  public:
    // A path, or "-" for stdin. Fails for a file that is missing or that is no capture.
    static Result<PcapReader> open(const std::string& path);
    // Over bytes that outlive the reader.
    static Result<PcapReader> over(Bytes file);
    // Over a file that is open; name is for messages.
    static Result<PcapReader> start(ByteWindow window, const std::string& name);

    // False at the end of the file, and when it cannot be read further: then problem() says why.
    bool next(CapturedPacket& packet);
    const std::string& problem() const { return problem_; }
    // Bytes of the file used so far, and of the whole file: 0 for a pipe.
    std::uint64_t offset() const { return window_.file_offset(); }
    std::uint64_t size() const { return window_.file_size(); }

  private:
    struct Interface {
        std::uint32_t link_type = 0;
        std::uint32_t snap_length = 0;
        std::uint64_t units_per_s = 1'000'000;
        std::int64_t offset_s = 0;
    };

    explicit PcapReader(ByteWindow window) : window_(std::move(window)) {}
    bool end_inside(const char* what);
    bool stop(const std::string& why);
    std::uint16_t u16(ByteReader& in) const { return swapped_ ? in.u16() : in.u16_le(); }
    std::uint32_t u32(ByteReader& in) const { return swapped_ ? in.u32() : in.u32_le(); }

    bool next_classic(CapturedPacket& packet);
    bool next_block(CapturedPacket& packet);
    bool read_section();
    bool read_interface(ByteReader body);
    bool read_enhanced_packet(ByteReader body, CapturedPacket& packet);
    bool read_old_packet(ByteReader body, CapturedPacket& packet);
    bool read_simple_packet(ByteReader body, CapturedPacket& packet);
    Time time_of(const Interface& interface, std::uint64_t units) const;

    ByteWindow window_;
    std::string problem_;
    bool block_format_ = false;     // pcapng
    bool swapped_ = false;          // written on a big-endian machine
    bool section_unknown_ = false;  // of a pcapng version that is not defined yet
    Interface classic_;
    std::vector<Interface> interfaces_;
};

}  // namespace nm
