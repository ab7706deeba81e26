#include "table_files.hpp"

#include "app/signals.hpp"

namespace nmbgp {

void TableFiles::each(const std::function<bool(TableReader&)>& read) {
    for (const std::string& file : files_) {
        auto source = nm::FileSource::open(file);
        if (!source) {
            incomplete_ = true;
            tell(file, source.error().message, source.error().exit);
            continue;
        }
        ++files_read_;
        TableReader reader(std::move(*source),
                           [&](const std::string& reason) { tell(file, reason, nm::Exit::bad_data); });
        const bool go_on = read(reader);
        account(file, reader);
        if (!go_on) return;
    }
}

void TableFiles::tell(const std::string& file, const std::string& reason, nm::Exit exit) {
    if (exit_ == nm::Exit::ok) exit_ = exit;
    tell_(file, reason);
}

void TableFiles::account(const std::string& file, const TableReader& reader) {
    const TableCounts& now = reader.counts();
    counts_.records += now.records;
    counts_.routes += now.routes;
    counts_.damaged += now.damaged;
    counts_.unsupported += now.unsupported;
    if (reader.failed()) {
        incomplete_ = true;
        ++counts_.damaged;
        if (reader.failure() == nm::Exit::io_error) exit_ = nm::Exit::io_error;
    }
    if (now.records == 0 && !reader.failed()) tell(file, "the file is empty", nm::Exit::bad_data);
    if (now.unsupported == 0) return;
    const std::string what = file + ": not in this version: " + reader.unsupported_text();
    if (now.unsupported < now.records) return console_.warn(what + "; these records were left out");
    console_.error(what + "; what is read is TABLE_DUMP_V2");
    if (exit_ == nm::Exit::ok) exit_ = nm::Exit::bad_data;
}

void TableFiles::fill(nm::RouteSummary& summary) const {
    summary.ts = nm::now();
    summary.files = files_read_;
    summary.records = counts_.records;
    summary.routes = counts_.routes;
    summary.damaged = counts_.damaged;
    summary.unsupported = counts_.unsupported;
}

RouteTable load_table(TableFiles& files) {
    RouteTable table;
    files.each([&](TableReader& reader) {
        table.read(reader);
        return !nm::stop_requested();
    });
    if (nm::stop_requested()) throw nm::UserError(nm::Exit::unavailable, "stopped before the table was read");
    if (files.incomplete())
        throw nm::UserError(files.exit(), "the table is not whole: nothing was looked up");
    table.finish();
    if (table.size() == 0) {
        const nm::Exit exit = files.exit() == nm::Exit::ok ? nm::Exit::bad_data : files.exit();
        throw nm::UserError(exit, "the table has no routes: nothing was looked up");
    }
    return table;
}

}  // namespace nmbgp
