#include "flow_input.hpp"

#include <unistd.h>

#include <cerrno>

#include "app/signals.hpp"

namespace nmflowtool {

Limits limits_for(const InputOptions& options) {
    Limits limits;
    if (options.listen.empty()) limits.waiting_bytes = 64 * 1024 * 1024;
    return limits;
}

FlowInput::FlowInput(const InputOptions& options, nm::Context& context)
    : options_(options), context_(context) {
    if (!options.files.empty() && !options.listen.empty()) {
        throw nm::UserError(nm::Exit::usage,
                            "--read and --listen exclude each other: a run reads files or sockets");
    }
    // All of them before the first record: a typo in the last name costs no output.
    for (const std::string& file : options.files) {
        if (file != "-" && ::access(file.c_str(), R_OK) != 0) {
            throw nm::UserError(nm::Exit::no_input, nm::os_error(file, errno).message);
        }
    }
    if (!options.listen.empty()) {
        sockets_ = UdpSource::open(options.listen, options.receive_buffer).value_or_throw();
    }
}

bool FlowInput::next(Datagram& datagram) {
    return sockets_ ? next_from_sockets(datagram) : next_from_files(datagram);
}

bool FlowInput::next_from_sockets(Datagram& datagram) {
    while (!sockets_->next(datagram)) {
        if (nm::stop_requested()) return false;
        if (sockets_->receive()) continue;
        context_.out.flush();
        if (!sockets_->wait()) return false;
    }
    return true;
}

bool FlowInput::next_from_files(Datagram& datagram) {
    constexpr std::uint64_t progress_step = 4096;
    for (;;) {
        if (nm::stop_requested()) return false;
        if (!file_) {
            if (opened_files_ == options_.files.size()) return false;
            file_.emplace(nm::PcapReader::open(options_.files[opened_files_++]).value_or_throw());
        }
        if (file_->next(datagram)) {
            if (++datagrams_ % progress_step == 0) {
                context_.console.progress(file_->offset(), file_->size(), "bytes");
            }
            return true;
        }
        close_file();
    }
}

void FlowInput::close_file() {
    context_.console.end_progress();
    if (!file_->problem().empty()) {
        is_broken_ = true;
        context_.console.warn(options_.files[opened_files_ - 1] + ": " + file_->problem() +
                              ": what came before it was read");
    }
    const CaptureCounts& counts = file_->counts();
    counts_.packets += counts.packets;
    counts_.not_udp += counts.not_udp;
    counts_.fragments += counts.fragments;
    counts_.cut += counts.cut;
    file_.reset();
}

void FlowInput::add_to(nm::FlowSummary& summary) const {
    if (sockets_) {
        summary.kernel_drops = sockets_->kernel_drops();
        return;
    }
    const CaptureCounts open = file_ ? file_->counts() : CaptureCounts{};
    summary.packets = counts_.packets + open.packets;
    summary.not_udp = counts_.not_udp + open.not_udp;
    summary.fragments = counts_.fragments + open.fragments;
    summary.cut = counts_.cut + open.cut;
}

}  // namespace nmflowtool
