#include "decode/wire_netflow.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace nmflowtool {
namespace {

using nm::ByteReader;
using nm::ExportProtocol;
using nm::FlowFault;

constexpr std::uint16_t first_data_set = 256;
constexpr std::size_t set_header = 4;
constexpr std::uint16_t padding = 210;

// The records of the versions without templates.
const std::vector<TemplateField> begin_of_all{{0, 8, 4},  {0, 12, 4}, {0, 15, 4}, {0, 10, 2},
                                              {0, 14, 2}, {0, 2, 4},  {0, 1, 4},  {0, 22, 4},
                                              {0, 21, 4}, {0, 7, 2},  {0, 11, 2}};
const std::vector<TemplateField> end_of_version1{
    {0, padding, 2}, {0, 4, 1}, {0, 5, 1}, {0, 6, 1}, {0, padding, 11}};
const std::vector<TemplateField> end_of_version5{{0, padding, 1}, {0, 6, 1},  {0, 4, 1},
                                                 {0, 5, 1},       {0, 16, 2}, {0, 17, 2},
                                                 {0, 9, 1},       {0, 13, 1}, {0, padding, 2}};
// Behind the fields of v5 an address of a router that was bypassed.
const std::vector<TemplateField> end_of_version7{{0, padding, 1}, {0, 6, 1},      {0, 4, 1}, {0, 5, 1},
                                                 {0, 16, 2},      {0, 17, 2},     {0, 9, 1}, {0, 13, 1},
                                                 {0, padding, 2}, {0, padding, 4}};

Template fixed_template_with(const std::vector<TemplateField>& end) {
    std::vector<TemplateField> fields = begin_of_all;
    fields.insert(fields.end(), end.begin(), end.end());
    return Template(std::move(fields), 0, false, Dialect::netflow);
}

}  // namespace

Netflow::Netflow(DomainTable& domains, const FlowMembers& wanted, TemplateScope scope)
    : domains_(domains),
      wanted_(wanted),
      scope_(scope),
      fixed_templates_{fixed_template_with(end_of_version1), fixed_template_with(end_of_version5),
                       fixed_template_with(end_of_version7)} {}

Template& Netflow::fixed_template() {
    if (protocol_ == ExportProtocol::netflow1) return fixed_templates_[0];
    return fixed_templates_[protocol_ == ExportProtocol::netflow5 ? 1 : 2];
}

bool Netflow::open(ExportProtocol protocol, const Datagram& datagram) {
    protocol_ = protocol;
    dialect_ = protocol == ExportProtocol::ipfix ? Dialect::ipfix : Dialect::netflow;
    message_ = ByteReader(datagram.payload);
    rest_ = ByteReader();
    header_rate_.reset();
    datagram_ = datagram;
    switch (protocol) {
        case ExportProtocol::netflow9:
            return open_version9(datagram);
        case ExportProtocol::ipfix:
            if (!open_message(datagram)) return false;
            ++domain_->stats.datagrams;
            return true;
        default:
            return open_fixed(datagram);
    }
}

void Netflow::begin(const Datagram& datagram, std::uint32_t domain) {
    const std::uint16_t port = scope_ == TemplateScope::port ? datagram.sender_port : std::uint16_t{0};
    domain_ = &domains_.get({protocol_, datagram.sender, domain, port});
    domain_->last_seen = datagram.ts;
    counted_ = 0;
    data_records_ = 0;
    slack_ = 0;
    all_known_ = true;
    has_sequence_ = protocol_ != ExportProtocol::netflow1;
    template_ = nullptr;
    blank_ = {};
    blank_.ts = datagram.ts;
    blank_.exporter = datagram.sender;
    const bool has_domain = protocol_ != ExportProtocol::netflow1 && protocol_ != ExportProtocol::netflow7;
    if (has_domain) blank_.obs_domain = domain;
}

// Versions 1, 5 and 7: version, count, uptime, unix seconds and nanoseconds; then (5 and 7) the number of
// flows sent before; then (5) engine type and id, and two bits of sampling mode with 14 of interval.
bool Netflow::open_fixed(const Datagram& datagram) {
    message_.skip(2);
    announced_ = message_.u16();
    message_clock_.uptime_ms = message_.u32();
    message_clock_.unix_s = message_.u32();
    message_clock_.unix_ns = std::min(message_.u32(), 999'999'999u);
    const bool is_numbered = protocol_ != ExportProtocol::netflow1;
    const std::uint32_t sequence = is_numbered ? message_.u32() : 0;
    std::uint32_t engine = 0;
    if (protocol_ == ExportProtocol::netflow5) {
        engine = message_.u16();
        const std::uint32_t interval = message_.u16() & 0x3FFFu;
        if (interval != 0) header_rate_ = interval;
    } else if (is_numbered) {
        message_.skip(4);
    }
    if (!message_.ok()) return false;
    begin(datagram, engine);
    ++domain_->stats.datagrams;
    if (is_numbered) see_uptime(sequence);
    Template& layout = fixed_template();
    const std::size_t whole = std::min<std::size_t>(announced_, message_.left() / layout.min_length());
    if (whole != announced_ || whole * layout.min_length() != message_.left()) {
        ++domain_->stats.count_mismatches;
        if (whole < announced_) {
            ++domain_->stats.truncated_datagrams;
            fault(FlowFault::datagram_cut, datagram.payload);
        }
    }
    data_records_ = announced_;
    all_known_ = false;  // the count has been compared
    template_id_ = 0;
    begin_records(layout, message_.sub(whole * layout.min_length()), message_clock_, datagram.ts);
    domain_->stats.trailing_bytes += message_.left();
    message_ = ByteReader();
    return true;
}

