#include "decode/wire_netflow9.hpp"

#include <cstdlib>

namespace nmflowtool {
namespace {

using nm::ByteReader;

constexpr std::uint16_t template_set = 0;
constexpr std::uint16_t options_template_set = 1;
constexpr std::uint16_t first_data_set = 256;
constexpr std::size_t set_header = 4;
constexpr std::size_t longest_padding = 3;  // sets are padded to 4 bytes (RFC 3954 section 5.3)

constexpr std::uint8_t icmp = 1;
constexpr std::uint8_t tcp = 6;
constexpr std::uint8_t icmp6 = 58;

bool has_ports(std::uint8_t proto) {
    return proto == tcp || proto == 17 || proto == 33 || proto == 132 || proto == 136;
}

}  // namespace

bool Netflow9::open(const Datagram& datagram) {
    message_ = ByteReader(datagram.payload);
    message_.skip(2);  // version
    announced_ = message_.u16();
    message_clock_.uptime_ms = message_.u32();
    message_clock_.unix_s = message_.u32();
    const std::uint32_t sequence = message_.u32();
    const std::uint32_t source_id = message_.u32();
    if (!message_.ok()) return false;
    domain_ = &domains_.get({nm::ExportProtocol::netflow9, datagram.sender, source_id});
    message_ts_ = datagram.ts;
    counted_ = 0;
    all_known_ = true;
    template_ = nullptr;
    blank_ = {};
    blank_.exporter = datagram.sender;
    blank_.obs_domain = source_id;
    ++domain_->stats.datagrams;
    see_header(sequence);
    return true;
}

// The sequence going back can be a late datagram. When the exporter's boot time has moved on as well, it
// started again, and its templates and samplers are void (RFC 3954 section 7). An uptime that wraps moves the
// boot time by 2^32 ms exactly; a clock that is stepped leaves the sequence alone.
void Netflow9::see_header(std::uint32_t sequence) {
    constexpr std::int64_t tolerance_ms = 60'000;
    constexpr std::int64_t wrap_ms = std::int64_t{1} << 32;
    const std::int64_t boot_ms = std::int64_t{message_clock_.unix_s} * 1000 - message_clock_.uptime_ms;
    const std::int64_t moved_ms = boot_ms - domain_->boot_ms.value_or(boot_ms);
    const bool wrapped = std::abs(moved_ms - wrap_ms) < tolerance_ms;
    if (moved_ms > tolerance_ms && !wrapped && domain_->sequence.is_behind(sequence)) {
        ++domain_->stats.restarts;
        domain_->sequence.restart();
        domains_.forget_templates(*domain_);
        domain_->sampler_rates.clear();
        domain_->sampling_rate.reset();
    }
    if (!domain_->sequence.is_behind(sequence)) domain_->boot_ms = boot_ms;
    domain_->sequence.see(sequence, domain_->stats);
}

Netflow9::Got Netflow9::next(nm::FlowRecord& flow, nm::FlowOption& option) {
    for (;;) {
        if (template_) {
            if (set_.left() >= template_->record_length()) return read_record(flow, option);
            end_records();
        } else if (replayed_ < replay_.size()) {
            begin_replay();
        } else if (!next_set()) {
            close();
            return Got::nothing;
        }
    }
}

// Reads the next set; false at the end of the message. A length that runs past the message is cut to it: the
// whole records in there are good.
bool Netflow9::next_set() {
    if (!replay_.empty()) {
        replay_.clear();
        replayed_ = 0;
        is_replay_ = false;
    }
    if (message_.left() < set_header) return false;
    const std::uint16_t id = message_.u16();
    const std::size_t length = message_.u16();
    if (length < set_header) {
        ++domain_->stats.malformed_sets;
        domain_->stats.trailing_bytes += message_.left();
        message_ = ByteReader();
        all_known_ = false;
        return false;
    }
    std::size_t body = length - set_header;
    if (body > message_.left()) {
        ++domain_->stats.malformed_sets;
        all_known_ = false;
        body = message_.left();
    }
    const ByteReader set = message_.sub(body);
    if (id == template_set)
        read_templates(set);
    else if (id == options_template_set)
        read_options_templates(set);
    else if (id >= first_data_set)
        begin_data(id, set);
    else {
        ++domain_->stats.malformed_sets;  // 2 to 255 are reserved
        all_known_ = false;
    }
    return true;
}

// RFC 3954 section 5.2: id, number of fields, then type and length of each; several templates in a set.
void Netflow9::read_templates(ByteReader set) {
    while (set.left() >= 4) {
        const std::uint16_t id = set.u16();
        const std::size_t count = set.u16();
        if (id < first_data_set || count * 4 > set.left()) {
            // All zero is padding that the exporter counted into the set.
            if (id != 0 || count != 0) ++domain_->stats.malformed_templates, all_known_ = false;
            return;
        }
        ++counted_;
        if (count > domains_.limits().fields_per_template) {
            ++domain_->stats.malformed_templates;
            set.skip(count * 4);
            continue;
        }
        std::vector<TemplateField> fields(count);
        for (TemplateField& field : fields) {
            field.id = set.u16();
            field.length = set.u16();
        }
        learn(id, Template(std::move(fields), 0, false));
    }
}

// RFC 3954 section 6.1: id, bytes of scope fields, bytes of option fields, then the fields.
void Netflow9::read_options_templates(ByteReader set) {
    while (set.left() >= 6) {
        const std::uint16_t id = set.u16();
        const std::size_t scope_bytes = set.u16();
        const std::size_t option_bytes = set.u16();
        const std::size_t count = (scope_bytes + option_bytes) / 4;
        if (id < first_data_set || scope_bytes % 4 != 0 || option_bytes % 4 != 0 || count * 4 > set.left() ||
            count > domains_.limits().fields_per_template) {
            if (id != 0) ++domain_->stats.malformed_templates, all_known_ = false;
            return;
        }
        ++counted_;
        std::vector<TemplateField> fields(count);
        for (TemplateField& field : fields) {
            field.id = set.u16();
            field.length = set.u16();
        }
        learn(id, Template(std::move(fields), scope_bytes / 4, true));
    }
}

void Netflow9::learn(std::uint16_t id, Template fresh) {
    if (fresh.record_length() == 0) {
        ++domain_->stats.malformed_templates;
        domains_.forget_template(*domain_, id);
        return;
    }
    if (!domains_.learn(*domain_, id, std::move(fresh))) {
        ++domain_->stats.malformed_templates;
        return;
    }
    domains_.take_waiting(*domain_, id, replay_);
}

void Netflow9::begin_data(std::uint16_t id, ByteReader set) {
    const auto known = domain_->templates.find(id);
    template_id_ = id;
    if (known != domain_->templates.end()) {
        begin_records(known->second, set, message_clock_, message_ts_);
        return;
    }
    all_known_ = false;
    domains_.wait(*domain_, id, message_clock_, message_ts_, set.rest());
}

void Netflow9::begin_records(const Template& layout, ByteReader set, const ExportClock& clock, nm::Time ts) {
    template_ = &layout;
    set_ = set;
    clock_ = clock;
    blank_.ts = ts;
}

void Netflow9::end_records() {
    if (set_.left() > longest_padding) domain_->stats.trailing_bytes += set_.left();
    template_ = nullptr;
}

void Netflow9::begin_replay() {
    const WaitingSet& waited = replay_[replayed_++];
    is_replay_ = true;
    template_id_ = waited.template_id;
    const auto known = domain_->templates.find(waited.template_id);
    if (known == domain_->templates.end()) return;  // learnt and voided within one set
    begin_records(known->second, ByteReader(waited.bytes), waited.clock, waited.ts);
}

void Netflow9::close() {
    if (message_.left() > 0) domain_->stats.trailing_bytes += message_.left();
    message_ = ByteReader();
    if (all_known_ && counted_ != announced_) ++domain_->stats.count_mismatches;
    all_known_ = false;
}

Netflow9::Got Netflow9::read_record(nm::FlowRecord& flow, nm::FlowOption& option) {
    if (!is_replay_) ++counted_;
    if (template_->is_options()) {
        option = {};
        option.ts = blank_.ts;
        option.exporter = blank_.exporter;
        option.obs_domain = blank_.obs_domain;
        option.template_id = template_id_;
        template_->apply(set_, clock_, option);
        ++domain_->stats.option_records;
        note_option(option);
        return Got::option;
    }
    flow = blank_;
    template_->apply(set_, clock_, flow);
    finish_flow(flow);
    ++domain_->stats.records;
    domains_.prove(*domain_);
    return Got::flow;
}

// Exporters fill what does not apply with zeros, and put the ICMP type where others have the port.
void Netflow9::finish_flow(nm::FlowRecord& flow) {
    if (flow.proto_num) {
        const std::uint8_t proto = *flow.proto_num;
        flow.proto = static_cast<nm::Protocol>(proto);
        if (proto != tcp) flow.tcp_flags.reset();
        if (proto == icmp || proto == icmp6) {
            if (!flow.icmp_type && flow.dst_port) {
                flow.icmp_type = static_cast<std::uint8_t>(*flow.dst_port >> 8);
                flow.icmp_code = static_cast<std::uint8_t>(*flow.dst_port);
            }
        } else {
            flow.icmp_type.reset();
            flow.icmp_code.reset();
        }
        if (!has_ports(proto)) {
            flow.src_port.reset();
            flow.dst_port.reset();
        }
    }
    fill_sampling(flow);
}

void Netflow9::fill_sampling(nm::FlowRecord& flow) {
    if (flow.sampling_rate) {
        flow.rate_source = nm::RateSource::record;
        return;
    }
    if (flow.sampler_id && *flow.sampler_id != 0) {
        const auto known = domain_->sampler_rates.find(*flow.sampler_id);
        if (known == domain_->sampler_rates.end()) {
            ++domain_->stats.unknown_sampler;
            return;
        }
        flow.sampling_rate = known->second;
        flow.rate_source = nm::RateSource::sampler;
        return;
    }
    if (domain_->sampling_rate) {
        flow.sampling_rate = domain_->sampling_rate;
        flow.rate_source = nm::RateSource::options;
    }
}

void Netflow9::note_option(const nm::FlowOption& option) {
    if (!option.sampling_rate) return;
    if (option.sampler_id) {
        if (domain_->sampler_rates.size() >= domains_.limits().samplers_per_domain &&
            !domain_->sampler_rates.contains(*option.sampler_id)) {
            return;
        }
        if (domain_->sampler_rates.insert_or_assign(*option.sampler_id, *option.sampling_rate).second) {
            ++domain_->stats.samplers;
        }
    } else if (option.scope == nm::OptionScope::system || option.scope == nm::OptionScope::unknown) {
        domain_->sampling_rate = option.sampling_rate;
    }
}

}  // namespace nmflowtool
