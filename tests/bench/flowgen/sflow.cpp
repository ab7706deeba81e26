#include "datagrams.hpp"

namespace flowgen {
namespace {

constexpr std::size_t header_bytes = 128;
constexpr std::uint32_t sampling_rate = 1000;

void append_packet(Bytes out, const Flow& flow, std::uint16_t length) {
    constexpr std::uint8_t macs[12] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2};
    out.raw(macs, sizeof macs);
    if (flow.vlan != 0) out.u16(0x8100).u16(flow.vlan);
    const std::size_t address = flow.is_v6 ? 16 : 4;
    if (flow.is_v6) {
        out.u16(0x86DD).u32(6u << 28).u16(length - 40).u8(flow.proto).u8(64);
    } else {
        out.u16(0x0800).u8(0x45).u8(flow.tos).u16(length).u32(0).u8(64).u8(flow.proto).u16(0);
    }
    out.raw(flow.src.data(), address).raw(flow.dst.data(), address);
    out.u16(flow.src_port).u16(flow.dst_port);
    if (flow.proto == 6) {
        out.u32(1).u32(1).u8(0x50).u8(flow.tcp_flags).u16(65535).u32(0);
    } else {
        out.u16(length - 20).u16(0);
    }
}

// sFlow v5: 7 flow samples with 128 bytes of header and the extended switch structure; every tenth datagram
// also eight generic counter samples.
class Sflow : public Encoder {
  public:
    Datagram next(Traffic& traffic, std::uint32_t most_records) override {
        Datagram made;
        made.exporter = turn_++ % exporters;
        made.records = most_records < 7 ? most_records : 7;
        const std::uint32_t counters = turn_ % 10 == 0 ? 8 : 0;
        Bytes out(made.bytes);
        out.u32(5).u32(1).u32(0x0A640001u + made.exporter).u32(0).u32(++sequence_[made.exporter]);
        out.u32(uptime_ms).u32(made.records + counters);
        for (std::uint32_t i = 0; i < made.records; ++i)
            write_sample(out, traffic.next(traffic.below(100) < 15), made.exporter, traffic);
        for (std::uint32_t i = 0; i < counters; ++i) write_counters(out, i + 1);
        return made;
    }
    std::size_t sequence_offset() const override { return 16; }

  private:
    void write_sample(Bytes& out, const Flow& flow, std::uint32_t exporter, Traffic& traffic) {
        const auto length = static_cast<std::uint16_t>(64 + traffic.below(1400));
        std::vector<std::uint8_t> packet;
        append_packet(Bytes(packet), flow, length);
        packet.resize(header_bytes);
        const std::uint32_t sample = ++samples_[exporter];
        out.u32(1).u32(32 + 24 + header_bytes + 24).u32(sample).u32(flow.in_if).u32(sampling_rate);
        out.u32(sample * sampling_rate).u32(0).u32(flow.in_if).u32(flow.out_if).u32(2);
        out.u32(1).u32(16 + header_bytes).u32(1).u32(length + 18u).u32(4).u32(header_bytes);
        out.raw(packet.data(), packet.size());
        out.u32(1001).u32(16).u32(flow.vlan).u32(0).u32(flow.vlan).u32(0);
    }

    void write_counters(Bytes& out, std::uint32_t interface) const {
        out.u32(2).u32(12 + 8 + 88).u32(turn_).u32(interface).u32(1).u32(1).u32(88);
        out.u32(interface).u32(6).u64(10'000'000'000).u32(1).u32(3);
        out.u64(turn_ * std::uint64_t{1000}).u32(turn_).u32(0).u32(0).u32(0).u32(0).u32(0);
        out.u64(turn_ * std::uint64_t{900}).u32(turn_).u32(0).u32(0).u32(0).u32(0).u32(1);
    }

    std::uint32_t turn_ = 0;
    std::uint32_t sequence_[exporters] = {};
    std::uint32_t samples_[exporters] = {};
};

}  // namespace

std::unique_ptr<Encoder> make_sflow() {
    return std::make_unique<Sflow>();
}

}  // namespace flowgen
