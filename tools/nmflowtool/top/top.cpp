#include "top/top.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <numeric>

#include "app/signals.hpp"
#include "decode/decode.hpp"
#include "json/line_reader.hpp"
#include "json/record_parser.hpp"
#include "top/groups.hpp"
#include "top/keys.hpp"

namespace nmflowtool {
namespace {

class Ranking {
  public:
    explicit Ranking(const TopOptions& options)
        : options_(options),
          key_(GroupKey::parse(options.by)),
          groups_(key_.width()),
          packed_(key_.width()) {}

    void add(const nm::FlowRecord& flow) {
        latest_ = std::max(latest_, flow.ts);
        key_.pack(flow, packed_.data());
        Sums& sums = groups_.at(packed_.data());
        sums.bytes += flow.bytes.value_or(0);
        sums.packets += flow.packets.value_or(0);
        ++sums.flows;
        without_value_ += (options_.value == RankBy::bytes && !flow.bytes) ||
                          (options_.value == RankBy::packets && !flow.packets);
    }

    nm::Time latest() const { return latest_; }
    std::size_t size() const { return groups_.size(); }
    void write(nm::Output& out, nm::FlowSummary& summary) const;

  private:
    std::uint64_t value_of(const Sums& sums) const {
        switch (options_.value) {
            case RankBy::bytes:
                return sums.bytes;
            case RankBy::packets:
                return sums.packets;
            case RankBy::flows:
                return sums.flows;
        }
        return 0;
    }

    const TopOptions& options_;
    GroupKey key_;
    Groups groups_;
    std::vector<std::uint8_t> packed_;
    nm::Time latest_;
    std::uint64_t without_value_ = 0;
};

// Equal values are ranked by key, so that the order does not depend on that of the input.
void Ranking::write(nm::Output& out, nm::FlowSummary& summary) const {
    Sums total;
    for (std::size_t i = 0; i < groups_.size(); ++i) {
        total.bytes += groups_.sums(i).bytes;
        total.packets += groups_.sums(i).packets;
        total.flows += groups_.sums(i).flows;
    }
    std::vector<std::uint32_t> order(groups_.size());
    std::iota(order.begin(), order.end(), 0u);
    const std::size_t shown = options_.number == 0 ? order.size() : std::min(order.size(), options_.number);
    std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(shown), order.end(),
                      [&](std::uint32_t a, std::uint32_t b) {
                          const std::uint64_t left = value_of(groups_.sums(a)),
                                              right = value_of(groups_.sums(b));
                          if (left != right) return left > right;
                          return std::memcmp(groups_.key(a), groups_.key(b), groups_.key_width()) < 0;
                      });
    const auto whole = static_cast<double>(value_of(total));
    for (std::size_t i = 0; i < shown && !out.closed(); ++i) {
        const Sums& sums = groups_.sums(order[i]);
        nm::FlowTop top;
        top.ts = latest_;
        top.rank = i + 1;
        key_.unpack(groups_.key(order[i]), top);
        top.bytes = sums.bytes;
        top.packets = sums.packets;
        top.flows = sums.flows;
        if (whole > 0) top.share_pct = 100.0 * static_cast<double>(value_of(sums)) / whole;
        out.write(top);
    }
    summary.groups = groups_.size();
    summary.bytes = total.bytes;
    summary.total_packets = total.packets;
    if (options_.value != RankBy::flows) summary.without_value = without_value_;
}

nm::Exit top_of_datagrams(const TopOptions& options, nm::Context& context, Ranking& ranking) {
    FlowInput input(options.input, context);
    Decoder decoder(limits_for(options.input));
    read_flows(input, decoder, context, [&](Decoder::Got got, const Records& records) {
        if (got == Decoder::Got::flow) ranking.add(records.flow);
        if (got == Decoder::Got::sample) ranking.add(records.sample);
    });
    nm::FlowSummary summary;
    ranking.write(context.out, summary);
    input.add_to(summary);
    write_books(decoder, ranking.latest(), summary, context.out);
    context.out.write(summary);
    return input.exit_or(ranking.size() > 0 || !options.input.listen.empty() ? nm::Exit::ok : nm::Exit::no);
}

// One line of stdin: a flow is ranked, a record of another type goes on as it came.
void take_line(std::string_view line, nm::RecordParser& parser, nm::Context& context, nm::BadInput& bad,
               std::uint64_t line_number, Ranking& ranking, nm::FlowSummary& summary) {
    if (line.empty()) return;
    if (!parser.open(line)) {
        bad.count(line_number, parser.error());
        return;
    }
    const bool is_flow = parser.type() == nm::describe<nm::FlowRecord>.type;
    if (!is_flow && parser.type() != nm::describe<nm::SflowSample>.type) {
        if (parser.type().empty()) {
            bad.count(line_number, "no type");
        } else {
            ++*summary.lines_ignored;
            context.out.forward(line);
        }
        return;
    }
    nm::FlowRecord flow;
    if (!parser.read(flow)) {
        bad.count(line_number, parser.error());
        return;
    }
    if (!flow.proto_num && flow.proto) flow.proto_num = static_cast<std::uint8_t>(*flow.proto);
    ++(is_flow ? summary.flows : summary.samples);
    ranking.add(flow);
}

nm::Exit top_of_lines(nm::Context& context, Ranking& ranking) {
    nm::BadInput bad(context, "stdin");
    nm::LineReader reader(STDIN_FILENO, [&] { context.out.flush(); });
    nm::RecordParser parser;
    nm::FlowSummary summary;
    summary.lines_ignored = 0;
    std::string_view line;
    for (;;) {
        const auto next = reader.next(line);
        if (next == nm::LineReader::Next::failed) {
            throw nm::UserError(nm::Exit::io_error, nm::os_error("stdin", reader.errno_value()).message);
        }
        if (next == nm::LineReader::Next::end || next == nm::LineReader::Next::stopped ||
            context.out.closed())
            break;
        if (next == nm::LineReader::Next::too_long) {
            bad.count(reader.line_number(), "line over 1 MiB");
        } else {
            take_line(line, parser, context, bad, reader.line_number(), ranking, summary);
        }
    }
    summary.ts = ranking.latest().ns != 0 ? ranking.latest() : nm::now();
    summary.lines = reader.line_number();
    summary.lines_malformed = bad.total();
    ranking.write(context.out, summary);
    context.out.write(summary);
    return bad.exit_or(ranking.size() > 0 ? nm::Exit::ok : nm::Exit::no);
}

}  // namespace

nm::Exit run_top(const TopOptions& options, nm::Context& context) {
    Ranking ranking(options);
    if (options.input.is_given()) return top_of_datagrams(options, context, ranking);
    if (nm::Console::stdin_is_terminal()) {
        throw nm::UserError(nm::Exit::usage,
                            "stdin is a terminal: give records in a pipe, -r FILE or -l ADDR:PORT");
    }
    return top_of_lines(context, ranking);
}

}  // namespace nmflowtool
