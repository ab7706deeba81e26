#include <limits>

#include "decode/wire_netflow.hpp"

namespace nmflowtool {
namespace {

constexpr std::uint8_t icmp = 1;
constexpr std::uint8_t tcp = 6;
constexpr std::uint8_t icmp6 = 58;

bool has_ports(std::uint8_t proto) {
    return proto == tcp || proto == 17 || proto == 33 || proto == 132 || proto == 136;
}

template <class Number>
void drop_zero(std::optional<Number>& member) {
    if (member == Number{0}) member.reset();
}

// NetFlow has type * 256 + code where others have the destination port. A number below 256 would be a code of
// type 0, an echo reply, which has none: that is another number. In IPFIX a port of zero is just no port.
void take_icmp_from_port(nm::FlowRecord& flow, bool zero_is_type) {
    if (!flow.dst_port || (*flow.dst_port < 256 && !(*flow.dst_port == 0 && zero_is_type))) return;
    flow.icmp_type = static_cast<std::uint8_t>(*flow.dst_port >> 8);
    flow.icmp_code = static_cast<std::uint8_t>(*flow.dst_port);
    flow.dst_port.reset();
}

// An element that has both as zero may be one that the exporter does not fill.
void finish_icmp(nm::FlowRecord& flow, bool zero_is_type) {
    flow.src_port.reset();
    const bool is_told = flow.icmp_type && (*flow.icmp_type != 0 || flow.icmp_code.value_or(0) != 0);
    if (is_told)
        flow.dst_port.reset();
    else
        take_icmp_from_port(flow, zero_is_type);
}

// Exporters fill what does not apply with zeros, and put the ICMP type where others have the port.
void finish_protocol(nm::FlowRecord& flow, Dialect dialect) {
    const std::uint8_t proto = *flow.proto_num;
    flow.proto = static_cast<nm::Protocol>(proto);
    if (proto != tcp) {
        flow.tcp_flags.reset();
        flow.rev_tcp_flags.reset();
    }
    if (proto == icmp || proto == icmp6) {
        finish_icmp(flow, dialect == Dialect::netflow && proto == icmp);
    } else {
        flow.icmp_type.reset();
        flow.icmp_code.reset();
    }
    if (!has_ports(proto)) {
        drop_zero(flow.src_port);
        drop_zero(flow.dst_port);
    }
}

// The unused one of a pair of elements for IPv4 and IPv6 can come first: an unspecified address is of the
// version of the other end.
void finish_addresses(nm::FlowRecord& flow) {
    const auto follow = [](nm::IpAddress& ip, const nm::IpAddress& other) {
        if (!ip.is_v6() || !other.is_v4() || ip.bytes != nm::IpAddress{}.bytes) return;
        ip = nm::IpAddress::v4(0u);
    };
    follow(flow.src_ip, flow.dst_ip);
    follow(flow.dst_ip, flow.src_ip);
}

// One family of counters stands for the flow, and which one is told when it is not that of the deltas. Frames
// are counted in bytes only, beside packets.
void finish_counters(nm::FlowRecord& flow, const Parts& parts) {
    using enum nm::CounterKind;
    const auto take = [&flow](const auto& bytes, const auto& packets, nm::CounterKind kind) {
        if (flow.bytes || flow.packets || !(bytes || packets)) return;
        flow.bytes = bytes;
        flow.packets = packets;
        flow.bytes_kind = kind;
    };
    take(flow.total_bytes, flow.total_packets, total);
    take(parts.initiator_bytes, parts.initiator_packets, initiator);
    if (!flow.bytes && parts.layer2_bytes) {
        flow.bytes = parts.layer2_bytes;
        flow.bytes_kind = layer2;
    }
}

// A record of an event that counts nothing is no flow of zero bytes.
void finish_event(nm::FlowRecord& flow) {
    const bool is_event = flow.nat_event || flow.fw_event;
    if (!is_event || flow.bytes.value_or(0) != 0 || flow.packets.value_or(0) != 0) return;
    flow.bytes.reset();
    flow.packets.reset();
    flow.bytes_kind.reset();
    drop_zero(flow.rev_bytes);
    drop_zero(flow.rev_packets);
}

// One in (interval + space) / interval, rounded to the nearest.
std::uint32_t rate_with_space(std::uint32_t interval, std::uint64_t space) {
    if (space > 0xFFFFFFFFu) return interval;
    const std::uint64_t rate = (interval + space + interval / 2) / interval;
    return rate <= 0xFFFFFFFFu ? static_cast<std::uint32_t>(rate) : interval;
}

// Some exporters reckon their boot time anew for each options record.
constexpr std::int64_t boot_jitter_ms = 10'000;

// What an options record that names neither sampler nor interface is about.
bool is_of_whole_exporter(const nm::FlowOption& option, const Template& layout) {
    switch (option.scope) {
        case nm::OptionScope::system:
        case nm::OptionScope::observation_domain:
        case nm::OptionScope::metering_process:
        case nm::OptionScope::exporting_process:
            return true;
        default:
            return layout.scope_fields() == 0;
    }
}

// An uptime of 32 bits as the time closest to that of the export.
nm::Time from_boot(std::uint64_t boot_ms, std::uint64_t uptime_ms, nm::Time exported) {
    constexpr std::int64_t wrap_ms = std::int64_t{1} << 32;
    constexpr std::uint64_t latest_ms = std::uint64_t{1} << 42;  // the year 2109
    if (boot_ms > latest_ms) return {};
    const std::int64_t time_ms = static_cast<std::int64_t>(boot_ms + (uptime_ms & 0xFFFFFFFFu));
    const std::int64_t behind_ms = exported.ns / nm::ns_per_ms - time_ms;
    const std::int64_t wraps = (behind_ms + wrap_ms / 2) / wrap_ms;
    return {(time_ms + (wraps > 0 ? wraps : 0) * wrap_ms) * nm::ns_per_ms};
}

}  // namespace

void Netflow::finish_flow(nm::FlowRecord& flow) {
    if (flow.proto_num) finish_protocol(flow, dialect_);
    if (flow.src_ip.family != flow.dst_ip.family) finish_addresses(flow);
    finish_counters(flow, parts_);
    finish_event(flow);
    if (template_->uses_parts()) finish_times(flow);
    fill_sampling(flow);
}

void Netflow::finish_times(nm::FlowRecord& flow) const {
    constexpr std::uint64_t longest_us = std::uint64_t{1} << 42;  // 50 days
    std::optional<std::uint64_t> boot_ms = parts_.boot_ms;
    if (!boot_ms && domain_->told_boot_ms) boot_ms = static_cast<std::uint64_t>(*domain_->told_boot_ms);
    const nm::Time exported = clock_.export_time();
    if (boot_ms && parts_.start_uptime_ms && flow.start.ns == 0)
        flow.start = from_boot(*boot_ms, *parts_.start_uptime_ms, exported);
    if (boot_ms && parts_.end_uptime_ms && flow.end.ns == 0)
        flow.end = from_boot(*boot_ms, *parts_.end_uptime_ms, exported);
    // RFC 5102 section 5.9.13: so many microseconds before the time in the header.
    const auto before = [&](std::uint64_t us) {
        return nm::Time{exported.ns - static_cast<std::int64_t>(us) * nm::ns_per_us};
    };
    if (parts_.start_before_us && *parts_.start_before_us < longest_us)
        flow.start = before(*parts_.start_before_us);
    if (parts_.end_before_us && *parts_.end_before_us < longest_us) flow.end = before(*parts_.end_before_us);
    std::uint64_t duration_us = parts_.duration_us.value_or(0);
    if (parts_.duration_ms && *parts_.duration_ms < longest_us / 1000)
        duration_us = *parts_.duration_ms * 1000;
    const bool has_duration = (parts_.duration_us || parts_.duration_ms) && duration_us < longest_us;
    const std::int64_t duration_ns =
        static_cast<std::int64_t>(has_duration ? duration_us : 0) * nm::ns_per_us;
    const bool fits = flow.start.ns < std::numeric_limits<std::int64_t>::max() - duration_ns;
    if (has_duration && flow.start.ns != 0 && flow.end.ns == 0 && fits)
        flow.end.ns = flow.start.ns + duration_ns;
    if (has_duration && flow.end.ns != 0 && flow.start.ns == 0) flow.start.ns = flow.end.ns - duration_ns;
}

void Netflow::fill_sampling(nm::FlowRecord& flow) {
    const auto take = [&flow](std::uint32_t rate, nm::RateSource source) {
        flow.sampling_rate = rate;
        flow.rate_source = source;
    };
    if (flow.sampling_rate) {
        if (template_->uses_parts() && parts_.sampling_space)
            flow.sampling_rate = rate_with_space(*flow.sampling_rate, *parts_.sampling_space);
        flow.rate_source = nm::RateSource::record;
        return;
    }
    if (flow.sampler_id && *flow.sampler_id != 0) {
        const auto known = domain_->sampler_rates.find(*flow.sampler_id);
        if (known == domain_->sampler_rates.end())
            ++domain_->stats.unknown_sampler;
        else
            take(known->second, nm::RateSource::sampler);
        return;
    }
    if (flow.in_if && !domain_->interface_rates.empty()) {
        const auto known = domain_->interface_rates.find(*flow.in_if);
        if (known != domain_->interface_rates.end()) {
            take(known->second, nm::RateSource::interface);
            return;
        }
    }
    if (domain_->sampling_rate)
        take(*domain_->sampling_rate, nm::RateSource::options);
    else if (header_rate_)
        take(*header_rate_, nm::RateSource::header);
}

void Netflow::finish_option(nm::FlowOption& option) {
    if (template_->uses_parts()) {
        if (option.sampling_rate && parts_.sampling_space)
            option.sampling_rate = rate_with_space(*option.sampling_rate, *parts_.sampling_space);
        if (!option.sampling_rate && parts_.sampling_size && parts_.sampling_population)
            option.sampling_rate = static_cast<std::uint32_t>(
                std::min<std::uint64_t>(*parts_.sampling_population / *parts_.sampling_size, 0xFFFFFFFFu));
        if (parts_.boot_ms) {
            option.boot_time = time_from(*parts_.boot_ms, Meaning::epoch_ms);
            const auto told = static_cast<std::int64_t>(option.boot_time.ns / nm::ns_per_ms);
            if (domain_->told_boot_ms && told > *domain_->told_boot_ms + boot_jitter_ms) {
                ++domain_->stats.restarts;
                domains_.forget_options(*domain_);
            }
            if (told > 0) domain_->told_boot_ms = told;
        }
    }
    note_sampling(option);
    if (domains_.keeps_names()) domains_.learn_names(*domain_, option);
}

void Netflow::note_sampling(const nm::FlowOption& option) {
    if (!option.sampling_rate || *option.sampling_rate == 0) return;
    const auto note = [&](auto& rates, auto id) {
        if (rates.size() >= domains_.limits().samplers_per_domain && !rates.contains(id)) return false;
        return rates.insert_or_assign(id, *option.sampling_rate).second;
    };
    if (option.sampler_id) {
        if (note(domain_->sampler_rates, *option.sampler_id)) ++domain_->stats.samplers;
    } else if (option.scope == nm::OptionScope::interface && option.scope_value.value_or(0) != 0) {
        note(domain_->interface_rates, static_cast<std::uint32_t>(*option.scope_value));
    } else if (option.if_index.value_or(0) != 0) {  // softflowd: interface 0 is all of them
        note(domain_->interface_rates, *option.if_index);
    } else if (is_of_whole_exporter(option, *template_)) {
        domain_->sampling_rate = option.sampling_rate;
    }
}

}  // namespace nmflowtool
