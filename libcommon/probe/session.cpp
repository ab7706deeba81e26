#include "probe/session.hpp"

#include <sys/capability.h>
#include <unistd.h>

#include <algorithm>

#include "app/signals.hpp"
#include "record/error.hpp"

namespace nm {
namespace {

constexpr std::size_t names_in_flight = 200;
constexpr std::int64_t shortest_ttl_ns = 5 * ns_per_s;
constexpr std::size_t output_waiting_bytes = 512U << 10;

// What was meant by a target that cannot be a name; empty when it can be one.
std::string why_no_host(std::string_view host) {
    if (host.empty()) return "an empty name";
    if (host.find("://") != std::string_view::npos) return "a URL is no host: nmprobe http asks for those";
    if (host.find('/') != std::string_view::npos)
        return "a prefix is no host: nmprobe sweep finds who answers in one";
    const std::size_t colon = host.rfind(':');
    if (colon != std::string_view::npos && parse_number<std::uint16_t>(host.substr(colon + 1)))
        return "a host with a port: nmtcp ping measures those";
    return {};
}

}  // namespace

void drop_capabilities() {
    cap_t keep = cap_init();
    const cap_value_t file_access = CAP_DAC_OVERRIDE;
    // root keeps its way with files: a page or a targets file may belong to someone else.
    if (::geteuid() == 0) {
        cap_set_flag(keep, CAP_PERMITTED, 1, &file_access, CAP_SET);
        cap_set_flag(keep, CAP_EFFECTIVE, 1, &file_access, CAP_SET);
    }
    cap_set_proc(keep);
    cap_free(keep);
}

ProbeSession::ProbeSession(const ProbeOptions& options, PortRule rule, Context& context,
                           ProbeReporter& reporter)
    : options_(options),
      rule_(rule),
      context_(context),
      resolver_(loop_),
      schedule_(options.every_ns, options.rounds),
      board_(specs_, reporter, options.each, options.linger_ns > 0) {
    check_rounds(options);
}

Family ProbeSession::wanted_family() const {
    return options_.only_v4 ? Family::v4 : options_.only_v6 ? Family::v6 : Family::none;
}

void ProbeSession::tell_failure(std::uint32_t spec, const char* stage, const std::string& reason) {
    if (view_ != nullptr) {
        view_->failed(spec, specs_[spec], stage, reason);
        return;
    }
    ErrorRecord error;
    error.ts = now();
    error.stage = stage;
    error.target = specs_[spec].host;
    error.reason = reason;
    error.labels = specs_[spec].group.labels;
    context_.out.write(error);
}

// --- names to addresses ---

void ProbeSession::feed(TargetList targets) {
    specs_ = std::move(targets);
    fed_ = 0;
    board_.reserve(specs_.size());
    schedule_.reserve(specs_.size());
}

// As many as are resolved at once; addresses are taken in batches, so that the first packets leave meanwhile.
void ProbeSession::feed_more() {
    constexpr int batch = 1024;
    for (int n = 0; n < batch && !all_fed() && resolver_.pending() < names_in_flight; ++n) {
        const std::uint32_t spec = fed_++;
        const TargetList::View view = specs_[spec];
        if (const auto literal = parse_ip(view.host)) {
            add_literal(spec, *literal);
            continue;
        }
        if (const std::string why = why_no_host(view.host); !why.empty()) {
            tell_no_address(spec, Exit::unresolved, why);
            continue;
        }
        resolver_.resolve(std::string(view.host), wanted_family(),
                          [this, spec](const Resolved& resolved) { on_resolved(spec, resolved); });
    }
}

void ProbeSession::add_literal(std::uint32_t spec, const IpAddress& address) {
    const std::string why = why_not_(address.family);
    if (why.empty())
        add_address(spec, address, nullptr);
    else
        tell_no_address(spec, Exit::unsent, why);
}

void ProbeSession::on_resolved(std::uint32_t spec, const Resolved& resolved) {
    std::string reason = resolved.reason;
    std::size_t usable = 0;
    for (const IpAddress& address : resolved.addresses) {
        if (const std::string why = why_not_(address.family); !why.empty()) {
            reason = why;
            continue;
        }
        add_address(spec, address, &resolved);
        ++usable;
        if (options_.addresses == AddressChoice::first) break;
    }
    if (usable == 0)
        tell_no_address(spec, resolved.addresses.empty() ? Exit::unresolved : Exit::unsent, reason);
}

// verdict: unresolved or unsent.
void ProbeSession::tell_no_address(std::uint32_t spec, Exit verdict, const std::string& reason) {
    ++board_.totals().unresolved;
    unresolved_ = worse_of(unresolved_, verdict);
    tell_failure(spec, verdict == Exit::unsent ? "socket" : "resolve", reason);
}

// name: what the resolver said, nullptr for a literal.
void ProbeSession::add_address(std::uint32_t spec, const IpAddress& address, const Resolved* name) {
    const TargetList::View view = specs_[spec];
    const std::uint32_t id =
        board_.add(spec, address, name != nullptr ? static_cast<float>(name->elapsed_ms) : -1.0F);
    if (view_ != nullptr) view_->target(id, spec, view, address);
    schedule_.add_target(static_cast<std::uint32_t>(view.group.count.value_or(options_.count)),
                         view.group.interval_ns.value_or(options_.interval_ns));
    if (name != nullptr && name->ttl_s >= 0 && options_.addresses == AddressChoice::first)
        names_.push_back(
            {spec, id, monotonic_ns() + std::max(name->ttl_s * ns_per_s, shortest_ttl_ns), false});
}

// With each new round, names whose time to live has passed are asked again; the new address is used from the
// target's next round on.
void ProbeSession::refresh_names() {
    if (schedule_.rounds_begun() == refreshed_round_) return;
    refreshed_round_ = schedule_.rounds_begun();
    const std::int64_t now_ns = monotonic_ns();
    for (std::size_t i = 0; i < names_.size(); ++i) {
        if (!names_[i].asked && names_[i].expires_ns <= now_ns) ask_again(i);
    }
}

void ProbeSession::ask_again(std::size_t name) {
    names_[name].asked = true;
    resolver_.resolve(std::string(specs_[names_[name].spec].host), wanted_family(),
                      [this, name, generation = generation_](const Resolved& resolved) {
                          if (generation == generation_) on_refreshed(name, resolved);
                      });
}

void ProbeSession::on_refreshed(std::size_t index, const Resolved& resolved) {
    Name& name = names_[index];
    name.asked = false;
    name.expires_ns = monotonic_ns() + std::max(resolved.ttl_s * ns_per_s, shortest_ttl_ns);
    ProbeTarget& target = board_.target(name.id);
    if (resolved.addresses.empty() && view_ != nullptr)
        context_.console.warn(std::string(specs_[name.spec].host) + ": " + resolved.reason);
    else if (resolved.addresses.empty())
        tell_failure(name.spec, "resolve", resolved.reason);
    else if (!target.has_packets_in_flight())
        target.address = resolved.addresses.front();
    else
        name.expires_ns = 0;  // in the middle of a round: ask again with the next
}

// --- the run ---

// The running round ends first; then the new targets begin on the same schedule.
void ProbeSession::reload(ProbeEngine& engine) {
    reload_pending_ = false;
    try {
        TargetList targets;
        read_targets_file(options_.file, rule_, targets);
        rounds_before_ += schedule_.rounds_begun();
        board_.close(now());
        board_.clear_targets();
        if (view_ != nullptr) view_->clear();
        engine.forget();
        names_.clear();
        ++generation_;
        refreshed_round_ = 0;
        schedule_.clear();
        feed(std::move(targets));
    } catch (const UserError& error) {
        context_.console.error(std::string(error.what()) + " (going on with the old targets)");
        schedule_.not_last_round();
    }
}

bool ProbeSession::finished(const ProbeEngine& engine) const {
    return all_fed() && resolver_.pending() == 0 && (schedule_.exhausted() || board_.size() == 0) &&
           engine.idle();
}

Exit ProbeSession::run(ProbeEngine& engine, TargetList targets, const BadInput& bad,
                       std::function<std::string(Family)> why_not) {
    why_not_ = std::move(why_not);
    const std::int64_t began_ns = monotonic_ns();
    context_.out.write_in_background(output_waiting_bytes);
    feed(std::move(targets));
    schedule_.start(monotonic_ns());  // the grid of rounds begins when the first packets can leave
    while (!stop_requested() && !context_.out.closed()) {
        if (take_reload_request() && !options_.file.empty() && options_.every_ns > 0) {
            reload_pending_ = true;
            schedule_.last_round();
        }
        // Before the end is judged: what cannot become a target may be the last there was to wait for.
        feed_more();
        if (finished(engine)) {
            if (!reload_pending_) break;
            reload(engine);
            continue;
        }
        refresh_names();
        if (resolver_.pending() > 0) resolver_.timeouts();
        engine.turn(
            std::min(resolver_.next_timeout_ns(), view_ != nullptr ? view_->next_ns() : Schedule::never));
        if (resolver_.pending() > 0) loop_.wait(0);
        show_progress();
    }
    board_.close(now());
    if (view_ != nullptr) view_->finish();
    write_summary(engine, bad, began_ns);
    const bool nothing = board_.size() == 0 && unresolved_ == Exit::ok;
    return bad.exit_or(nothing ? Exit::no : worse_of(unresolved_, board_.verdict()));
}

void ProbeSession::show_progress() {
    const ProbeSummary& totals = board_.totals();
    if (take_counters_request()) context_.console.error(sentence_of(record_type<ProbeSummary>, &totals));
    if (view_ != nullptr)
        view_->turn(monotonic_ns());
    else
        context_.console.progress(totals.received + totals.errors + totals.lost + totals.lost_self,
                                  options_.every_ns > 0 || any_number_ ? 0 : board_.size() * options_.count,
                                  "packets");
}

void ProbeSession::write_summary(const ProbeEngine& engine, const BadInput& bad, std::int64_t began_ns) {
    ProbeSummary summary = board_.totals();
    summary.ts = now();
    summary.answered = board_.answered();
    summary.rounds = rounds_before_ + schedule_.rounds_begun();
    summary.rejected_lines = bad.total();
    summary.rate_pps = engine.rate_pps();
    summary.duration_ms = static_cast<double>(monotonic_ns() - began_ns) / 1e6;
    context_.out.write(summary);
}

}  // namespace nm
