#include "format/output.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "app/console.hpp"
#include "base/replace_file.hpp"
#include "base/terminal_text.hpp"

namespace nm {

namespace {

// Rows for a terminal go where a progress bar may stand.
void erase_progress(TextBuffer& text) {
    static const bool shared = Console::stdout_can_redraw() && Console::stderr_is_terminal();
    if (!shared || text.empty()) return;
    const std::string rows(text.view());
    text.clear();
    text.append(escape::line_start);
    text.append(escape::erase_to_line_end);
    text.append(rows);
}

}  // namespace

std::optional<Format> format_of(std::string_view name) {
    for (std::size_t i = 0; i < format_names.size(); ++i) {
        if (format_names[i] == name) return static_cast<Format>(i);
    }
    return std::nullopt;
}

bool is_chosen(const FieldChoice& choice, std::string_view key) {
    return choice.empty() || std::find(choice.begin(), choice.end(), key) != choice.end();
}

void append_json_chosen(TextBuffer& out, const RecordType& type, const void* record,
                        const FieldChoice& choice) {
    out.append(R"({"type":")" + std::string(type.type) + R"(","v":)" + std::to_string(type.version));
    TextBuffer scratch;
    for (const FieldAccess& field : type.fields) {
        if (!field.present(record)) continue;
        const bool wanted = field.info.role == Role::time || is_chosen(choice, field.info.key);
        if (const Labels* labels = field.labels(record)) {
            for (const auto& [key, text] : labels->items) {
                if (!wanted && !is_chosen(choice, key)) continue;
                out.append(',');
                append_json_string(out, key);
                out.append(':');
                append_json_string(out, text);
            }
        } else if (wanted) {
            out.append(',');
            append_json_string(out, field.info.key);
            out.append(':');
            field.append_json(record, out);
        }
    }
    out.append(std::string_view("}\n"));
}

Result<std::unique_ptr<Output>> Output::open(OutputOptions options, std::function<void(std::string)> tell) {
    UniqueFd file;
    const int keep = options.append ? O_APPEND : O_TRUNC;
    if (!options.path.empty() && options.format != Format::prom) {
        file = UniqueFd(::open(options.path.c_str(), O_WRONLY | O_CREAT | keep | O_CLOEXEC, 0644));
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
      table_(options_.fields, options_.colour) {}

void Output::write_other(const RecordType& type, const void* record) {
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
    if (options_.format == Format::table) {
        table_.flush(writer_.buffer());
        if (options_.path.empty()) erase_progress(writer_.buffer());
    }
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

Status Output::finish() {
    const Status page = write_page();
    flush();
    const Status written = writer_.finish();
    return page ? written : page;
}

}  // namespace nm
