// Synthetic flows, the same each run: Zipf-like addresses, three quarters with a VLAN, 15 % IPv6.
#pragma once

#include <array>
#include <cstdint>

namespace flowgen {

struct Flow {
    bool is_v6 = false;
    std::array<std::uint8_t, 16> src{};  // the first four bytes of an IPv4 address
    std::array<std::uint8_t, 16> dst{};
    std::uint16_t src_port = 0;
    std::uint16_t dst_port = 0;
    std::uint8_t proto = 0;
    std::uint8_t tcp_flags = 0;
    std::uint8_t tos = 0;
    std::uint64_t packets = 0;
    std::uint64_t bytes = 0;
    std::uint32_t duration_ms = 0;
    std::uint16_t in_if = 0;
    std::uint16_t out_if = 0;
    std::uint16_t src_as = 0;
    std::uint16_t dst_as = 0;
    std::uint16_t vlan = 0;
};

class Traffic {
  public:
    // distinct: no two flows share addresses, ports and protocol.
    explicit Traffic(bool distinct) : distinct_(distinct) {}
    Flow next(bool is_v6);
    // A number below limit.
    std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(random() % limit); }

  private:
    std::uint64_t random();
    std::uint32_t skewed(std::uint32_t limit);

    bool distinct_;
    std::uint64_t state_ = 0x2545F4914F6CDD1Du;
    std::uint32_t made_ = 0;
};

}  // namespace flowgen
