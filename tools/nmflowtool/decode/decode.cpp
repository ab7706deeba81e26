#include "decode/decode.hpp"

namespace nmflowtool {

void write_books(const Decoder& decoder, nm::Time ts, nm::FlowSummary& summary, nm::Output& out) {
    summary.ts = ts.ns != 0 ? ts : nm::now();
    decoder.for_each_stats([&](nm::FlowStats stats) {
        stats.ts = summary.ts;
        out.write(stats);
    });
    decoder.add_to(summary);
}

nm::Exit run_decode(const InputOptions& options, nm::Context& context) {
    FlowInput input(options, context);
    Decoder decoder(limits_for(options));
    nm::Time latest;
    read_flows(input, decoder, context, [&](Decoder::Got got, const Records& records) {
        switch (got) {
            case Decoder::Got::flow:
                latest = std::max(latest, records.flow.ts);
                context.out.write(records.flow);
                break;
            case Decoder::Got::option:
                latest = std::max(latest, records.option.ts);
                context.out.write(records.option);
                break;
            case Decoder::Got::sample:
                latest = std::max(latest, records.sample.ts);
                context.out.write(records.sample);
                break;
            case Decoder::Got::counters:
                latest = std::max(latest, records.counters.ts);
                context.out.write(records.counters);
                break;
            case Decoder::Got::nothing:
                break;
        }
    });
    nm::FlowSummary summary;
    input.add_to(summary);
    write_books(decoder, latest, summary, context.out);
    context.out.write(summary);
    const bool any = summary.flows + summary.samples + summary.counter_samples + summary.option_records > 0;
    return input.exit_or(any || !options.listen.empty() ? nm::Exit::ok : nm::Exit::no);
}

}  // namespace nmflowtool
