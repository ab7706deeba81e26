// The output formats: one row each in formats (output.cpp), one file each in this room. JSON lines are
// written by json/write.hpp; the others see a record through its RecordType.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/terminal_text.hpp"
#include "record/access.hpp"

namespace nm {

enum class Format : std::uint8_t { json, csv, influx, prom, table };
inline constexpr std::array<std::string_view, 5> format_names{"json", "csv", "influx", "prom", "table"};
std::optional<Format> format_of(std::string_view name);

// The keys the user asked for with --fields, in that order; empty means all. type, v and ts are always kept
// in JSON.
using FieldChoice = std::vector<std::string>;
bool is_chosen(const FieldChoice& choice, std::string_view key);
// The fields of a type in the order of the choice, labels last; without a choice all, in their own order.
std::vector<const FieldAccess*> chosen_fields(const RecordType& type, const FieldChoice& choice);
// Whether records of this type can have a chosen key.
bool has_chosen(const RecordType& type, const FieldChoice& choice);

// JSON restricted to chosen fields.
void append_json_chosen(TextBuffer& out, const RecordType& type, const void* record,
                        const FieldChoice& choice);

// RFC 4180. The header line comes with the first record and again when the record type changes.
class CsvFormat {
  public:
    explicit CsvFormat(FieldChoice choice) : choice_(std::move(choice)) {}
    void append(TextBuffer& out, const RecordType& type, const void* record);

  private:
    void append_header(TextBuffer& out, const RecordType& type, const Labels* labels);

    FieldChoice choice_;
    const RecordType* last_ = nullptr;
    std::vector<const FieldAccess*> columns_;
    std::vector<std::string> label_keys_;  // of the first record: the columns stay
};

// InfluxDB line protocol: tags from Role::tag, typed fields, nanosecond timestamps. A record without any
// field to follow gives no line.
void append_influx(TextBuffer& out, const RecordType& type, const void* record, const FieldChoice& choice);

// Prometheus text exposition 0.0.4. Samples of one metric must stand together, so a page is collected and
// written at the end of a round: the latest value of each series.
class PromFormat {
  public:
    explicit PromFormat(FieldChoice choice) : choice_(std::move(choice)) {}
    void add(const RecordType& type, const void* record);
    void append_page(TextBuffer& out);

  private:
    struct Metric {
        std::string help;
        std::map<std::string, std::string> samples;  // labels -> value
    };
    FieldChoice choice_;
    std::map<std::string, Metric> metrics_;
};

// "rtt_us" in Unit::us of "probe.icmp" -> nm_probe_icmp_rtt_seconds.
std::string prom_name(const RecordType& type, const FieldInfo& field);

// Columns for people. The first rows wait until their widths are known.
class TableFormat {
  public:
    TableFormat(FieldChoice choice, bool colour) : choice_(std::move(choice)), colour_(colour) {}
    // Without a choice of the user's, the table of this type begins with these columns, empty or not; its
    // usual ones follow, as far as they have values.
    void lead_with(const RecordType& type, FieldChoice keys) {
        lead_type_ = &type;
        lead_ = std::move(keys);
    }
    void append(TextBuffer& out, const RecordType& type, const void* record);
    // A target that has no record of its own, such as a name without an address: a row in this table, or in
    // the next one that has states of targets.
    void append_failure(const RecordType& error_type, const void* error);
    // Writes the rows that wait: at the end, at the end of a round, before waiting for input.
    void flush(TextBuffer& out);

  private:
    using Row = std::vector<std::string>;
    struct Failure {
        std::string target, state, reason;
    };
    void start(const RecordType& type);
    void add_column(const FieldAccess& field);
    void erase_empty_columns();
    void add_failures();
    void append_row(TextBuffer& out, const Row& row, bool header) const;
    Mood mood_of(std::size_t column, std::string_view cell) const;

    static constexpr std::size_t rows_to_measure = 200;

    FieldChoice choice_;
    bool colour_;
    const RecordType* lead_type_ = nullptr;
    FieldChoice lead_;
    const RecordType* type_ = nullptr;
    std::vector<const FieldAccess*> columns_;
    std::size_t firm_columns_ = 0;  // the first so many stay, empty or not
    Row header_;
    std::vector<std::size_t> widths_;
    std::vector<bool> right_;
    bool header_written_ = false;
    std::vector<Row> waiting_;
    std::vector<Failure> failures_;  // that have no table yet
};

// What an error record says: "db1.example: no such host".
std::string failure_of(const RecordType& type, const void* record);

// One line of words about a record: "3 targets, 2 answered" for a summary in a table.
std::string sentence_of(const RecordType& type, const void* record);

// The JSON Schema (draft 2020-12) of a record type, as one line.
std::string json_schema(const RecordType& type);

}  // namespace nm
