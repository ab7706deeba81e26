// Where datagrams go: UDP addresses, with our own source address or the exporters', and capture files. Each
// has its own books; what cannot be sent to one goes to the others all the same. Proof:
// tests/cli/nmflowtool_export.bats, tests/lab/nmflowtool_exporters.bats.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "app/tool.hpp"
#include "export/export_datagram.hpp"
#include "probe/pacer.hpp"
#include "record/flow_export.hpp"

namespace nmflowtool {

struct DestinationOptions {
    std::vector<std::string> to;  // ADDR:PORT, or a capture file by its ending: .pcap
    bool keep_source = false;
    std::uint64_t rate = 0;             // datagrams a second to each; 0: as fast as they come
    std::uint16_t capture_port = 2055;  // the destination port in capture files
};

class Destination {
  public:
    virtual ~Destination() = default;
    virtual void send(const ExportDatagram& datagram) = 0;
    // Nothing more comes for a moment: what was gathered goes out.
    virtual void flush() {}
    // Nothing more comes. Tells whether a file could be written.
    virtual nm::Status finish() { return nm::Done{}; }
    // Nothing can be sent there any more; finish() says why.
    virtual bool is_dead() const { return false; }
    // Bytes of headers before the payload.
    virtual std::size_t overhead() const = 0;

    nm::FlowDestination books;

  protected:
    void book_sent(const ExportDatagram& datagram);
};

// The capture files among them.
std::vector<std::string> capture_files(const DestinationOptions& options);
// Throws UserError where a collector is named twice, or is an address that the run itself listens on.
void refuse_loops(const DestinationOptions& options, std::span<const nm::Endpoint> listen);

class Destinations {
  public:
    // Opens all of them; throws UserError.
    Destinations(const DestinationOptions& options, nm::Console& console);

    void send(const ExportDatagram& datagram);
    // Nothing can be sent to any of them: the run is over.
    bool are_dead() const { return dead_ == all_.size(); }
    // What waits in buffers of files, so that a reader of a live capture sees it.
    void flush();
    // Closes them, writes their books with this time, and tells of those where nobody listens.
    void finish(nm::Time ts, nm::Context& context);
    std::uint64_t send_errors() const;
    // 74 when a file could not be written, 69 when every destination answered each datagram that nobody
    // listens there.
    nm::Exit exit_or(nm::Exit otherwise) const;
    // Of a datagram that fits the MTU on every way.
    std::size_t payload_bytes(std::uint64_t mtu) const;

    // Every destination learns whose flows they are: by the source address, or in a capture file.
    bool keeps_source() const { return keeps_source_; }

  private:
    void bury();

    nm::Console& console_;
    std::vector<std::unique_ptr<Destination>> all_;
    std::size_t dead_ = 0;
    std::optional<nm::Error> failure_;  // the first
    bool keeps_source_ = true;
    nm::Pacer pacer_;
};

// Sleeps until CLOCK_MONOTONIC reaches this; false when a signal asked to stop before. At others calls
// at_signal.
bool sleep_until(std::int64_t monotonic_ns, const std::function<void()>& at_signal = {});

}  // namespace nmflowtool
