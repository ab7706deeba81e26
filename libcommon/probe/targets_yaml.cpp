// Targets from YAML, event by event (libyaml): a file of 65,000 lines costs its targets and a buffer.
#include <fcntl.h>
#include <unistd.h>
#include <yaml.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <map>
#include <set>
#include <utility>

#include "base/text.hpp"
#include "base/unique_fd.hpp"
#include "probe/targets.hpp"

namespace nm {
namespace {

struct Place {
    std::uint32_t line = 0;  // from 1
    std::uint32_t column = 0;
};

struct YamlEvent {
    enum class Kind : std::uint8_t { scalar, map, list, end, nothing };  // nothing: there is no document
    Kind kind = Kind::nothing;
    bool plain = false;  // a scalar without quotes
    std::string text;
    Place at;

    bool is_null() const {
        return kind == Kind::scalar && plain && (text.empty() || text == "~" || text == "null");
    }
};

[[noreturn]] void fail(const std::string& name, const Place& at, const std::string& why) {
    throw UserError(Exit::bad_data,
                    name + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) + ": " + why);
}

Place place_of(const yaml_mark_t& mark) {
    return {static_cast<std::uint32_t>(mark.line + 1), static_cast<std::uint32_t>(mark.column + 1)};
}

std::string text_of(const yaml_char_t* text) {
    return text == nullptr ? "" : reinterpret_cast<const char*>(text);
}

// The events of the one document of a file, aliases replaced by what their anchors stand for.
class YamlEvents {
  public:
    explicit YamlEvents(std::string name) : name_(std::move(name)) { yaml_parser_initialize(&parser_); }
    ~YamlEvents() { yaml_parser_delete(&parser_); }
    YamlEvents(const YamlEvents&) = delete;
    YamlEvents& operator=(const YamlEvents&) = delete;

    yaml_parser_t* parser() { return &parser_; }
    const std::string& name() const { return name_; }

    // Valid until the next call. After the document's last event: nothing.
    const YamlEvent& next() {
        if (!replayed_.empty()) {
            event_ = std::move(replayed_.front());
            replayed_.pop_front();
        } else {
            read();
        }
        record();
        return event_;
    }

  private:
    struct Recording {
        std::string anchor;
        std::vector<YamlEvent> events;
        std::size_t depth = 0;
    };
    static constexpr std::size_t most_replayed = 1'000'000;

    void read() {
        yaml_event_t raw;
        do {
            if (yaml_parser_parse(&parser_, &raw) == 0)
                fail(name_, place_of(parser_.problem_mark), problem());
        } while (take(raw));
    }

    std::string problem() const {
        if (parser_.problem == nullptr) return "cannot be read";
        return parser_.context == nullptr ? parser_.problem
                                          : std::string(parser_.problem) + " " + parser_.context;
    }

    // Turns libyaml's event into ours and frees it; true when it says nothing.
    bool take(yaml_event_t& raw) {
        event_.at = place_of(raw.start_mark);
        event_.text.clear();
        anchor_.clear();
        bool skip = false;
        switch (raw.type) {
            case YAML_SCALAR_EVENT:
                event_.kind = YamlEvent::Kind::scalar;
                event_.plain = raw.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
                event_.text.assign(reinterpret_cast<const char*>(raw.data.scalar.value),
                                   raw.data.scalar.length);
                anchor_ = text_of(raw.data.scalar.anchor);
                break;
            case YAML_MAPPING_START_EVENT:
                event_.kind = YamlEvent::Kind::map;
                anchor_ = text_of(raw.data.mapping_start.anchor);
                break;
            case YAML_SEQUENCE_START_EVENT:
                event_.kind = YamlEvent::Kind::list;
                anchor_ = text_of(raw.data.sequence_start.anchor);
                break;
            case YAML_MAPPING_END_EVENT:
            case YAML_SEQUENCE_END_EVENT:
                event_.kind = YamlEvent::Kind::end;
                break;
            case YAML_ALIAS_EVENT: {
                const std::string alias = text_of(raw.data.alias.anchor);
                yaml_event_delete(&raw);
                return replay(alias);
            }
            case YAML_STREAM_END_EVENT:
                event_.kind = YamlEvent::Kind::nothing;
                break;
            case YAML_DOCUMENT_START_EVENT:
                if (++documents_ > 1) {
                    yaml_event_delete(&raw);
                    fail(name_, event_.at, "a second document: there can be only one");
                }
                skip = true;
                break;
            default:
                skip = true;
        }
        yaml_event_delete(&raw);
        return skip;
    }

    // The first event of what the alias stands for is the current one, the others wait.
    bool replay(const std::string& alias) {
        const auto found = anchors_.find(alias);
        if (found == anchors_.end()) fail(name_, event_.at, "unknown alias *" + alias);
        replayed_count_ += found->second.size();
        if (replayed_count_ > most_replayed) fail(name_, event_.at, "aliases stand for too much");
        event_ = found->second.front();
        replayed_.assign(found->second.begin() + 1, found->second.end());
        return false;
    }

    void record() {
        const bool opens = event_.kind == YamlEvent::Kind::map || event_.kind == YamlEvent::Kind::list;
        if (!anchor_.empty()) recordings_.push_back({std::exchange(anchor_, {}), {}, 0});
        for (Recording& recording : recordings_) {
            recording.events.push_back(event_);
            if (opens) ++recording.depth;
            if (event_.kind == YamlEvent::Kind::end) --recording.depth;
            if (recording.depth == 0) anchors_[recording.anchor] = recording.events;
        }
        std::erase_if(recordings_, [](const Recording& recording) { return recording.depth == 0; });
    }

    std::string name_;
    yaml_parser_t parser_;
    YamlEvent event_;
    std::string anchor_;  // of the current event
    std::map<std::string, std::vector<YamlEvent>> anchors_;
    std::vector<Recording> recordings_;  // anchors whose node is not complete
    std::deque<YamlEvent> replayed_;
    std::size_t replayed_count_ = 0;
    int documents_ = 0;
};

// Walks one file; every message has the place.
class YamlTargets {
  public:
    YamlTargets(YamlEvents& events, PortRule rule, TargetList& list)
        : events_(events), rule_(rule), list_(list) {}

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
        Place at;
    };

    [[noreturn]] void fail(const Place& at, const std::string& why) const {
        nm::fail(events_.name(), at, why);
    }

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

    void add(const Place& at, std::string_view host, std::uint16_t port, const TargetGroup& group) {
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
        const Place at = start.at;
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
    PortRule rule_;
    TargetList& list_;
    std::string key_;
    Place key_at_;
};

int read_descriptor(void* fd, unsigned char* buffer, std::size_t size, std::size_t* got) {
    ssize_t n;
    do {
        n = ::read(*static_cast<int*>(fd), buffer, size);
    } while (n < 0 && errno == EINTR);
    *got = n > 0 ? static_cast<std::size_t>(n) : 0;
    return n >= 0;
}

}  // namespace

void parse_targets_yaml(std::string_view text, const std::string& name, PortRule rule, TargetList& list) {
    YamlEvents events(name);
    yaml_parser_set_input_string(events.parser(), reinterpret_cast<const unsigned char*>(text.data()),
                                 text.size());
    YamlTargets(events, rule, list).walk();
}

void read_targets_file(const std::string& path, PortRule rule, TargetList& list) {
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) throw UserError(Exit::no_input, os_error(path, errno).message);
    YamlEvents events(path);
    int number = fd.get();
    yaml_parser_set_input(events.parser(), read_descriptor, &number);
    YamlTargets(events, rule, list).walk();
}

}  // namespace nm
