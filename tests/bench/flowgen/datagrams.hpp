// Datagrams of each export protocol, as facts about real exporters draw them: 8 exporters, about 1400 bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "traffic.hpp"

namespace flowgen {

struct Datagram {
    std::vector<std::uint8_t> bytes;
    std::uint32_t exporter = 0;  // 0 to exporters - 1
    std::uint32_t records = 0;
};

inline constexpr std::uint32_t exporters = 8;
inline constexpr std::uint32_t export_time_s = 1'790'000'000;
inline constexpr std::uint32_t uptime_ms = 86'400'000;

// Network byte order.
class Bytes {
  public:
    explicit Bytes(std::vector<std::uint8_t>& out) : out_(out) {}
    Bytes& put(std::uint64_t value, unsigned width) {
        for (unsigned i = width; i-- > 0;) out_.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
        return *this;
    }
    Bytes& u8(std::uint64_t value) { return put(value, 1); }
    Bytes& u16(std::uint64_t value) { return put(value, 2); }
    Bytes& u32(std::uint64_t value) { return put(value, 4); }
    Bytes& u64(std::uint64_t value) { return put(value, 8); }
    Bytes& raw(const std::uint8_t* bytes, std::size_t size) {
        out_.insert(out_.end(), bytes, bytes + size);
        return *this;
    }
    std::size_t size() const { return out_.size(); }
    void patch16(std::size_t at, std::size_t value) {
        out_[at] = static_cast<std::uint8_t>(value >> 8);
        out_[at + 1] = static_cast<std::uint8_t>(value);
    }

  private:
    std::vector<std::uint8_t>& out_;
};

class Encoder {
  public:
    virtual ~Encoder() = default;
    // The next datagram of at most so many records.
    virtual Datagram next(Traffic& traffic, std::uint32_t most_records) = 0;
    // Where the 32-bit sequence number is, and whether it counts records instead of datagrams.
    virtual std::size_t sequence_offset() const = 0;
    virtual bool counts_records() const { return false; }
};

std::unique_ptr<Encoder> make_netflow5();
std::unique_ptr<Encoder> make_netflow9();
std::unique_ptr<Encoder> make_ipfix();
std::unique_ptr<Encoder> make_sflow();

}  // namespace flowgen
