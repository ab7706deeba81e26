#include "fields/fields.hpp"

#include <fnmatch.h>

#include <algorithm>

#include "base/text.hpp"
#include "decode/elements.hpp"
#include "record/flow_field.hpp"
#include "record/sflow.hpp"

namespace nmflowtool {
namespace {

std::string small_letters(std::string_view text) {
    std::string small(text);
    for (char& c : small) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return small;
}

// PATTERN is the number of an element, a shell pattern of the whole name, or a part of the name or of the
// meaning.
class FieldPattern {
  public:
    explicit FieldPattern(std::string_view text)
        : text_(small_letters(text)),
          number_(nm::parse_number<std::uint16_t>(text)),
          is_glob_(text.find_first_of("*?[") != std::string_view::npos) {}

    bool matches(const nm::FlowField& field) const {
        if (text_.empty()) return true;
        if (number_) return field.element_id == number_;
        if (is_glob_) return ::fnmatch(text_.c_str(), small_letters(field.name).c_str(), 0) == 0;
        return contains(field.name) || contains(field.fills) || contains(field.meaning);
    }

  private:
    bool contains(std::string_view text) const {
        return small_letters(text).find(text_) != std::string::npos;
    }

    std::string text_;
    std::optional<std::uint16_t> number_;
    bool is_glob_;
};

std::string_view word_of(nm::ValueKind kind) {
    switch (kind) {
        case nm::ValueKind::boolean:
            return "boolean";
        case nm::ValueKind::integer:
            return "integer";
        case nm::ValueKind::real:
            return "number";
        case nm::ValueKind::time:
            return "time";
        case nm::ValueKind::list:
            return "list";
        default:
            return "string";
    }
}

std::string_view word_of(nm::Unit unit) {
    constexpr std::array<std::string_view, 8> words{"", "us", "ms", "s", "percent", "bytes", "packets", ""};
    return words[static_cast<std::size_t>(unit)];
}

bool has_key(const nm::RecordType& type, std::string_view key) {
    return std::ranges::any_of(type.fields,
                               [&](const nm::FieldAccess& field) { return field.info.key == key; });
}

nm::FlowField field_of(const Element& element, nm::Time ts) {
    nm::FlowField field;
    field.ts = ts;
    field.name = element.name;
    field.source = "element";
    field.enterprise = element.enterprise;
    field.element_id = element.id;
    field.value_type = type_name(element.type);
    field.unit = element.unit;
    field.fills = flow_key(element);
    return field;
}

// The elements whose values become this key.
std::vector<std::string> elements_of(std::string_view key) {
    std::vector<std::string> names;
    for (const Element& element : elements()) {
        if (flow_key(element) != key) continue;
        const std::string enterprise =
            element.enterprise == 0 ? "" : std::to_string(element.enterprise) + ":";
        names.push_back(std::string(element.name) + "(" + enterprise + std::to_string(element.id) + ")");
    }
    return names;
}

class FieldList {
  public:
    FieldList(const FieldsOptions& options, nm::Output& out) : pattern_(options.pattern), out_(out) {}

    // The keys of one type that the other does not have.
    void write_keys(const nm::RecordType& type, const nm::RecordType* without) {
        for (const nm::FieldAccess& access : type.fields) {
            if (without != nullptr && has_key(*without, access.info.key)) continue;
            nm::FlowField field;
            field.ts = summary_.ts;
            field.name = access.info.key;
            field.source = type.type;
            field.value_type = word_of(access.info.kind);
            field.unit = word_of(access.info.unit);
            field.elements = elements_of(access.info.key);
            field.meaning = access.info.doc;
            write(field, summary_.keys);
        }
    }
    void write_elements() {
        for (const Element& element : elements()) {
            if (element.enterprise != scope_enterprise)
                write(field_of(element, summary_.ts), summary_.elements);
        }
    }
    nm::Exit finish() {
        out_.write(summary_);
        return summary_.keys + summary_.elements > 0 ? nm::Exit::ok : nm::Exit::no;
    }

  private:
    void write(const nm::FlowField& field, std::uint64_t& count) {
        if (!pattern_.matches(field)) return;
        out_.write(field);
        ++count;
    }

    FieldPattern pattern_;
    nm::Output& out_;
    nm::FlowFieldSummary summary_{nm::now(), 0, 0};
};

}  // namespace

nm::Exit run_fields(const FieldsOptions& options, nm::Context& context) {
    FieldList list(options, context.out);
    list.write_keys(nm::record_type<nm::NamedFlow>, nullptr);
    list.write_keys(nm::record_type<nm::SflowSample>, &nm::record_type<nm::NamedFlow>);
    list.write_keys(nm::record_type<nm::FlowTop>, &nm::record_type<nm::NamedFlow>);
    list.write_elements();
    return list.finish();
}

}  // namespace nmflowtool
