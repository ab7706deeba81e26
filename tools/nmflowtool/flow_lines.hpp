// Flow records and samples as JSON lines on standard input. Verbs that look at a few of their members name
// these: only those are read. Records of other types are forwarded as they came, lines that are no records
// counted. Proof: tests/cli/nmflowtool_filter.bats, tests/cli/nmflowtool_export.bats,
// tests/cli/nmflowtool.bats.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "app/tool.hpp"
#include "json/line_members.hpp"
#include "json/line_reader.hpp"
#include "json/record_parser.hpp"
#include "record/flow_stats.hpp"
#include "record/sflow.hpp"

namespace nmflowtool {

// One line into the wanted members of a record.
class FlowLineParser {
  public:
    enum class Got { flow, sample, other, bad };

    // keys: of the flow record, sorted or not; an unknown one is never found. No keys: whole records.
    explicit FlowLineParser(const std::vector<std::string_view>& keys);

    // Of a flow or a sample sets the wanted members and leaves the others absent.
    Got parse(std::string_view line);
    const nm::SflowSample& record() const { return record_; }
    nm::SflowSample& record() { return record_; }
    const std::string& error() const { return error_; }

  private:
    struct Field {
        const nm::FieldAccess* access;
        bool is_of_flow;  // not only of samples
    };

    Got parse_whole(std::string_view line);
    void forget_sample_before(bool is_flow);
    Got fail(const std::string& why);
    Got done(bool is_flow);
    bool read_members(bool is_flow);
    bool read_whole(std::string_view line);

    std::vector<Field> fields_;  // in the order of members_, behind the type
    nm::LineMembers members_;
    nm::RecordParser slow_;  // for values with escapes, exponents and the like
    nm::SflowSample record_;
    std::string error_;
    std::size_t proto_;  // the index of the word, which is only read when there is no number
    bool wants_all_;
    bool has_sample_ = false;  // record_ holds more than a flow
};

class FlowLines {
  public:
    enum class Got { flow, sample, end };

    // No keys: whole records. before_block, if any, is called when output is flushed and no line is there
    // yet.
    FlowLines(nm::Context& context, const std::vector<std::string_view>& keys,
              const std::function<void()>& before_block = {});

    // The next flow or sample; throws UserError when reading fails.
    Got next();
    const nm::SflowSample& record() const { return parser_.record(); }
    nm::SflowSample& record() { return parser_.record(); }
    // Its line without the newline, until the next call.
    std::string_view line() const { return line_; }

    // The latest ts that was seen; keys must have it.
    nm::Time latest() const { return latest_; }
    void add_to(nm::FlowSummary& summary) const;
    nm::Exit exit_or(nm::Exit otherwise) const { return bad_.exit_or(otherwise); }

  private:
    void answer_signals();
    void refuse_capture() const;

    nm::Context& context_;
    nm::BadInput bad_;
    nm::LineReader reader_;
    FlowLineParser parser_;
    std::string_view line_;
    nm::Time latest_;
    std::uint64_t flows_ = 0;
    std::uint64_t samples_ = 0;
    std::uint64_t ignored_ = 0;
};

}  // namespace nmflowtool
