// NetFlow version 5 as Cisco's "NetFlow Services Solutions Guide" draws it: a header of 24 bytes and up to 30
// records of 48. IPv4 only; counters of 32 bits; AS and interface numbers of 16. The sequence counts flows.
#include <utility>

#include "export/flow_stream.hpp"

namespace nmflowtool {
namespace {

constexpr std::size_t header_bytes = 24;
constexpr std::size_t record_bytes = 48;
constexpr std::size_t most_records = 30;
constexpr std::uint16_t as_trans = 23456;  // stands for an AS number of 32 bits (RFC 6793 section 9)
constexpr std::uint32_t longest_interval = 0x3FFF;
constexpr std::uint16_t deterministic = 1u << 14;  // sampling mode, 2 bits

constexpr CarriedFields carried{"ts",       "start",         "end",         "src_ip",    "dst_ip",
                                "src_port", "dst_port",      "proto",       "proto_num", "tcp_flags",
                                "bytes",    "packets",       "icmp_type",   "icmp_code", "in_if",
                                "out_if",   "src_as",        "dst_as",      "next_hop",  "src_mask",
                                "dst_mask", "sampling_rate", "rate_source", "tos",       "obs_domain"};
// The source address of the datagrams may tell whose flows they are.
constexpr CarriedFields carried_by_source = [] {
    CarriedFields fields = carried;
    fields.add("exporter");
    return fields;
}();

class Netflow5Stream final : public FlowStream {
  public:
    using FlowStream::FlowStream;

    void add(const nm::FlowRecord& flow) override;
    void flush() override;

  private:
    void write_header(std::uint32_t rate);
    void write_record(const nm::FlowRecord& flow);

    std::uint32_t sequence_ = 0;  // flows sent before
    std::uint16_t records_ = 0;   // in the open datagram
    std::uint32_t rate_ = 0;      // of the open datagram; 0: not told
};

void Netflow5Stream::add(const nm::FlowRecord& flow) {
    if (!flow.src_ip.is_v4() || !flow.dst_ip.is_v4()) {
        ++books_.not_carried;
        return;
    }
    see_time(flow);
    books_.note_lost(flow, options_.exporter_in_record ? carried : carried_by_source);
    // One rate for a whole datagram stands in its header.
    std::uint32_t rate = flow.sampling_rate.value_or(0);
    if (rate > longest_interval) {
        ++books_.saturated;
        rate = 0;
    }
    const std::size_t room = (options_.payload_bytes - header_bytes) / record_bytes;
    if (records_ > 0 && (rate != rate_ || records_ == std::min(room, most_records))) flush();
    if (records_ == 0) write_header(rate);
    write_record(flow);
    ++records_;
}

void Netflow5Stream::write_header(std::uint32_t rate) {
    rate_ = rate;
    out_.u16(5);
    out_.zeros(14);  // count, uptime and time: known when it leaves
    out_.u32(sequence_);
    out_.u16(books_.fit<std::uint16_t>(domain_, 0));  // engine type and engine id
    out_.u16(static_cast<std::uint16_t>(rate == 0 ? 0 : deterministic | rate));
}

void Netflow5Stream::write_record(const nm::FlowRecord& flow) {
    // There is no way to say "unknown": then it was when we heard of it.
    const nm::Time end = flow.end.ns > 0 ? flow.end : flow.ts;
    const nm::Time start = flow.start.ns > 0 ? flow.start : end;
    if (start.ns % nm::ns_per_ms != 0 || end.ns % nm::ns_per_ms != 0) ++books_.times_rounded;
    if (!clock_.can_tell(start, latest_) || !clock_.can_tell(end, latest_)) ++books_.times_out_of_range;
    const bool is_icmp = flow.icmp_type.has_value();
    const unsigned icmp = flow.icmp_type.value_or(0) * 256u + flow.icmp_code.value_or(0);
    out_.u32(flow.src_ip.to_v4());
    out_.u32(flow.dst_ip.to_v4());
    out_.u32(flow.next_hop.is_v4() ? flow.next_hop.to_v4() : 0);
    if (flow.next_hop.is_v6()) ++books_.saturated;
    out_.u16(books_.fit<std::uint16_t>(flow.in_if.value_or(0), 0));
    out_.u16(books_.fit<std::uint16_t>(flow.out_if.value_or(0), 0));
    out_.u32(books_.fit_counter<std::uint32_t>(flow.packets.value_or(0)));
    out_.u32(books_.fit_counter<std::uint32_t>(flow.bytes.value_or(0)));
    out_.u32(clock_.uptime_ms(start));
    out_.u32(clock_.uptime_ms(end));
    out_.u16(flow.src_port.value_or(0));
    out_.u16(is_icmp ? static_cast<std::uint16_t>(icmp) : flow.dst_port.value_or(0));
    out_.u8(0);
    out_.u8(flow.tcp_flags ? static_cast<std::uint8_t>(*flow.tcp_flags) : std::uint8_t{0});
    out_.u8(flow.proto_num.value_or(0));
    out_.u8(flow.tos.value_or(0));
    out_.u16(books_.fit<std::uint16_t>(flow.src_as.value_or(0), as_trans));
    out_.u16(books_.fit<std::uint16_t>(flow.dst_as.value_or(0), as_trans));
    out_.u8(flow.src_mask.value_or(0));
    out_.u8(flow.dst_mask.value_or(0));
    out_.u16(0);
}

void Netflow5Stream::flush() {
    if (records_ == 0) return;
    out_.patch_u16(2, records_);
    out_.patch_u32(4, clock_.uptime_ms(latest_));
    // Whole milliseconds, so that time minus uptime is the same moment in every datagram.
    const std::int64_t ms = latest_.ns / nm::ns_per_ms;
    out_.patch_u32(8, static_cast<std::uint32_t>(ms / 1000));
    out_.patch_u32(12, static_cast<std::uint32_t>(ms % 1000 * nm::ns_per_ms));
    sequence_ += records_;
    send_out(std::exchange(records_, std::uint16_t{0}));
}

}  // namespace

std::unique_ptr<FlowStream> make_netflow5_stream(nm::IpAddress exporter, std::uint32_t domain,
                                                 const StreamOptions& options, ExportBooks& books,
                                                 const SendDatagram& send) {
    return std::make_unique<Netflow5Stream>(exporter, domain, options, books, send);
}

}  // namespace nmflowtool
