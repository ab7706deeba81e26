#include "info/info.hpp"

#include "app/signals.hpp"
#include "info/diag_filter.hpp"
#include "info/diag_link.hpp"
#include "info/groups.hpp"
#include "info/socket_record.hpp"
#include "net/event_loop.hpp"

namespace nmtcp {
namespace {

using nm::TcpState;

// The kernel marks a list that changed while it was read; it is asked for again this often, and only sockets
// that were not told yet are told then.
constexpr int dump_attempts = 3;

constexpr std::uint32_t bit(TcpState state) {
    return 1U << static_cast<unsigned>(state);
}

std::vector<nm::Prefix> parse_prefixes(const char* option, const std::vector<std::string>& texts) {
    std::vector<nm::Prefix> prefixes;
    for (const std::string& text : texts) {
        const auto prefix = nm::parse_prefix(text);
        if (!prefix)
            throw nm::UserError(nm::Exit::usage, std::string(option) + ": " + nm::in_quotes(text) +
                                                     " is not an address or a prefix such as 192.0.2.0/24");
        prefixes.push_back(*prefix);
    }
    return prefixes;
}

class SocketLister {
  public:
    SocketLister(const InfoOptions& options, nm::Context& context, DiagLink& link)
        : options_(options), context_(context), link_(link) {
        filter_.states = parse_states(options.states);
        filter_.ports = options.ports;
        filter_.peers = parse_prefixes("--peer", options.peers);
        filter_.locals = parse_prefixes("--local", options.locals);
        bytecode_ = filter_.bytecode();
        if (!options.by.empty()) groups_.emplace(options.by);
        sees_births_ = filter_.has(TcpState::established);
        if (options.every_ns > 0) summary_.opened = summary_.closed = 0;
        if (groups_) summary_.groups = 0;
    }

    // One list of the sockets, told. Throws UserError when the kernel gives none.
    void round();
    nm::Exit finish(double duration_ms);
    const nm::TcpInfoSummary& summary() const { return summary_; }

  private:
    bool list(nm::Family family);
    void take(const DiagSocket& socket);
    void add_deltas(std::uint64_t cookie);
    void read_listening();
    void tell_groups();

    const InfoOptions& options_;
    nm::Context& context_;
    DiagLink& link_;
    DiagFilter filter_;
    std::vector<std::uint8_t> bytecode_;
    bool sees_births_;  // a socket that was not there before is new, not one that changed its state
    SocketRecorder recorder_;
    SocketBook book_;
    std::optional<SocketGroups> groups_;
    ListeningPorts listening_;
    nm::TcpInfo record_;  // reused: its strings keep their room
    std::int64_t asked_ns_ = 0;
    std::int64_t asked_before_ns_ = 0;
    std::uint64_t kept_ = 0;  // sockets of the round before that are still there
    bool complete_before_ = false;
    bool again_ = false;  // this list was asked for before in this round
    nm::TcpInfoSummary summary_;
};

void SocketLister::round() {
    record_.ts = nm::now();
    asked_before_ns_ = std::exchange(asked_ns_, nm::monotonic_ns());
    if (options_.every_ns > 0) record_.round = summary_.rounds;
    ++summary_.rounds;
    book_.next_round();
    recorder_.next_round();
    kept_ = 0;
    if (groups_ && groups_->needs_listening()) read_listening();
    bool complete = true;
    for (const nm::Family family : {nm::Family::v4, nm::Family::v6}) {
        const bool wanted = family == nm::Family::v4 ? !options_.only_v6 : !options_.only_v4;
        if (wanted && !nm::stop_requested()) complete &= list(family);
    }
    complete_before_ = complete;
    summary_.sockets += book_.size();
    if (summary_.rounds > 1) *summary_.closed += book_.size_before() - kept_;
    tell_groups();
    context_.out.end_round();
}

// True when the list is whole.
bool SocketLister::list(nm::Family family) {
    again_ = false;
    for (int attempt = 0; attempt < dump_attempts; ++attempt) {
        const auto dump = link_.dump(family, filter_.states, bytecode_, true,
                                     [this](const DiagSocket& socket) { take(socket); });
        if (!dump) throw nm::UserError(dump.error().exit, dump.error().message);
        summary_.damaged += dump->damaged;
        if (dump->stopped) return false;
        if (!dump->interrupted && dump->damaged == 0) return true;
        if (attempt + 1 < dump_attempts) ++summary_.dumps_repeated;
        again_ = true;
    }
    ++summary_.dumps_incomplete;
    context_.console.warn("the list of sockets changed each time while it was read: some may be missing");
    return false;
}

void SocketLister::take(const DiagSocket& socket) {
    if (!filter_.matches(socket) || context_.out.closed()) return;
    recorder_.fill(socket, record_);
    if (!book_.add(socket.cookie, counters_of(record_))) {
        summary_.repeated += !again_;
        return;
    }
    if (summary_.rounds > 1) add_deltas(socket.cookie);
    if (groups_)
        groups_->add(record_, listening_);
    else
        context_.out.write(record_);
}

// A socket that was not there before has added all that it has, if it was born since.
void SocketLister::add_deltas(std::uint64_t cookie) {
    const double interval_ms = static_cast<double>(asked_ns_ - asked_before_ns_) / 1e6;
    const Counters* before = book_.before(cookie);
    kept_ += before != nullptr;
    static_cast<nm::TcpDeltas&>(record_) = {};
    record_.opened = std::nullopt;
    if (before != nullptr) {
        set_deltas(record_, *before, interval_ms);
    } else if (sees_births_ && complete_before_) {
        record_.opened = true;
        ++*summary_.opened;
        set_deltas(record_, {}, interval_ms);
    }
}

void SocketLister::read_listening() {
    listening_.reset();
    for (const nm::Family family : {nm::Family::v4, nm::Family::v6}) {
        const auto dump = link_.dump(family, bit(TcpState::listen), {}, false,
                                     [this](const DiagSocket& socket) { listening_.set(socket.local.port); });
        if (!dump) throw nm::UserError(dump.error().exit, dump.error().message);
    }
}

void SocketLister::tell_groups() {
    if (!groups_) return;
    for (const nm::TcpGroup& group : groups_->take(record_.ts)) {
        context_.out.write(group);
        ++*summary_.groups;
    }
}

nm::Exit SocketLister::finish(double duration_ms) {
    summary_.ts = nm::now();
    summary_.duration_ms = duration_ms;
    context_.out.write(summary_);
    return summary_.sockets > 0 ? nm::Exit::ok : nm::Exit::no;
}

}  // namespace

nm::Exit run_info(const InfoOptions& options, nm::Context& context) {
    DiagLink link = DiagLink::open(options.netns).value_or_throw();
    SocketLister lister(options, context, link);
    nm::EventLoop loop;
    const std::int64_t began_ns = nm::monotonic_ns();
    for (std::uint64_t round = 0; !nm::stop_requested() && !context.out.closed(); ++round) {
        if (options.every_ns == 0 ? round == 1 : options.rounds > 0 && round == options.rounds) break;
        const std::int64_t due_ns = began_ns + static_cast<std::int64_t>(round) * options.every_ns;
        while (nm::monotonic_ns() < due_ns && !nm::stop_requested()) {
            loop.wait(due_ns);
            if (nm::take_counters_request())
                context.console.error(
                    nm::sentence_of(nm::record_type<nm::TcpInfoSummary>, &lister.summary()));
        }
        if (!nm::stop_requested()) lister.round();
    }
    return lister.finish(static_cast<double>(nm::monotonic_ns() - began_ns) / 1e6);
}

}  // namespace nmtcp
