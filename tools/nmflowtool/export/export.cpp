#include "export/export.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>

#include "decode/decode.hpp"
#include "flow_lines.hpp"

namespace nmflowtool {
namespace {

constexpr std::uint64_t smallest_mtu = 576;  // RFC 791: every host takes that
constexpr std::uint64_t largest_mtu = 65535;

std::uint16_t usual_port(ExportAs as) {
    switch (as) {
        case ExportAs::ipfix:
            return 4739;
        case ExportAs::sflow5:
            return 6343;
        default:
            return 2055;
    }
}

DestinationOptions destination_options(const ExportOptions& options) {
    DestinationOptions destinations = options.destinations;
    destinations.capture_port = usual_port(options.as);
    return destinations;
}

ExporterOptions exporter_options(const ExportOptions& options, const Destinations& destinations) {
    ExporterOptions made;
    made.stream.protocol = options.as;
    made.stream.payload_bytes = destinations.payload_bytes(options.mtu);
    made.stream.template_datagrams = options.template_datagrams;
    made.stream.template_ns = options.template_ns;
    made.vlan_as_dst_as = options.vlan_as_dst_as;
    made.keeps_source = destinations.keeps_source();
    made.stream.exporter_in_record = !made.keeps_source;
    return made;
}

// The run: where flows go to, and what is told of it at the end.
class Run {
  public:
    Run(const ExportOptions& options, nm::Context& context)
        : context_(context),
          destinations_(destination_options(options), context.console),
          exporter_(exporter_options(options, destinations_),
                    [this](const ExportDatagram& datagram) { destinations_.send(datagram); }) {}

    template <class Flow>
    void add(Flow& flow) {
        if (flow.ts.ns == 0) flow.ts = flow.end.ns != 0 ? flow.end : nm::now();
        latest_ = std::max(latest_, flow.ts);
        if (waits_since_ns_ == 0) waits_since_ns_ = nm::monotonic_ns();
        exporter_.add(flow);
    }
    // How long the first flow since the last flush() may have been waiting.
    std::int64_t waited_ns() const { return waits_since_ns_ == 0 ? 0 : nm::monotonic_ns() - waits_since_ns_; }
    void flush() {
        waits_since_ns_ = 0;
        exporter_.flush();
        destinations_.flush();
    }
    nm::Time latest() const { return latest_; }
    bool is_over() const { return destinations_.are_dead(); }
    nm::Exit exit_or(nm::Exit otherwise) const { return destinations_.exit_or(otherwise); }

    // The books, the summary, and whether anything left.
    nm::Exit finish(nm::ExportSummary& summary) {
        exporter_.flush();
        summary.ts = latest_.ns != 0 ? latest_ : nm::now();
        destinations_.finish(summary.ts, context_);
        exporter_.add_to(summary);
        summary.send_errors = destinations_.send_errors();
        context_.out.write(summary);
        if (summary.not_carried > 0)
            context_.console.warn(std::to_string(summary.not_carried) +
                                  " flows are left out: without addresses, IPv6 in NetFlow v5, or in sFlow "
                                  "without packets");
        return summary.exported > 0 && summary.send_errors == 0 ? nm::Exit::ok : nm::Exit::no;
    }

  private:
    nm::Context& context_;
    Destinations destinations_;
    Exporter exporter_;
    nm::Time latest_;
    std::int64_t waits_since_ns_ = 0;
};

nm::Exit export_datagrams(const ExportOptions& options, nm::Context& context, Run& run) {
    FlowInput input(options.input, context);
    input.when_idle([&run] {
        run.flush();
        return -1;
    });
    Decoder decoder(limits_for(options.input), {}, options.input.template_scope);
    read_flows(input, decoder, context, [&](Decoder::Got got, Records& records) {
        if (got == Decoder::Got::flow) run.add(records.flow);
        if (got == Decoder::Got::sample) run.add(records.sample);
        if (run.is_over()) input.stop();
    });
    run.flush();
    nm::ExportSummary summary;
    input.add_to(summary);
    write_books(decoder, run.latest(), summary, context.out);
    const nm::Exit exit = run.finish(summary);
    const bool is_live = !options.input.listen.empty() && summary.send_errors == 0;
    return input.exit_or(run.exit_or(is_live ? nm::Exit::ok : exit));
}

// Half-filled datagrams leave when they have waited for a moment, whoever else is busy; a writer that is a
// little slower than we are is no reason for many small ones.
void flush_when_idle(Run& run) {
    constexpr std::int64_t patience_ms = 100;
    const std::int64_t left_ms = patience_ms - run.waited_ns() / nm::ns_per_ms;
    pollfd input{STDIN_FILENO, POLLIN, 0};
    if (left_ms <= 0 || ::poll(&input, 1, static_cast<int>(left_ms)) == 0) run.flush();
}

nm::Exit export_lines(const ExportOptions& options, nm::Context& context, Run& run) {
    SamplingRule sampling_rule(options.input.sampling_rate);
    FlowLines lines(context, {}, [&run] { flush_when_idle(run); });
    for (auto got = lines.next(); got != FlowLines::Got::end && !run.is_over(); got = lines.next()) {
        sampling_rule.apply(lines.record());
        if (got == FlowLines::Got::flow)
            run.add(static_cast<nm::FlowRecord&>(lines.record()));
        else
            run.add(lines.record());
    }
    nm::ExportSummary summary;
    lines.add_to(summary);
    sampling_rule.add_to(summary);
    const nm::Exit exit = run.finish(summary);
    return lines.exit_or(run.exit_or(exit));
}

}  // namespace

nm::Exit run_export(const ExportOptions& options, nm::Context& context) {
    if (options.mtu < smallest_mtu || options.mtu > largest_mtu) {
        throw nm::UserError(nm::Exit::usage, "--mtu " + std::to_string(options.mtu) + ": from " +
                                                 std::to_string(smallest_mtu) + " to " +
                                                 std::to_string(largest_mtu));
    }
    if (!options.input.is_given() && nm::Console::stdin_is_terminal()) {
        throw nm::UserError(nm::Exit::usage,
                            "stdin is a terminal: give records in a pipe, -r FILE or -l ADDR:PORT");
    }
    refuse_loops(options.destinations, options.input.listen);
    std::vector<std::string> outputs = capture_files(options.destinations);
    if (!options.input.is_given()) {
        refuse_options_of_datagrams(options.input);
        input_files({"-"}, outputs);
        if (!context.out.path().empty()) outputs.push_back(context.out.path());
        refuse_twins(outputs);
        Run run(options, context);
        return export_lines(options, context, run);
    }
    ExportOptions chosen = options;
    chosen.input.outputs = outputs;
    Run run(chosen, context);
    return export_datagrams(chosen, context, run);
}

}  // namespace nmflowtool
