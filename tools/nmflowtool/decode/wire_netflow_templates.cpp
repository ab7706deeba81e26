#include "decode/wire_netflow.hpp"

namespace nmflowtool {
namespace {

using nm::ByteReader;
using nm::FlowFault;

constexpr std::uint16_t first_data_set = 256;
// nProbe's elements in NetFlow v9, where there is no enterprise number to name them by.
constexpr std::uint16_t first_ntop = 57472;
constexpr std::uint16_t last_ntop = first_ntop + 1037;

}  // namespace

// RFC 3954 section 5.2 and RFC 7011 section 3.4.1: id, number of fields, then the fields; several templates
// in a set. In IPFIX a template without fields takes itself back (section 8.1).
void Netflow::read_templates(ByteReader set) {
    while (set.left() >= 4) {
        const nm::Bytes from_here = set.rest();
        const std::uint16_t id = set.u16();
        const std::size_t count = set.u16();
        if (dialect_ == Dialect::ipfix && count == 0 && id != 0) {
            withdraw(id, false);
            continue;
        }
        std::vector<TemplateField> fields(std::min(count, set.left() / 4));
        if (id < first_data_set || fields.size() < count || !read_fields(set, fields, 0)) {
            // All zero is padding that the exporter counted into the set.
            if (id == 0 && count == 0) return;
            ++domain_->stats.malformed_templates;
            lose_count(FlowFault::template_unusable, from_here);
            return;
        }
        ++counted_;
        learn(id, Template(std::move(fields), 0, false, dialect_));
    }
}

// RFC 3954 section 6.1: id, bytes of scope fields, bytes of option fields, then the fields.
// RFC 7011 section 3.4.2.2: id, number of fields, of which so many are scope fields, then the fields.
void Netflow::read_options_templates(ByteReader set) {
    const bool is_ipfix = dialect_ == Dialect::ipfix;
    while (set.left() >= (is_ipfix ? 4u : 6u)) {
        const nm::Bytes from_here = set.rest();
        const std::uint16_t id = set.u16();
        const std::size_t first = set.u16();
        if (is_ipfix && first == 0 && id != 0) {
            withdraw(id, true);
            continue;
        }
        const std::size_t second = set.u16();
        const std::size_t count = is_ipfix ? first : (first + second) / 4;
        const std::size_t scope_fields = is_ipfix ? second : first / 4;
        const bool fits = is_ipfix ? second <= first : first % 4 == 0 && second % 4 == 0;
        std::vector<TemplateField> fields(std::min(count, set.left() / 4));
        if (id < first_data_set || !fits || fields.size() < count ||
            !read_fields(set, fields, is_ipfix ? 0 : scope_fields)) {
            if (id == 0) return;
            ++domain_->stats.malformed_templates;
            lose_count(FlowFault::template_unusable, from_here);
            return;
        }
        ++counted_;
        learn(id, Template(std::move(fields), scope_fields, true, dialect_));
    }
}

// Number and length of each field; in IPFIX the highest bit says that an enterprise number follows (RFC 7011
// section 3.2). scope_fields of a v9 options template have a number space of their own.
bool Netflow::read_fields(ByteReader& set, std::vector<TemplateField>& fields, std::size_t scope_fields) {
    for (std::size_t i = 0; i < fields.size(); ++i) {
        TemplateField& field = fields[i];
        field.id = set.u16();
        field.length = set.u16();
        if (i < scope_fields) {
            field.enterprise = scope_enterprise;
        } else if (dialect_ == Dialect::ipfix && (field.id & 0x8000u) != 0) {
            field.id &= 0x7FFFu;
            field.enterprise = set.u32();
        } else if (dialect_ == Dialect::netflow && field.id >= first_ntop && field.id <= last_ntop) {
            field.id = static_cast<std::uint16_t>(field.id - first_ntop);
            field.enterprise = ntop_enterprise;
        }
    }
    return set.ok();
}

// The id of the set itself withdraws all templates of its kind.
void Netflow::withdraw(std::uint16_t id, bool are_options) {
    const std::uint16_t all = are_options ? 3 : 2;
    if (id == all)
        domains_.withdraw_all(*domain_, are_options);
    else
        domains_.withdraw(*domain_, id);
}

void Netflow::learn(std::uint16_t id, Template fresh) {
    const bool is_usable =
        fresh.min_length() > 0 && fresh.fields().size() <= domains_.limits().fields_per_template;
    if (!is_usable) domains_.forget_template(*domain_, id);
    if (!is_usable || !domains_.learn(*domain_, id, std::move(fresh))) {
        ++domain_->stats.malformed_templates;
        fault(FlowFault::template_unusable, {});
        return;
    }
    domains_.take_waiting(*domain_, id, replay_);
}

}  // namespace nmflowtool
