#include "probe/yaml_events.hpp"

#include <yaml.h>

#include <algorithm>
#include <deque>
#include <map>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace nm {
namespace {

YamlPlace place_of(const yaml_mark_t& mark) {
    return {static_cast<std::uint32_t>(mark.line + 1), static_cast<std::uint32_t>(mark.column + 1)};
}

std::string text_of(const yaml_char_t* text) {
    return text == nullptr ? "" : reinterpret_cast<const char*>(text);
}

// The events of the one document of a file.
class AnyYaml : public YamlEvents {
  public:
    AnyYaml(std::string_view text, std::string name) : name_(std::move(name)) {
        yaml_parser_initialize(&parser_);
        yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()),
                                     text.size());
    }
    ~AnyYaml() override { yaml_parser_delete(&parser_); }
    AnyYaml(const AnyYaml&) = delete;
    AnyYaml& operator=(const AnyYaml&) = delete;

    const YamlEvent& next() override {
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
                fail_at(name_, place_of(parser_.problem_mark), problem());
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
        event_.plain = false;
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
                    fail_at(name_, event_.at, "a second document: there can be only one");
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
        if (found == anchors_.end()) fail_at(name_, event_.at, "unknown alias *" + alias);
        replayed_count_ += found->second.size();
        if (replayed_count_ > most_replayed) fail_at(name_, event_.at, "aliases stand for too much");
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

}  // namespace

std::unique_ptr<YamlEvents> read_any_yaml(std::string_view text, std::string name) {
    return std::make_unique<AnyYaml>(text, std::move(name));
}

void fail_at(const std::string& name, const YamlPlace& at, const std::string& why) {
    throw UserError(Exit::bad_data,
                    name + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) + ": " + why);
}

}  // namespace nm
