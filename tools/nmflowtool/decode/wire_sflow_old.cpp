#include <utility>

#include "decode/wire_sflow.hpp"
#include "decode/xdr.hpp"

// Versions 2 and 4 (RFC 3176 section 5). Samples and structures have no lengths: what is not known cannot be
// passed over.

namespace nmflowtool {
namespace {

enum : std::uint32_t { flow_sample = 1, counter_sample = 2 };
enum : std::uint32_t { packet_header = 1, packet_ipv4 = 2, packet_ipv6 = 3 };
enum : std::uint32_t { ext_switch = 1, ext_router = 2, ext_gateway = 3, ext_user = 4, ext_url = 5 };

}  // namespace

Sflow::Got Sflow::next_old_sample(SflowRecords& records) {
    nm::FlowStats& stats = domain_->stats;
    if (announced_ == 0 || samples_.left() == 0) {
        close();
        return Got::nothing;
    }
    --announced_;
    bool good = false;
    Got got = Got::nothing;
    switch (samples_.u32()) {
        case flow_sample:
            good = read_old_flow_sample(records.sample);
            got = Got::sample;
            break;
        case counter_sample:
            good = read_old_counter_sample(records);
            if (good) got = take_family();
            break;
        default:
            ++stats.unknown_samples;
            break;
    }
    if (good) return got;
    families_ = {};
    // Where the next sample begins is not known any more.
    ++stats.malformed_samples;
    if (!samples_.ok()) ++stats.truncated_datagrams;
    stats.trailing_bytes += samples_.left();
    announced_ = 0;
    samples_ = nm::ByteReader();
    return Got::nothing;
}

bool Sflow::read_old_flow_sample(nm::SflowSample& sample) {
    begin_sample(sample);
    sample.obs_domain.reset();
    sample.sequence = samples_.u32();
    const SflowDataSource source = read_data_source(samples_, false);
    sample.source_class = source.type;
    sample.source_index = source.index;
    const std::uint32_t rate = samples_.u32();
    if (rate != 0) {
        sample.sampling_rate = rate;
        sample.rate_source = nm::RateSource::sample;
    }
    sample.pool = samples_.u32();
    sample.drops = samples_.u32();
    const SflowPort in_port = read_port(samples_, false);
    set_ports(in_port, read_port(samples_, false), sample);
    bool good = false;
    switch (samples_.u32()) {
        case packet_header:
            good = structures_.read_header(samples_, sample, false);
            break;
        case packet_ipv4:
            good = read_sampled_ipv4(samples_, sample);
            break;
        case packet_ipv6:
            good = read_sampled_ipv6(samples_, sample);
            break;
        default:
            break;
    }
    for (std::uint32_t left = samples_.u32(); good && left > 0; --left)
        good = read_old_extended(samples_.u32(), sample);
    if (!good || !samples_.ok()) return false;
    if (!sample.vlan) sample.vlan = sample.in_vlan;
    see_source(flow_sample, source.type, source.index, *sample.sequence, sample.drops);
    ++domain_->stats.records;
    domains_.prove(*domain_);
    return true;
}

bool Sflow::read_old_extended(std::uint32_t kind, nm::SflowSample& sample) {
    switch (kind) {
        case ext_switch:
            return read_extended_switch(samples_, sample);
        case ext_router:
            return read_extended_router(samples_, sample);
        case ext_gateway:
            return read_extended_gateway(
                samples_, sample,
                version_ == 2 ? GatewayLayout::plain_path : GatewayLayout::without_next_hop);
        case ext_user:
            sample.rest_is_absent = false;
            xdr_string(samples_, sample.src_user);
            xdr_string(samples_, sample.dst_user);
            return samples_.ok();
        case ext_url: {
            sample.rest_is_absent = false;
            const std::uint32_t direction = samples_.u32();
            if (direction < nm::enum_words<nm::UrlDirection>.size())
                sample.url_direction = static_cast<nm::UrlDirection>(direction);
            xdr_string(samples_, sample.url);
            return samples_.ok();
        }
        default:
            return false;
    }
}

bool Sflow::read_old_counter_sample(SflowRecords& records) {
    constexpr std::uint32_t vlan = 7;
    nm::SflowCounters& counters = records.counters;
    counters = {};
    counters.ts = ts_;
    counters.exporter = agent_;
    counters.sequence = samples_.u32();
    const SflowDataSource source = read_data_source(samples_, false);
    counters.source_class = source.type;
    counters.source_index = source.index;
    samples_.skip(4);  // polling interval
    const std::uint32_t kind = samples_.u32();
    if (!samples_.ok() || kind == 0 || kind > vlan) return false;
    if (kind != vlan && !read_interface_counters(samples_, counters)) return false;
    if (!read_old_media_counters(kind, samples_, counters)) return false;
    families_.counters = true;
    see_source(counter_sample, source.type, source.index, *counters.sequence, std::nullopt);
    ++domain_->stats.counter_samples;
    domains_.prove(*domain_);
    return true;
}

}  // namespace nmflowtool
