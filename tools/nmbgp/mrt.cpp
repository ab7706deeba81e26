#include "mrt.hpp"

#include "app/signals.hpp"
#include "record/error.hpp"
#include "table_files.hpp"

namespace nmbgp {

namespace {

void set_route(const TableRoute& from, nm::Route& out) {
    out.ts = from.ts;
    out.prefix = from.prefix;
    out.path_id = from.entry.path_id;
    out.peer_ip = from.peer->ip;
    out.peer_as.reset();
    if (from.peer->ip.is_set()) out.peer_as = from.peer->as;
    out.originated = from.entry.originated;
    set_members(*from.attributes, out);
}

// False when the run is to end before the file does.
bool write_routes(TableReader& reader, nm::Context& context) {
    constexpr std::uint64_t routes_between_looks = 1024;
    nm::Route record;
    TableRoute route;
    while (reader.next(route)) {
        set_route(route, record);
        context.out.write(record);
        const bool look = reader.counts().routes % routes_between_looks == 0;
        if (look && (context.out.closed() || nm::stop_requested())) return false;
    }
    return true;
}

}  // namespace

nm::Exit run_mrt(const MrtOptions& options, nm::Context& context) {
    std::vector<std::string> names = options.files;
    if (names.empty()) {
        if (nm::Console::stdin_is_terminal())
            throw nm::UserError(nm::Exit::usage, "mrt: a file is needed, or - for stdin");
        names.emplace_back("-");
    }
    TableFiles files(names, context.console, [&](const std::string& file, const std::string& reason) {
        nm::ErrorRecord error;
        error.ts = nm::now();
        error.stage = "mrt";
        error.target = file;
        error.reason = reason;
        context.out.write(error);
        if (context.strict) throw nm::UserError(nm::Exit::bad_data, file + ": " + reason);
    });
    files.each([&](TableReader& reader) { return write_routes(reader, context); });
    nm::RouteSummary summary;
    files.fill(summary);
    context.out.write(summary);
    return files.exit();
}

}  // namespace nmbgp
