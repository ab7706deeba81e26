// sFlow version 5 (https://sflow.org/sflow_version_5.txt): samples without the packet's bytes, which flow
// records do not have: as sampled_ipv4 or sampled_ipv6 with the extended structures for the rest. A flow of
// several packets goes as one sample that stands for them all.
#include <unordered_map>
#include <utility>

#include "export/flow_stream.hpp"

namespace nmflowtool {
namespace {

constexpr CarriedFields carried{
    "ts",         "src_ip",        "dst_ip",      "src_port",  "dst_port",  "proto",
    "proto_num",  "tcp_flags",     "bytes",       "packets",   "in_if",     "out_if",
    "src_as",     "dst_as",        "next_hop",    "src_mask",  "dst_mask",  "tos",
    "vlan",       "post_vlan",     "src_mac",     "dst_mac",   "ethertype", "exporter",
    "obs_domain", "sampling_rate", "rate_source", "icmp_type", "icmp_code"};

enum : std::uint32_t {
    sampled_ethernet = 2,
    sampled_ipv4 = 3,
    sampled_ipv6 = 4,
    extended_switch = 1001,
    extended_router = 1002,
    extended_gateway = 1003,
};
// The expanded form for all: the two must not be mixed, and any later number may need it.
constexpr std::uint32_t expanded_flow_sample = 3;
constexpr std::uint32_t unknown_priority = 0xFFFFFFFF;
constexpr std::size_t largest_sample = 300;  // all structures, with IPv6 addresses
constexpr std::size_t most_sources = 65536;

void write_address(MessageWriter& out, const nm::IpAddress& ip) {
    out.u32(ip.is_v4() ? 1 : ip.is_v6() ? 2 : 0);
    out.bytes(nm::Bytes(ip.bytes).first(ip.size()));
}

// XDR: opaque data is padded to 4 bytes.
void write_mac(MessageWriter& out, const std::optional<nm::Mac>& mac) {
    out.bytes(mac.value_or(nm::Mac{}).bytes);
    out.zeros(2);
}

class Sflow5Stream final : public FlowStream {
  public:
    using FlowStream::FlowStream;

    void add(const nm::FlowRecord& flow) override {
        // An event, or a flow that nothing passed in: any sample of it would be traffic.
        if (flow.packets.value_or(flow.bytes.value_or(0)) == 0) {
            ++books_.not_carried;
            return;
        }
        const SampleFields fields = fields_of_flow(flow);
        books_.saturated += fields.is_saturated;
        write_sample(flow, fields);
    }
    void add_sample(const nm::SflowSample& sample) override {
        write_sample(sample, fields_of_sample(sample));
    }
    void flush() override;

  private:
    struct Source {
        std::uint32_t sequence = 0;
        std::uint32_t pool = 0;
    };

    void write_sample(const nm::FlowRecord& flow, const SampleFields& fields);
    void open_datagram();
    void write_head(const SampleFields& fields);
    void write_ethernet(const nm::FlowRecord& flow, const SampleFields& fields);
    void write_ip(const nm::FlowRecord& flow, const SampleFields& fields);
    void write_switch(const SampleFields& fields);
    void write_router(const nm::FlowRecord& flow);
    void write_gateway(const nm::FlowRecord& flow);
    void begin_structure(std::uint32_t format);
    void end_structure();

