// Where a verb's records go: stdout or --output FILE, in the format the user chose. A verb calls write() and,
// before it waits, flush(). Errors and summaries are records in JSON; the other formats tell them on stderr
// (errors) and leave them out or write one sentence (summary).
#pragma once

#include <functional>

#include "format/format.hpp"
#include "json/line_writer.hpp"
#include "json/write.hpp"

namespace nm {

struct OutputOptions {
    Format format = Format::json;
    FieldChoice fields;
    // Lists of one kind of records (csv, and table with fields) have only these; none: all are alike.
    std::vector<const RecordType*> main_types;
    std::string path;     // empty: stdout
    bool append = false;  // keep what is in the file; a Prometheus page always replaces it
    bool colour = false;
    bool tells_summary = false;       // the summary goes to stderr too, in words
    std::function<void()> clear_way;  // called before rows go where a progress bar may stand
};

class Output {
  public:
    // Opens the file, and empties it when the first records are written: what stops a run before costs no old
    // file. A Prometheus page goes to a temporary file beside it and is renamed.
    static Result<std::unique_ptr<Output>> open(OutputOptions options, std::function<void(std::string)> tell);

    template <Described T>
    void write(const T& record) {
        if (is_plain_json())
            append_json(writer_.buffer(), record);
        else
            write_other(record_type<T>, &record);
        if constexpr (describe<T>.type.ends_with(".summary")) {
            if (options_.tells_summary && options_.format != Format::table)
                tell_(sentence_of(record_type<T>, &record));
        }
        writer_.written();
        unflushed_ = true;
    }
    // The same with members of the verb's own behind those of the record: append_more(TextBuffer&) writes
    // ,"key":value for each. Only JSON of whole records (is_plain_json) can carry them.
    template <Described T, class AppendMore>
    void write_with(const T& record, AppendMore&& append_more) {
        TextBuffer& out = writer_.buffer();
        append_json(out, record);
        out.truncate(out.size() - 2);  // "}\n"
        append_more(out);
        out.append(std::string_view("}\n"));
        writer_.written();
    }
    bool is_plain_json() const { return options_.format == Format::json && options_.fields.empty(); }
    // A line of a record that is not ours to change, as it came. Only JSON can carry it; the other formats
    // count it (not_forwarded).
    void forward(std::string_view line);
    // Bytes in the place of records: a capture, or lines of another program's format.
    void write_bytes(std::string_view bytes);
    std::uint64_t not_forwarded() const { return not_forwarded_; }

    void flush();
    // Before a wait that every packet may end: flushes, unless that was just done, so that not every packet
    // costs a write. Returns how long to wait at most with what is left (CLOCK_MONOTONIC; INT64_MAX: nothing
    // is left).
    std::int64_t flush_before_wait(std::int64_t now_ns);
    // The end of a round: a Prometheus page is written, a table shows what it has.
    void end_round();

    // The user looks at a table of everything on a terminal: no file, no choice of keys.
    bool for_people() const {
        return options_.format == Format::table && options_.path.empty() && options_.fields.empty();
    }
    bool colour() const { return options_.colour; }
    // What a table of this type begins with (TableFormat).
    void lead_with(const RecordType& type, FieldChoice keys) { table_.lead_with(type, std::move(keys)); }
    // The file, or empty for stdout.
    const std::string& path() const { return options_.path; }
    // Text for the terminal that stands for records: what for_people() allows instead of write().
    void draw(std::string_view text);

    // The reader is gone or writing failed: stop producing.
    bool closed() const { return writer_.closed(); }
    void write_in_background(std::size_t max_waiting_bytes) {
        writer_.write_in_background(max_waiting_bytes);
    }
    bool congested() const { return writer_.congested(); }
    Format format() const { return options_.format; }
    // No --fields.
    bool all_fields() const { return options_.fields.empty(); }
    // has_run: not when it was refused; then a file that nothing was written to stays as it was.
    Status finish(bool has_run);

    Output(OutputOptions options, UniqueFd file, std::function<void(std::string)> tell);

  private:
    bool shows(const RecordType& type);
    void write_other(const RecordType& type, const void* record);
    Status write_page();

    OutputOptions options_;
    UniqueFd file_;
    LineWriter writer_;
    std::function<void(std::string)> tell_;
    CsvFormat csv_;
    PromFormat prom_;
    TableFormat table_;
    bool unflushed_ = false;  // something was written since the last flush
    std::int64_t flushed_ns_ = 0;
    bool page_due_ = false;  // the Prometheus page has changed since it was written
    std::uint64_t not_forwarded_ = 0;
    const RecordType* last_shown_ = nullptr;
    std::uint64_t beside_ = 0;  // left out of a list
};

}  // namespace nm
