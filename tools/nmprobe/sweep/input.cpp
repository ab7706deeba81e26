#include "sweep/input.hpp"

#include <unistd.h>

#include "base/text.hpp"
#include "base/whole_file.hpp"
#include "json/line_reader.hpp"
#include "json/record_parser.hpp"

namespace nmprobe {

namespace {

// A line of JSON that names something to sweep: a target, or a route.
struct SpanLine {
    std::string target;
    std::string prefix;
};

}  // namespace
}  // namespace nmprobe

template <>
inline constexpr auto nm::describe<nmprobe::SpanLine> =
    nm::record("", 1, "a prefix on stdin",
               nm::field("target", &nmprobe::SpanLine::target, nm::Role::tag, "address, prefix or range"),
               nm::field("prefix", &nmprobe::SpanLine::prefix, nm::Role::tag, "the same"));

namespace nmprobe {
namespace {

using nm::Exit;
using nm::UserError;

// As parse_span, for what is to be probed.
nm::Result<AddressSpan> parse_target_span(std::string_view text) {
    nm::Result<AddressSpan> span = parse_span(text);
    if (span && span->first.family == nm::Family::v6 && span->size() > most_v6_span)
        return nm::Error{Exit::usage, nm::in_quotes(text) +
                                          ": an IPv6 network of this size is not walked: give a list of "
                                          "addresses (--file), or a /112 or longer"};
    return span;
}

// What a line names: nothing, one span, or, in a list of YAML ("- 192.0.2.1" or "[192.0.2.1, 192.0.2.2]"),
// its items. Spans need no more of YAML than that.
std::vector<std::string_view> items_of(std::string_view line) {
    line = nm::trim(line.substr(0, line.find('#')));
    if (line.empty() || line == "---") return {};
    if (line.rfind("- ", 0) == 0) line = nm::trim(line.substr(2));
    std::vector<std::string_view> items{line};
    if (line.size() > 1 && line.front() == '[' && line.back() == ']')
        items = nm::split(line.substr(1, line.size() - 2), ',');
    for (std::string_view& item : items) {
        item = nm::trim(item);
        const bool quoted =
            item.size() > 1 && item.front() == item.back() && (item.front() == '"' || item.front() == '\'');
        if (quoted) item = item.substr(1, item.size() - 2);
    }
    return items;
}

AddressSet parse_lines(const std::string& text, const std::string& name,
                       nm::Result<AddressSpan> (*parse)(std::string_view)) {
    AddressSet set;
    std::size_t number = 0;
    for (const std::string_view line : nm::split(text, '\n')) {
        ++number;
        for (const std::string_view item : items_of(line)) {
            const auto span = parse(item);
            if (!span)
                throw UserError(Exit::bad_data,
                                name + ":" + std::to_string(number) + ": " + span.error().message);
            set.add(*span);
        }
    }
    return set;
}

nm::Result<AddressSpan> span_of_line(std::string_view line, nm::RecordParser& parser) {
    if (line.front() != '{') return parse_target_span(line);
    SpanLine record;
    if (!parser.open(line) || !parser.read(record)) return nm::Error{Exit::bad_data, parser.error()};
    const std::string& text = record.target.empty() ? record.prefix : record.target;
    if (text.empty()) return nm::Error{Exit::bad_data, "no target and no prefix"};
    return parse_target_span(text);
}

void add_stream(AddressSet& set, nm::BadInput& bad) {
    if (nm::Console::stdin_is_terminal())
        throw UserError(Exit::usage, "no prefix: name one, or use -f FILE, or pipe lines");
    nm::LineReader lines(STDIN_FILENO, nullptr);
    nm::RecordParser parser;
    std::string_view line;
    using Next = nm::LineReader::Next;
    for (Next next = lines.next(line); next != Next::end && next != Next::stopped; next = lines.next(line)) {
        if (next == Next::failed)
            throw UserError(Exit::io_error, nm::os_error("stdin", lines.errno_value()).message);
        if (next == Next::too_long) {
            bad.count(lines.line_number(), "line too long");
            continue;
        }
        line = nm::trim(line);
        if (line.empty() || line.front() == '#') continue;
        if (const auto span = span_of_line(line, parser); span)
            set.add(*span);
        else
            bad.count(lines.line_number(), span.error().message);
    }
}

void add_all(AddressSet& set, const AddressSet& more) {
    for (const AddressSpan& span : more.spans()) set.add(span);
}

AddressSet named_addresses(const SweepOptions& options, nm::BadInput& bad) {
    AddressSet set;
    bool from_stdin = options.targets.empty() && options.file.empty();
    for (const std::string& argument : options.targets) {
        if (argument == "-")
            from_stdin = true;
        else
            set.add(parse_target_span(argument).value_or_throw());
    }
    if (!options.file.empty())
        add_all(set, parse_span_file(nm::read_whole_file(options.file).value_or_throw(), options.file));
    if (from_stdin) add_stream(set, bad);
    return set;
}

// Each is a prefix, a range or an address, else a file of them.
AddressSet excluded_addresses(const std::vector<std::string>& excludes) {
    AddressSet set;
    for (const std::string& text : excludes) {
        const auto span = parse_span(text);
        if (span)
            set.add(*span);
        else if (::access(text.c_str(), F_OK) == 0)
            add_all(set, parse_lines(nm::read_whole_file(text).value_or_throw(), text, parse_span));
        else
            throw UserError(Exit::no_input, "--exclude: no such file, and " + span.error().message);
    }
    set.normalise();
    return set;
}

AddressSet whole_family(nm::Family family) {
    AddressSet set;
    set.add(AddressSpan::of(*nm::parse_prefix(family == nm::Family::v4 ? "0.0.0.0/0" : "::/0")));
    set.normalise();
    return set;
}

}  // namespace

AddressSet parse_span_file(const std::string& text, const std::string& name) {
    return parse_lines(text, name, parse_target_span);
}

SweepInput collect_sweep(const SweepOptions& options, const LocalLinks& links, nm::BadInput& bad) {
    SweepInput input;
    input.addresses = named_addresses(options, bad);
    input.repeated = input.addresses.normalise();
    input.excluded = input.addresses.subtract(excluded_addresses(options.excludes));
    if (options.only_v4) input.skipped += drop_family(input, nm::Family::v6);
    if (options.only_v6) input.skipped += drop_family(input, nm::Family::v4);
    if (!options.all)
        input.skipped +=
            input.addresses.subtract(reserved_addresses()) + input.addresses.subtract(links.no_hosts);
    return input;
}

std::uint64_t drop_family(SweepInput& input, nm::Family family) {
    return input.addresses.subtract(whole_family(family));
}

void check_size(const SweepInput& input, std::uint64_t max_addresses) {
    constexpr std::uint64_t most_positions = std::uint64_t{1} << 32;
    const std::uint64_t size = input.addresses.size();
    if (size > most_positions)
        throw UserError(Exit::usage, std::to_string(size) + " addresses are more than one sweep can have");
    if (size > max_addresses)
        throw UserError(Exit::usage, "that makes " + std::to_string(size) + " addresses, more than " +
                                         std::to_string(max_addresses) + ": say --max-addresses " +
                                         std::to_string(size) + " if it is meant");
}

}  // namespace nmprobe
