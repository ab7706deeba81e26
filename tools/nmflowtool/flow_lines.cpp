#include "flow_lines.hpp"

#include <unistd.h>

#include <algorithm>

#include "app/signals.hpp"
#include "file_kind.hpp"

namespace nmflowtool {
namespace {

constexpr std::string_view type_key = "type";
constexpr std::string_view flow_type = nm::describe<nm::FlowRecord>.type;
constexpr std::string_view sample_type = nm::describe<nm::SflowSample>.type;

template <class Record>
const nm::FieldAccess* find_field(std::string_view key) {
    for (const nm::FieldAccess& field : nm::record_type<Record>.fields) {
        if (field.info.key == key) return &field;
    }
    return nullptr;
}

// The type first, then each key of a record once. Of more than can be looked for only the type: then whole
// lines are read.
std::vector<std::string_view> with_type(const std::vector<std::string_view>& keys) {
    std::vector<std::string_view> all{type_key};
    for (const std::string_view key : keys) {
        if (find_field<nm::SflowSample>(key) != nullptr && std::ranges::find(all, key) == all.end())
            all.push_back(key);
    }
    if (all.size() > nm::LineMembers::most_keys) all.resize(1);
    return all;
}

// "192.0.2.1" or 443 as they stand in the line; false for what is spelled in any other way.
bool plain_value(std::string_view raw, nm::JsonValue& value) {
    constexpr std::size_t most_digits = 18;  // fit into 63 bits
    if (raw.front() == '"') {
        value.kind = nm::JsonValue::Kind::string;
        value.text = raw.substr(1, raw.size() - 2);
        return value.text.find('\\') == std::string_view::npos;
    }
    if (raw.size() > most_digits) return false;
    value.kind = nm::JsonValue::Kind::integer;
    value.integer = 0;
    for (const char c : raw) {
        if (c < '0' || c > '9') return false;
        value.integer = value.integer * 10 + (c - '0');
    }
    return true;
}

}  // namespace

FlowLineParser::FlowLineParser(const std::vector<std::string_view>& keys)
    : members_(with_type(keys)), wants_all_(keys.empty()) {
    const std::vector<std::string_view> all = with_type(keys);
    for (const std::string_view key : all)
        fields_.push_back({find_field<nm::SflowSample>(key), find_field<nm::NamedFlow>(key) != nullptr});
    proto_ = static_cast<std::size_t>(std::ranges::find(all, "proto") - all.begin());
}

FlowLineParser::Got FlowLineParser::parse(std::string_view line) {
    if (wants_all_) return parse_whole(line);
    if (!members_.read(line)) return fail(members_.error());
    const std::string_view type = members_.text(0);
    if (type.empty()) return fail("no type");
    const bool is_flow = type == flow_type;
    if (!is_flow && type != sample_type) return Got::other;
    if ((fields_.size() == 1 || !read_members(is_flow)) && !read_whole(line)) return Got::bad;
    return done(is_flow);
}

// A flow is read as the flow record that it is: a sample has three times as many members.
FlowLineParser::Got FlowLineParser::parse_whole(std::string_view line) {
    if (!slow_.open(line)) return fail(slow_.error());
    const std::string_view type = slow_.type();
    if (type.empty()) return fail("no type");
    const bool is_flow = type == flow_type;
    if (!is_flow && type != sample_type) return Got::other;
    forget_sample_before(is_flow);
    if (is_flow ? !slow_.read(static_cast<nm::FlowRecord&>(record_)) : !slow_.read(record_))
        return fail(slow_.error());
    return done(is_flow);
}

// Before a flow, which sets or resets only its own members.
void FlowLineParser::forget_sample_before(bool is_flow) {
    if (is_flow && has_sample_) record_ = {};
    has_sample_ = !is_flow;
}

FlowLineParser::Got FlowLineParser::fail(const std::string& why) {
    error_ = why;
    return Got::bad;
}

FlowLineParser::Got FlowLineParser::done(bool is_flow) {
    if (!record_.proto_num && record_.proto) record_.proto_num = static_cast<std::uint8_t>(*record_.proto);
    return is_flow ? Got::flow : Got::sample;
}

bool FlowLineParser::read_members(bool is_flow) {
    forget_sample_before(is_flow);
    if (is_flow) {
        static_cast<nm::FlowRecord&>(record_) = {};
        static_cast<nm::FlowNames&>(record_) = {};
    } else {
        record_ = {};
    }
    for (std::size_t i = 1; i < fields_.size(); ++i) {
        if (!members_.has(i) || (is_flow && !fields_[i].is_of_flow) || (i == proto_ && record_.proto_num))
            continue;
        if (members_.value(i) == "null") continue;
        nm::JsonValue value;
        if (!plain_value(members_.value(i), value) || !fields_[i].access->set(&record_, value)) return false;
    }
    return true;
}

bool FlowLineParser::read_whole(std::string_view line) {
    has_sample_ = true;
    if (slow_.open(line) && slow_.read(record_)) return true;
    error_ = slow_.error();
    return false;
}

FlowLines::FlowLines(nm::Context& context, const std::vector<std::string_view>& keys,
                     const std::function<void()>& before_block)
    : context_(context),
      bad_(context, "stdin"),
      reader_(STDIN_FILENO,
              [this, before_block] {
                  context_.out.flush();
                  answer_signals();
                  if (before_block) before_block();
              }),
      parser_(keys) {}

void FlowLines::answer_signals() {
    if (!nm::take_counters_request()) return;
    nm::FlowSummary summary;
    add_to(summary);
    context_.console.error(nm::sentence_of(nm::record_type<nm::FlowSummary>, &summary));
}

// The first line of a capture: that of pcapng is empty, and its second begins with the rest of its magic
// number.
void FlowLines::refuse_capture() const {
    const bool is_pcapng = reader_.line_number() == 2 && line_.starts_with("\r\r");
    if (!is_pcapng && (reader_.line_number() != 1 || !is_capture(line_))) return;
    throw nm::UserError(nm::Exit::bad_data, "stdin: this is a capture, not JSON lines: read it with -r -");
}

FlowLines::Got FlowLines::next() {
    while (!context_.out.closed()) {
        switch (reader_.next(line_)) {
            case nm::LineReader::Next::line:
                break;
            case nm::LineReader::Next::too_long:
                bad_.count(reader_.line_number(), "line over 1 MiB");
                continue;
            case nm::LineReader::Next::failed:
                throw nm::UserError(nm::Exit::io_error, nm::os_error("stdin", reader_.errno_value()).message);
            default:
                return Got::end;
        }
        constexpr std::uint64_t lines_between_looks = 4096;
        if (reader_.line_number() % lines_between_looks == 0) answer_signals();
        if (line_.empty()) continue;
        switch (parser_.parse(line_)) {
            case FlowLineParser::Got::flow:
                ++flows_;
                latest_ = std::max(latest_, record().ts);
                return Got::flow;
            case FlowLineParser::Got::sample:
                ++samples_;
                latest_ = std::max(latest_, record().ts);
                return Got::sample;
            case FlowLineParser::Got::other:
                ++ignored_;
                context_.out.forward(line_);
                break;
            case FlowLineParser::Got::bad:
                refuse_capture();
                bad_.count(reader_.line_number(), parser_.error());
                break;
        }
    }
    return Got::end;
}

void FlowLines::add_to(nm::FlowSummary& summary) const {
    summary.lines = reader_.line_number();
    summary.lines_ignored = ignored_;
    summary.lines_malformed = bad_.total();
    summary.flows += flows_;
    summary.samples += samples_;
}

}  // namespace nmflowtool
