#include "decode/template.hpp"

#include <algorithm>

#include "decode/template_elements.hpp"

namespace nmflowtool {
namespace {

using nm::ByteReader;

// An element of one IP version holds no address of the other.
bool version_fits(const TemplateField& field) {
    const Element* element = find_element(field.enterprise, field.id);
    if (element == nullptr) return true;
    if (element->type == DataType::ipv4) return field.length == 4;
    return element->type != DataType::ipv6 || field.length == 16;
}

}  // namespace

bool width_fits(Meaning meaning, std::size_t width) {
    switch (meaning) {
        case Meaning::address:
        case Meaning::nonzero_address:
            return width == 4 || width == 16;
        case Meaning::mac:
            return width == 6;
        case Meaning::text:
            return width > 0;
        case Meaning::mpls_label:
            return width == 3;
        case Meaning::epoch_us:
        case Meaning::epoch_ns:
            return width == 8;
        case Meaning::probability:
            return width == 4 || width == 8;
        case Meaning::application:
            return width >= 2 && width <= 9;
        default:
            return width >= 1 && width <= 8;
    }
}

Template::Template() = default;
Template::Template(Template&&) noexcept = default;
Template& Template::operator=(Template&&) noexcept = default;
Template::~Template() = default;

Template::Template(std::vector<TemplateField> fields, std::size_t scope_fields, bool is_options,
                   Dialect dialect)
    : fields_(std::move(fields)),
      scope_fields_(static_cast<std::uint16_t>(scope_fields)),
      dialect_(dialect),
      is_options_(is_options) {
    for (const TemplateField& field : fields_) {
        const bool variable = is_variable(field);
        min_length_ += variable ? 1u : field.length;
        if (variable) is_fixed_ = false;
    }
}

void Template::compile(const FlowMembers& wanted) {
    if (is_compiled_) return;
    is_compiled_ = true;
    if (is_options_) {
        compile(&Mapping::option, wanted);
    } else {
        compile(&Mapping::flow, wanted);
        find_repeats(wanted);
    }
}

const ElementPlan& Template::plan() const {
    if (!plan_) plan_ = std::make_unique<ElementPlan>(*this);
    return *plan_;
}

template <class Record>
Template::Step Template::step_for(const Mapping& mapping, const Member<Record>& member, std::uint16_t width) {
    static const Record sample{};
    static const Parts parts{};
    Step step{static_cast<Store>(member.index()), mapping.meaning, 0, width};
    if (step.store == Store::skip) return step;
    if (mapping.meaning == Meaning::icmp_type_code) step.store = Store::icmp;
    std::visit(
        [&step](auto pointer) {
            using Pointer = decltype(pointer);
            const auto offset_of = [](const auto& object, auto pointer_to_member) {
                return static_cast<std::uint16_t>(
                    reinterpret_cast<const char*>(&(object.*pointer_to_member)) -
                    reinterpret_cast<const char*>(&object));
            };
            if constexpr (std::is_same_v<Pointer, std::optional<std::uint64_t> Parts::*>)
                step.offset = offset_of(parts, pointer);
            else if constexpr (!std::is_same_v<Pointer, std::monostate>)
                step.offset = offset_of(sample, pointer);
        },
        member);
    return step;
}

// Where the header has an uptime, an uptime in the record is a time at once.
template <class Record>
const Member<Record>& Template::direct(const TemplateField& field, const Member<Record>& member) const {
    static const Member<Record> start = [] {
        if constexpr (std::is_same_v<Record, nm::FlowRecord>) return Member<Record>(&nm::FlowRecord::start);
        return Member<Record>();
    }();
    static const Member<Record> end = [] {
        if constexpr (std::is_same_v<Record, nm::FlowRecord>) return Member<Record>(&nm::FlowRecord::end);
        return Member<Record>();
    }();
    if (dialect_ != Dialect::netflow || field.enterprise != 0) return member;
    return field.id == 22 ? start : field.id == 21 ? end : member;
}

Template::Store Template::exact(const Step& step) {
    const bool is_number =
        step.meaning == Meaning::number || step.meaning == Meaning::nonzero || step.meaning == Meaning::twin;
    if (step.store == Store::ip && step.width == 4) return Store::ip_in_4;
    if (step.store == Store::time && step.meaning == Meaning::uptime_ms && step.width == 4)
        return Store::uptime_in_4;
    if (step.store == Store::flags && step.width == 1) return Store::flags_in_1;
    if (!is_number) return step.store;
    if (step.store == Store::u8 && step.width == 1) return Store::u8_in_1;
    if (step.store == Store::u16 && step.width == 2) return Store::u16_in_2;
    if (step.store == Store::u32 && step.width == 4) return Store::u32_in_4;
    if (step.store == Store::u32 && step.width == 2) return Store::u32_in_2;
    if (step.store == Store::u32 && step.width == 1) return Store::u32_in_1;
    if (step.store == Store::u64 && step.width == 8) return Store::u64_in_8;
    if (step.store == Store::u64 && step.width == 4) return Store::u64_in_4;
    return step.store;
}

void Template::add(Step step) {
    if (step.width == 0 && !step.is_variable) return;
    if (step.store == Store::skip && !step.is_variable && !steps_.empty() &&
        steps_.back().store == Store::skip && !steps_.back().is_variable) {
        steps_.back().width += step.width;
    } else {
        steps_.push_back(step);
    }
}

std::optional<std::uint16_t> Template::offset_of_value(const Mapping& mapping) {
    const Step step = step_for<nm::FlowRecord>(mapping, mapping.flow, 0);
    const bool is_value = step.store != Store::skip && step.store != Store::part && step.store != Store::time;
    return is_value ? std::optional(step.offset) : std::nullopt;
}

void Template::store_value(const Mapping& mapping, nm::Bytes value, nm::FlowRecord& flow) {
    if (!offset_of_value(mapping) || !width_fits(mapping.meaning, value.size())) return;
    const auto width = static_cast<std::uint16_t>(value.size());
    ByteReader in(value);
    Parts unused;
    store(step_for<nm::FlowRecord>(mapping, mapping.flow, width), width, in,
          {ExportClock{}, reinterpret_cast<char*>(&flow), unused});
}

// Whether both ends have elements of both IP versions, the unused ones zero.
bool Template::pairs_addresses() const {
    const auto has = [this](std::uint16_t id) {
        return std::ranges::any_of(
            fields_, [id](const TemplateField& field) { return field.enterprise == 0 && field.id == id; });
    };
    return (has(8) && has(27)) || (has(12) && has(28));
}

template <class Record>
void Template::compile(Member<Record> Mapping::*member, const FlowMembers& wanted) {
    const bool needs_addresses = pairs_addresses();
    for (const TemplateField& field : fields_) {
        const bool variable = is_variable(field);
        const Mapping* mapping = find_mapping(field.enterprise, field.id);
        Step step{Store::skip, Meaning::number, 0, field.length};
        if (mapping) step = step_for<Record>(*mapping, direct<Record>(field, mapping->*member), field.length);
        const bool fits = variable || (width_fits(step.meaning, field.length) && version_fits(field));
        if (!fits) step.store = Store::skip;
        const bool is_of_flow = std::is_same_v<Record, nm::FlowRecord> && step.store != Store::part;
        const bool is_needed = needs_addresses && step.meaning == Meaning::address;
        if (is_of_flow && step.store != Store::skip && !wanted.has(step.offset) && !is_needed)
            step.store = Store::skip;
        if (step.store == Store::part) uses_parts_ = true;
        step.is_variable = variable;
        if (!variable) step.store = exact(step);
        add(step);
    }
    steps_.shrink_to_fit();
}

}  // namespace nmflowtool
