#include "ping/ping.hpp"

#include "ping/connect_engine.hpp"
#include "ping/syn_protocol.hpp"
#include "probe/session.hpp"
#include "record/tcp_probe.hpp"

namespace nmtcp {
namespace {

// Scoreboard to records of the tcp.probe family.
class TcpReporter : public nm::ProbeReporter {
  public:
    TcpReporter(nm::Output& out, nm::SocketKind socket, nm::PingView* view)
        : out_(out), socket_(socket), view_(view) {}

    void packet(const nm::TargetReport& target, const nm::PacketEvent& event) override {
        const bool answered =
            event.fate == nm::Fate::reply || event.fate == nm::Fate::dup || event.fate == nm::Fate::late;
        if (answered) {
            nm::TcpReply record;
            nm::set_packet(record, target, event);
            record.port = target.target.port;
            record.state = event.refused ? nm::PortState::closed : nm::PortState::open;
            out_.write(record);
        } else {
            nm::TcpError record;
            nm::set_packet(record, target, event);
            record.port = target.target.port;
            out_.write(record);
        }
    }

    void target_done(const nm::TargetReport& target, nm::Time ts) override {
        const nm::Tally& tally = target.tally;
        const nm::PortState state = state_of(tally);
        if (view_ != nullptr) {
            view_->round(target, nm::enum_words<nm::PortState>[static_cast<std::size_t>(state)]);
            return;
        }
        nm::TcpProbe& record = record_;
        nm::set_common(record, target, ts);
        record.port = target.target.port;
        record.state = state;
        record.open = tally.received - tally.refused;
        record.closed = tally.refused;
        record.wrong_source = tally.wrong;
        record.socket = socket_;
        if (socket_ == nm::SocketKind::connect) record.syn_retrans = tally.retransmitted;
        const bool known = record.open > 0;
        record.mss = known && tally.mss != 0 ? std::optional<std::uint32_t>(tally.mss) : std::nullopt;
        record.options = known ? option_words(tally.tcp_options) : "";
        out_.write(record);
    }

    void round_done() override {
        if (view_ != nullptr)
            view_->round_done();
        else
            out_.end_round();
    }

  private:
    static nm::PortState state_of(const nm::Tally& tally) {
        if (tally.received > tally.refused) return nm::PortState::open;
        if (tally.refused > 0) return nm::PortState::closed;
        if (tally.errors > 0) return nm::PortState::unreachable;
        return tally.lost > 0 ? nm::PortState::filtered : nm::PortState::error;
    }

    nm::Output& out_;
    nm::SocketKind socket_;
    nm::PingView* view_;
    nm::TcpProbe record_;  // reused: its strings keep their room
};

nm::Exit run_syn(const PingOptions& options, nm::Context& context, SynProtocol& protocol,
                 nm::TargetList targets, const nm::BadInput& bad) {
    const std::unique_ptr<nm::PingView> view = nm::PingView::open(options, context);
    TcpReporter reporter(context.out, nm::SocketKind::raw, view.get());
    nm::ProbeSession session(options, nm::PortRule::required, context, reporter);
    session.show(view.get());
    nm::PacketEngine engine({options.timeout_ns, options.linger_ns, options.rate_pps}, session.loop(),
                            protocol, session.schedule(), session.board(), context.out);
    return session.run(engine, std::move(targets), bad,
                       [&](nm::Family family) { return protocol.why_not(family); });
}

nm::Exit run_connect(const PingOptions& options, nm::Context& context, HandshakeTap* tap,
                     nm::TargetList targets, const nm::BadInput& bad) {
    const std::unique_ptr<nm::PingView> view = nm::PingView::open(options, context);
    TcpReporter reporter(context.out, nm::SocketKind::connect, view.get());
    nm::ProbeSession session(options, nm::PortRule::required, context, reporter);
    session.show(view.get());
    ConnectEngine engine(options, tap, session.loop(), session.schedule(), session.board(), context.out);
    const auto why_not = [&](nm::Family family) {
        return options.wants(family) ? std::string() : std::string("this family is switched off");
    };
    return session.run(engine, std::move(targets), bad, why_not);
}

}  // namespace

nm::Exit run_ping(const PingOptions& options, nm::Context& context) {
    const std::unique_ptr<SynProtocol> raw = open_syn(options);
    const std::unique_ptr<HandshakeTap> tap = raw ? nullptr : HandshakeTap::open();
    nm::drop_capabilities();
    nm::BadInput bad(context, "stdin");
    nm::TargetList targets = nm::collect_targets(options, nm::PortRule::required, bad);
    if (raw) return run_syn(options, context, *raw, std::move(targets), bad);
    return run_connect(options, context, tap.get(), std::move(targets), bad);
}

}  // namespace nmtcp
