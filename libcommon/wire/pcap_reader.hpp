// Packets from a capture file or a pipe: pcap (both byte orders, us and ns) and pcapng (several sections and
// interfaces). Nothing is copied: a packet's bytes stay valid until the next call of next().
// Link types are told by their number in the file (LINKTYPE_*); wire/packet.hpp knows what to do with them.
// Proof: tests/unit/wire_pcap_reader_test.cpp, tests/fuzz/fuzz_pcap.cpp.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "wire/byte_reader.hpp"

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

    // False at the end of the file, and when it cannot be read further: then problem() says why.
    bool next(CapturedPacket& packet);
    const std::string& problem() const { return problem_; }
    // File bytes consumed so far.
    std::uint64_t offset() const { return offset_; }
    // Of the whole file; 0 for a pipe.
    std::uint64_t size() const { return size_; }

  private:
    struct Interface {
        std::uint32_t link_type = 0;
        std::uint32_t snap_length = 0;
        std::uint64_t units_per_s = 1'000'000;
        std::int64_t offset_s = 0;
    };

    PcapReader() = default;
    static Result<PcapReader> start(PcapReader reader, const std::string& name);
    bool fill(std::size_t n);
    Bytes consume(std::size_t n);
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

    UniqueFd fd_;
    std::unique_ptr<std::uint8_t[]> buffer_;
    std::size_t capacity_ = 0;
    const std::uint8_t* at_ = nullptr;  // the unread part of buffer_, or of the bytes given to over()
    const std::uint8_t* end_ = nullptr;
    std::uint64_t offset_ = 0;
    std::uint64_t size_ = 0;
    std::string problem_;
    bool block_format_ = false;  // pcapng
    bool swapped_ = false;       // written on a big-endian machine
    Interface classic_;
    std::vector<Interface> interfaces_;
};

}  // namespace nm
