#include "probe/targets.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <set>
#include <sstream>

#include "base/text.hpp"
#include "json/line_reader.hpp"
#include "json/record_parser.hpp"
#include "record/probe_icmp.hpp"
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

// Walks one file; every message has the place.
class YamlTargets {
  public:
    YamlTargets(const std::string& name, PortRule rule) : name_(name), rule_(rule) {}

    std::vector<Target> walk(const YAML::Node& root) {
        if (!root.IsMap()) fail(root, "expected a map of region: [host, ...] or targets: [...]");
        std::set<std::string> seen;
        for (const auto& entry : root) {
            const std::string key = scalar(entry.first, "a region");
            if (!seen.insert(key).second) fail(entry.first, "region " + in_quotes(key) + " twice");
            if (key == "targets" && is_long_form(entry.second))
                walk_long(entry.second);
            else
                walk_region(key, entry.second);
        }
        return std::move(targets_);
    }

  private:
    [[noreturn]] void fail(const YAML::Node& node, const std::string& why) const {
        const YAML::Mark mark = node.Mark();
        throw UserError(Exit::bad_data, name_ + ":" + std::to_string(mark.line + 1) + ":" +
                                            std::to_string(mark.column + 1) + ": " + why);
    }

    std::string scalar(const YAML::Node& node, const std::string& what) const {
        if (!node.IsScalar() || node.Scalar().empty()) fail(node, "expected " + what);
        return node.Scalar();
    }

    static bool is_long_form(const YAML::Node& node) {
        return node.IsSequence() &&
               std::any_of(node.begin(), node.end(), [](const YAML::Node& n) { return n.IsMap(); });
    }

    std::uint16_t port(const YAML::Node& node) const {
        const auto number = parse_number<std::uint16_t>(scalar(node, "a port"));
        if (!number || *number == 0)
            fail(node, in_quotes(node.Scalar()) + " is not a port: write 1 to 65535");
        return *number;
    }

    void add(const YAML::Node& place, Target target) {
        if (rule_ == PortRule::required && target.port == 0)
            fail(place,
                 "target " + in_quotes(target.host) + " has no port: write {" + target.host + ": 443}");
        targets_.push_back(std::move(target));
    }

    void walk_region(const std::string& region, const YAML::Node& node) {
        if (node.IsNull()) return;
        Target target;
        target.labels.items = {{"region", region}};
        if (node.IsSequence()) {
            for (const YAML::Node& host : node) {
                const std::string text = scalar(host, "a host");
                Target one = rule_ == PortRule::required && parse_host_port(text)
                                 ? target_of_argument(text, rule_)
                                 : target;
                if (one.host.empty()) one.host = text;
                one.labels = target.labels;
                add(host, one);
            }
        } else if (node.IsMap()) {
            walk_ports(target, node);
        } else {
            fail(node, "region " + in_quotes(region) + " is neither a list of hosts nor a map of host: port");
        }
    }

    void walk_ports(Target target, const YAML::Node& node) {
        std::set<std::string> seen;
        for (const auto& entry : node) {
            target.host = scalar(entry.first, "a host");
            if (!seen.insert(target.host).second)
                fail(entry.first, "host " + in_quotes(target.host) + " twice");
            if (rule_ == PortRule::none)
                fail(entry.second, "a port, where targets have none: write [" + target.host + "]");
            if (!entry.second.IsSequence()) {
                target.port = port(entry.second);
                add(entry.first, target);
                continue;
            }
            for (const YAML::Node& one : entry.second) {
                target.port = port(one);
                add(one, target);
            }
        }
    }

    void walk_long(const YAML::Node& list) {
        for (const YAML::Node& node : list) {
            if (!node.IsMap()) fail(node, "expected a map with host:");
            Target target;
            std::set<std::string> seen;
            for (const auto& entry : node) {
                const std::string key = scalar(entry.first, "a key");
                if (!seen.insert(key).second) fail(entry.first, "key " + in_quotes(key) + " twice");
                set_member(target, key, entry.first, entry.second);
            }
            if (target.host.empty()) fail(node, "a target without host:");
            add(node, target);
        }
    }

