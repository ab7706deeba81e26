#include "export/destinations.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>

#include "app/signals.hpp"
#include "export/destination_pcap.hpp"
#include "export/destination_udp.hpp"

namespace nmflowtool {
namespace {

bool is_capture(const std::string& to) {
    return to.ends_with(".pcap");
}

bool is_any(const nm::IpAddress& address) {
    return std::ranges::all_of(address.bytes, [](auto byte) { return byte == 0; });
}

nm::Endpoint endpoint_of(const std::string& to) {
    const auto endpoint = nm::parse_endpoint(to);
    if (!endpoint || is_any(endpoint->address) || endpoint->port == 0) {
        throw nm::UserError(nm::Exit::usage,
                            "--to " + nm::in_quotes(to) +
                                " is neither ADDR:PORT nor FILE.pcap: write 192.0.2.1:2055, "
                                "[2001:db8::1]:2055 or flows.pcap (names are not looked up)");
    }
    return *endpoint;
}

bool is_own(const nm::IpAddress& address) {
    sockaddr_storage name;
    const socklen_t length = to_sockaddr(address, 0, name);
    const nm::UniqueFd fd(::socket(name.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    return fd && ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&name), length) == 0;
}

// Whether what is sent to the one comes to who listens on the other, of this host.
bool reaches(const nm::Endpoint& to, const nm::Endpoint& listens) {
    if (to == listens) return true;
    const bool is_family = listens.address.is_v6() || to.address.is_v4();  // :: takes both
    return to.port == listens.port && is_any(listens.address) && is_family && is_own(to.address);
}

std::unique_ptr<Destination> open_destination(const std::string& to, const DestinationOptions& options) {
    if (is_capture(to)) return open_pcap_destination(to, options.capture_port).value_or_throw();
    const nm::Endpoint endpoint = endpoint_of(to);
    return (options.keep_source ? open_raw_destination(endpoint) : open_udp_destination(endpoint))
        .value_or_throw();
}

}  // namespace

std::vector<std::string> capture_files(const DestinationOptions& options) {
    std::vector<std::string> files;
    std::ranges::copy_if(options.to, std::back_inserter(files), is_capture);
    return files;
}

void refuse_loops(const DestinationOptions& options, std::span<const nm::Endpoint> listen) {
    std::vector<nm::Endpoint> seen;
    for (const std::string& to : options.to) {
        if (is_capture(to)) continue;
        const nm::Endpoint endpoint = endpoint_of(to);
        if (std::ranges::find(seen, endpoint) != seen.end())
            throw nm::UserError(nm::Exit::usage, "--to " + to + ": is named twice");
        const auto is_here = [&](const nm::Endpoint& at) { return reaches(endpoint, at); };
        if (std::ranges::any_of(listen, is_here))
            throw nm::UserError(nm::Exit::usage, "--to " + to + ": is what this run listens on");
        seen.push_back(endpoint);
    }
}

void Destination::book_sent(const ExportDatagram& datagram) {
    ++books.datagrams;
    books.bytes += datagram.payload.size();
    if (datagram.flows) books.flows = books.flows.value_or(0) + *datagram.flows;
}

Destinations::Destinations(const DestinationOptions& options, nm::Console& console)
    : console_(console), pacer_(options.rate) {
    // All names first: a typo in the last one opens nothing.
    for (const std::string& to : options.to) {
        if (!is_capture(to)) endpoint_of(to);
    }
    for (const std::string& to : options.to) {
        all_.push_back(open_destination(to, options));
        all_.back()->books.to = to;
        keeps_source_ = keeps_source_ && (options.keep_source || is_capture(to));
    }
}

void Destinations::send(const ExportDatagram& datagram) {
    while (pacer_.allowed(nm::monotonic_ns(), 1) == 0) {
        if (!sleep_until(pacer_.next_ns())) break;  // what is left goes at once
    }
    pacer_.sent(1);
    std::size_t dead = 0;
    for (const auto& destination : all_) {
        destination->send(datagram);
        dead += destination->is_dead();
    }
    if (dead > dead_) bury();
}

// A collector that is well still gets everything.
void Destinations::bury() {
    dead_ = 0;
    for (const auto& destination : all_) {
        if (!destination->is_dead()) continue;
        ++dead_;
        nm::FlowDestination& books = destination->books;
        if (!books.reason.empty()) continue;  // it is told
        const nm::Status status = destination->finish();
        const nm::Error why =
            status ? nm::Error{nm::Exit::io_error, books.to + ": nobody reads it any more"} : status.error();
        books.reason = why.message;
        if (!failure_) failure_ = why;
        console_.error(why.message + ": nothing more is written to it");
    }
}

void Destinations::flush() {
    for (const auto& destination : all_) destination->flush();
}

void Destinations::finish(nm::Time ts, nm::Context& context) {
    for (const auto& destination : all_) {
        const nm::Status status = destination->finish();
        nm::FlowDestination& books = destination->books;
        if (!status && books.reason.empty()) {
            books.reason = status.error().message;
            if (!failure_) failure_ = status.error();
            context.console.error(books.reason);
        }
        books.ts = ts;
        context.out.write(books);
        if (books.refused == 0) continue;
        context.console.warn("--to " + books.to + ": nobody listens there: refused " +
                             std::to_string(books.refused) + " times, of " + std::to_string(books.datagrams) +
                             " datagrams");
    }
}

nm::Exit Destinations::exit_or(nm::Exit otherwise) const {
    const bool all_refused = std::ranges::all_of(all_, [](const auto& destination) {
        return destination->books.datagrams > 0 && destination->books.refused >= destination->books.datagrams;
    });
    if (failure_) return failure_->exit;
    return all_refused ? nm::Exit::unavailable : otherwise;
}

std::uint64_t Destinations::send_errors() const {
    std::uint64_t sum = 0;
    for (const auto& destination : all_) sum += destination->books.send_errors;
    return sum;
}

std::size_t Destinations::payload_bytes(std::uint64_t mtu) const {
    std::size_t overhead = 0;
    for (const auto& destination : all_) overhead = std::max(overhead, destination->overhead());
    return static_cast<std::size_t>(mtu) - overhead;
}

bool sleep_until(std::int64_t monotonic_ns, const std::function<void()>& at_signal) {
    for (;;) {
        if (nm::stop_requested()) return false;
        const std::int64_t left = monotonic_ns - nm::monotonic_ns();
        if (left <= 0) return true;
        pollfd signals{nm::signal_event_fd(), POLLIN, 0};
        const timespec timeout{left / nm::ns_per_s, left % nm::ns_per_s};
        if (::ppoll(&signals, 1, &timeout, nullptr) <= 0) continue;
        nm::clear_signal_event();
        if (at_signal) at_signal();
    }
}

}  // namespace nmflowtool
