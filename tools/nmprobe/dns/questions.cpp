#include "dns/questions.hpp"

#include <unistd.h>

#include <fstream>
#include <sstream>

#include "base/whole_file.hpp"
#include "json/line_reader.hpp"
#include "json/record_parser.hpp"

namespace nmprobe {
namespace {

// A line of input that names a question.
struct QuestionLine {
    std::string target;
    std::string host;
    std::string qtype;
    nm::Labels labels;
};

}  // namespace
}  // namespace nmprobe

namespace nm {
template <>
inline constexpr auto describe<nmprobe::QuestionLine> =
    record("", 1, "a question on stdin",
           field("target", &nmprobe::QuestionLine::target, Role::tag, "name to ask for"),
           field("host", &nmprobe::QuestionLine::host, Role::tag, "the same"),
           field("qtype", &nmprobe::QuestionLine::qtype, Role::tag, "type to ask for"),
           field("labels", &nmprobe::QuestionLine::labels, Role::tag, "other string members"));
}  // namespace nm

namespace nmprobe {
namespace {

// Adds the name with one type; false when it cannot be asked for.
bool add_name(std::vector<DnsName>& names, const std::string& text, const nm::Labels& labels,
              std::uint16_t type, const DnsOptions& options) {
    constexpr std::uint16_t type_ptr = 12;
    DnsQuestion question;
    question.name = text;
    question.type = type;
    question.recursion = !options.no_recursion;
    question.checking_disabled = options.checking_disabled;
    question.edns = !options.no_edns;
    question.edns_size = static_cast<std::uint16_t>(options.edns_size);
    question.dnssec_ok = options.dnssec;
    question.nsid = options.nsid;
    if (type == type_ptr) question.name = reverse_name(text).value_or(text);
    auto query = encode_query(question);
    if (query) names.push_back({text, labels, type, std::move(*query)});
    return query.has_value();
}

std::vector<std::uint16_t> types_of(const DnsOptions& options) {
    std::vector<std::uint16_t> types;
    for (const std::string& text : options.types) {
        const auto type = parse_type(text);
        if (!type)
            throw nm::UserError(nm::Exit::usage, "--type: " + nm::in_quotes(text) +
                                                     " is not a record type: write A, AAAA, MX or TYPE65");
        types.push_back(*type);
    }
    return types;
}

bool add_types(std::vector<DnsName>& names, const std::string& text, const nm::Labels& labels,
               const DnsOptions& options) {
    for (const std::uint16_t type : types_of(options)) {
        if (!add_name(names, text, labels, type, options)) return false;
    }
    return true;
}

std::string not_a_name(const std::string& text) {
    return nm::in_quotes(text) + " is not a domain name: a label has 1 to 63 bytes, a name 253 at most";
}

// The question of a line of JSON, or why there is none.
std::string add_line(std::vector<DnsName>& names, const QuestionLine& line, const DnsOptions& options) {
    const std::string& text = line.target.empty() ? line.host : line.target;
    if (text.empty()) return "no target";
    nm::Labels labels;
    for (const auto& label : line.labels.items) {
        if (!nm::is_reserved_label(label.first)) labels.items.push_back(label);
    }
    if (line.qtype.empty())
        return add_types(names, text, labels, options) ? "" : "target is not a domain name";
    const auto type = parse_type(line.qtype);
    if (!type) return "qtype is not a record type";
    return add_name(names, text, labels, *type, options) ? "" : "target is not a domain name";
}

void read_stream(std::vector<DnsName>& names, const DnsOptions& options, nm::BadInput& bad) {
    nm::LineReader lines(STDIN_FILENO, nullptr);
    nm::RecordParser parser;
    std::string_view line;
    while (true) {
        const nm::LineReader::Next next = lines.next(line);
        if (next == nm::LineReader::Next::end || next == nm::LineReader::Next::stopped) return;
        if (next == nm::LineReader::Next::failed)
            throw nm::UserError(nm::Exit::io_error, nm::os_error("stdin", lines.errno_value()).message);
        if (next == nm::LineReader::Next::line && nm::trim(line).empty()) continue;
        std::string reason = "line too long";
        QuestionLine record;
        if (next == nm::LineReader::Next::line)
            reason =
                parser.open(line) && parser.read(record) ? add_line(names, record, options) : parser.error();
        if (!reason.empty()) bad.count(lines.line_number(), reason);
    }
}

// The next word of a line, which is shortened by it; empty at the end.
std::string_view take_word(std::string_view& line) {
    line = nm::trim(line);
    const std::string_view word = line.substr(0, line.find_first_of(" \t"));
    line.remove_prefix(word.size());
    return word;
}

// A colon ends a key of YAML; names have none.
bool looks_like_yaml(const std::string& text) {
    for (const std::string_view line : nm::split(text, '\n')) {
        const std::string_view content = nm::trim(line);
        if (content.empty() || content.front() == '#' || content.front() == ';') continue;
        return content.find(':') != std::string_view::npos || content.starts_with("---");
    }
    return false;
}

}  // namespace

std::vector<DnsName> parse_name_lines(const std::string& text, const std::string& file,
                                      const DnsOptions& options) {
    std::vector<DnsName> names;
    std::size_t number = 0;
    for (std::string_view line : nm::split(text, '\n')) {
        ++number;
        const std::string name(take_word(line));
        if (name.empty() || name.front() == '#' || name.front() == ';') continue;
        const std::string_view type = take_word(line);
        const auto fail = [&](const std::string& why) {
            throw nm::UserError(nm::Exit::bad_data, file + ":" + std::to_string(number) + ": " + why);
        };
        if (!take_word(line).empty()) fail("more than NAME and TYPE");
        const auto known = parse_type(type);
        if (!type.empty() && !known) fail(nm::in_quotes(type) + " is not a record type");
        const bool added =
            known ? add_name(names, name, {}, *known, options) : add_types(names, name, {}, options);
        if (!added) fail(not_a_name(name));
    }
    return names;
}

std::vector<DnsName> read_names_file(const DnsOptions& options) {
    const std::string text = nm::read_whole_file(options.file).value_or_throw();
    if (!looks_like_yaml(text)) return parse_name_lines(text, options.file, options);
    std::vector<DnsName> names;
    nm::TargetList targets;
    nm::parse_targets_yaml(text, options.file, nm::PortRule::none, targets);
    for (std::size_t i = 0; i < targets.size(); ++i) {
        const std::string host(targets[i].host);
        if (!add_types(names, host, targets[i].group.labels, options))
            throw nm::UserError(nm::Exit::bad_data, options.file + ": " + not_a_name(host));
    }
    return names;
}

std::vector<DnsName> collect_names(const DnsOptions& options, nm::BadInput& bad) {
    std::vector<DnsName> names;
    bool from_stdin = options.file.empty();
    bool dash = false;
    for (const std::string& argument : options.targets) {
        if (argument.starts_with('@')) continue;
        from_stdin = false;
        dash |= argument == "-";
        if (argument == "-") continue;
        if (!add_types(names, argument, {}, options))
            throw nm::UserError(nm::Exit::usage, not_a_name(argument));
    }
    if (!options.file.empty()) {
        for (DnsName& name : read_names_file(options)) names.push_back(std::move(name));
    }
    if (!from_stdin && !dash) return names;
    if (nm::Console::stdin_is_terminal())
        throw nm::UserError(nm::Exit::usage, "no name to ask for: give one, or -f FILE, or pipe JSON lines");
    (void)types_of(options);  // a wrong --type is told before anything is read
    read_stream(names, options, bad);
    return names;
}

std::optional<DnsServerSpec> parse_server(std::string_view text) {
    if (text.empty()) return std::nullopt;
    DnsServerSpec server{std::string(text), std::string(text), 53};
    if (nm::parse_ip(text)) return server;
    if (const auto parts = nm::parse_host_port(text)) {
        server.host = parts->host;
        server.port = parts->port;
        return server.port == 0 ? std::nullopt : std::optional(server);
    }
    return text.find_first_of(":[]") == std::string_view::npos ? std::optional(server) : std::nullopt;
}

std::vector<DnsServerSpec> parse_resolv_conf(const std::string& text) {
    std::vector<DnsServerSpec> servers;
    for (const std::string_view line : nm::split(text, '\n')) {
        std::istringstream words{std::string(line)};
        std::string key, value;
        if (!(words >> key >> value) || key != "nameserver") continue;
        if (auto server = parse_server(value)) servers.push_back(std::move(*server));
    }
    return servers;
}

std::vector<DnsServerSpec> collect_servers(const DnsOptions& options) {
    std::vector<std::string> texts = options.servers;
    for (const std::string& argument : options.targets) {
        if (argument.starts_with('@')) texts.push_back(argument.substr(1));
    }
    std::vector<DnsServerSpec> servers;
    for (const std::string& text : texts) {
        auto server = parse_server(text);
        if (!server)
            throw nm::UserError(nm::Exit::usage, "server " + nm::in_quotes(text) +
                                                     " is not HOST, HOST:PORT or [ADDRESS]:PORT");
        servers.push_back(std::move(*server));
    }
    if (!texts.empty()) return servers;
    constexpr const char* resolv_conf = "/etc/resolv.conf";
    std::ifstream file(resolv_conf);
    std::stringstream text;
    text << file.rdbuf();
    servers = parse_resolv_conf(text.str());
    if (servers.empty())
        throw nm::UserError(nm::Exit::no_input,
                            std::string(resolv_conf) + ": no nameserver there: name one with @SERVER");
    return servers;
}

}  // namespace nmprobe
