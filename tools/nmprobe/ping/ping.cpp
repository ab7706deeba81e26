#include "ping/ping.hpp"

#include "probe/session.hpp"

namespace nmprobe {
namespace {

// Scoreboard to records of the probe.icmp family.
class IcmpReporter : public nm::ProbeReporter {
  public:
    IcmpReporter(nm::Output& out, const nm::IcmpProtocol& protocol, nm::PingView* view)
        : out_(out), protocol_(protocol), view_(view) {}

    void packet(const nm::TargetReport& target, const nm::PacketEvent& event) override {
        const bool is_reply =
            event.fate == nm::Fate::reply || event.fate == nm::Fate::dup || event.fate == nm::Fate::late;
        if (is_reply)
            write_packet<nm::IcmpReply>(target, event);
        else
            write_packet<nm::IcmpError>(target, event);
    }

    void target_done(const nm::TargetReport& target, nm::Time ts) override {
        const nm::ProbeState state = state_of(target.tally);
        if (view_ != nullptr) {
            view_->round(target, nm::enum_words<nm::ProbeState>[static_cast<std::size_t>(state)]);
            return;
        }
        nm::set_common(record_, target, ts);
        record_.wrong_source = target.tally.wrong;
        record_.state = state;
        record_.socket = protocol_.kind(target.target.address.family);
        out_.write(record_);
    }

    void round_done() override {
        if (view_ != nullptr)
            view_->round_done();
        else
            out_.end_round();
    }

  private:
    template <class Record>
    void write_packet(const nm::TargetReport& target, const nm::PacketEvent& event) {
        Record record;
        nm::set_packet(record, target, event);
        out_.write(record);
    }

    static nm::ProbeState state_of(const nm::Tally& tally) {
        if (tally.received > 0) return nm::ProbeState::up;
        if (tally.errors > 0) return nm::ProbeState::unreachable;
        return tally.lost > 0 ? nm::ProbeState::lost : nm::ProbeState::error;
    }

    nm::Output& out_;
    const nm::IcmpProtocol& protocol_;
    nm::PingView* view_;
    nm::IcmpProbe record_;  // reused: its strings keep their room
};

}  // namespace

nm::Exit run_ping(const PingOptions& options, nm::Context& context) {
    nm::IcmpProtocol protocol(options);
    nm::drop_capabilities();
    nm::BadInput bad(context, "stdin");
    nm::TargetList targets = nm::collect_targets(options, nm::PortRule::none, bad);
    const std::unique_ptr<nm::PingView> view = nm::PingView::open(options, context);
    IcmpReporter reporter(context.out, protocol, view.get());
    nm::ProbeSession session(options, nm::PortRule::none, context, reporter);
    session.show(view.get());
    nm::PacketEngine engine({options.timeout_ns, options.linger_ns, options.rate_pps}, session.loop(),
                            protocol, session.schedule(), session.board(), context.out);
    return session.run(engine, std::move(targets), bad,
                       [&](nm::Family family) { return protocol.why_not(family); });
}

}  // namespace nmprobe
