#include "traffic.hpp"

namespace flowgen {
namespace {

constexpr std::uint32_t sources = 193'000;
constexpr std::uint32_t destinations = 60'000;

void put32(std::uint8_t* out, std::uint32_t value) {
    for (int i = 0; i < 4; ++i) out[i] = static_cast<std::uint8_t>(value >> (24 - 8 * i));
}

void set_address(std::array<std::uint8_t, 16>& out, bool is_v6, std::uint32_t net, std::uint32_t host) {
    if (!is_v6) {
        put32(out.data(), net + host);
        return;
    }
    put32(out.data(), 0x20010DB8);
    put32(out.data() + 4, net);
    put32(out.data() + 12, host);
}

}  // namespace

// xorshift64*
std::uint64_t Traffic::random() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545F4914F6CDD1Du >> 16;
}

// A few are frequent, most are rare.
std::uint32_t Traffic::skewed(std::uint32_t limit) {
    const double u = static_cast<double>(below(1u << 30)) / static_cast<double>(1u << 30);
    return static_cast<std::uint32_t>(u * u * u * static_cast<double>(limit));
}

Flow Traffic::next(bool is_v6) {
    constexpr std::uint16_t services[] = {443, 80, 53, 25, 22, 123, 8080, 3306};
    Flow flow;
    flow.is_v6 = is_v6;
    set_address(flow.src, is_v6, 0x0A000000, skewed(sources));
    set_address(flow.dst, is_v6, 0xC0000000, skewed(destinations));
    const std::uint32_t kind = below(100);
    flow.proto = kind < 70 ? 6 : kind < 95 ? 17 : is_v6 ? 58 : 1;
    flow.src_port = static_cast<std::uint16_t>(1024 + below(64512));
    flow.dst_port = services[below(8)];
    if (distinct_) {  // the number of the flow, in the destination and its port
        set_address(flow.dst, is_v6, 0xC0000000, made_ >> 12);
        flow.dst_port = static_cast<std::uint16_t>(made_ & 0xFFFu);
        flow.proto = 6;
    } else if (flow.proto == 1 || flow.proto == 58) {
        flow.src_port = 0;
        flow.dst_port = 0x0800;
    }
    ++made_;
    flow.tcp_flags = flow.proto == 6 ? static_cast<std::uint8_t>(0x10 + below(16)) : std::uint8_t{0};
    flow.packets = 1 + skewed(5000);
    flow.bytes = flow.packets * (40 + below(1400));
    flow.duration_ms = below(60'000);
    flow.in_if = static_cast<std::uint16_t>(1 + below(48));
    flow.out_if = static_cast<std::uint16_t>(1 + below(48));
    flow.src_as = static_cast<std::uint16_t>(64512 + below(400));
    flow.dst_as = static_cast<std::uint16_t>(1000 + below(3000));
    flow.vlan = static_cast<std::uint16_t>(below(4) != 0 ? 100 + below(50) : 0);
    return flow;
}

}  // namespace flowgen
