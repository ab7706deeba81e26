#include "annotate.hpp"

#include <unistd.h>

#include <algorithm>

#include "flow_annotator.hpp"
#include "json/line_reader.hpp"
#include "table_files.hpp"

namespace nmbgp {

namespace {

struct LineCounts {
    std::uint64_t read = 0;
    std::uint64_t annotated = 0;
    std::uint64_t no_route = 0;
    std::uint64_t forwarded = 0;
};

void check(const AnnotateOptions& options) {
    if (std::ranges::find(options.mrt_files, "-") != options.mrt_files.end()) {
        throw nm::UserError(nm::Exit::usage, "annotate: --mrt -: stdin carries the flow records");
    }
    if (nm::Console::stdin_is_terminal()) {
        throw nm::UserError(nm::Exit::usage,
                            "annotate: flow records are read from stdin, not from a terminal");
    }
}

void annotate_line(FlowAnnotator& annotator, std::string_view line, std::uint64_t number, LineCounts& counts,
                   nm::BadInput& bad, nm::Context& context) {
    switch (annotator.annotate(line)) {
        case FlowAnnotator::Fate::annotated:
            ++counts.annotated;
            return context.out.forward(annotator.line());
        case FlowAnnotator::Fate::no_route:
            ++counts.no_route;
            return context.out.forward(line);
        case FlowAnnotator::Fate::forwarded:
            ++counts.forwarded;
            return context.out.forward(line);
        case FlowAnnotator::Fate::rejected:
            return bad.count(number, annotator.reason());
    }
}

void annotate_lines(const RouteTable& table, LineCounts& counts, nm::BadInput& bad, nm::Context& context) {
    using Next = nm::LineReader::Next;
    FlowAnnotator annotator(table);
    nm::LineReader lines(STDIN_FILENO, [&] { context.out.flush(); });
    std::string_view line;
    while (!context.out.closed()) {
        const Next next = lines.next(line);
        if (next == Next::end || next == Next::stopped) return;
        if (next == Next::failed) {
            const nm::Error error = nm::os_error("stdin", lines.errno_value(), nm::Exit::io_error);
            throw nm::UserError(error.exit, error.message);
        }
        ++counts.read;
        if (next == Next::too_long)
            bad.count(lines.line_number(), "line over 1 MiB");
        else
            annotate_line(annotator, line, lines.line_number(), counts, bad, context);
    }
}

}  // namespace

nm::Exit run_annotate(const AnnotateOptions& options, nm::Context& context) {
    check(options);
    TableFiles files(options.mrt_files, context.console,
                     [&](const std::string& file, const std::string& reason) {
                         context.console.error(file + ": " + reason);
                     });
    const RouteTable table = load_table(files);
    LineCounts counts;
    nm::BadInput bad(context, "stdin");
    annotate_lines(table, counts, bad, context);
    nm::RouteSummary summary;
    files.fill(summary);
    summary.prefixes = table.size();
    summary.read = counts.read;
    summary.annotated = counts.annotated;
    summary.no_route = counts.no_route;
    summary.forwarded = counts.forwarded;
    summary.rejected = bad.total();
    context.out.write(summary);
    return bad.exit_or(files.exit());
}

}  // namespace nmbgp
