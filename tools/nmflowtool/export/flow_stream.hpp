// The stream of one exporter and observation domain in one protocol: flows go in, datagrams come out when
// they are full or when flush() says so. Each protocol has its own kind (wire_netflow5, wire_templates,
// wire_sflow5_samples).
#pragma once

#include <cstdlib>
#include <memory>

#include "export/export_books.hpp"
#include "export/export_datagram.hpp"
#include "export/message_writer.hpp"
#include "export/sample_fields.hpp"

namespace nmflowtool {

enum class ExportAs : std::uint8_t { netflow5, netflow9, ipfix, sflow5 };
inline constexpr std::array<std::string_view, 4> export_as_words{"netflow5", "netflow9", "ipfix", "sflow5"};

struct StreamOptions {
    ExportAs protocol = ExportAs::netflow9;
    std::size_t payload_bytes = 1472;  // of a datagram, at most
    std::uint64_t template_datagrams = 100;
    std::int64_t template_ns = 30 * nm::ns_per_s;
    bool exporter_in_record = false;  // the source address of datagrams does not tell it
};

// The clock of the exporter that a stream plays: started a whole second some time before its first flow.
class StreamClock {
  public:
    // Before the first of these times by an hour, so that flows that come late still have an uptime.
    void start(const nm::FlowRecord& flow) {
        constexpr std::int64_t margin_s = 3600;
        std::int64_t first_ns = flow.ts.ns;
        for (const nm::Time time : {flow.start, flow.end}) {
            if (time.ns > 0 && time.ns < first_ns) first_ns = time.ns;
        }
        boot_ms_ = std::max<std::int64_t>(0, first_ns / nm::ns_per_s - margin_s) * 1000;
    }
    std::int64_t boot_ms() const { return boot_ms_; }
    // Modulo 2^32, as an uptime wraps after 49.7 days.
    std::uint32_t uptime_ms(std::int64_t unix_ms) const {
        return static_cast<std::uint32_t>(unix_ms - boot_ms_);
    }
    std::uint32_t uptime_ms(nm::Time time) const { return uptime_ms(time.ns / nm::ns_per_ms); }
    // Whether a reader that takes the uptime's difference as a signed number finds this time again.
    bool can_tell(nm::Time time, nm::Time export_time) const {
        constexpr std::int64_t far_ms = std::int64_t{24} * 24 * 3600 * 1000;
        const std::int64_t ms = time.ns / nm::ns_per_ms;
        const std::int64_t away_ms = ms - export_time.ns / nm::ns_per_ms;
        return ms >= boot_ms_ && away_ms < far_ms && away_ms > -far_ms;
    }

  private:
    std::int64_t boot_ms_ = 0;
};

class FlowStream {
  public:
    FlowStream(nm::IpAddress exporter, std::uint32_t domain, const StreamOptions& options, ExportBooks& books,
               const SendDatagram& send)
        : exporter_(exporter), domain_(domain), options_(options), books_(books), send_(send) {
        out_.reserve(options.payload_bytes);
    }
    virtual ~FlowStream() = default;
    FlowStream(const FlowStream&) = delete;
    FlowStream& operator=(const FlowStream&) = delete;

    virtual void add(const nm::FlowRecord& flow) = 0;
    virtual void add_sample(const nm::SflowSample& sample) { add(scaled_flow(sample)); }
    // Sends what is there.
    virtual void flush() = 0;

  protected:
    // The export time is the latest so far, and not before the end of a flow: some collectors take a flow
    // that ends after it for one of 49.7 days ago. A flow that ends far in the future has no say. Where the
    // time of the flows leaps, another capture or a wrong clock, what is there goes with the old one.
    void see_time(const nm::FlowRecord& flow) {
        constexpr std::int64_t ahead_ns = 600 * nm::ns_per_s;
        constexpr std::int64_t leap_ns = 24 * 3600 * nm::ns_per_s;
        if (started_ && std::abs(flow.ts.ns - latest_.ns) > leap_ns) {
            flush();
            latest_ = flow.ts;
            if (flow.ts.ns / nm::ns_per_ms < clock_.boot_ms()) started_ = false;
        }
        if (!started_) clock_.start(flow);
        started_ = true;
        latest_ = std::max(latest_, flow.ts);
        if (flow.end.ns - latest_.ns < ahead_ns) latest_ = std::max(latest_, flow.end);
    }
    void send_out(std::uint64_t flows) {
        send_({latest_, exporter_, 0, out_.view(), flows});
        ++books_.datagrams;
        books_.exported += flows;
        out_.clear();
    }

    nm::IpAddress exporter_;
    std::uint32_t domain_;
    const StreamOptions& options_;
    ExportBooks& books_;
    const SendDatagram& send_;
    MessageWriter out_;
    StreamClock clock_;
    nm::Time latest_;

  private:
    bool started_ = false;
};

std::unique_ptr<FlowStream> make_netflow5_stream(nm::IpAddress exporter, std::uint32_t domain,
                                                 const StreamOptions& options, ExportBooks& books,
                                                 const SendDatagram& send);
// NetFlow v9 or IPFIX.
std::unique_ptr<FlowStream> make_template_stream(nm::IpAddress exporter, std::uint32_t domain,
                                                 const StreamOptions& options, ExportBooks& books,
                                                 const SendDatagram& send);
std::unique_ptr<FlowStream> make_sflow5_stream(nm::IpAddress exporter, std::uint32_t domain,
                                               const StreamOptions& options, ExportBooks& books,
                                               const SendDatagram& send);

}  // namespace nmflowtool
