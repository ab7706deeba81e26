#include "datagrams.hpp"

namespace flowgen {
namespace {

// NetFlow v5: 30 records of 48 bytes.
class Netflow5 : public Encoder {
  public:
    Datagram next(Traffic& traffic, std::uint32_t most_records) override {
        Datagram made;
        made.exporter = turn_++ % exporters;
        made.records = most_records < 30 ? most_records : 30;
        Bytes out(made.bytes);
        out.u16(5).u16(made.records).u32(uptime_ms).u32(export_time_s).u32(0);
        out.u32(sequence_[made.exporter]).u8(0).u8(made.exporter).u16(0);
        for (std::uint32_t i = 0; i < made.records; ++i) {
            const Flow flow = traffic.next(false);
            out.raw(flow.src.data(), 4)
                .raw(flow.dst.data(), 4)
                .u32(0x0A000001)
                .u16(flow.in_if)
                .u16(flow.out_if);
            out.u32(flow.packets)
                .u32(flow.bytes)
                .u32(uptime_ms - flow.duration_ms - 100)
                .u32(uptime_ms - 100);
            out.u16(flow.src_port).u16(flow.dst_port).u8(0).u8(flow.tcp_flags).u8(flow.proto).u8(flow.tos);
            out.u16(flow.src_as).u16(flow.dst_as).u8(24).u8(20).u16(0);
        }
        sequence_[made.exporter] += made.records;
        return made;
    }
    std::size_t sequence_offset() const override { return 16; }
    bool counts_records() const override { return true; }

  private:
    std::uint32_t turn_ = 0;
    std::uint32_t sequence_[exporters] = {};
};

struct Element {
    std::uint16_t id;
    std::uint16_t width;
};
// Template 256; 257 has the IPv6 forms of the first three. Times differ between v9 and IPFIX.
constexpr Element common_elements[] = {
    {10, 2}, {14, 2}, {2, 8},  {1, 8},  {7, 2},  {11, 2}, {6, 1},
    {4, 1},  {5, 1},  {61, 1}, {16, 2}, {17, 2}, {58, 2}, {59, 2},
};
constexpr std::uint32_t messages_between_templates = 500;
constexpr std::size_t datagram_bytes = 1400;

// NetFlow v9 (RFC 3954) and IPFIX (RFC 7011): 21 fields, templates and sampler options every 500 messages.
class Templated : public Encoder {
  public:
    explicit Templated(bool is_ipfix) : is_ipfix_(is_ipfix) {}

    Datagram next(Traffic& traffic, std::uint32_t most_records) override {
        Datagram made;
        made.exporter = turn_++ % exporters;
        Bytes out(made.bytes);
        std::uint32_t counted = 0;  // what the sequence number and the count of v9 count
        write_header(out, made.exporter);
        if (messages_[made.exporter]++ % messages_between_templates == 0) counted += write_templates(out);
        const bool is_v6 = traffic.below(100) < 15;
        const std::size_t set = out.size();
        out.u16(is_v6 ? 257 : 256).u16(0);
        const std::size_t width = is_v6 ? 21 + 3 * 12 + 52 : 21 + 52;
        while (made.records < most_records && out.size() + width + 4 < datagram_bytes) {
            write_record(out, traffic.next(is_v6));
            ++made.records;
        }
        while ((out.size() - set) % 4 != 0) out.u8(0);
        out.patch16(set + 2, out.size() - set);
        counted += made.records;
        out.patch16(2, is_ipfix_ ? out.size() : counted);
        sequence_[made.exporter] += is_ipfix_ ? made.records + options_ : 1;
        options_ = 0;
        return made;
    }
    std::size_t sequence_offset() const override { return is_ipfix_ ? 8 : 12; }
    bool counts_records() const override { return is_ipfix_; }

  private:
    void write_header(Bytes& out, std::uint32_t exporter) const {
        out.u16(is_ipfix_ ? 10 : 9).u16(0);
        if (!is_ipfix_) out.u32(uptime_ms);
        out.u32(export_time_s).u32(sequence_[exporter]).u32(100 + exporter);
    }

    void write_fields(Bytes& out, std::uint16_t id, bool is_v6) const {
        constexpr std::uint16_t v4[] = {8, 12, 15, 9, 13}, v6[] = {27, 28, 62, 29, 30};
        out.u16(id).u16(21);
        for (int i = 0; i < 3; ++i) out.u16(is_v6 ? v6[i] : v4[i]).u16(is_v6 ? 16 : 4);
        for (const Element& element : common_elements) out.u16(element.id).u16(element.width);
        for (int i = 3; i < 5; ++i) out.u16(is_v6 ? v6[i] : v4[i]).u16(1);
        out.u16(is_ipfix_ ? 152 : 22).u16(is_ipfix_ ? 8 : 4);
        out.u16(is_ipfix_ ? 153 : 21).u16(is_ipfix_ ? 8 : 4);
    }

    // Records that v9 counts: templates and options data.
    std::uint32_t write_templates(Bytes& out) {
        const std::size_t templates = out.size();
        out.u16(is_ipfix_ ? 2 : 0).u16(0);
        write_fields(out, 256, false);
        write_fields(out, 257, true);
        out.patch16(templates + 2, out.size() - templates);
        if (is_ipfix_) {
            // Options template 300: observation domain (scope), samplingInterval, samplingAlgorithm.
            out.u16(3).u16(24).u16(300).u16(3).u16(1).u16(149).u16(4).u16(34).u16(4).u16(35).u16(1).u16(0);
            out.u16(300).u16(16).u32(100).u32(1).u8(1).u8(0).u16(0);
        } else {
            // Options template 300: scope system, samplingInterval, samplingAlgorithm.
            out.u16(1).u16(24).u16(300).u16(4).u16(8).u16(1).u16(4).u16(34).u16(4).u16(35).u16(1).u16(0);
            out.u16(300).u16(16).u32(0).u32(1).u8(1).u8(0).u16(0);
        }
        options_ = 1;
        return 4;
    }

    void write_record(Bytes& out, const Flow& flow) const {
        const std::size_t address = flow.is_v6 ? 16 : 4;
        constexpr std::uint8_t hop[16] = {10, 0, 0, 1};
        out.raw(flow.src.data(), address).raw(flow.dst.data(), address).raw(hop, address);
        out.u16(flow.in_if).u16(flow.out_if).u64(flow.packets).u64(flow.bytes);
        out.u16(flow.src_port).u16(flow.dst_port).u8(flow.tcp_flags).u8(flow.proto).u8(flow.tos).u8(0);
        out.u16(flow.src_as).u16(flow.dst_as).u16(flow.vlan).u16(flow.vlan).u8(24).u8(20);
        if (is_ipfix_) {
            const std::uint64_t end_ms = export_time_s * std::uint64_t{1000} - 100;
            out.u64(end_ms - flow.duration_ms).u64(end_ms);
        } else {
            out.u32(uptime_ms - flow.duration_ms - 100).u32(uptime_ms - 100);
        }
    }

    bool is_ipfix_;
    std::uint32_t turn_ = 0;
    std::uint32_t options_ = 0;
    std::uint32_t messages_[exporters] = {};
    std::uint32_t sequence_[exporters] = {};
};

}  // namespace

std::unique_ptr<Encoder> make_netflow5() {
    return std::make_unique<Netflow5>();
}
std::unique_ptr<Encoder> make_netflow9() {
    return std::make_unique<Templated>(false);
}
std::unique_ptr<Encoder> make_ipfix() {
    return std::make_unique<Templated>(true);
}

}  // namespace flowgen
