// Targets from YAML, event by event.
#include <set>

#include "base/text.hpp"
#include "base/whole_file.hpp"
#include "probe/plain_yaml.hpp"
#include "probe/targets.hpp"
#include "probe/yaml_events.hpp"

namespace nm {
namespace {

// Walks one file; every message has the place.
class YamlTargets {
  public:
    YamlTargets(YamlEvents& events, const std::string& name, PortRule rule, TargetList& list)
        : events_(events), name_(name), rule_(rule), list_(list) {}

    void walk() {
        const YamlEvent& root = events_.next();
        if (root.kind != YamlEvent::Kind::map)
            fail(root.at, "expected a map of region: [host, ...] or targets: [...]");
        std::set<std::string> seen;
        while (next_key("a region")) {
            if (!seen.insert(key_).second) fail(key_at_, "region " + in_quotes(key_) + " twice");
            walk_region(key_);
        }
        events_.next();  // a second document is refused
    }

  private:
    struct NamedAt {
        std::uint32_t target;  // the first of this host
        YamlPlace at;
    };

    [[noreturn]] void fail(const YamlPlace& at, const std::string& why) const { fail_at(name_, at, why); }

    const std::string& scalar(const YamlEvent& event, const char* what) const {
        if (event.kind != YamlEvent::Kind::scalar || event.text.empty())
            fail(event.at, std::string("expected ") + what);
        return event.text;
    }

    // The next key of a map into key_ and key_at_; false at its end.
    bool next_key(const char* what) {
        const YamlEvent& event = events_.next();
        if (event.kind == YamlEvent::Kind::end) return false;
        key_ = scalar(event, what);
        key_at_ = event.at;
        return true;
    }

    std::uint16_t port(const YamlEvent& event) const {
        const auto number = parse_number<std::uint16_t>(scalar(event, "a port"));
        if (!number || *number == 0)
            fail(event.at, in_quotes(event.text) + " is not a port: write 1 to 65535");
        return *number;
    }

    void add(const YamlPlace& at, std::string_view host, std::uint16_t port, const TargetGroup& group) {
        if (rule_ == PortRule::required && port == 0)
            fail(at, "target " + in_quotes(host) + " has no port: write {" + std::string(host) + ": 443}");
        list_.add(host, port, group);
    }

    void walk_region(const std::string& region) {
        const YamlEvent& value = events_.next();
        if (value.is_null()) return;
        TargetGroup group;
        group.labels.items = {{"region", region}};
        if (value.kind == YamlEvent::Kind::list)
            walk_list(region, group);
        else if (value.kind == YamlEvent::Kind::map)
            walk_ports(group);
        else
            fail(value.at,
                 "region " + in_quotes(region) + " is neither a list of hosts nor a map of host: port");
    }

    // Hosts, or the long form, which its first element tells.
    void walk_list(const std::string& region, const TargetGroup& group) {
        bool long_form = false;
        for (std::size_t n = 0;; ++n) {
            const YamlEvent& event = events_.next();
            if (event.kind == YamlEvent::Kind::end) return;
            if (n == 0) long_form = region == "targets" && event.kind == YamlEvent::Kind::map;
            if (long_form)
                walk_target(event);
            else
                add_host(event, group);
        }
    }

    void add_host(const YamlEvent& event, const TargetGroup& group) {
        const std::string& text = scalar(event, "a host");
        const bool with_port = rule_ == PortRule::required && parse_host_port(text).has_value();
        if (!with_port) {
            add(event.at, text, 0, group);
            return;
        }
        const Target target = target_of_argument(text, rule_);
        add(event.at, target.host, target.port, group);
    }

