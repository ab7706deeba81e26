// Elements that a template names several times: RFC 7011 section 8 allows it, in the order in which the
// exporter looked at the values; and the stack of MPLS labels, which has an element for each place.
#include <algorithm>

#include "decode/template.hpp"

namespace nmflowtool {
namespace {

const Mapping* kind_of(const TemplateField& field) {
    const bool is_label =
        field.enterprise == 0 && field.id >= mpls_top_id && field.id < mpls_top_id + mpls_places;
    return find_mapping(field.enterprise, is_label ? mpls_top_id : field.id);
}

}  // namespace

void Template::find_repeats(const FlowMembers& wanted) {
    std::unordered_map<const Mapping*, std::uint16_t> turns;
    std::vector<Repeat> found;
    for (std::size_t i = 0; i < fields_.size(); ++i) {
        const Mapping* mapping = kind_of(fields_[i]);
        if (mapping == nullptr || fields_[i].length == 0) continue;
        const auto offset = offset_of_value(*mapping);
        if (!offset || !wanted.has(*offset)) continue;
        std::uint16_t& turn = turns[mapping];
        if (turn < most_repeats) found.push_back({static_cast<std::uint16_t>(i), turn++, mapping});
    }
    // One alone is in the flow, unless it is a label below the top.
    std::erase_if(found, [&](const Repeat& repeat) {
        return turns[repeat.mapping] == 1 && fields_[repeat.field].id == repeat.mapping->id;
    });
    repeats_ = std::move(found);
    repeats_.shrink_to_fit();
}

void Template::expand(nm::Bytes record, const nm::FlowRecord& flow, std::vector<nm::FlowRecord>& out) const {
    out.clear();
    nm::ByteReader in(record);
    std::size_t next = 0;
    for (const Repeat& repeat : repeats_) {
        nm::Bytes value;
        for (; next <= repeat.field; ++next) {
            const TemplateField& field = fields_[next];
            value = in.bytes(is_variable(field) ? read_variable_length(in) : field.length);
        }
        if (!in.ok()) return;
        if (out.size() <= repeat.turn) out.resize(repeat.turn + std::size_t{1}, flow);
        store_value(*repeat.mapping, value, out[repeat.turn]);
    }
}

}  // namespace nmflowtool
