#include "diagnose/path_probe.hpp"

#include "app/signals.hpp"
#include "ping/connect_engine.hpp"
#include "probe/packet_engine.hpp"

namespace nmtcp {
namespace {

// Payloads that fill a packet of 1500 bytes.
constexpr std::uint64_t large_payload_v4 = 1472;
constexpr std::uint64_t large_payload_v6 = 1452;
constexpr std::uint64_t large_packet = 1500;
constexpr std::uint64_t large_count = 3;
constexpr std::uint64_t receive_buffer = 1 << 20;

// One address, one round: what is left of it.
struct Run : nm::ProbeReporter {
    // port 0: of pings.
    Run(const nm::TcpDiagnosis& d, std::uint16_t port, std::uint64_t count, std::int64_t interval_ns)
        : schedule(0, 1), board(specs, *this, false, false) {
        specs.add(d.target, port, {});
        board.add(0, d.address);
        schedule.add_target(static_cast<std::uint32_t>(count), interval_ns);
        schedule.start(nm::monotonic_ns());
    }
    void packet(const nm::TargetReport&, const nm::PacketEvent&) override {}
    void target_done(const nm::TargetReport& report, nm::Time) override { tally = report.tally; }
    void round_done() override {}

    void drive(nm::ProbeEngine& engine) {
        while (!nm::stop_requested() && !(schedule.exhausted() && engine.idle()))
            engine.turn(nm::Schedule::never);
        board.close(nm::now());
    }

    nm::TargetList specs;
    nm::Schedule schedule;
    nm::Scoreboard board;
    nm::Tally tally;  // at the end
};

nm::Tally run_pings(nm::IcmpProtocol& protocol, const PingOptions& options, std::uint64_t count,
                    nm::EventLoop& loop, nm::Output& out, const nm::TcpDiagnosis& d) {
    Run run(d, 0, count, options.interval_ns);
    nm::PacketEngine engine({options.timeout_ns, 0, options.rate_pps}, loop, protocol, run.schedule,
                            run.board, out);
    run.drive(engine);
    return run.tally;
}

}  // namespace

PathProbe::PathProbe(const PingOptions& options) : options_(options) {
    options_.receive_buffer = receive_buffer;
    small_ = open_pinger(nm::IcmpOptions{}.size);
    large_v4_ = open_pinger(large_payload_v4);
    large_v6_ = open_pinger(large_payload_v6);
    raw_ = open_syn(options_);
    if (!raw_) tap_ = HandshakeTap::open();
}

PathProbe::Pinger PathProbe::open_pinger(std::uint64_t size) const {
    nm::IcmpOptions options;
    static_cast<nm::ProbeOptions&>(options) = options_;
    options.size = size;
    try {
        return {std::make_unique<nm::IcmpProtocol>(options), {}};
    } catch (const nm::UserError& error) {
        if (error.exit() == nm::Exit::usage) throw;
        return {nullptr, error.what()};
    }
}

void PathProbe::ping(nm::EventLoop& loop, nm::Output& out, nm::TcpDiagnosis& d) {
    d.ping_error = small_.protocol ? small_.protocol->why_not(d.address.family) : small_.why_not;
    if (!d.ping_error.empty()) return;
    const nm::Tally tally =
        run_pings(*small_.protocol, options_, static_cast<std::uint32_t>(options_.count), loop, out, d);
    d.ping_sent = tally.fates();
    d.ping_received = tally.received;
    d.ping_error = tally.error;
    if (const auto rtt = nm::summarize(tally.rtts_ns)) {
        d.ping_rtt_min_us = rtt->min_us;
        d.ping_rtt_p50_us = rtt->p50_us;
        d.ping_rtt_max_us = rtt->max_us;
    }
}

void PathProbe::large_ping(nm::EventLoop& loop, nm::Output& out, nm::TcpDiagnosis& d) {
    const Pinger& pinger = d.address.is_v4() ? large_v4_ : large_v6_;
    if (!pinger.protocol || !pinger.protocol->why_not(d.address.family).empty()) return;
    const nm::Tally tally = run_pings(*pinger.protocol, options_, large_count, loop, out, d);
    d.large_ping_bytes = large_packet;
    d.large_ping_sent = tally.fates();
    d.large_ping_received = tally.received + tally.errors;  // an error tells the sender: no black hole
}

void PathProbe::handshake(nm::EventLoop& loop, nm::Output& out, nm::TcpDiagnosis& d) {
    Run run(d, d.port, options_.count, options_.interval_ns);
    const bool is_raw = raw_ && raw_->why_not(d.address.family).empty();
    if (is_raw) {
        nm::PacketEngine engine({options_.timeout_ns, 0, options_.rate_pps}, loop, *raw_, run.schedule,
                                run.board, out);
        run.drive(engine);
    } else {
        ConnectEngine engine(options_, tap_.get(), loop, run.schedule, run.board, out);
        run.drive(engine);
    }
    const nm::Tally& tally = run.tally;
    d.socket = is_raw ? nm::SocketKind::raw : nm::SocketKind::connect;
    d.handshakes = tally.fates();
    d.handshakes_open = tally.received - tally.refused;
    d.handshakes_closed = tally.refused;
    d.handshakes_lost = tally.lost;
    d.handshakes_rejected = tally.errors;
    d.handshakes_unsent = tally.lost_self;
    d.handshake_error = tally.error;
    if (!is_raw) d.syn_retrans = tally.retransmitted;
    if (tally.mss != 0) d.mss = tally.mss;
    if (const auto rtt = nm::summarize(tally.rtts_ns)) {
        d.handshake_min_us = rtt->min_us;
        d.handshake_p50_us = rtt->p50_us;
        d.handshake_max_us = rtt->max_us;
    }
}

}  // namespace nmtcp
