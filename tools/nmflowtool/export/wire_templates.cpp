// NetFlow version 9 (RFC 3954) and IPFIX (RFC 7011). A template for each set of elements that flows have, so
// that what is absent stays absent; sent before its first use, and again before its first use after a
// refresh. Sampling rates go as options records, before the first flow that they hold for.
#include <algorithm>
#include <array>
#include <limits>
#include <unordered_map>
#include <utility>

#include "export/carried_elements.hpp"
#include "export/flow_stream.hpp"

namespace nmflowtool {
namespace {

// What the elements carry, and what the header, the options and other elements tell.
const CarriedFields& carried() {
    static const CarriedFields fields = [] {
        CarriedFields made{"ts", "proto", "icmp_code", "obs_domain", "rate_source"};
        for (const CarriedElement& row : carried_elements()) made.add(flow_key(*find_element(0, row.id)));
        return made;
    }();
    return fields;
}

constexpr std::uint16_t exporter_options = 256;  // the sampling rate of all flows
constexpr std::uint16_t sampler_options = 257;   // that of one sampler
constexpr std::uint16_t first_template = 258;
constexpr std::size_t most_templates = 1024;
constexpr std::size_t most_samplers = 4096;
constexpr std::size_t options_bytes = 64;  // an options template and its record take less
constexpr std::size_t set_header = 4;
constexpr std::size_t longest_padding = 3;

struct OptionField {
    std::uint16_t id;
    std::uint16_t width;
};
// samplingInterval; samplerId and samplerRandomInterval. The older elements, in IPFIX too: "one in N" is all
// we know, and every collector reads them.
constexpr OptionField exporter_fields[] = {{34, 4}, {35, 1}};
constexpr OptionField sampler_fields[] = {{48, 4}, {49, 1}, {50, 4}};

class TemplateStream final : public FlowStream {
  public:
    using FlowStream::FlowStream;

    void add(const nm::FlowRecord& flow) override;
    void flush() override;

  private:
    struct Layout {
        std::uint16_t id = 0;
        std::size_t record_bytes = 0;
        std::uint64_t sent_in = 0;  // the refresh period it was last sent in
    };
    struct Rate {
        std::uint32_t rate = 0;
        std::uint64_t sent_in = 0;
    };
    static constexpr std::uint32_t whole_exporter = 0;  // in the place of a sampler id

    bool is_ipfix() const { return options_.protocol == ExportAs::ipfix; }
    RecordForm form_of(const nm::FlowRecord& flow);
    std::optional<std::uint32_t> sampler_of(const nm::FlowRecord& flow) const;
    bool is_told(std::uint32_t sampler, std::uint32_t rate) const;
    Layout& layout_of(const ElementSet& set);

    void open_datagram();
    void begin_set(std::uint16_t id);
    void close_set();
    void write_template(const ElementSet& set, Layout& layout);
    void tell_rate(std::uint32_t sampler, std::uint32_t rate);
    void write_options_template(std::uint16_t id, std::span<const OptionField> fields);

