#include "dns/dns.hpp"

#include <algorithm>

#include "app/signals.hpp"
#include "dns/dns_engine.hpp"
#include "net/resolver.hpp"
#include "probe/session.hpp"
#include "record/error.hpp"

namespace nmprobe {
namespace {

using nm::DnsState;

constexpr std::size_t output_waiting_bytes = 16U << 20;

// What an answer, or what came of it, means for the exit status.
nm::Exit exit_of(const DnsResult& result) {
    switch (result.state) {
        case DnsState::ok:
        case DnsState::no_data:
            return nm::Exit::ok;
        case DnsState::nxdomain:
            return nm::Exit::unresolved;
        case DnsState::closed:
            return nm::Exit::closed;
        case DnsState::unreachable:
            return nm::Exit::unreachable;
        default:
            return result.unsent ? nm::Exit::unsent : nm::Exit::no;
    }
}

// Results to records, and what the run comes to.
class DnsReporter : public DnsSink {
  public:
    DnsReporter(const DnsPlan& plan, nm::Output& out) : plan_(plan), out_(out) {}

    void result(const DnsResult& result) override {
        write(result);
        ++count_of(result.state);
        verdict_ = nm::worse_of(verdict_, exit_of(result));
        if (result.rtt_ns >= 0 && result.message != nullptr) add_rtt(result.rtt_ns);
        if (++in_round_ == per_round_) {
            in_round_ = 0;
            out_.end_round();
        }
    }
    void set_per_round(std::size_t queries) {
        per_round_ = queries;
        in_round_ = 0;
    }
    // A server whose name has no address.
    void unresolved() {
        ++summary_.unresolved;
        verdict_ = nm::worse_of(verdict_, nm::Exit::unresolved);
    }
    const nm::DnsSummary& summary() const { return summary_; }
    // What all queries that went wrong have in common.
    nm::Exit verdict() const { return verdict_; }
    std::uint64_t finished() const {
        return summary_.ok + summary_.no_data + summary_.nxdomain + summary_.failed + summary_.truncated +
               summary_.malformed + summary_.wrong + summary_.closed + summary_.unreachable +
               summary_.timeout + summary_.lost_self + summary_.errors;
    }
    std::optional<double> mean_us() const {
        return rtts_ == 0 ? std::nullopt : std::optional(sum_us_ / static_cast<double>(rtts_));
    }

  private:
    void write(const DnsResult& result) {
        const DnsName& name = plan_.name(result.target);
        const DnsServer& server = plan_.server(result.target);
        record_.ts = result.ts;
        record_.target = name.text;
        record_.qtype = type_name(name.type);
        record_.server = server.text;
        record_.address = server.address;
        record_.port = server.port;
        record_.labels = name.labels;
        record_.round = result.round;
        record_.seq = result.seq;
        record_.state = result.state;
        record_.rtt_us = nm::in_us(result.rtt_ns);
        record_.tcp_connect_us = nm::in_us(result.tcp_connect_ns);
        record_.tcp_rtt_us = nm::in_us(result.tcp_rtt_ns);
        record_.ts_source = result.ts_source;
        record_.wrong = result.wrong;
        record_.error = result.error;
        static const DnsMessage nothing;
        set_message(result.message != nullptr ? *result.message : nothing, result);
        out_.write(record_);
    }

    void set_message(const DnsMessage& message, const DnsResult& result) {
        const bool any = result.message != nullptr;
        const bool whole = message.ok;
        record_.rcode = any ? rcode_name(message.rcode) : std::string();
        record_.flags = any ? flag_words(message.head.flags) : std::string();
        record_.transport = any ? std::optional(result.transport) : std::nullopt;
        record_.bytes = any ? std::optional<std::uint64_t>(result.bytes) : std::nullopt;
        const auto count = [&](std::size_t n) {
            return whole ? std::optional<std::uint64_t>(n) : std::nullopt;
        };
        record_.answer_count = count(message.answer_count);
        record_.authority_count = count(message.authority_count);
        record_.additional_count = count(message.additional_count);
        record_.answers = message.answers;
        record_.ttl_s = message.ttl_s;
        record_.edns_size = message.edns_size;
        record_.nsid = message.nsid;
        record_.ede = message.ede;
    }

    std::uint64_t& count_of(DnsState state) {
        switch (state) {
            case DnsState::ok:
                return summary_.ok;
            case DnsState::no_data:
                return summary_.no_data;
            case DnsState::nxdomain:
                return summary_.nxdomain;
            case DnsState::failed:
                return summary_.failed;
            case DnsState::truncated:
                return summary_.truncated;
            case DnsState::malformed:
                return summary_.malformed;
            case DnsState::wrong:
                return summary_.wrong;
            case DnsState::closed:
                return summary_.closed;
            case DnsState::unreachable:
                return summary_.unreachable;
            case DnsState::timeout:
                return summary_.timeout;
            case DnsState::lost_self:
                return summary_.lost_self;
            default:
                return summary_.errors;
        }
    }

    void add_rtt(std::int64_t rtt_ns) {
        const double us = static_cast<double>(rtt_ns) / 1e3;
        summary_.rtt_min_us = std::min(summary_.rtt_min_us.value_or(us), us);
        summary_.rtt_max_us = std::max(summary_.rtt_max_us.value_or(us), us);
        sum_us_ += us;
        ++rtts_;
    }

