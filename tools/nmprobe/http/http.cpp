#include "http/http.hpp"

#include "app/signals.hpp"
#include "http/http_engine.hpp"
#include "probe/session.hpp"
#include "record/error.hpp"

namespace nmprobe {
namespace {

using nm::HttpState;

constexpr std::size_t output_waiting_bytes = 16U << 20;

// What came of a probe, as an exit status.
nm::Exit exit_of(HttpState state) {
    switch (state) {
        case HttpState::ok:
            return nm::Exit::ok;
        case HttpState::closed:
            return nm::Exit::closed;
        case HttpState::unreachable:
            return nm::Exit::unreachable;
        default:
            return nm::Exit::no;
    }
}

// Results to records, and what the run comes to.
class HttpReporter : public HttpSink {
  public:
    HttpReporter(const nm::TargetList& targets, nm::Output& out) : targets_(targets), out_(out) {}

    void result(const HttpJob& job, nm::HttpProbe& record) override {
        record.target = targets_[job.target].host;
        record.labels = targets_[job.target].group.labels;
        out_.write(record);
        summary_.bytes += record.bytes.value_or(0);
        if (record.state == HttpState::redirect) {
            ++summary_.redirects;
            return;
        }
        ++count_of(record.state);
        probe_done(exit_of(record.state));
    }

    void unresolved(const HttpJob& job, const std::string& reason) override {
        tell(job, "resolve", (job.hop > 0 ? job.url.host + ": " : "") + reason);
        ++summary_.unresolved;
        probe_done(nm::Exit::unresolved);
    }

    void bad_redirect(const HttpJob& job, const std::string& reason) override {
        tell(job, "redirect", reason);
        ++summary_.errors;
        probe_done(nm::Exit::no);
    }

    void set_per_round(std::size_t probes) {
        per_round_ = probes;
        in_round_ = 0;
    }
    std::uint64_t done() const { return done_; }
    const nm::HttpSummary& summary() const { return summary_; }
    // What all probes that went wrong have in common.
    nm::Exit verdict() const { return verdict_; }

  private:
    std::uint64_t& count_of(HttpState state) {
        switch (state) {
            case HttpState::ok:
                return summary_.ok;
            case HttpState::unexpected_status:
            case HttpState::unexpected_body:
                return summary_.unexpected;
            case HttpState::closed:
                return summary_.closed;
            case HttpState::unreachable:
                return summary_.unreachable;
            case HttpState::timeout:
                return summary_.timeout;
            case HttpState::tls_failed:
                return summary_.tls_failed;
            case HttpState::no_reply:
                return summary_.no_reply;
            default:
                return summary_.errors;
        }
    }

    void tell(const HttpJob& job, const char* stage, const std::string& reason) {
        nm::ErrorRecord error;
        error.ts = nm::now();
        error.stage = stage;
        error.target = targets_[job.target].host;
        error.reason = reason;
        error.labels = targets_[job.target].group.labels;
        out_.write(error);
    }

    void probe_done(nm::Exit verdict) {
        verdict_ = nm::worse_of(verdict_, verdict);
        ++done_;
        if (++in_round_ < per_round_) return;
        in_round_ = 0;
        out_.end_round();
    }

    const nm::TargetList& targets_;
    nm::Output& out_;
    nm::HttpSummary summary_;
    nm::Exit verdict_ = nm::Exit::ok;
    std::uint64_t done_ = 0;
    std::size_t per_round_ = 0;
    std::size_t in_round_ = 0;
};

class HttpSession {
  public:
    HttpSession(const HttpOptions& options, nm::Context& context)
        : options_(options),
          context_(context),
          bad_(context, "stdin"),
          settings_(options),
          schedule_(options.every_ns, options.rounds),
          reporter_(targets_, context.out) {}