    void set_member(Target& target, const std::string& key, const YAML::Node& place,
                    const YAML::Node& value) {
        if (key == "host") {
            target.host = scalar(value, "a host");
        } else if (key == "port") {
            if (rule_ == PortRule::none) fail(value, "a port, where targets have none");
            target.port = port(value);
        } else if (key == "count") {
            target.count = parse_number<std::uint64_t>(scalar(value, "a count"));
            if (!target.count || *target.count == 0)
                fail(value, in_quotes(value.Scalar()) + " is not a count");
        } else if (key == "interval") {
            target.interval_ns = parse_duration_ns(scalar(value, "a duration"));
            if (!target.interval_ns)
                fail(value, in_quotes(value.Scalar()) + " is not a duration: write 200ms or 5s");
        } else if (key == "labels") {
            if (!value.IsMap()) fail(value, "labels: expected a map");
            for (const auto& label : value) add_label(target, label.first, label.second);
        } else {
            fail(place, "unknown key " + in_quotes(key) + ": there are host, port, labels, count, interval");
        }
    }

    void add_label(Target& target, const YAML::Node& key_node, const YAML::Node& value) {
        const std::string key = scalar(key_node, "a label");
        if (is_reserved_label(key))
            fail(key_node, "label " + in_quotes(key) + " is a key of the records: choose another");
        for (const auto& [k, v] : target.labels.items) {
            if (k == key) fail(key_node, "label " + in_quotes(key) + " twice");
        }
        target.labels.items.emplace_back(key, scalar(value, "a text"));
    }

    const std::string& name_;
    PortRule rule_;
    std::vector<Target> targets_;
};

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
        if (!is_reserved_label(key)) target.labels.items.emplace_back(key, value);
    }
    return target;
}

}  // namespace

bool is_reserved_label(std::string_view key) {
    static const std::set<std::string_view> reserved = [] {
        std::set<std::string_view> keys{"type", "v"};
        for (const auto& infos : {std::span<const FieldInfo>(field_infos<IcmpProbe>),
                                  std::span<const FieldInfo>(field_infos<IcmpReply>),
                                  std::span<const FieldInfo>(field_infos<IcmpError>),
                                  std::span<const FieldInfo>(field_infos<TcpProbe>),
                                  std::span<const FieldInfo>(field_infos<TcpReply>),
                                  std::span<const FieldInfo>(field_infos<TcpError>)}) {
            for (const FieldInfo& info : infos) keys.insert(info.key);
        }
        return keys;
    }();
    return reserved.count(key) > 0;
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

std::vector<Target> parse_targets_yaml(const std::string& text, const std::string& name, PortRule rule) {
    try {
        return YamlTargets(name, rule).walk(YAML::Load(text));
    } catch (const YAML::Exception& error) {
        throw UserError(Exit::bad_data, name + ":" + std::to_string(error.mark.line + 1) + ":" +
                                            std::to_string(error.mark.column + 1) + ": " + error.msg);
    }
}

std::vector<Target> read_targets_file(const std::string& path, PortRule rule) {
    std::ifstream file(path);
    std::stringstream text;
    if (!file || !(text << file.rdbuf()))
        throw UserError(Exit::no_input, path + ": cannot be read, or empty");
    return parse_targets_yaml(text.str(), path, rule);
}

std::vector<Target> read_targets_stream(int fd, PortRule rule, BadInput& bad) {
    LineReader lines(fd, nullptr);
    RecordParser parser;
    std::vector<Target> targets;
    std::string_view line;
    while (true) {
        const LineReader::Next next = lines.next(line);
        if (next == LineReader::Next::end || next == LineReader::Next::stopped) return targets;
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
                reason = parser.error();
        }
        if (target)
            targets.push_back(std::move(*target));
        else
            bad.count(lines.line_number(), reason);
    }
}

}  // namespace nm
