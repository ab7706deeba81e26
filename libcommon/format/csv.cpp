#include "format/format.hpp"

namespace nm {
namespace {

void append_cell(TextBuffer& out, std::string_view text) {
    if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
        out.append(text);
        return;
    }
    out.append('"');
    for (const char c : text) {
        if (c == '"') out.append('"');
        out.append(c);
    }
    out.append('"');
}

std::string_view label_text(const Labels* labels, std::string_view key) {
    if (labels == nullptr) return {};
    for (const auto& [k, text] : labels->items) {
        if (k == key) return text;
    }
    return {};
}

const Labels* labels_of(const RecordType& type, const void* record) {
    for (const FieldAccess& field : type.fields) {
        if (const Labels* labels = field.labels(record)) return labels;
    }
    return nullptr;
}

}  // namespace

void CsvFormat::append_header(TextBuffer& out, const RecordType& type, const Labels* labels) {
    label_keys_.clear();
    if (labels != nullptr) {
        for (const auto& [key, text] : labels->items) {
            if (is_chosen(choice_, key)) label_keys_.push_back(key);
        }
    }
    columns_ = chosen_fields(type, choice_);
    std::erase_if(columns_, [](const FieldAccess* field) { return field->info.kind == ValueKind::labels; });
    out.append(std::string_view("type"));
    for (const FieldAccess* field : columns_) {
        out.append(',');
        out.append(field->info.key);
    }
    for (const std::string& key : label_keys_) {
        out.append(',');
        append_cell(out, key);
    }
    out.append('\n');
}

void CsvFormat::append(TextBuffer& out, const RecordType& type, const void* record) {
    const Labels* labels = labels_of(type, record);
    if (last_ != &type) append_header(out, type, labels);
    last_ = &type;
    out.append(type.type);
    TextBuffer cell;
    for (const FieldAccess* field : columns_) {
        out.append(',');
        if (!field->present(record)) continue;
        cell.clear();
        field->append_text(record, cell);
        append_cell(out, cell.view());
    }
    for (const std::string& key : label_keys_) {
        out.append(',');
        append_cell(out, label_text(labels, key));
    }
    out.append('\n');
}

}  // namespace nm