    nm::Exit run() {
        nm::check_rounds(options_);
        take_targets(nm::collect_targets(options_, nm::PortRule::none, bad_));
        HttpEngine engine(settings_, loop_, schedule_, urls_, reporter_, context_.out);
        const std::int64_t began_ns = nm::monotonic_ns();
        context_.out.write_in_background(output_waiting_bytes);
        schedule_.start(nm::monotonic_ns());
        while (!nm::stop_requested() && !context_.out.closed()) {
            if (nm::take_reload_request() && !options_.file.empty() && options_.every_ns > 0) {
                reload_pending_ = true;
                schedule_.last_round();
            }
            if ((schedule_.exhausted() || targets_.empty()) && engine.idle()) {
                if (!reload_pending_) break;
                reload();
            }
            engine.turn();
            if (nm::take_counters_request()) {
                const nm::HttpSummary counts = summary(engine, began_ns);
                context_.console.error(nm::sentence_of(nm::record_type<nm::HttpSummary>, &counts));
            }
            context_.console.progress(reporter_.done(),
                                      options_.every_ns > 0 ? 0 : targets_.size() * options_.count, "probes");
        }
        const nm::HttpSummary totals = summary(engine, began_ns);
        context_.out.write(totals);
        const bool whole = totals.probes > 0 && rejected_ == 0 && totals.unfinished == 0;
        return bad_.exit_or(nm::worse_of(reporter_.verdict(), whole ? nm::Exit::ok : nm::Exit::no));
    }

  private:
    // Targets that are no URL are told and left out.
    void take_targets(const nm::TargetList& targets) {
        targets_ = {};
        urls_.clear();
        for (std::size_t i = 0; i < targets.size(); ++i) {
            const nm::TargetList::View target = targets[i];
            const std::string host(target.host);
            std::string reason;
            const auto url = parse_url(host, reason);
            if (!url) {
                nm::ErrorRecord error;
                error.ts = nm::now();
                error.stage = "url";
                error.target = host;
                error.reason = reason;
                error.labels = target.group.labels;
                context_.out.write(error);
                ++rejected_;
                continue;
            }
            schedule_.add_target(static_cast<std::uint32_t>(target.group.count.value_or(options_.count)),
                                 target.group.interval_ns.value_or(options_.interval_ns));
            urls_.push_back(*url);
            targets_.add(target.host, target.port, target.group);
        }
        reporter_.set_per_round(targets_.size() * options_.count);
    }

    // The running round ends first; then the new targets begin on the same schedule.
    void reload() {
        reload_pending_ = false;
        try {
            nm::TargetList targets;
            nm::read_targets_file(options_.file, nm::PortRule::none, targets);
            rounds_before_ += schedule_.rounds_begun();
            schedule_.clear();
            take_targets(targets);
        } catch (const nm::UserError& error) {
            context_.console.error(std::string(error.what()) + " (going on with the old targets)");
            schedule_.not_last_round();
        }
    }

    nm::HttpSummary summary(const HttpEngine& engine, std::int64_t began_ns) const {
        nm::HttpSummary totals = reporter_.summary();
        totals.ts = nm::now();
        totals.probes = engine.begun();
        totals.unfinished = engine.waiting();
        totals.rejected_lines = bad_.total();
        totals.rounds = rounds_before_ + schedule_.rounds_begun();
        totals.rate_rps = engine.rate_rps();
        totals.duration_ms = static_cast<double>(nm::monotonic_ns() - began_ns) / 1e6;
        return totals;
    }

    const HttpOptions& options_;
    nm::Context& context_;
    nm::BadInput bad_;
    HttpSettings settings_;
    nm::EventLoop loop_;
    nm::Schedule schedule_;
    nm::TargetList targets_;
    std::vector<UrlParts> urls_;  // of the targets
    HttpReporter reporter_;
    std::uint64_t rejected_ = 0;  // targets that are no URL
    std::uint64_t rounds_before_ = 0;
    bool reload_pending_ = false;
};

}  // namespace

nm::Exit run_http(const HttpOptions& options, nm::Context& context) {
    curl().global_init(CURL_GLOBAL_DEFAULT);
    const nm::Exit exit = HttpSession(options, context).run();
    curl().global_cleanup();
    return exit;
}

}  // namespace nmprobe
