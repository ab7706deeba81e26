#include "decode/decode.hpp"

#include "decode/sflow_output.hpp"
#include "decode/state_file.hpp"
#include "filter/gate.hpp"
#include "flow_row.hpp"

namespace nmflowtool {
void write_books(const Decoder& decoder, nm::Time ts, nm::FlowSummary& summary, nm::Output& out) {
    summary.ts = ts.ns != 0 ? ts : nm::now();
    decoder.for_each_stats([&](nm::FlowStats stats) {
        stats.ts = summary.ts;
        out.write(stats);
    });
    decoder.add_to(summary);
}

nm::Exit run_decode(const DecodeOptions& options, nm::Context& context) {
    FlowGate gate(options.input.filter);
    StateFile state(options.state, context.console);
    InputOptions from = options.input;
    if (state.is_given()) from.outputs.push_back(options.state);
    FlowInput input(from, context);
    Decoder decoder(limits_for(options.input), {}, options.input.template_scope);
    if (options.names) decoder.keep_names();
    state.load(decoder);
    const auto save_state = [&] {
        const nm::Status saved = state.save(decoder);
        if (!saved) context.console.warn(saved.error().message);
        return saved ? nm::Exit::ok : saved.error().exit;
    };
    if (state.is_given()) input.when_to_save(save_state);
    decoder.keep(options.sflow);
    nm::Time latest;
    ElementPlan::Scratch scratch;
    const auto write_all = [&](const auto& record, const Records& beside) {
        context.out.write_with(record, [&](nm::TextBuffer& out) {
            append_elements(out, beside.wire, scratch);
            append_labels(out, beside.labels);
        });
    };
    const auto write_one = [&](const auto& flow, const Records& beside) {
        if (options.all_fields)
            write_all(flow, beside);
        else
            write_flow(context.out, flow);
    };
    read_flows(input, decoder, context, [&](Decoder::Got got, const Records& records) {
        switch (got) {
            case Decoder::Got::flow:
                latest = std::max(latest, records.flow.ts);
                if (!gate.admits(records.flow, records.wire, records.labels)) break;
                if (options.names)
                    write_one(records.flow, records);
                else
                    write_one(static_cast<const nm::FlowRecord&>(records.flow), records);
                break;
            case Decoder::Got::option:
                latest = std::max(latest, records.option.ts);
                if (options.all_fields)
                    write_all(records.option, records);
                else
                    write_beside_flows(context.out, records.option);
                break;
            case Decoder::Got::sample:
                latest = std::max(latest, records.sample.ts);
                if (gate.admits(records.sample)) write_sflow(got, records, context.out);
                break;
            default:
                latest = std::max(latest, write_sflow(got, records, context.out));
                break;
        }
    });
    nm::FlowSummary summary;
    input.add_to(summary);
    gate.add_to(summary);
    write_books(decoder, latest, summary, context.out);
    context.out.write(summary);
    const nm::Exit saved = save_state();
    const bool any = options.input.filter ? gate.passed() > 0
                                          : summary.flows + summary.samples + summary.counter_samples +
                                                    summary.discard_samples + summary.option_records >
                                                0;
    const nm::Exit exit = input.exit_or(any || !options.input.listen.empty() ? nm::Exit::ok : nm::Exit::no);
    return saved == nm::Exit::ok ? exit : saved;
}

}  // namespace nmflowtool