    void walk_ports(const TargetGroup& group) {
        std::vector<NamedAt> hosts;
        while (next_key("a host")) {
            if (rule_ == PortRule::none)
                fail(events_.next().at, "a port, where targets have none: write [" + key_ + "]");
            const auto first = static_cast<std::uint32_t>(list_.size());
            const YamlEvent* value = &events_.next();
            if (value->kind == YamlEvent::Kind::list) {
                while ((value = &events_.next())->kind != YamlEvent::Kind::end)
                    add(value->at, key_, port(*value), group);
            } else {
                add(key_at_, key_, port(*value), group);
            }
            if (list_.size() > first) hosts.push_back({first, key_at_});
        }
        refuse_doubles(hosts);
    }

    // Sorted once at the end: a set of them would cost more than the targets.
    void refuse_doubles(std::vector<NamedAt>& hosts) const {
        const auto host = [&](const NamedAt& named) { return list_[named.target].host; };
        std::stable_sort(hosts.begin(), hosts.end(),
                         [&](const NamedAt& a, const NamedAt& b) { return host(a) < host(b); });
        const auto twice =
            std::adjacent_find(hosts.begin(), hosts.end(),
                               [&](const NamedAt& a, const NamedAt& b) { return host(a) == host(b); });
        if (twice != hosts.end()) fail((twice + 1)->at, "host " + in_quotes(host(*twice)) + " twice");
    }

    void walk_target(const YamlEvent& start) {
        if (start.kind != YamlEvent::Kind::map) fail(start.at, "expected a map with host:");
        const YamlPlace at = start.at;
        Target target;
        std::set<std::string> seen;
        while (next_key("a key")) {
            if (!seen.insert(key_).second) fail(key_at_, "key " + in_quotes(key_) + " twice");
            set_member(target);
        }
        if (target.host.empty()) fail(at, "a target without host:");
        add(at, target.host, target.port, target.group);
    }

    void set_member(Target& target) {
        const YamlEvent& value = events_.next();
        TargetGroup& group = target.group;
        if (key_ == "host") {
            target.host = scalar(value, "a host");
        } else if (key_ == "port") {
            if (rule_ == PortRule::none) fail(value.at, "a port, where targets have none");
            target.port = port(value);
        } else if (key_ == "count") {
            group.count = parse_number<std::uint64_t>(scalar(value, "a count"));
            if (!group.count || *group.count == 0) fail(value.at, in_quotes(value.text) + " is not a count");
        } else if (key_ == "interval") {
            group.interval_ns = parse_duration_ns(scalar(value, "a duration"));
            if (!group.interval_ns)
                fail(value.at, in_quotes(value.text) + " is not a duration: write 200ms or 5s");
        } else if (key_ == "labels") {
            if (value.kind != YamlEvent::Kind::map) fail(value.at, "labels: expected a map");
            while (next_key("a label")) add_label(group.labels);
        } else {
            fail(key_at_,
                 "unknown key " + in_quotes(key_) + ": there are host, port, labels, count, interval");
        }
    }

    void add_label(Labels& labels) {
        if (is_reserved_label(key_))
            fail(key_at_, "label " + in_quotes(key_) + " is a key of the records: choose another");
        for (const auto& [k, v] : labels.items) {
            if (k == key_) fail(key_at_, "label " + in_quotes(key_) + " twice");
        }
        labels.items.emplace_back(key_, scalar(events_.next(), "a text"));
    }

    YamlEvents& events_;
    const std::string& name_;
    PortRule rule_;
    TargetList& list_;
    std::string key_;
    YamlPlace key_at_;
};

}  // namespace

void parse_targets_yaml(std::string_view text, const std::string& name, PortRule rule, TargetList& list) {
    const std::unique_ptr<YamlEvents> events =
        PlainYaml::fits(text) ? std::make_unique<PlainYaml>(text) : read_any_yaml(text, name);
    YamlTargets(*events, name, rule, list).walk();
}

void read_targets_file(const std::string& path, PortRule rule, TargetList& list) {
    parse_targets_yaml(read_whole_file(path).value_or_throw(), path, rule, list);
}

}  // namespace nm