    std::uint32_t sequence_ = 0;  // NetFlow v9: datagrams; IPFIX: data records, those of options included
    std::uint64_t period_ = 0;    // of template refreshes, from 1
    std::uint64_t period_datagrams_ = 0;
    nm::Time period_start_;
    ElementSet sticky_;
    std::unordered_map<ElementSet, Layout, ElementSet::Hash> layouts_;
    std::uint16_t next_id_ = first_template;
    std::unordered_map<std::uint32_t, Rate> rates_;   // by sampler
    std::array<std::uint64_t, 2> options_sent_in_{};  // of the two options templates
    std::size_t set_at_ = 0;                          // of the open set, 0: none
    std::uint16_t set_id_ = 0;
    std::uint16_t records_ = 0;       // NetFlow v9 counts records and templates
    std::uint32_t data_records_ = 0;  // IPFIX counts data records
    std::uint64_t flows_ = 0;
};

void TemplateStream::add(const nm::FlowRecord& flow) {
    see_time(flow);
    RecordForm form = form_of(flow);
    const auto sampler = sampler_of(flow);
    form.rate_in_record = !sampler;
    form.exporter_in_record = options_.exporter_in_record;
    ElementSet set = elements_of(flow, form);
    if (set.empty() || !(flow.src_ip.is_set() || flow.dst_ip.is_set())) {
        ++books_.not_carried;
        return;
    }
    books_.note_lost(flow, carried());
    sticky_.add_common(set, zero_is_unknown());
    set.add(sticky_);
    Layout& layout = layout_of(set);

    const bool must_tell_rate = sampler && flow.sampling_rate;
    std::size_t needed = longest_padding + set_header + layout.record_bytes + longest_padding;
    if (must_tell_rate && !is_told(*sampler, *flow.sampling_rate)) needed += options_bytes;
    if (layout.sent_in != period_) needed += 2 * set_header + 4 * set.size();
    if (out_.size() + needed > options_.payload_bytes) flush();
    if (out_.size() == 0) open_datagram();

    if (must_tell_rate && !is_told(*sampler, *flow.sampling_rate)) tell_rate(*sampler, *flow.sampling_rate);
    if (layout.sent_in != period_) write_template(set, layout);
    if (set_id_ != layout.id) begin_set(layout.id);
    write_elements(flow, form, set, out_);
    ++records_;
    ++data_records_;
    ++flows_;
}

RecordForm TemplateStream::form_of(const nm::FlowRecord& flow) {
    RecordForm form;
    form.boot_ms = clock_.boot_ms();
    const bool whole_ms = flow.start.ns % nm::ns_per_ms == 0 && flow.end.ns % nm::ns_per_ms == 0;
    const bool whole_event = flow.event_time.ns % nm::ns_per_ms == 0;
    const bool whole_us = flow.start.ns % nm::ns_per_us == 0 && flow.end.ns % nm::ns_per_us == 0;
    if (is_ipfix()) {
        form.times = whole_ms ? TimeForm::epoch_ms : TimeForm::epoch_us;
        books_.times_rounded += !whole_us || !whole_event;
        return form;
    }
    books_.times_rounded += !whole_ms || !whole_event;
    const auto fits = [&](nm::Time time) { return time.ns == 0 || clock_.can_tell(time, latest_); };
    form.times = fits(flow.start) && fits(flow.end) ? TimeForm::uptime_ms : TimeForm::epoch_ms;
    return form;
}

// Whose rate the flow has, when options can tell it; nothing when it must stand in the record. A flow without
// a rate needs none of it.
std::optional<std::uint32_t> TemplateStream::sampler_of(const nm::FlowRecord& flow) const {
    if (!flow.sampling_rate) return whole_exporter;
    const nm::RateSource source = flow.rate_source.value_or(nm::RateSource::options);
    if (flow.sampler_id > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
    const auto sampler = static_cast<std::uint32_t>(flow.sampler_id.value_or(whole_exporter));
    const bool is_of_sampler = source == nm::RateSource::sampler && sampler != whole_exporter;
    const bool is_by_user = source == nm::RateSource::assumed || source == nm::RateSource::override_;
    const bool is_told_once =
        source == nm::RateSource::options || source == nm::RateSource::header || is_by_user;
    const bool is_of_exporter = is_told_once && sampler == whole_exporter;
    if (!is_of_sampler && !is_of_exporter) return std::nullopt;
    if (rates_.size() >= most_samplers && !rates_.contains(sampler)) return std::nullopt;
    return sampler;
}

bool TemplateStream::is_told(std::uint32_t sampler, std::uint32_t rate) const {
    const auto found = rates_.find(sampler);
    return found != rates_.end() && found->second.rate == rate && found->second.sent_in == period_;
}

TemplateStream::Layout& TemplateStream::layout_of(const ElementSet& set) {
    const auto found = layouts_.find(set);
    if (found != layouts_.end()) return found->second;
    // Far more than real exporters have. Ids go round; one that comes again is a new template to collectors.
    if (layouts_.size() >= most_templates) layouts_.clear();
    Layout& layout = layouts_[set];
    layout.id = next_id_;
    layout.record_bytes = width_of(set);
    next_id_ = next_id_ == 0xFFFF ? first_template : static_cast<std::uint16_t>(next_id_ + 1);
    return layout;
}

void TemplateStream::open_datagram() {
    period_start_ = std::min(period_start_, latest_);  // the time of the flows may have gone back
    const bool is_due = period_datagrams_ >= options_.template_datagrams ||
                        latest_.ns - period_start_.ns >= options_.template_ns;
    if (period_ == 0 || is_due) {
        ++period_;
        period_datagrams_ = 0;
        period_start_ = latest_;
    }
    ++period_datagrams_;
    out_.u16(is_ipfix() ? 10 : 9);
    out_.zeros(is_ipfix() ? 6 : 10);  // length and time; count, uptime and time: known when it leaves
    out_.u32(sequence_);
    out_.u32(domain_);
}

void TemplateStream::begin_set(std::uint16_t id) {
    close_set();
    set_at_ = out_.size();
    set_id_ = id;
    out_.u16(id);
    out_.u16(0);
}

// NetFlow v9 pads sets to 4 bytes (RFC 3954 section 5.3); IPFIX leaves it open (RFC 7011 section 3.3.1).
void TemplateStream::close_set() {
    if (set_at_ == 0) return;
    if (!is_ipfix()) out_.zeros((4 - out_.size() % 4) % 4);
    out_.patch_u16(set_at_ + 2, static_cast<std::uint16_t>(out_.size() - set_at_));
    set_at_ = 0;
    set_id_ = 0;
}

void TemplateStream::write_template(const ElementSet& set, Layout& layout) {
    begin_set(is_ipfix() ? 2 : 0);
    out_.u16(layout.id);
    out_.u16(static_cast<std::uint16_t>(set.size()));
    const auto& rows = carried_elements();
    set.for_each([&](std::size_t row) {
        out_.u16(rows[row].id);
        out_.u16(rows[row].width);
    });
    close_set();
    ++records_;
    layout.sent_in = period_;
    ++books_.templates;
}

void TemplateStream::tell_rate(std::uint32_t sampler, std::uint32_t rate) {
    const bool is_whole = sampler == whole_exporter;
    const std::uint16_t id = is_whole ? exporter_options : sampler_options;
    std::uint64_t& sent_in = options_sent_in_[is_whole ? 0 : 1];
    if (sent_in != period_) {
        if (is_whole)
            write_options_template(id, exporter_fields);
        else
            write_options_template(id, sampler_fields);
        sent_in = period_;
    }
    constexpr std::uint8_t one_in_n = 1;  // samplingAlgorithm, samplerMode: the nth packet
    begin_set(id);
    out_.u32(domain_);
    if (!is_whole) {
        out_.u32(sampler);
        out_.u8(one_in_n);
    }
    out_.u32(rate);
    if (is_whole) out_.u8(one_in_n);
    close_set();
    ++records_;
    ++data_records_;
    ++books_.options;
    rates_[sampler] = {rate, period_};
}

// The scope is the whole exporter: in NetFlow v9 scope type "system" (RFC 3954 section 6.1), in IPFIX element
// observationDomainId (RFC 7011 section 3.4.2.1).
void TemplateStream::write_options_template(std::uint16_t id, std::span<const OptionField> fields) {
    begin_set(is_ipfix() ? 3 : 1);
    out_.u16(id);
    if (is_ipfix()) {
        out_.u16(static_cast<std::uint16_t>(1 + fields.size()));
        out_.u16(1);
        out_.u16(149);
    } else {
        out_.u16(4);
        out_.u16(static_cast<std::uint16_t>(4 * fields.size()));
        out_.u16(1);
    }
    out_.u16(4);
    for (const OptionField& field : fields) {
        out_.u16(field.id);
        out_.u16(field.width);
    }
    close_set();
    ++records_;
    ++books_.templates;
}

void TemplateStream::flush() {
    if (out_.size() == 0) return;
    close_set();
    if (is_ipfix()) {
        out_.patch_u16(2, static_cast<std::uint16_t>(out_.size()));
        out_.patch_u32(4, static_cast<std::uint32_t>(latest_.ns / nm::ns_per_s));
        sequence_ += data_records_;
    } else {
        // The time has no fraction. A whole second, rounded up, so that time minus uptime is the same moment
        // in every datagram, and no flow ends after it.
        const std::int64_t unix_s = (latest_.ns + nm::ns_per_s - 1) / nm::ns_per_s;
        out_.patch_u16(2, records_);
        out_.patch_u32(4, clock_.uptime_ms(unix_s * 1000));
        out_.patch_u32(8, static_cast<std::uint32_t>(unix_s));
        ++sequence_;
    }
    records_ = 0;
    data_records_ = 0;
    send_out(std::exchange(flows_, 0));
}

}  // namespace

std::unique_ptr<FlowStream> make_template_stream(nm::IpAddress exporter, std::uint32_t domain,
                                                 const StreamOptions& options, ExportBooks& books,
                                                 const SendDatagram& send) {
    return std::make_unique<TemplateStream>(exporter, domain, options, books, send);
}

}  // namespace nmflowtool
