#include "format/output.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "base/replace_file.hpp"

namespace nm {

std::optional<Format> format_of(std::string_view name) {
    for (std::size_t i = 0; i < format_names.size(); ++i) {
        if (format_names[i] == name) return static_cast<Format>(i);
    }
    return std::nullopt;
}

bool is_chosen(const FieldChoice& choice, std::string_view key) {
    return choice.empty() || std::find(choice.begin(), choice.end(), key) != choice.end();
}

std::vector<const FieldAccess*> chosen_fields(const RecordType& type, const FieldChoice& choice) {
    std::vector<const FieldAccess*> chosen;
    const auto add_where = [&](auto&& holds) {
        for (const FieldAccess& field : type.fields) {
            if (holds(field.info)) chosen.push_back(&field);
        }
    };
    if (choice.empty()) add_where([](const FieldInfo&) { return true; });
    for (const std::string& key : choice)
        add_where([&](const FieldInfo& info) { return info.kind != ValueKind::labels && info.key == key; });
    if (!choice.empty()) add_where([](const FieldInfo& info) { return info.kind == ValueKind::labels; });
    return chosen;
}

bool has_chosen(const RecordType& type, const FieldChoice& choice) {
    return !chosen_fields(type, choice).empty();
}

namespace {

void append_json_member(TextBuffer& out, const FieldAccess& field, const void* record,
                        const FieldChoice& choice) {
    if (!field.present(record)) return;
    if (const Labels* labels = field.labels(record)) {
        for (const auto& [key, text] : labels->items) {
            if (!is_chosen(choice, key)) continue;
            out.append(',');
            append_json_string(out, key);
            out.append(':');
            append_json_string(out, text);
        }
        return;
    }
    out.append(',');
    append_json_string(out, field.info.key);
    out.append(':');
    field.append_json(record, out);
}

}  // namespace

void append_json_chosen(TextBuffer& out, const RecordType& type, const void* record,
                        const FieldChoice& choice) {
    out.append(R"({"type":")" + std::string(type.type) + R"(","v":)" + std::to_string(type.version));
    const auto is_kept = [&](const FieldAccess& field) {
        return !choice.empty() && field.info.role == Role::time;
    };
    for (const FieldAccess& field : type.fields) {
        if (is_kept(field)) append_json_member(out, field, record, choice);
    }
    for (const FieldAccess* field : chosen_fields(type, choice)) {
        if (!is_kept(*field)) append_json_member(out, *field, record, choice);
    }
    out.append(std::string_view("}\n"));
}

Result<std::unique_ptr<Output>> Output::open(OutputOptions options, std::function<void(std::string)> tell) {
    UniqueFd file;
    if (!options.path.empty() && options.format != Format::prom) {
        const int flags = O_WRONLY | O_CREAT | O_CLOEXEC | (options.append ? O_APPEND : 0);
        file = UniqueFd(::open(options.path.c_str(), flags, 0644));
        if (!file) return os_error(options.path, errno, Exit::cannot_create);
    }
    return std::make_unique<Output>(std::move(options), std::move(file), std::move(tell));
}

Output::Output(OutputOptions options, UniqueFd file, std::function<void(std::string)> tell)
    : options_(std::move(options)),
      file_(std::move(file)),
      writer_(file_ ? file_.get() : STDOUT_FILENO, options_.path.empty() ? "stdout" : options_.path),
      tell_(std::move(tell)),
      csv_(options_.fields),
      prom_(options_.fields),
      table_(options_.fields, options_.colour) {
    if (file_ && !options_.append) writer_.empty_file_first();
}

bool Output::shows(const RecordType& type) {
    if (type.is_error() || type.is_summary() || &type == last_shown_) return true;
    const FieldChoice& fields = options_.fields;
    if (!fields.empty() && !has_chosen(type, fields)) return false;
    // A list of one kind of records: others would tear it apart.
    const bool is_list =
        options_.format == Format::csv || (options_.format == Format::table && !fields.empty());
    const auto& main = options_.main_types;
    const bool is_main =
        std::any_of(main.begin(), main.end(), [&](const RecordType* one) { return one->type == type.type; });
    const bool main_has = std::any_of(main.begin(), main.end(),
                                      [&](const RecordType* one) { return has_chosen(*one, fields); });
    if (is_list && !is_main && main_has) {
        ++beside_;
        return false;
    }
    last_shown_ = &type;
    return true;
}

void Output::write_other(const RecordType& type, const void* record) {
    if (!shows(type)) return;
    TextBuffer& out = writer_.buffer();
    if (options_.format == Format::json) {
        append_json_chosen(out, type, record,
                           type.is_error() || type.is_summary() ? FieldChoice{} : options_.fields);
        return;
    }
    if (type.is_error()) {
        tell_(failure_of(type, record));
        if (options_.format == Format::table) table_.append_failure(type, record);
        return;
    }
    if (type.is_summary()) {
        if (options_.format != Format::table) return;
        table_.flush(out);
        out.append(sentence_of(type, record) + "\n");
        return;
    }
    switch (options_.format) {
        case Format::csv:
            csv_.append(out, type, record);
            break;
        case Format::influx:
            append_influx(out, type, record, options_.fields);
            break;
        case Format::prom:
            prom_.add(type, record);
            page_due_ = true;
            break;
        default:
            table_.append(out, type, record);
            break;
    }
}

void Output::forward(std::string_view line) {
    if (options_.format != Format::json) {
        ++not_forwarded_;
        return;
    }
    writer_.buffer().append(line);
    writer_.buffer().append('\n');
    writer_.written();
    unflushed_ = true;
}

void Output::write_bytes(std::string_view bytes) {
    writer_.buffer().append(bytes);
    writer_.written();
    unflushed_ = true;
}

std::int64_t Output::flush_before_wait(std::int64_t now_ns) {
    constexpr std::int64_t flush_every_ns = 2 * ns_per_ms;
    if (!unflushed_) return std::numeric_limits<std::int64_t>::max();
    if (now_ns - flushed_ns_ < flush_every_ns) return flushed_ns_ + flush_every_ns;
    flushed_ns_ = now_ns;
    flush();
    return std::numeric_limits<std::int64_t>::max();
}

void Output::flush() {
    unflushed_ = false;
    if (options_.format == Format::table) table_.flush(writer_.buffer());
    if (options_.clear_way && !writer_.buffer().empty()) options_.clear_way();
    writer_.flush();
}

void Output::draw(std::string_view text) {
    flush();
    writer_.buffer().append(text);
    writer_.flush();
}

void Output::end_round() {
    if (const Status status = write_page(); !status) tell_(status.error().message);
    flush();
}

Status Output::write_page() {
    if (!std::exchange(page_due_, false)) return Done{};
    if (options_.path.empty()) {
        prom_.append_page(writer_.buffer());
        return Done{};
    }
    TextBuffer page;
    prom_.append_page(page);
    return replace_file(options_.path, page.view());
}

Status Output::finish(bool has_run) {
    const Status page = write_page();
    if (beside_ > 0 && last_shown_ == nullptr) {
        tell_(std::to_string(beside_) + " records are of other types than " +
              std::string(format_names[static_cast<std::size_t>(options_.format)]) +
              " lists: name their keys with --fields, or take --format json");
    }
    flush();
    if (has_run) writer_.begin();
    const Status written = writer_.finish();
    return page ? written : page;
}

}  // namespace nm
