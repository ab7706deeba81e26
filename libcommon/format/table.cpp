#include <algorithm>

#include "base/terminal_text.hpp"
#include "base/text.hpp"
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

// A field of text, or nothing.
std::string text_of(const RecordType& type, const void* record, std::string_view key) {
    TextBuffer text;
    for (const FieldAccess& field : type.fields) {
        if (field.info.key == key && field.present(record)) field.append_text(record, text);
    }
    return printable(text.view());
}

bool is_delay(const FieldInfo& field) {
    const bool real = field.kind == ValueKind::real;
    return field.unit == Unit::us ? real || field.kind == ValueKind::integer : field.unit == Unit::ms && real;
}

// A person reads delays in milliseconds, whatever the record counts them in.
std::string shown_key(const FieldInfo& field) {
    constexpr std::string_view us = "_us";
    std::string key(field.key);
    if (is_delay(field) && key.ends_with(us)) key.replace(key.size() - us.size(), us.size(), "_ms");
    return key;
}

void append_shown(TextBuffer& out, const FieldAccess& field, const void* record) {
    if (is_delay(field.info))
        out.append(short_ms(field.number(record) * (field.info.unit == Unit::us ? 1e3 : 1e6)));
    else
        field.append_text(record, out);
}

std::string header_of(const FieldInfo& field) {
    std::string out;
    for (const char c : shown_key(field))
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
    if (choice_.empty() && lead_type_ == &type) {
        for (const FieldAccess* field : chosen_fields(type, lead_)) add_column(*field);
    }
    firm_columns_ = columns_.size();
    for (const FieldAccess* field : chosen_fields(type, choice_)) {
        const bool is_there = std::find(columns_.begin(), columns_.end(), field) != columns_.end();
        if (!is_there && (choice_.empty() ? field->info.column : is_chosen(choice_, field->info.key)))
            add_column(*field);
    }
    if (!choice_.empty()) firm_columns_ = columns_.size();
    add_failures();
}

void TableFormat::add_column(const FieldAccess& field) {
    columns_.push_back(&field);
    header_.push_back(header_of(field.info));
    widths_.push_back(header_.back().size());
    right_.push_back(field.info.kind == ValueKind::integer || field.info.kind == ValueKind::real);
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
            append_shown(cell, *field, record);
        } else {
            cell.append(absent);
        }
        row.push_back(printable(cell.view()));
    }
    waiting_.push_back(std::move(row));
    if (header_written_ || waiting_.size() >= rows_to_measure) flush(out);
}

void TableFormat::append_failure(const RecordType& error_type, const void* error) {
    const std::string stage = text_of(error_type, error, "stage");
    failures_.push_back({text_of(error_type, error, "target"), stage == "resolve" ? "unresolved" : "error",
                         text_of(error_type, error, "reason")});
    if (type_ != nullptr) add_failures();
}

void TableFormat::add_failures() {
    const auto column_of = [this](std::string_view key) {
        const auto found = std::find_if(columns_.begin(), columns_.end(),
                                        [key](const FieldAccess* field) { return field->info.key == key; });
        return static_cast<std::size_t>(found - columns_.begin());
    };
    const std::size_t target = column_of("target"), state = column_of("state");
    const std::size_t reason = std::min(column_of("error"), column_of("reason"));
    if (target == columns_.size() || state == columns_.size()) return;
    for (const Failure& failure : failures_) {
        Row row(columns_.size(), std::string(absent));
        row[target] = failure.target;
        row[state] = failure.state;
        if (reason < columns_.size()) row[reason] = failure.reason;
        waiting_.push_back(std::move(row));
    }
    failures_.clear();
}

void TableFormat::flush(TextBuffer& out) {
    if (waiting_.empty()) return;
    if (!header_written_) {
        erase_empty_columns();
        for (const Row& row : waiting_) {
            for (std::size_t i = 0; i < row.size(); ++i) widths_[i] = std::max(widths_[i], width_of(row[i]));
        }
        append_row(out, header_, true);
        header_written_ = true;
    }
    for (const Row& row : waiting_) append_row(out, row, false);
    waiting_.clear();
}

// Keys that identify nothing here (those of a grouping that was not asked for) take no room; nor does
// anything empty behind columns that were put in front.
void TableFormat::erase_empty_columns() {
    for (std::size_t i = columns_.size(); i-- > firm_columns_;) {
        const bool may_go = firm_columns_ > 0 || columns_[i]->info.role == Role::tag;
        if (!may_go || !is_empty_column(waiting_, i)) continue;
        erase_at(columns_, i);
        erase_at(header_, i);
        erase_at(widths_, i);
        erase_at(right_, i);
        for (Row& row : waiting_) erase_at(row, i);
    }
}

void TableFormat::append_row(TextBuffer& out, const Row& row, bool header) const {
    for (std::size_t i = 0; i < row.size(); ++i) {
        const std::size_t width = width_of(row[i]);
        const std::size_t fill = widths_[i] > width ? widths_[i] - width : 0;
        if (i > 0) out.append(std::string_view("  "));
        if (right_[i]) out.append(std::string(fill, ' '));
        out.append(painted(row[i], header ? Mood::heading : mood_of(i, row[i]), colour_));
        if (!right_[i] && i + 1 < row.size()) out.append(std::string(fill, ' '));
    }
    out.append('\n');
}

// States and losses are what a person looks for.
Mood TableFormat::mood_of(std::size_t column, std::string_view cell) const {
    const std::string_view key = columns_[column]->info.key;
    if (cell == absent) return Mood::plain;
    if (key == "state" || key == "verdict") return mood_of_state(cell);
    if (key == "loss_pct") return mood_of_loss(parse_number<double>(cell).value_or(0));
    return key == "error" || key == "reason" || key == "note" ? Mood::doubtful : Mood::plain;
}

std::string failure_of(const RecordType& type, const void* record) {
    const std::string target = text_of(type, record, "target");
    return (target.empty() ? text_of(type, record, "stage") : target) + ": " +
           text_of(type, record, "reason");
}

std::string sentence_of(const RecordType& type, const void* record) {
    TextBuffer out;
    for (const FieldAccess& field : type.fields) {
        if (field.info.role == Role::time || field.info.kind == ValueKind::labels || !field.present(record))
            continue;
        if (field.info.kind == ValueKind::integer && field.number(record) == 0 && !field.info.column)
            continue;
        if (!out.empty()) out.append(std::string_view(", "));
        out.append(shown_key(field.info));
        out.append(' ');
        append_shown(out, field, record);
    }
    return printable(out.view());
}

}  // namespace nm
