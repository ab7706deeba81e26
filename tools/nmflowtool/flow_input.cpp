#include "flow_input.hpp"

#include <algorithm>
#include <utility>

#include "app/signals.hpp"
#include "file_kind.hpp"

namespace nmflowtool {
namespace {

// What the kernel holds when a signal asks to stop is still decoded, but not for longer than this: senders do
// not stop sending.
constexpr std::int64_t drain_ns = 200 * nm::ns_per_ms;

}  // namespace

void refuse_options_of_datagrams(const InputOptions& options) {
    const bool has_scope = options.template_scope != TemplateScope::address;
    if (options.allow.empty() && !has_scope) return;
    throw nm::UserError(nm::Exit::usage,
                        std::string(has_scope ? "--template-scope" : "--allow") +
                            " is for datagrams, not for records on stdin: give -r FILE or -l ADDR:PORT");
}

Limits limits_for(const InputOptions& options) {
    Limits limits;
    if (options.listen.empty()) limits.waiting_bytes = 64 * 1024 * 1024;
    return limits;
}

FlowInput::FlowInput(const InputOptions& options, nm::Context& context)
    : options_(options),
      context_(context),
      allow_list_(AllowList::read(options.allow)),
      sampling_rule_(options.sampling_rate) {
    if (!options.files.empty() && !options.listen.empty()) {
        throw nm::UserError(nm::Exit::usage,
                            "--read and --listen exclude each other: a run reads files or sockets");
    }
    std::vector<std::string> outputs = options.outputs;
    if (!context.out.path().empty()) outputs.push_back(context.out.path());
    refuse_twins(outputs);
    files_ = input_files(options.files, outputs);
    if (!options.listen.empty()) {
        sockets_ = UdpSource::open(options.listen, options.receive_buffer).value_or_throw();
    }
}

bool FlowInput::next(Datagram& datagram) {
    nm::FlowRecord flow;
    const Got got = next(datagram, flow);
    if (got == Got::flow) {
        throw nm::UserError(nm::Exit::usage,
                            files_[opened_files_ - 1].path + ": holds flow records of nfdump, not datagrams");
    }
    return got == Got::datagram;
}

FlowInput::Got FlowInput::next_from_sockets(Datagram& datagram) {
    for (;;) {
        if (is_stopped_) return Got::nothing;
        if (sockets_->next(datagram)) {
            if (admits(datagram)) return Got::datagram;
            continue;
        }
        // Senders that are kept out, however many, do not hold back what came of others.
        if (std::exchange(any_refused_, false)) {
            if (idle_) idle_();
            context_.out.flush();
        }
        answer_signals();
        if (nm::stop_requested() && drain_until_ns_ == 0) drain_until_ns_ = nm::monotonic_ns() + drain_ns;
        const bool late = drain_until_ns_ != 0 && nm::monotonic_ns() > drain_until_ns_;
        if (!late && sockets_->receive()) continue;
        if (drain_until_ns_ != 0) {
            tell_drops();
            return Got::nothing;
        }
        const int timeout_ms = wait_ms(idle_ ? idle_() : -1);
        context_.out.flush();
        sockets_->wait(timeout_ms);
    }
}

void FlowInput::answer_signals() {
    if (nm::take_counters_request() && counters_) context_.console.error(counters_());
    const bool is_asked = nm::take_reload_request();
    if (!save_ || (!is_asked && nm::monotonic_ns() < save_at_ns_)) return;
    save_();
    save_at_ns_ = nm::monotonic_ns() + save_every_ns;
}

int FlowInput::wait_ms(int idle_ms) const {
    if (!save_) return idle_ms;
    const std::int64_t left_ns = std::max<std::int64_t>(save_at_ns_ - nm::monotonic_ns(), 0);
    const int save_ms = static_cast<int>(left_ns / nm::ns_per_ms + 1);
    return idle_ms < 0 ? save_ms : std::min(idle_ms, save_ms);
}

void FlowInput::tell_drops() {
    const std::uint64_t drops = sockets_->kernel_drops();
    if (drops == 0) return;
    const std::size_t granted = sockets_->receive_buffer();
    std::string way_out = "a larger --receive-buffer helps with bursts";
    if (granted < options_.receive_buffer) {
        way_out = "the kernel granted " + std::to_string(granted) + " bytes of --receive-buffer " +
                  std::to_string(options_.receive_buffer) + ": raise sysctl net.core.rmem_max";
    }
    context_.console.warn("the kernel dropped " + std::to_string(drops) + " datagrams: " + way_out);
}

FlowInput::Got FlowInput::next_from_files(Datagram& datagram, nm::FlowRecord& flow) {
    for (;;) {
        if (nm::stop_requested() || is_stopped_) return Got::nothing;
        if (!capture_ && !stored_ && !open_next_file()) return Got::nothing;
        if (++since_look_ >= items_between_looks) show_progress();
        if (capture_ && capture_->next(datagram)) {
            if (admits(datagram)) return Got::datagram;
            continue;
        }
        if (stored_ && stored_->next(flow)) return Got::flow;
        close_file();
    }
}

// The next file that is one of flows. Others are passed over, and told: those of folders, which may hold
// other things, at the end. With --strict, and as the only input, such a file ends the run.
bool FlowInput::open_next_file() {
    while (opened_files_ < files_.size()) {
        const InputFile& file = files_[opened_files_++];
        const nm::Status opened = open(file.path);
        if (opened) return true;
        if (files_.size() == 1 || context_.strict)
            throw nm::UserError(opened.error().exit, opened.error().message);
        is_broken_ = true;
        if (!file.is_of_a_folder)
            context_.console.warn(opened.error().message + ": passed over");
        else if (passed_over_++ == 0)
            first_passed_over_ = opened.error().message;
    }
    tell_passed_over();
    return false;
}

void FlowInput::tell_passed_over() {
    const std::size_t count = std::exchange(passed_over_, 0);
    if (count == 0) return;
    const std::string others = count == 1 ? "" : " (and " + std::to_string(count - 1) + " more)";
    context_.console.warn(first_passed_over_ + others + ": passed over");
}

nm::Status FlowInput::open(const std::string& path) {
    const std::string name = path == "-" ? "stdin" : path;
    auto window = nm::ByteWindow::open(path);
    if (!window) return window.error();
    window->before_waiting([this] {
        context_.out.flush();
        answer_signals();
    });
    window->fill(enough_to_tell_file);
    return start(std::move(*window), name);
}

nm::Status FlowInput::start(nm::ByteWindow window, const std::string& name) {
    if (NfcapdBlocks::recognises(window.unread())) {
        if (allow_list_.is_given()) {
            throw nm::UserError(nm::Exit::usage,
                                name + ": holds flow records of nfdump: --allow is for datagrams");
        }
        if (options_.sampling_rate && !any_stored_)
            context_.console.warn(name +
                                  ": nfcapd has scaled these flows already: --sampling-rate is for what "
                                  "it was not told");
        auto blocks = NfcapdBlocks::start(std::move(window), name);
        if (!blocks) return blocks.error();
        stored_.emplace(std::move(*blocks));
        any_stored_ = true;
        return nm::Done{};
    }
    if (const std::string_view why = why_no_capture(window.unread()); !why.empty())
        return nm::Error{nm::Exit::bad_data, name + ": " + std::string(why)};
    auto capture = nm::PcapReader::start(std::move(window), name);
    if (!capture) return capture.error();
    capture_.emplace(std::move(*capture));
    any_capture_ = true;
    return nm::Done{};
}

void FlowInput::show_progress() {
    since_look_ = 0;
    answer_signals();
    if (capture_) context_.console.progress(capture_->offset(), capture_->size(), "bytes");
    if (stored_) context_.console.progress(stored_->offset(), stored_->size(), "bytes");
}

void FlowInput::warn_of(const std::string& problem) {
    context_.console.warn(files_[opened_files_ - 1].path + ": " + problem);
}

void FlowInput::tell_damage(const std::string& damage, const char* outcome) {
    is_broken_ = true;
    if (context_.strict)
        throw nm::UserError(nm::Exit::bad_data, files_[opened_files_ - 1].path + ": " + damage);
    warn_of(damage + outcome);
}

void FlowInput::close_file() {
    context_.console.end_progress();
    const std::string problem = capture_ ? capture_->problem() : stored_->problem();
    if (!problem.empty()) {
        tell_damage(problem, capture_ ? ": what came before it was read" : ": what is there was read");
    }
    if (capture_) {
        const CaptureCounts counts = capture_->counts();
        captured_counts_ += counts;
        if (counts.packets > 0 && counts.not_udp == counts.packets)
            warn_of("holds no UDP packets; flows in TCP or SCTP are not read");
        if (capture_->unknown_link() != 0) {
            warn_of("holds packets of link type " + std::to_string(capture_->unknown_link()) +
                    ", which is not understood: they are only counted");
        }
    } else {
        const StoredCounts counts = stored_->counts();
        stored_counts_ += counts;
        if (counts.malformed + counts.blocks_malformed > 0) {
            tell_damage(std::to_string(counts.malformed) + " records and " +
                        std::to_string(counts.blocks_malformed) + " blocks are damaged, or of no known kind");
        }
    }
    capture_.reset();
    stored_.reset();
}

std::string counters_text(const FlowInput& input, const Decoder& decoder) {
    nm::FlowSummary summary;
    input.add_to(summary);
    decoder.add_to(summary);
    return nm::sentence_of(nm::record_type<nm::FlowSummary>, &summary);
}

void stop_at_malformed(const Decoder& decoder, const Datagram& datagram) {
    nm::FlowSummary summary;
    decoder.add_to(summary);
    if (summary.malformed == 0) return;
    throw nm::UserError(nm::Exit::bad_data, "datagram " + std::to_string(summary.datagrams) + ", of " +
                                                to_string(datagram.sender) + ", is malformed");
}

void FlowInput::add_to(nm::FlowSummary& summary) const {
    summary.not_allowed = not_allowed();
    summary.datagrams += not_allowed_;
    sampling_rule_.add_to(summary);
    if (sockets_) {
        summary.kernel_drops = sockets_->kernel_drops();
        return;
    }
    if (any_capture_) {
        CaptureCounts counts = captured_counts_;
        if (capture_) counts += capture_->counts();
        summary.packets = counts.packets;
        summary.not_udp = counts.not_udp;
        summary.unknown_link = counts.unknown_link;
        summary.fragments = counts.fragments;
        summary.reassembled = counts.reassembled;
        summary.fragments_lost = counts.fragments_lost;
        summary.cut = counts.cut;
    }
    if (any_stored_) {
        StoredCounts counts = stored_counts_;
        if (stored_) counts += stored_->counts();
        summary.stored = counts.flows;
        summary.stored_other = counts.other;
        summary.stored_malformed = counts.malformed;
        summary.blocks_malformed = counts.blocks_malformed;
        summary.flows += counts.flows;
        summary.malformed += counts.malformed + counts.blocks_malformed;
    }
}

}  // namespace nmflowtool