bool Netflow::open_version9(const Datagram& datagram) {
    message_.skip(2);
    announced_ = message_.u16();
    message_clock_.uptime_ms = message_.u32();
    message_clock_.unix_s = message_.u32();
    message_clock_.unix_ns = 0;
    const std::uint32_t sequence = message_.u32();
    const std::uint32_t source_id = message_.u32();
    if (!message_.ok()) return false;
    begin(datagram, source_id);
    ++domain_->stats.datagrams;
    see_uptime(sequence);
    return true;
}

// RFC 7011 section 3.1: version, length, export time, number of data records sent before, domain. A length
// beyond the datagram is cut to it: the whole sets in there are good.
bool Netflow::open_message(const Datagram& datagram) {
    constexpr std::size_t header = 16;
    const nm::Bytes whole = message_.rest();
    message_.skip(2);
    const std::size_t length = message_.u16();
    message_clock_ = {0, message_.u32(), 0};
    const std::uint32_t sequence = message_.u32();
    const std::uint32_t domain = message_.u32();
    if (!message_.ok() || length < header) return false;
    begin(datagram, domain);
    domain_->sequence.begin_records(sequence, domain_->stats);
    const std::size_t body = length - header;
    if (body > message_.left()) {
        ++domain_->stats.truncated_datagrams;
        fault(FlowFault::datagram_cut, whole);
        slack_ += static_cast<std::uint32_t>(body - message_.left());
        rest_ = ByteReader();
        return true;
    }
    const ByteReader inside = message_.sub(body);
    rest_ = message_;
    message_ = inside;
    return true;
}

// When the exporter started again, its templates and samplers are void (RFC 3954 section 7). A datagram of an
// earlier start has another numbering, which is not followed.
void Netflow::see_uptime(std::uint32_t sequence) {
    switch (domain_->boots.see(message_clock_, datagram_.ts, domain_->sequence.is_behind(sequence))) {
        case BootTimes::Seen::current:
            break;
        case BootTimes::Seen::restarted:
            ++domain_->stats.restarts;
            domain_->sequence.restart();
            domains_.give_up_waiting(*domain_);
            domains_.forget_templates(*domain_);
            domains_.forget_options(*domain_);
            break;
        case BootTimes::Seen::returned:
            domain_->sequence.restart();
            break;
        case BootTimes::Seen::other:
            ++domain_->stats.datagrams_other_start;
            has_sequence_ = false;
            return;
    }
    if (protocol_ == ExportProtocol::netflow9)
        domain_->sequence.see(sequence, domain_->stats);
    else
        domain_->sequence.begin_records(sequence, domain_->stats);
}

Netflow::Got Netflow::next(nm::FlowRecord& flow, nm::FlowOption& option) {
    for (;;) {
        if (template_) {
            if (set_.left() < template_->min_length()) {
                end_records();
            } else if (const Got got = read_record(flow, option); got != Got::nothing) {
                return got;
            }
        } else if (replayed_ < replay_.size()) {
            begin_replay();
        } else if (!next_set() && !close()) {
            return Got::nothing;
        }
    }
}

// Reads the next set; false at the end of the message. A length that runs past the message is cut to it: the
// whole records in there are good.
bool Netflow::next_set() {
    if (!replay_.empty()) {
        replay_.clear();
        replayed_ = 0;
        is_replay_ = false;
    }
    if (message_.left() < set_header) return false;
    const nm::Bytes from_here = message_.rest();
    const std::uint16_t id = message_.u16();
    const std::size_t length = message_.u16();
    if (length < set_header) {
        if (!is_zero(from_here)) {  // some exporters fill their datagrams up with zeros
            ++domain_->stats.malformed_sets;
            lose_count(FlowFault::set_length, from_here);
        }
        domain_->stats.trailing_bytes += from_here.size();
        message_ = ByteReader();
        return false;
    }
    std::size_t body = length - set_header;
    if (body > message_.left()) {
        ++domain_->stats.malformed_sets;
        lose_count(FlowFault::set_length, from_here);
        body = message_.left();
    }
    const ByteReader set = message_.sub(body);
    const std::uint16_t template_set = dialect_ == Dialect::ipfix ? 2 : 0;
    if (id == template_set) {
        read_templates(set);
    } else if (id == template_set + 1) {
        read_options_templates(set);
    } else if (id >= first_data_set) {
        begin_data(id, set);
    } else {
        ++domain_->stats.unknown_sets;
        lose_count(FlowFault::set_reserved, from_here);
    }
    return true;
}

