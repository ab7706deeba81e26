#include "probe/targets.hpp"

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "json/line_reader.hpp"
#include "json/record_parser.hpp"
#include "record/probe_dns.hpp"
#include "record/probe_http.hpp"
#include "record/tcp_probe.hpp"

namespace nm {
namespace {

// A line of input that names a target.
struct TargetLine {
    std::string target;
    std::string host;
    std::optional<std::uint16_t> port;
    Labels labels;
};

}  // namespace

template <>
inline constexpr auto describe<TargetLine> =
    record("", 1, "a target on stdin", field("target", &TargetLine::target, Role::tag, "host or host:port"),
           field("host", &TargetLine::host, Role::tag, "the same"),
           field("port", &TargetLine::port, Role::tag, "TCP port"),
           field("labels", &TargetLine::labels, Role::tag, "other string members"));

namespace {

std::optional<Target> target_of_line(const TargetLine& line, PortRule rule, std::string& reason) {
    const std::string& text = line.target.empty() ? line.host : line.target;
    if (text.empty()) {
        reason = "no target";
        return std::nullopt;
    }
    Target target;
    target.host = text;
    target.port = line.port.value_or(0);
    if (rule == PortRule::required && target.port == 0) {
        const auto parts = parse_host_port(text);
        if (!parts) {
            reason = "no port";
            return std::nullopt;
        }
        target.host = parts->host;
        target.port = parts->port;
    }
    for (const auto& [key, value] : line.labels.items) {
        if (!is_reserved_label(key)) target.group.labels.items.emplace_back(key, value);
    }
    return target;
}

const char* example_of(PortRule rule) {
    return rule == PortRule::required ? R"( such as {"target":"db1","port":5432})"
                                      : R"( such as {"target":"db1"})";
}

}  // namespace

bool is_reserved_label(std::string_view key) {
    static const std::set<std::string_view> reserved = [] {
        std::set<std::string_view> keys{"type", "v"};
        for (const auto& infos : {std::span<const FieldInfo>(field_infos<IcmpProbe>),
                                  std::span<const FieldInfo>(field_infos<IcmpReply>),
                                  std::span<const FieldInfo>(field_infos<IcmpError>),
                                  std::span<const FieldInfo>(field_infos<DnsProbe>),
                                  std::span<const FieldInfo>(field_infos<HttpProbe>),
                                  std::span<const FieldInfo>(field_infos<TcpProbe>),
                                  std::span<const FieldInfo>(field_infos<TcpReply>),
                                  std::span<const FieldInfo>(field_infos<TcpError>)}) {
            for (const FieldInfo& info : infos) keys.insert(info.key);
        }
        return keys;
    }();
    return reserved.count(key) > 0;
}

void TargetList::add(std::string_view host, std::uint16_t port, const TargetGroup& group) {
    if (runs_.empty() || runs_.back().group != group) runs_.push_back({size(), group});
    hosts_ += host;
    entries_.push_back({static_cast<std::uint32_t>(hosts_.size()), port});
}

TargetList::View TargetList::operator[](std::size_t i) const {
    const Entry& entry = entries_[i];
    const std::size_t begin = i == 0 ? 0 : entries_[i - 1].host_end;
    const auto after = std::upper_bound(runs_.begin(), runs_.end(), i,
                                        [](std::size_t index, const Run& run) { return index < run.first; });
    return {std::string_view(hosts_).substr(begin, entry.host_end - begin), entry.port, (after - 1)->group};
}

Target target_of_argument(std::string_view text, PortRule rule) {
    Target target;
    target.host = text;
    if (rule == PortRule::none) return target;
    const auto parts = parse_host_port(text);
    if (!parts)
        throw UserError(Exit::usage,
                        in_quotes(text) + " is not HOST:PORT: write db1:5432 or [2001:db8::1]:443");
    target.host = parts->host;
    target.port = parts->port;
    return target;
}

void read_targets_stream(int fd, PortRule rule, BadInput& bad, TargetList& list) {
    LineReader lines(fd, nullptr);
    RecordParser parser;
    std::string_view line;
    while (true) {
        const LineReader::Next next = lines.next(line);
        if (next == LineReader::Next::end || next == LineReader::Next::stopped) return;
        if (next == LineReader::Next::failed)
            throw UserError(Exit::io_error, os_error("stdin", lines.errno_value()).message);
        if (next == LineReader::Next::line && trim(line).empty()) continue;
        std::string reason = "line too long";
        TargetLine record;
        std::optional<Target> target;
        if (next == LineReader::Next::line) {
            if (parser.open(line) && parser.read(record))
                target = target_of_line(record, rule, reason);
            else
                reason = parser.error() + (trim(line).front() == '{' ? "" : example_of(rule));
        }
        if (target)
            list.add(*target);
        else
            bad.count(lines.line_number(), reason);
    }
}

}  // namespace nm
