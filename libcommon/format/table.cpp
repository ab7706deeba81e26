#include <algorithm>

#include "format/format.hpp"

namespace nm {
namespace {

constexpr std::string_view absent = "-";

bool is_empty_column(const std::vector<std::vector<std::string>>& rows, std::size_t column) {
    return std::all_of(rows.begin(), rows.end(),
                       [&](const std::vector<std::string>& row) { return row[column] == absent; });
}

template <class Items>
void erase_at(Items& items, std::size_t index) {
    items.erase(items.begin() + static_cast<std::ptrdiff_t>(index));
}

// Columns a text takes on a terminal, near enough: one for each UTF-8 sequence.
std::size_t width_of(std::string_view text) {
    std::size_t width = 0;
    for (const char c : text) width += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    return width;
}

// What a terminal must not receive from a target's name or a packet: control characters.
std::string printable(std::string_view text) {
    std::string out;
    for (const char c : text) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '?' : c;
    return out;
}

std::string header_of(const FieldInfo& field) {
    std::string out;
    for (const char c : field.key)
        out += c == '_' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    return out;
}

}  // namespace

void TableFormat::start(const RecordType& type) {
    type_ = &type;
    columns_.clear();
    header_.clear();
    right_.clear();
    widths_.clear();
    header_written_ = false;
    for (const FieldAccess& field : type.fields) {
        if (choice_.empty() ? !field.info.column : !is_chosen(choice_, field.info.key)) continue;
        columns_.push_back(&field);
        header_.push_back(header_of(field.info));
        widths_.push_back(header_.back().size());
        right_.push_back(field.info.kind == ValueKind::integer || field.info.kind == ValueKind::real);
    }
}

void TableFormat::append(TextBuffer& out, const RecordType& type, const void* record) {
    if (type_ != &type) {
        flush(out);
        start(type);
    }
    Row row;
    TextBuffer cell;
    for (const FieldAccess* field : columns_) {
        cell.clear();
        if (const Labels* labels = field->labels(record)) {
            for (const auto& [key, text] : labels->items)
                cell.append((cell.empty() ? "" : " ") + key + "=" + text);
        } else if (field->present(record)) {
            field->append_text(record, cell);
        } else {
            cell.append(absent);
        }
        row.push_back(printable(cell.view()));
    }
    waiting_.push_back(std::move(row));
    if (header_written_ || waiting_.size() >= rows_to_measure) flush(out);
}

void TableFormat::flush(TextBuffer& out) {
    if (waiting_.empty()) return;
    if (!header_written_) {
        // Keys that identify nothing here (those of a grouping that was not asked for) take no room.
        for (std::size_t i = columns_.size(); i-- > 0 && choice_.empty();) {
            if (columns_[i]->info.role != Role::tag || !is_empty_column(waiting_, i)) continue;
            erase_at(columns_, i);
            erase_at(header_, i);
            erase_at(widths_, i);
            erase_at(right_, i);
            for (Row& row : waiting_) erase_at(row, i);
        }
        for (const Row& row : waiting_) {
            for (std::size_t i = 0; i < row.size(); ++i) widths_[i] = std::max(widths_[i], width_of(row[i]));
        }
        append_row(out, header_, true);
        header_written_ = true;
    }
    for (const Row& row : waiting_) append_row(out, row, false);
    waiting_.clear();
}

void TableFormat::append_row(TextBuffer& out, const Row& row, bool header) const {
    if (header && colour_) out.append(std::string_view("\033[1m"));
    for (std::size_t i = 0; i < row.size(); ++i) {
        const std::size_t width = width_of(row[i]);
        const std::size_t fill = widths_[i] > width ? widths_[i] - width : 0;
        if (i > 0) out.append(std::string_view("  "));
        if (right_[i]) out.append(std::string(fill, ' '));
        out.append(row[i]);
        if (!right_[i] && i + 1 < row.size()) out.append(std::string(fill, ' '));
    }
    if (header && colour_) out.append(std::string_view("\033[0m"));
    out.append('\n');
}

std::string sentence_of(const RecordType& type, const void* record) {
    TextBuffer out;
    for (const FieldAccess& field : type.fields) {
        if (field.info.role == Role::time || field.info.kind == ValueKind::labels || !field.present(record))
            continue;
        if (field.info.kind == ValueKind::integer && field.number(record) == 0 && !field.info.column)
            continue;
        if (!out.empty()) out.append(std::string_view(", "));
        out.append(field.info.key);
        out.append(' ');
        field.append_text(record, out);
    }
    return printable(out.view());
}

}  // namespace nm