void Netflow::begin_data(std::uint16_t id, ByteReader set) {
    const auto known = domain_->templates.find(id);
    template_id_ = id;
    ++domain_->stats.data_sets;
    if (known != domain_->templates.end()) {
        begin_records(known->second, set, message_clock_, datagram_.ts);
        return;
    }
    all_known_ = false;
    slack_ += static_cast<std::uint32_t>(set.left());
    domains_.wait(*domain_, id, message_clock_, datagram_.ts, set.rest());
}

void Netflow::begin_records(Template& layout, ByteReader set, const ExportClock& clock, nm::Time ts) {
    layout.compile(wanted_);
    template_ = &layout;
    set_ = set;
    parts_ = {};
    clock_ = clock;
    blank_.ts = ts;
}

// Padding is shorter than any record, and zero (RFC 3954 section 5.3, RFC 7011 section 3.3.1); where a set is
// padded to 4 bytes exporters send whatever they have.
void Netflow::end_records() {
    constexpr std::size_t shortest_of_note = 4;
    if (set_.left() >= shortest_of_note && !is_zero(set_.rest()))
        domain_->stats.trailing_bytes += set_.left();
    template_ = nullptr;
}

void Netflow::begin_replay() {
    const WaitingSet& waited = replay_[replayed_++];
    is_replay_ = true;
    template_id_ = waited.template_id;
    const auto known = domain_->templates.find(waited.template_id);
    if (known == domain_->templates.end()) {  // learnt and voided within one set
        domains_.lose_recovered(*domain_, waited.bytes);
        return;
    }
    begin_records(known->second, ByteReader(waited.bytes), waited.clock, waited.ts);
}

// The end of a message; true when the datagram has another one behind it, as some exporters and files of
// IPFIX messages do.
bool Netflow::close() {
    if (!domain_) return false;
    if (message_.left() > 0) domain_->stats.trailing_bytes += message_.left();
    message_ = ByteReader();
    if (all_known_ && counted_ != announced_ && protocol_ == ExportProtocol::netflow9) {
        ++domain_->stats.count_mismatches;
    }
    if (has_sequence_ && protocol_ != ExportProtocol::netflow9)
        domain_->sequence.end_records(data_records_, slack_, domain_->stats);
    Domain& closed = *std::exchange(domain_, nullptr);
    if (rest_.left() == 0) return false;
    message_ = std::exchange(rest_, ByteReader());
    const nm::Bytes behind = message_.rest();
    const bool is_message = behind.size() >= 16 && behind[0] == 0 && behind[1] == 10;
    if (is_message && open_message(datagram_)) return true;
    closed.stats.trailing_bytes += behind.size();
    domain_ = nullptr;
    return false;
}

Netflow::Got Netflow::read_record(nm::FlowRecord& flow, nm::FlowOption& option) {
    const nm::Bytes before = set_.rest();
    if (template_->uses_parts()) parts_ = {};
    bool whole = false;
    if (template_->is_options()) {
        option = {};
        option.ts = blank_.ts;
        option.exporter = blank_.exporter;
        option.obs_domain = blank_.obs_domain;
        option.template_id = template_id_;
        whole = template_->apply(set_, clock_, option, parts_);
    } else {
        std::memcpy(static_cast<void*>(&flow), &blank_, wanted_.extent());
        whole = template_->apply(set_, clock_, flow, parts_);
    }
    if (!whole) {
        ++domain_->stats.malformed_records;
        lose_count(FlowFault::record_overruns, before);
        set_ = ByteReader();
        return Got::nothing;
    }
    wire_ = {before.first(before.size() - set_.left()), template_, &domain_->templates};
    if (!is_replay_) {
        ++counted_;
        if (dialect_ == Dialect::ipfix) ++data_records_;
    }
    domains_.prove(*domain_);
    if (template_->is_options()) {
        ++domain_->stats.option_records;
        finish_option(option);
        return Got::option;
    }
    ++domain_->stats.records;
    finish_flow(flow);
    return Got::flow;
}

void Netflow::fault(FlowFault kind, nm::Bytes bytes) {
    note_fault(domain_->stats, kind, bytes);
}

// A fault that leaves open how many records the message had.
void Netflow::lose_count(FlowFault kind, nm::Bytes bytes) {
    fault(kind, bytes);
    all_known_ = false;
    slack_ += static_cast<std::uint32_t>(bytes.size());
}

}  // namespace nmflowtool
