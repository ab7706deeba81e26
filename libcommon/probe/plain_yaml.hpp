// The YAML that long lists of targets are written in, read some twenty times as fast as any YAML: a map of
// plain keys, each with nothing, a block list of plain scalars, or a block map of plain scalars to numbers,
// one to a line.
//
//     region:            # comments and empty lines anywhere
//       - 192.0.2.1
//     other:
//       db1: 5432
//
// Proof: tests/unit/probe_targets_test.cpp and tests/fuzz/fuzz_targets_yaml.cpp (the same events as libyaml).
#pragma once

#include "probe/yaml_events.hpp"

namespace nm {

class PlainYaml : public YamlEvents {
  public:
    // Whether the text is of this form as a whole: nothing in it could mean anything else.
    static bool fits(std::string_view text);

    // A text that fits, which must outlive the events.
    explicit PlainYaml(std::string_view text) : rest_(text) {}
    const YamlEvent& next() override;

  private:
    struct Line {
        enum class Kind : std::uint8_t { region, item, entry, end, other };
        Kind kind = Kind::end;
        std::size_t indent = 0;
        std::string_view word;   // region, host
        std::string_view value;  // of an entry
        std::uint32_t number = 0;
        std::size_t word_at = 0, value_at = 0;  // columns from 0
    };

    static Line take_line(std::string_view& rest, std::uint32_t& number);
    static Line read_line(std::string_view text);
    void scalar(std::string_view text, std::size_t column);
    void say(YamlEvent::Kind kind);

    enum class State : std::uint8_t { start, region, value, items, entries, number, over };
    State state_ = State::start;
    std::string_view rest_;
    std::uint32_t number_ = 0;  // of the last line taken
    Line line_;                 // the next one to tell of
    YamlEvent event_;
};

}  // namespace nm