    const DnsPlan& plan_;
    nm::Output& out_;
    nm::DnsProbe record_;  // reused: its strings keep their room
    nm::DnsSummary summary_;
    nm::Exit verdict_ = nm::Exit::ok;
    double sum_us_ = 0;
    std::uint64_t rtts_ = 0;
    std::size_t per_round_ = 0;
    std::size_t in_round_ = 0;
};

class DnsSession {
  public:
    DnsSession(const DnsOptions& options, nm::Context& context)
        : options_(options),
          context_(context),
          bad_(context, "stdin"),
          schedule_(options.every_ns, options.rounds),
          reporter_(plan_, context.out) {}

    nm::Exit run() {
        nm::check_rounds(options_);
        const std::vector<DnsServerSpec> servers = collect_servers(options_);
        plan_.names = collect_names(options_, bad_);
        resolve(servers);
        DnsEngine engine(options_, loop_, schedule_, plan_, reporter_, context_.out);
        nm::drop_capabilities();
        const std::int64_t began_ns = nm::monotonic_ns();
        context_.out.write_in_background(output_waiting_bytes);
        fill_schedule();
        schedule_.start(nm::monotonic_ns());
        while (!nm::stop_requested() && !context_.out.closed()) {
            if (nm::take_reload_request() && !options_.file.empty() && options_.every_ns > 0) {
                reload_pending_ = true;
                schedule_.last_round();
            }
            if ((schedule_.exhausted() || plan_.size() == 0) && engine.idle()) {
                if (!reload_pending_) break;
                reload(engine);
            }
            engine.turn(nm::Schedule::never);
            if (nm::take_counters_request()) {
                const nm::DnsSummary counts = summary(engine, began_ns);
                context_.console.error(nm::sentence_of(nm::record_type<nm::DnsSummary>, &counts));
            }
            context_.console.progress(reporter_.finished(),
                                      options_.every_ns > 0 ? 0 : plan_.size() * options_.count, "queries");
        }
        const nm::DnsSummary totals = summary(engine, began_ns);
        context_.out.write(totals);
        const bool nothing = totals.queries == 0 && totals.unresolved == 0;
        const nm::Exit rest = nothing || totals.unfinished > 0 ? nm::Exit::no : nm::Exit::ok;
        return bad_.exit_or(nm::worse_of(reporter_.verdict(), rest));
    }

  private:
    // Servers have their addresses before the first question is asked.
    void resolve(const std::vector<DnsServerSpec>& specs) {
        nm::Resolver resolver(loop_);
        const nm::Family family = options_.only_v4   ? nm::Family::v4
                                  : options_.only_v6 ? nm::Family::v6
                                                     : nm::Family::none;
        for (const DnsServerSpec& spec : specs) {
            resolver.resolve(spec.host, family, [&](const nm::Resolved& resolved) {
                for (const nm::IpAddress& address : resolved.addresses) {
                    plan_.servers.push_back({spec.text, address, spec.port});
                    if (options_.addresses == nm::AddressChoice::first) break;
                }
                if (resolved.addresses.empty()) tell_unresolved(spec, resolved.reason);
            });
            while (resolver.pending() > 0 && !nm::stop_requested()) {
                loop_.wait(resolver.next_timeout_ns());
                resolver.timeouts();
            }
        }
    }

    void tell_unresolved(const DnsServerSpec& spec, const std::string& reason) {
        reporter_.unresolved();
        nm::ErrorRecord error;
        error.ts = nm::now();
        error.stage = "resolve";
        error.target = spec.text;
        error.reason = reason;
        context_.out.write(error);
    }

    void fill_schedule() {
        for (std::size_t i = 0; i < plan_.size(); ++i)
            schedule_.add_target(static_cast<std::uint32_t>(options_.count), options_.interval_ns);
        reporter_.set_per_round(plan_.size() * options_.count);
    }

    // The running round ends first; then the new names are asked for on the same schedule.
    void reload(DnsEngine& engine) {
        reload_pending_ = false;
        try {
            std::vector<DnsName> names = read_names_file(options_);
            rounds_before_ += schedule_.rounds_begun();
            plan_.names = std::move(names);
            engine.forget();
            schedule_.clear();
            fill_schedule();
        } catch (const nm::UserError& error) {
            context_.console.error(std::string(error.what()) + " (going on with the old names)");
            schedule_.not_last_round();
        }
    }

    nm::DnsSummary summary(const DnsEngine& engine, std::int64_t began_ns) {
        nm::DnsSummary totals = reporter_.summary();
        const nm::DnsSummary& counts = engine.counts();
        totals.ts = nm::now();
        totals.queries = counts.queries;
        totals.unfinished = engine.waiting();
        totals.by_tcp = counts.by_tcp;
        totals.late = counts.late;
        totals.dup = counts.dup;
        totals.wrong_answers = counts.wrong_answers;
        totals.foreign = counts.foreign;
        totals.rejected_lines = bad_.total();
        totals.rounds = rounds_before_ + schedule_.rounds_begun();
        totals.rtt_avg_us = reporter_.mean_us();
        totals.rate_qps = engine.rate_qps();
        totals.duration_ms = static_cast<double>(nm::monotonic_ns() - began_ns) / 1e6;
        return totals;
    }

    const DnsOptions& options_;
    nm::Context& context_;
    nm::BadInput bad_;
    nm::EventLoop loop_;
    nm::Schedule schedule_;
    DnsPlan plan_;
    DnsReporter reporter_;
    std::uint64_t rounds_before_ = 0;  // rounds of the names before the last reload
    bool reload_pending_ = false;
};

}  // namespace

nm::Exit run_dns(const DnsOptions& options, nm::Context& context) {
    return DnsSession(options, context).run();
}

}  // namespace nmprobe
