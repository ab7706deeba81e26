// A YAML document as a series of events, each with its place: what a walker of targets files reads, whoever
// takes the text apart.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace nm {

struct YamlPlace {
    std::uint32_t line = 0;  // from 1
    std::uint32_t column = 0;
};

struct YamlEvent {
    enum class Kind : std::uint8_t { scalar, map, list, end, nothing };  // nothing: there is no document
    Kind kind = Kind::nothing;
    bool plain = false;  // a scalar without quotes
    std::string text;
    YamlPlace at;

    bool is_null() const {
        return kind == Kind::scalar && plain && (text.empty() || text == "~" || text == "null");
    }
};

class YamlEvents {
  public:
    virtual ~YamlEvents() = default;
    // Valid until the next call. After the document's last event: nothing. Throws UserError(bad_data).
    virtual const YamlEvent& next() = 0;
};

// Any YAML, by libyaml; aliases are replaced by what their anchors stand for. name is for messages. The text
// must outlive the events.
std::unique_ptr<YamlEvents> read_any_yaml(std::string_view text, std::string name);

[[noreturn]] void fail_at(const std::string& name, const YamlPlace& at, const std::string& why);

}  // namespace nm