    std::uint32_t sequence_ = 0;  // of datagrams
    std::uint32_t samples_ = 0;   // in the open datagram
    std::unordered_map<std::uint64_t, Source> sources_;
    std::size_t structure_at_ = 0;  // of the open structure's length
    std::uint32_t structures_ = 0;
    std::size_t count_at_ = 0;
};

void Sflow5Stream::write_sample(const nm::FlowRecord& flow, const SampleFields& fields) {
    const bool has_addresses = flow.src_ip.is_set() && flow.src_ip.family == flow.dst_ip.family;
    const bool has_ethernet = flow.src_mac || flow.dst_mac;
    if (!has_addresses && !has_ethernet) {
        ++books_.not_carried;
        return;
    }
    see_time(flow);
    books_.note_lost(flow, carried);
    if (out_.size() + largest_sample > options_.payload_bytes) flush();
    if (out_.size() == 0) open_datagram();

    const std::size_t length_at = out_.size() + 4;
    write_head(fields);
    if (has_ethernet) write_ethernet(flow, fields);
    if (has_addresses) write_ip(flow, fields);
    if (fields.in_vlan || fields.out_vlan) write_switch(fields);
    if (flow.next_hop.is_set() || flow.src_mask || flow.dst_mask) write_router(flow);
    if (flow.src_as || flow.dst_as) write_gateway(flow);
    out_.patch_u32(count_at_, std::exchange(structures_, 0));
    out_.patch_u32(length_at, static_cast<std::uint32_t>(out_.size() - length_at - 4));
    ++samples_;
}

void Sflow5Stream::open_datagram() {
    out_.u32(5);
    write_address(out_, exporter_.is_set() ? exporter_ : nm::IpAddress::v4(std::uint32_t{0}));
    out_.u32(domain_);  // sub-agent
    out_.u32(++sequence_);
    out_.u32(0);  // uptime
    out_.u32(0);  // samples
}

void Sflow5Stream::write_head(const SampleFields& fields) {
    if (sources_.size() >= most_sources) sources_.clear();
    Source& source = sources_[std::uint64_t{fields.source_class} << 32 | fields.source_index];
    source.pool = fields.pool.value_or(source.pool + fields.rate);
    out_.u32(expanded_flow_sample);
    out_.u32(0);  // length
    out_.u32(++source.sequence);
    out_.u32(fields.source_class);
    out_.u32(fields.source_index);
    out_.u32(fields.rate);
    out_.u32(source.pool);
    out_.u32(fields.drops);
    for (const SamplePort& port : {fields.in, fields.out}) {
        out_.u32(port.format);
        out_.u32(port.value);
    }
    count_at_ = out_.size();
    out_.u32(0);
}

void Sflow5Stream::begin_structure(std::uint32_t format) {
    ++structures_;
    out_.u32(format);
    structure_at_ = out_.size();
    out_.u32(0);
}

void Sflow5Stream::end_structure() {
    out_.patch_u32(structure_at_, static_cast<std::uint32_t>(out_.size() - structure_at_ - 4));
}

void Sflow5Stream::write_ethernet(const nm::FlowRecord& flow, const SampleFields& fields) {
    begin_structure(sampled_ethernet);
    out_.u32(fields.frame_bytes);
    write_mac(out_, flow.src_mac);
    write_mac(out_, flow.dst_mac);
    out_.u32(flow.ethertype.value_or(0));
    end_structure();
}

void Sflow5Stream::write_ip(const nm::FlowRecord& flow, const SampleFields& fields) {
    begin_structure(flow.src_ip.is_v4() ? sampled_ipv4 : sampled_ipv6);
    out_.u32(fields.ip_bytes);
    out_.u32(flow.proto_num.value_or(0));
    out_.bytes(nm::Bytes(flow.src_ip.bytes).first(flow.src_ip.size()));
    out_.bytes(nm::Bytes(flow.dst_ip.bytes).first(flow.dst_ip.size()));
    // "Or equivalent": type and code of ICMP.
    out_.u32(flow.src_port.value_or(flow.icmp_type.value_or(0)));
    out_.u32(flow.dst_port.value_or(flow.icmp_code.value_or(0)));
    out_.u32(flow.tcp_flags ? static_cast<std::uint32_t>(*flow.tcp_flags) : 0);
    out_.u32(flow.tos.value_or(0));
    end_structure();
}

void Sflow5Stream::write_switch(const SampleFields& fields) {
    begin_structure(extended_switch);
    out_.u32(fields.in_vlan);
    out_.u32(fields.in_priority.value_or(unknown_priority));
    out_.u32(fields.out_vlan);
    out_.u32(fields.out_priority.value_or(unknown_priority));
    end_structure();
}

void Sflow5Stream::write_router(const nm::FlowRecord& flow) {
    begin_structure(extended_router);
    write_address(out_, flow.next_hop);
    out_.u32(flow.src_mask.value_or(0));
    out_.u32(flow.dst_mask.value_or(0));
    end_structure();
}

void Sflow5Stream::write_gateway(const nm::FlowRecord& flow) {
    constexpr std::uint32_t as_sequence = 2;
    begin_structure(extended_gateway);
    write_address(out_, flow.bgp_next_hop);
    out_.u32(0);  // the router's own AS
    out_.u32(flow.src_as.value_or(0));
    out_.u32(0);                    // the peer that the source was learnt from
    out_.u32(flow.dst_as ? 1 : 0);  // segments of the path, of which we know the end
    if (flow.dst_as) {
        out_.u32(as_sequence);
        out_.u32(1);
        out_.u32(*flow.dst_as);
    }
    out_.u32(0);  // communities
    out_.u32(0);  // local preference
    end_structure();
}

void Sflow5Stream::flush() {
    if (out_.size() == 0) return;
    const std::size_t uptime_at = 4 + 4 + (exporter_.is_v6() ? 16 : 4) + 8;
    out_.patch_u32(uptime_at, clock_.uptime_ms(latest_));
    out_.patch_u32(uptime_at + 4, samples_);
    send_out(std::exchange(samples_, 0));
}

}  // namespace

std::unique_ptr<FlowStream> make_sflow5_stream(nm::IpAddress exporter, std::uint32_t domain,
                                               const StreamOptions& options, ExportBooks& books,
                                               const SendDatagram& send) {
    return std::make_unique<Sflow5Stream>(exporter, domain, options, books, send);
}

}  // namespace nmflowtool
