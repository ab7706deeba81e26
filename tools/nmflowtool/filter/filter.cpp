#include "filter/filter.hpp"

#include <array>

#include "base/file_source.hpp"
#include "decode/decode.hpp"
#include "filter/gate.hpp"
#include "flow_lines.hpp"

namespace nmflowtool {
namespace {

std::string expression_of(const FilterOptions& options) {
    if (options.file.empty() == !options.expression) {
        throw nm::UserError(nm::Exit::usage, "give the filter as one argument or by --filter-file");
    }
    if (options.expression) return *options.expression;
    nm::FileSource source = nm::FileSource::open(options.file).value_or_throw();
    std::string text;
    std::array<std::uint8_t, 4096> piece;
    for (;;) {
        const std::size_t size = source.read(piece).value_or_throw();
        if (size == 0) return text;
        text.append(reinterpret_cast<const char*>(piece.data()), size);
    }
}

nm::Exit filter_lines(FlowGate& gate, nm::Context& context) {
    std::vector<std::string_view> keys = gate.keys();
    keys.push_back(nm::flow_time_field.info.key);
    FlowLines lines(context, keys);
    while (lines.next() != FlowLines::Got::end) {
        if (gate.admits(lines.record(), lines.line())) context.out.forward(lines.line());
    }
    nm::FlowSummary summary;
    summary.ts = lines.latest().ns != 0 ? lines.latest() : nm::now();
    lines.add_to(summary);
    gate.add_to(summary);
    context.out.write(summary);
    return lines.exit_or(gate.passed() > 0 ? nm::Exit::ok : nm::Exit::no);
}

}  // namespace

nm::Exit run_filter(const FilterOptions& options, nm::Context& context) {
    const std::string expression = expression_of(options);
    if (options.input.is_given()) {
        DecodeOptions decode;
        decode.input = options.input;
        decode.input.filter = expression;
        return run_decode(decode, context);
    }
    FlowGate gate(expression);
    if (nm::Console::stdin_is_terminal()) {
        throw nm::UserError(nm::Exit::usage,
                            "stdin is a terminal: give records in a pipe, -r FILE or -l ADDR:PORT");
    }
    refuse_options_of_datagrams(options.input);
    if (options.input.sampling_rate) {
        throw nm::UserError(
            nm::Exit::usage,
            "--sampling-rate: records on stdin pass as they came: give it to decode or to top");
    }
    return filter_lines(gate, context);
}

}  // namespace nmflowtool
