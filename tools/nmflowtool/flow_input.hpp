// Where decode, top and their like get their input: files one after the other, or UDP sockets until a signal.
// A file is a capture, whose datagrams go through a decoder, or one of nfdump's, whose flow records are
// ready. Proof: tests/cli/nmflowtool_input.bats.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "app/tool.hpp"
#include "decode/allow_list.hpp"
#include "decode/decoder.hpp"
#include "decode/source_nfcapd.hpp"
#include "decode/source_pcap.hpp"
#include "decode/source_udp.hpp"
#include "input_files.hpp"
#include "sampling_rule.hpp"

namespace nmflowtool {

struct InputOptions {
    std::vector<std::string> files;  // and folders; "-" is stdin
    std::vector<nm::Endpoint> listen;
    std::uint64_t receive_buffer = 4'000'000;  // bytes per socket
    std::optional<std::string> filter;         // an expression: which flows are of interest
    std::vector<std::string> allow;            // networks of the senders that are expected; none: all are
    TemplateScope template_scope = TemplateScope::address;
    std::optional<SamplingRate> sampling_rate;  // of exporters that tell none, or of all
    std::vector<std::string> outputs;           // files that the run writes beside its records

    bool is_given() const { return !files.empty() || !listen.empty(); }
};

// Where records come as lines. Throws UserError for options that have no meaning there.
void refuse_options_of_datagrams(const InputOptions& options);

// Bounds of what is remembered: files are read through, so more may wait for its template there.
Limits limits_for(const InputOptions& options);

class FlowInput {
  public:
    enum class Got : std::uint8_t { nothing, datagram, flow };

    // Opens sockets at once, files when their turn comes. Throws UserError.
    FlowInput(const InputOptions& options, nm::Context& context);

    // Called when no datagram is there and before the output is flushed; tells after how many milliseconds to
    // call again, -1 for never.
    void when_idle(std::function<int()> idle) { idle_ = std::move(idle); }

    // What SIGUSR1 writes to stderr.
    void when_asked(std::function<std::string()> counters) { counters_ = std::move(counters); }
    // Called on SIGHUP, and every minute of a run: what a crash should not cost is saved.
    void when_to_save(std::function<void()> save) { save_ = std::move(save); }

    // A datagram, or a flow record of an nfcapd file; nothing at the end. Before it sleeps it flushes the
    // output.
    Got next(Datagram& datagram, nm::FlowRecord& flow) {
        if (stored_ && ++since_look_ < items_between_looks && stored_->next(flow)) return Got::flow;
        return sockets_ ? next_from_sockets(datagram) : next_from_files(datagram, flow);
    }
    // Datagrams only: throws UserError at a file of flow records.
    bool next(Datagram& datagram);

    // The run has no use for more: next() gives nothing.
    void stop() { is_stopped_ = true; }
    // What SIGUSR1 and SIGHUP asked for since the last time. For who waits elsewhere than in next().
    void answer_signals();
    // The MPLS stack of the flow record that next() gave.
    std::span<const std::uint32_t> labels() const {
        return stored_ ? stored_->labels() : std::span<const std::uint32_t>();
    }
    // For each flow and sample that is read.
    SamplingRule& sampling_rule() { return sampling_rule_; }
    // The last flow came out of a file of nfdump, where nfcapd scaled it.
    bool is_stored() const { return stored_.has_value(); }

    void add_to(nm::FlowSummary& summary) const;
    // Datagrams that --allow kept out; nothing without that option.
    std::optional<std::uint64_t> not_allowed() const {
        return allow_list_.is_given() ? std::optional(not_allowed_) : std::nullopt;
    }
    // 65 when a file could not be read to its end.
    nm::Exit exit_or(nm::Exit otherwise) const { return is_broken_ ? nm::Exit::bad_data : otherwise; }

  private:
    static constexpr std::uint64_t items_between_looks = 4096;  // for a signal, and at the progress bar
    static constexpr std::int64_t save_every_ns = 60 * nm::ns_per_s;

    // Counts what it does not admit: nothing else becomes of that.
    bool admits(const Datagram& datagram) {
        const bool is_admitted = allow_list_.admits(datagram.sender);
        if (!is_admitted) any_refused_ = true;
        not_allowed_ += !is_admitted;
        return is_admitted;
    }
    Got next_from_files(Datagram& datagram, nm::FlowRecord& flow);
    Got next_from_sockets(Datagram& datagram);
    bool open_next_file();
    nm::Status open(const std::string& path);
    nm::Status start(nm::ByteWindow window, const std::string& name);
    int wait_ms(int idle_ms) const;
    void tell_passed_over();
    void close_file();
    void show_progress();
    void tell_drops();
    void warn_of(const std::string& problem);
    // With --strict it ends the run. outcome: what became of the rest.
    void tell_damage(const std::string& damage, const char* outcome = "");

    const InputOptions& options_;
    nm::Context& context_;
    std::function<int()> idle_;
    std::function<std::string()> counters_;
    std::function<void()> save_;
    std::int64_t save_at_ns_ = nm::monotonic_ns() + save_every_ns;
    std::optional<UdpSource> sockets_;
    AllowList allow_list_;
    SamplingRule sampling_rule_;
    std::uint64_t not_allowed_ = 0;
    bool any_refused_ = false;           // since the last look
    std::optional<PcapSource> capture_;  // the open file is one of these
    std::optional<NfcapdSource> stored_;
    std::vector<InputFile> files_;
    std::size_t opened_files_ = 0;
    std::size_t passed_over_ = 0;  // files of folders that hold no flows
    std::string first_passed_over_;
    std::uint64_t since_look_ = 0;
    std::int64_t drain_until_ns_ = 0;
    CaptureCounts captured_counts_;  // of the files that are done
    StoredCounts stored_counts_;
    bool any_capture_ = false;
    bool any_stored_ = false;
    bool is_broken_ = false;
    bool is_stopped_ = false;
};

// The counters of the run so far, in words.
std::string counters_text(const FlowInput& input, const Decoder& decoder);
// With --strict: throws UserError(bad_data) when this datagram, the last, was the first malformed one.
void stop_at_malformed(const Decoder& decoder, const Datagram& datagram);

// Reads all input, and hands each record to take(got, records). Tells once of each unsupported protocol.
template <class Take>
void read_flows(FlowInput& input, Decoder& decoder, nm::Context& context, Take&& take) {
    Datagram datagram;
    Records records;
    input.when_asked([&] { return counters_text(input, decoder); });
    while (!context.out.closed()) {
        const FlowInput::Got item = input.next(datagram, records.flow);
        if (item == FlowInput::Got::nothing) break;
        if (item == FlowInput::Got::flow) {
            records.wire = {};
            records.labels = input.labels();
            input.sampling_rule().apply(records.flow);
            if (decoder.keeps_names()) static_cast<nm::FlowNames&>(records.flow) = {};
            take(Decoder::Got::flow, records);
            continue;
        }
        records.labels = {};
        decoder.open(datagram);
        for (auto got = decoder.next(records); got != Decoder::Got::nothing; got = decoder.next(records)) {
            if (got == Decoder::Got::flow) input.sampling_rule().apply(records.flow);
            if (got == Decoder::Got::sample) input.sampling_rule().apply(records.sample);
            take(got, records);
        }
        if (const auto protocol = decoder.first_unsupported()) {
            context.console.warn(to_string(datagram.sender) + " sends " + std::string(word_of(*protocol)) +
                                 ", which this version does not decode: such datagrams are only counted");
        }
        if (context.strict) stop_at_malformed(decoder, datagram);
    }
    decoder.finish();
}

}  // namespace nmflowtool
