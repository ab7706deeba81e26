#include "decode/template_elements.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>

#include "base/hex.hpp"
#include "json/write.hpp"

namespace nmflowtool {
namespace {

using nm::ByteReader;
using nm::Bytes;
using nm::TextBuffer;

constexpr std::uint16_t padding_octets = 210;  // says nothing
constexpr unsigned deepest_list = 4;
// A list of one-byte elements grows a hundredfold as JSON; beyond this it stays bytes.
constexpr std::size_t longest_list_text = 256 * 1024;

struct Surroundings {
    const TemplateMap* templates;
    ElementPlan::Scratch& scratch;
    unsigned depth;
};

bool append_value(TextBuffer& out, Bytes bytes, DataType type, const Surroundings& around);

// One of several values: what says nothing is an empty text, so that the others keep their places.
bool append_item(TextBuffer& out, Bytes bytes, DataType type, const Surroundings& around) {
    if (append_value(out, bytes, type, around)) return true;
    out.append(std::string_view("\"\""));
    return false;
}

void append_hex(TextBuffer& out, Bytes bytes) {
    char* at = out.room(bytes.size() * 2 + 2);
    *at++ = '"';
    at = nm::write_hex(at, bytes);
    *at++ = '"';
    out.used(at);
}

bool append_unsigned(TextBuffer& out, Bytes bytes) {
    ByteReader in(bytes);
    nm::append_json_value(out, read_number(in, bytes.size()), nm::Unit::none);
    return true;
}

// Reduced-size encoding keeps the sign in its first bit (RFC 7011 section 6.2).
bool append_signed(TextBuffer& out, Bytes bytes) {
    ByteReader in(bytes);
    const unsigned unused = 64 - 8 * static_cast<unsigned>(bytes.size());
    const auto value = static_cast<std::int64_t>(read_number(in, bytes.size()) << unused) >> unused;
    nm::append_json_value(out, value, nm::Unit::none);
    return true;
}

template <class Real>
bool append_real(TextBuffer& out, Real value) {
    if (!std::isfinite(value)) return false;
    char* at = out.room(40);
    // Written out, it would look like an integer above 2^53, which readers of JSON corrupt or refuse.
    const auto result = std::abs(value) < Real(1e15)
                            ? std::to_chars(at, at + 40, value)
                            : std::to_chars(at, at + 40, value, std::chars_format::scientific);
    out.used(result.ptr);
    return true;
}

bool append_float(TextBuffer& out, Bytes bytes) {
    ByteReader in(bytes);
    if (bytes.size() == 4) return append_real(out, std::bit_cast<float>(in.u32()));
    if (bytes.size() == 8) return append_real(out, std::bit_cast<double>(in.u64()));
    append_hex(out, bytes);
    return true;
}

bool append_boolean(TextBuffer& out, Bytes bytes) {
    if (bytes.size() != 1 || bytes[0] < 1 || bytes[0] > 2) return append_unsigned(out, bytes);
    out.append(bytes[0] == 1 ? std::string_view("true") : "false");
    return true;
}

bool append_time(TextBuffer& out, Bytes bytes, Meaning meaning) {
    ByteReader in(bytes);
    const std::uint64_t value = read_number(in, bytes.size());
    if (value == 0) return false;
    const nm::Time time = time_from(value, meaning);
    if (time.ns == 0) return append_unsigned(out, bytes);
    nm::append_json_value(out, time, nm::Unit::none);
    return true;
}

// RFC 6313 section 4.3.
std::string_view semantic_of(std::uint8_t number) {
    constexpr std::string_view words[] = {"noneOf", "exactlyOneOf", "oneOrMoreOf", "allOf", "ordered"};
    return number < std::size(words) ? words[number] : std::string_view("undefined");
}

void append_semantic(TextBuffer& out, std::uint8_t number) {
    out.append(std::string_view("{\"semantic\":\""));
    out.append(semantic_of(number));
    out.append('"');
}

// RFC 6313 section 4.5.1: semantic, element, its length, its enterprise if any, then the values.
bool append_basic_list(TextBuffer& out, Bytes bytes, const Surroundings& around) {
    ByteReader in(bytes);
    const std::uint8_t semantic = in.u8();
    const std::uint16_t number = in.u16();
    const std::size_t length = in.u16();
    const std::uint32_t enterprise = number & 0x8000u ? in.u32() : 0;
    if (!in.ok()) return false;
    const auto id = static_cast<std::uint16_t>(number & 0x7FFFu);
    const Element* element = find_element(enterprise == reverse_enterprise ? 0 : enterprise, id);
    append_semantic(out, semantic);
    out.append(std::string_view(",\"element\":"));
    nm::append_json_string(out, name_of(enterprise, id));
    out.append(std::string_view(",\"values\":["));
    bool first = true;
    while (in.left() > 0) {
        const std::size_t size = length == variable_length ? read_variable_length(in) : length;
        const Bytes value = in.bytes(size);
        if (!in.ok() || (size == 0 && length != variable_length)) return false;
        if (!first) out.append(',');
        first = false;
        append_item(out, value, element ? element->type : DataType::octets, around);
    }
    out.append(std::string_view("]}"));
    return true;
}

// "template":257,"records":[{...},...]
bool append_records(TextBuffer& out, std::uint16_t id, Bytes bytes, const Surroundings& around) {
    out.append(std::string_view("\"template\":"));
    out.append_integer(id);
    const auto known = around.templates ? around.templates->find(id) : TemplateMap::const_iterator();
    if (!around.templates || known == around.templates->end()) {
        out.append(std::string_view(",\"bytes\":"));
        append_hex(out, bytes);
        return true;
    }
    const Template& layout = known->second;
    out.append(std::string_view(",\"records\":["));
    ByteReader in(bytes);
    bool first = true;
    while (in.left() >= layout.min_length()) {
        const std::size_t size = record_size(layout, in.rest());
        if (size == 0) return false;
        if (!first) out.append(',');
        first = false;
        const std::size_t before = out.size();
        layout.plan().append(out, {in.bytes(size), &layout, around.templates}, around.scratch, around.depth);
        if (out.size() == before)
            out.append('{');
        else
            out.overwrite(before, '{');  // in place of the first comma
        out.append('}');
    }
    out.append(']');
    return in.left() == 0;
}

// RFC 6313 section 4.5.2: semantic, template, its records.
bool append_sub_template_list(TextBuffer& out, Bytes bytes, const Surroundings& around) {
    ByteReader in(bytes);
    const std::uint8_t semantic = in.u8();
    const std::uint16_t id = in.u16();
    if (!in.ok()) return false;
    append_semantic(out, semantic);
    out.append(',');
    if (!append_records(out, id, in.rest(), around)) return false;
    out.append('}');
    return true;
}

// RFC 6313 section 4.5.3: semantic, then template, length (which counts these four bytes too) and records.
bool append_sub_template_multi_list(TextBuffer& out, Bytes bytes, const Surroundings& around) {
    ByteReader in(bytes);
    append_semantic(out, in.u8());
    out.append(std::string_view(",\"lists\":["));
    bool first = true;
    while (in.left() >= 4) {
        const std::uint16_t id = in.u16();
        const std::size_t length = in.u16();
        if (length < 4 || length - 4 > in.left()) return false;
        if (!first) out.append(',');
        first = false;
        out.append('{');
        if (!append_records(out, id, in.bytes(length - 4), around)) return false;
        out.append('}');
    }
    out.append(std::string_view("]}"));
    return in.ok();
}

// A list of no bytes at all is an empty one; of anything else they say nothing.
bool append_empty_list(TextBuffer& out, DataType type) {
    if (type == DataType::basic_list)
        out.append(std::string_view("{\"values\":[]}"));
    else if (type == DataType::sub_template_list)
        out.append(std::string_view("{\"records\":[]}"));
    else if (type == DataType::sub_template_multi_list)
        out.append(std::string_view("{\"lists\":[]}"));
    else
        return false;
    return true;
}

// A list that is cut, too deep or too long is told by its bytes.
bool append_list(TextBuffer& out, Bytes bytes, DataType type, const Surroundings& around) {
    const std::size_t before = out.size();
    const Surroundings inside{around.templates, around.scratch, around.depth + 1};
    bool good = false;
    if (inside.depth <= deepest_list) {
        if (type == DataType::basic_list)
            good = append_basic_list(out, bytes, inside);
        else if (type == DataType::sub_template_list)
            good = append_sub_template_list(out, bytes, inside);
        else
            good = append_sub_template_multi_list(out, bytes, inside);
    }
    if (good && out.size() - before <= longest_list_text) return true;
    out.truncate(before);
    append_hex(out, bytes);
    return true;
}

// False, and nothing written, when the value says nothing: an empty text, a number that is none, a time of
// zero.
bool append_value(TextBuffer& out, Bytes bytes, DataType type, const Surroundings& around) {
    if (bytes.empty()) return append_empty_list(out, type);
    const bool is_number = bytes.size() <= 8;
    switch (type) {
        case DataType::u8:
        case DataType::u16:
        case DataType::u32:
        case DataType::u64:
            if (is_number) return append_unsigned(out, bytes);
            break;
        case DataType::i8:
        case DataType::i16:
        case DataType::i32:
        case DataType::i64:
            if (is_number) return append_signed(out, bytes);
            break;
        case DataType::f32:
        case DataType::f64:
            return append_float(out, bytes);
        case DataType::boolean:
            if (is_number) return append_boolean(out, bytes);
            break;
        case DataType::text: {
            const std::string_view text = text_of(bytes);
            if (text.empty()) return false;
            nm::append_json_string(out, text);
            return true;
        }
        case DataType::seconds:
            if (is_number) return append_time(out, bytes, Meaning::epoch_s);
            break;
        case DataType::milliseconds:
            if (is_number) return append_time(out, bytes, Meaning::epoch_ms);
            break;
        case DataType::microseconds:
            if (bytes.size() == 8) return append_time(out, bytes, Meaning::epoch_us);
            break;
        case DataType::nanoseconds:
            if (bytes.size() == 8) return append_time(out, bytes, Meaning::epoch_ns);
            break;
        case DataType::mac:
            if (bytes.size() == 6) {
                nm::Mac mac;
                std::ranges::copy(bytes, mac.bytes.begin());
                nm::append_json_value(out, mac, nm::Unit::none);
                return true;
            }
            break;
        case DataType::ipv4:
        case DataType::ipv6:
            if (bytes.size() == (type == DataType::ipv4 ? 4 : 16)) {
                nm::append_json_value(out, nm::IpAddress::from_bytes(bytes), nm::Unit::none);
                return true;
            }
            break;
        case DataType::basic_list:
        case DataType::sub_template_list:
        case DataType::sub_template_multi_list:
            return append_list(out, bytes, type, around);
        case DataType::octets:
            break;
    }
    append_hex(out, bytes);
    return true;
}

}  // namespace

std::size_t record_size(const Template& layout, Bytes bytes) {
    if (layout.is_fixed()) return layout.min_length() <= bytes.size() ? layout.min_length() : 0;
    ByteReader in(bytes);
    for (const TemplateField& field : layout.fields()) {
        in.skip(layout.is_variable(field) ? read_variable_length(in) : field.length);
    }
    return in.ok() ? bytes.size() - in.left() : 0;
}

ElementPlan::ElementPlan(const Template& layout) {
    std::uint32_t at = 0;
    for (const TemplateField& field : layout.fields()) {
        const bool variable = layout.is_variable(field);
        if (field.length == 0) continue;
        const auto index = static_cast<std::uint16_t>(lengths_.size());
        lengths_.push_back(field.length);
        if (layout.is_fixed()) fixed_.push_back({at, field.length});
        at += variable ? 0u : field.length;
        if (field.enterprise == 0 && field.id == padding_octets) continue;
        const bool reverse = field.enterprise == reverse_enterprise;
        const Element* element = find_element(reverse ? 0 : field.enterprise, field.id);
        std::string key = ",\"" + name_of(field.enterprise, field.id) + "\":";
        const auto same = std::ranges::find(items_, key, &Item::key);
        if (same != items_.end()) {
            same->fields.push_back(index);
        } else {
            items_.push_back({std::move(key), element ? element->type : DataType::octets, {index}});
        }
    }
}

// Where each field of a record with variable lengths lies, at the end of scratch.
bool ElementPlan::measure(Bytes record, Scratch& scratch) const {
    ByteReader in(record);
    for (const std::uint16_t length : lengths_) {
        const std::size_t size = length == variable_length ? read_variable_length(in) : length;
        const std::size_t at = record.size() - in.left();
        in.skip(size);
        scratch.spans.push_back({static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(size)});
    }
    return in.ok();
}

void ElementPlan::append(TextBuffer& out, const WireRecord& record, Scratch& scratch, unsigned depth) const {
    const std::size_t base = scratch.spans.size();  // lists inside the record use the room behind
    const bool is_fixed = record.layout->is_fixed();
    const bool whole =
        is_fixed ? record.bytes.size() >= record.layout->min_length() : measure(record.bytes, scratch);
    const Surroundings around{record.templates, scratch, depth};
    const auto value_of = [&](std::uint16_t field) {
        const Span span = is_fixed ? fixed_[field] : scratch.spans[base + field];
        return record.bytes.subspan(span.at, span.size);
    };
    for (const Item& item : items_) {
        if (!whole) break;
        const std::size_t before = out.size();
        out.append(std::string_view(item.key));
        bool any = false;
        if (item.fields.size() == 1) {
            any = append_value(out, value_of(item.fields[0]), item.type, around);
        } else {
            for (const std::uint16_t field : item.fields) {
                out.append(field == item.fields.front() ? '[' : ',');
                any |= append_item(out, value_of(field), item.type, around);
            }
            out.append(']');
        }
        if (!any) out.truncate(before);
    }
    scratch.spans.resize(base);
}

void append_elements(TextBuffer& out, const WireRecord& record, ElementPlan::Scratch& scratch) {
    if (record.layout) record.layout->plan().append(out, record, scratch);
}

void append_labels(TextBuffer& out, std::span<const std::uint32_t> labels) {
    for (std::size_t place = 0; place < labels.size(); ++place) {
        const std::uint32_t entry = labels[place];
        if (entry == 0) continue;
        out.append(',');
        append_json_string(out, name_of(0, static_cast<std::uint16_t>(mpls_top_id + place)));
        out.append(':');
        append_hex(out, std::array{static_cast<std::uint8_t>(entry >> 16),
                                   static_cast<std::uint8_t>(entry >> 8), static_cast<std::uint8_t>(entry)});
    }
}

}  // namespace nmflowtool
