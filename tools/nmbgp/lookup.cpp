#include "lookup.hpp"

#include "base/text.hpp"
#include "record/error.hpp"
#include "table_files.hpp"

namespace nmbgp {

namespace {

std::vector<nm::IpAddress> parse_addresses(const std::vector<std::string>& texts) {
    std::vector<nm::IpAddress> out;
    for (const std::string& text : texts) {
        const auto ip = nm::parse_ip(text);
        if (!ip)
            throw nm::UserError(nm::Exit::usage, "lookup: " + nm::in_quotes(text) + " is not an address");
        out.push_back(*ip);
    }
    return out;
}

nm::Route route_record(const RouteTable& table, const RouteTable::Entry& entry, const nm::IpAddress& target) {
    const RouteTable::Shared& shared = table.shared(entry);
    Attributes attributes;
    decode_attributes(shared.attributes, attributes);
    nm::Route out;
    out.ts = entry.ts;
    out.target = target;
    out.prefix = entry.prefix;
    out.path_id = entry.path_id;
    out.peer_ip = shared.peer.ip;
    if (shared.peer.ip.is_set()) out.peer_as = shared.peer.as;
    out.originated = entry.originated;
    set_members(attributes, out);
    return out;
}

}  // namespace

nm::Exit run_lookup(const LookupOptions& options, nm::Context& context) {
    const std::vector<nm::IpAddress> addresses = parse_addresses(options.addresses);
    TableFiles files(options.mrt_files, context.console,
                     [&](const std::string& file, const std::string& reason) {
                         context.console.error(file + ": " + reason);
                     });
    const RouteTable table = load_table(files);
    std::uint64_t found = 0;
    for (const nm::IpAddress& address : addresses) {
        if (const RouteTable::Entry* entry = table.find(address)) {
            ++found;
            context.out.write(route_record(table, *entry, address));
            continue;
        }
        nm::ErrorRecord error;
        error.ts = nm::now();
        error.stage = "lookup";
        error.target = to_string(address);
        error.reason = "no route";
        context.out.write(error);
    }
    nm::RouteSummary summary;
    files.fill(summary);
    summary.prefixes = table.size();
    summary.read = addresses.size();
    summary.found = found;
    summary.no_route = addresses.size() - found;
    context.out.write(summary);
    if (files.exit() != nm::Exit::ok) return files.exit();
    return found == addresses.size() ? nm::Exit::ok : nm::Exit::no;
}

}  // namespace nmbgp
