// Where decode and top get their datagrams: capture files one after the other, or UDP sockets until a signal.
#pragma once

#include <string>
#include <vector>

#include "app/tool.hpp"
#include "decode/decoder.hpp"
#include "decode/source_pcap.hpp"
#include "decode/source_udp.hpp"

namespace nmflowtool {

struct InputOptions {
    std::vector<std::string> files;  // "-" is stdin
    std::vector<nm::Endpoint> listen;
    std::uint64_t receive_buffer = 4'000'000;  // bytes per socket

    bool is_given() const { return !files.empty() || !listen.empty(); }
};

// Bounds of what is remembered: files are read through, so more may wait for its template there.
Limits limits_for(const InputOptions& options);

class FlowInput {
  public:
    // Opens sockets at once, files when their turn comes. Throws UserError.
    FlowInput(const InputOptions& options, nm::Context& context);

    // The next datagram; false at the end. Before it sleeps it flushes the output.
    bool next(Datagram& datagram);
    void add_to(nm::FlowSummary& summary) const;
    // 65 when a file could not be read to its end.
    nm::Exit exit_or(nm::Exit otherwise) const { return is_broken_ ? nm::Exit::bad_data : otherwise; }

  private:
    bool next_from_files(Datagram& datagram);
    bool next_from_sockets(Datagram& datagram);
    void close_file();

    const InputOptions& options_;
    nm::Context& context_;
    std::optional<UdpSource> sockets_;
    std::optional<PcapSource> file_;
    std::size_t opened_files_ = 0;
    std::uint64_t datagrams_ = 0;
    CaptureCounts counts_;  // of the files that are done
    bool is_broken_ = false;
};

// Reads all datagrams, and hands each record to take(got, records). Tells once of each unsupported protocol.
template <class Take>
void read_flows(FlowInput& input, Decoder& decoder, nm::Context& context, Take&& take) {
    Datagram datagram;
    Records records;
    while (!context.out.closed() && input.next(datagram)) {
        decoder.open(datagram);
        for (auto got = decoder.next(records); got != Decoder::Got::nothing; got = decoder.next(records)) {
            take(got, records);
        }
        if (const auto protocol = decoder.first_unsupported()) {
            context.console.warn(to_string(datagram.sender) + " sends " + std::string(word_of(*protocol)) +
                                 ", which this version does not decode: such datagrams are only counted");
        }
    }
    decoder.finish();
}

}  // namespace nmflowtool
