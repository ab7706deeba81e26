#include "format/format.hpp"

namespace nm {
namespace {

// A newline would end the point; the protocol has no escape for it, so it becomes a space.
void append_escaped(TextBuffer& out, std::string_view text, std::string_view special) {
    for (const char c : text) {
        if (special.find(c) != std::string_view::npos) out.append('\\');
        out.append(c == '\n' || c == '\r' ? ' ' : c);
    }
}

void append_tag(TextBuffer& out, std::string_view key, std::string_view text) {
    if (text.empty()) return;
    out.append(',');
    append_escaped(out, key, ",= ");
    out.append('=');
    append_escaped(out, text, ",= ");
    if (text.back() == '\\') out.append(' ');  // a backslash at the end would escape the separator
}

void append_field_value(TextBuffer& out, const FieldAccess& field, const void* record, TextBuffer& scratch) {
    if (!field.info.influx_key.empty()) {
        out.append_decimal(field.number(record) * field.info.influx_scale, 6);
        return;
    }
    if (field.info.kind == ValueKind::string || field.info.kind == ValueKind::list ||
        field.info.kind == ValueKind::time) {
        scratch.clear();
        field.append_text(record, scratch);
        out.append('"');
        append_escaped(out, scratch.view(), "\"\\");
        out.append('"');
        return;
    }
    field.append_text(record, out);
    if (field.info.kind == ValueKind::integer) out.append('i');
}

}  // namespace

void append_influx(TextBuffer& out, const RecordType& type, const void* record, const FieldChoice& choice) {
    const std::size_t begin = out.size();
    append_escaped(out, type.influx_measurement, ", ");
    TextBuffer scratch;
    std::int64_t ts_ns = 0;
    for (const FieldAccess& field : type.fields) {
        if (const Labels* labels = field.labels(record)) {
            for (const auto& [key, text] : labels->items) append_tag(out, key, text);
        } else if (field.info.role == Role::tag && field.present(record)) {
            scratch.clear();
            field.append_text(record, scratch);
            append_tag(out, field.info.influx_key.empty() ? field.info.key : field.info.influx_key,
                       scratch.view());
        } else if (field.info.kind == ValueKind::time && field.info.role == Role::time &&
                   field.present(record)) {
            scratch.clear();
            field.append_text(record, scratch);
            if (ts_ns == 0) ts_ns = parse_time(scratch.view()).value_or(Time{}).ns;
        }
    }
    char separator = ' ';
    for (const FieldAccess& field : type.fields) {
        const bool is_field = field.info.role == Role::value || field.info.role == Role::text;
        if (!is_field || !field.present(record) || !is_chosen(choice, field.info.key)) continue;
        out.append(std::exchange(separator, ','));
        append_escaped(out, field.info.influx_key.empty() ? field.info.key : field.info.influx_key, ",= ");
        out.append('=');
        append_field_value(out, field, record, scratch);
    }
    if (separator == ' ') {
        out.truncate(begin);
        return;
    }
    if (ts_ns != 0) {
        out.append(' ');
        out.append_integer(ts_ns);
    }
    out.append('\n');
}

}  // namespace nm
