#include "diagnose/diagnose.hpp"

#include <algorithm>

#include "app/signals.hpp"
#include "diagnose/path_probe.hpp"
#include "diagnose/service_probe.hpp"
#include "net/resolver.hpp"
#include "probe/options.hpp"
#include "probe/session.hpp"

namespace nmtcp {
namespace {

using nm::DiagnosisStep;
using nm::StepState;

// One service: its name, then each of its addresses.
class Diagnosis {
  public:
    Diagnosis(const DiagnoseOptions& options, nm::Context& context, PathProbe& path, nm::Target target)
        : options_(options), context_(context), path_(path), target_(std::move(target)) {
        name_.target = target_.host;
        name_.port = target_.port;
    }

    // Writes the steps and a diagnosis for each address. What is wrong with them, as an exit status.
    nm::Exit run();
    // Diagnoses made.
    std::size_t size() const { return diagnoses_.size(); }

  private:
    bool resolve();
    void diagnose_address();
    void ping();
    bool handshake();
    void service();
    void large_ping();
    ServiceRequest request() const;
    void tell(DiagnosisStep step, StepState state, std::optional<double> time_ms, std::string detail);
    void conclude(std::int64_t began_ns);

    const DiagnoseOptions& options_;
    nm::Context& context_;
    PathProbe& path_;
    nm::Target target_;
    nm::EventLoop loop_;
    nm::TcpDiagnosis name_;  // what all addresses have in common
    std::vector<nm::IpAddress> addresses_;
    nm::TcpDiagnosis d_;  // of the address that is looked at
    std::vector<nm::TcpDiagnosis> diagnoses_;
    std::vector<nm::TcpDiagnosisStep> steps_;  // of a table: written together, so that it is aligned
};

std::optional<double> in_ms(std::optional<double> us) {
    return us ? std::optional(*us / 1e3) : std::nullopt;
}

std::string range_text(std::optional<double> min_us, std::optional<double> max_us) {
    return min_us && max_us ? ", " + ms_text(*min_us / 1e3) + " to " + ms_text(*max_us / 1e3) : "";
}

void Diagnosis::tell(DiagnosisStep step, StepState state, std::optional<double> time_ms, std::string detail) {
    nm::TcpDiagnosisStep record{nm::now(), target_.host, d_.address, target_.port,
                                step,      state,        time_ms,    std::move(detail)};
    if (context_.out.format() == nm::Format::table) {
        steps_.push_back(std::move(record));
        return;
    }
    context_.out.write(record);
    context_.out.flush();
}

bool Diagnosis::resolve() {
    nm::Resolver resolver(loop_);
    const nm::Family family = options_.probe.only_v4   ? nm::Family::v4
                              : options_.probe.only_v6 ? nm::Family::v6
                                                       : nm::Family::none;
    nm::Resolved resolved;
    resolver.resolve(target_.host, family, [&](const nm::Resolved& answer) { resolved = answer; });
    while (resolver.pending() > 0 && !nm::stop_requested()) {
        resolver.timeouts();
        loop_.wait(resolver.next_timeout_ns());
    }
    if (!nm::parse_ip(target_.host)) {
        name_.resolve_ms = resolved.elapsed_ms;
        if (!resolved.addresses.empty()) name_.addresses = resolved.addresses.size();
    }
    addresses_ = std::move(resolved.addresses);
    if (options_.probe.addresses == nm::AddressChoice::first && addresses_.size() > 1) addresses_.resize(1);
    name_.resolve_error = addresses_.empty() ? resolved.reason : "";
    std::string detail = name_.resolve_error;
    for (const nm::IpAddress& address : addresses_)
        detail += (detail.empty() ? "" : ", ") + nm::to_string(address);
    if (name_.addresses.value_or(0) > addresses_.size())
        detail += ", the first of " + std::to_string(*name_.addresses);
    const bool slow = name_.resolve_ms.value_or(0) * 1e6 > static_cast<double>(options_.limits.resolve_ns);
    tell(DiagnosisStep::resolve,
         addresses_.empty() ? StepState::failed
         : slow             ? StepState::slow
                            : StepState::ok,
         name_.resolve_ms, detail);
    return !addresses_.empty();
}

void Diagnosis::ping() {
    path_.ping(loop_, context_.out, d_);
    d_.ping_state = d_.ping_sent ? judge_ping(d_, options_.limits) : StepState::unknown;
    std::string detail = d_.ping_error;
    if (detail.empty() && d_.ping_sent) {
        detail = std::to_string(*d_.ping_received) + " of " + std::to_string(*d_.ping_sent) + " answered" +
                 range_text(d_.ping_rtt_min_us, d_.ping_rtt_max_us);
        if (d_.ping_received == 0) detail += " (they may be filtered)";
    }
    tell(DiagnosisStep::ping, *d_.ping_state, in_ms(d_.ping_rtt_p50_us), detail);
}

// True when connections come up.
bool Diagnosis::handshake() {
    path_.handshake(loop_, context_.out, d_);
    d_.handshake_state = judge_handshake(d_, options_.limits);
    const bool is_open = d_.handshakes_open.value_or(0) > 0;
    const bool is_closed = !is_open && d_.handshakes_closed.value_or(0) > 0;
    const std::uint64_t answered = is_closed ? *d_.handshakes_closed : d_.handshakes_open.value_or(0);
    std::string detail = std::to_string(answered) + " of " + std::to_string(d_.handshakes.value_or(0)) +
                         (is_closed ? " answered by a reset" : " open") +
                         range_text(d_.handshake_min_us, d_.handshake_max_us);
    if (d_.syn_retrans.value_or(0) > 0) detail += ", " + std::to_string(*d_.syn_retrans) + " SYNs sent again";
    if (!d_.handshake_error.empty()) detail += ", " + d_.handshake_error;
    tell(DiagnosisStep::handshake, *d_.handshake_state, in_ms(d_.handshake_p50_us), detail);
    return is_open;
}

ServiceRequest Diagnosis::request() const {
    if (options_.http) {
        const std::string path = options_.http_path.empty() ? "/" : options_.http_path;
        return http_request(target_.host, target_.port, path);
    }
    if (options_.tls) return tls_request(target_.host);
    if (options_.expect_banner) return {"banner", ""};
    if (!options_.send.empty()) return {"send", *unescape(options_.send)};
    return request_for_port(target_.port, target_.host);
}

// Several connections while it answers; the first that does not decides.
void Diagnosis::service() {
    const ServiceRequest request = this->request();
    std::vector<double> times_ms;
    ServiceAnswer answer;
    d_.service_tries = d_.service_retrans = 0;
    while (*d_.service_tries < options_.tries && !nm::stop_requested()) {
        answer =
            ask_service(loop_, options_.probe, {d_.address, d_.port}, request, options_.service_timeout_ns);
        ++*d_.service_tries;
        *d_.service_retrans += answer.retrans;
        if (answer.first_byte_ms) times_ms.push_back(*answer.first_byte_ms);
        if (answer.state != StepState::ok) break;
    }
    d_.protocol = request.protocol.empty() && answer.state == StepState::ok ? "banner" : request.protocol;
    d_.reply = answer.reply;
    d_.service_error = answer.error;
    if (!times_ms.empty()) {
        std::sort(times_ms.begin(), times_ms.end());
        d_.first_byte_min_ms = times_ms.front();
        d_.first_byte_p50_ms = times_ms[(times_ms.size() - 1) / 2];
        d_.first_byte_max_ms = times_ms.back();
    }
    const bool slow = answer.state == StepState::ok && is_first_byte_slow(d_, options_.limits);
    d_.service_state = slow ? StepState::slow : answer.state;
    std::string detail = d_.protocol;
    if (answer.state == StepState::unknown)
        detail = "nothing is known of port " + std::to_string(d_.port) + ": use --send, --http or --tls";
    else if (answer.state == StepState::silent)
        detail += ": no byte within " + nm::duration_text(options_.service_timeout_ns);
    else if (!d_.service_error.empty() || !d_.reply.empty())
        detail += ": " + (d_.service_error.empty() ? d_.reply : d_.service_error);
    tell(DiagnosisStep::service, *d_.service_state, d_.first_byte_p50_ms, detail);
}

// A silent service may be one whose answer is too large for the way back.
void Diagnosis::large_ping() {
    if (d_.service_state != StepState::silent || d_.ping_state != StepState::ok) return;
    path_.large_ping(loop_, context_.out, d_);
    if (!d_.large_ping_sent) return;
    const bool pass = *d_.large_ping_received > 0;
    tell(DiagnosisStep::large_ping, pass ? StepState::ok : StepState::silent, std::nullopt,
         std::to_string(*d_.large_ping_received) + " of " + std::to_string(*d_.large_ping_sent) + " of " +
             std::to_string(*d_.large_ping_bytes) + " bytes answered");
}

void Diagnosis::diagnose_address() {
    ping();
    if (!handshake()) return;
    service();
    large_ping();
}

void Diagnosis::conclude(std::int64_t began_ns) {
    if (nm::stop_requested()) return;  // half a diagnosis is none
    judge(d_, options_.limits);
    d_.ts = nm::now();
    d_.duration_ms = static_cast<double>(nm::monotonic_ns() - began_ns) / 1e6;
    diagnoses_.push_back(d_);
    if (context_.out.format() == nm::Format::table) return;
    context_.out.write(d_);
    context_.out.flush();
}

nm::Exit Diagnosis::run() {
    const std::int64_t began_ns = nm::monotonic_ns();
    if (resolve()) {
        for (const nm::IpAddress& address : addresses_) {
            if (nm::stop_requested() || context_.out.closed()) break;
            const std::int64_t address_began_ns = nm::monotonic_ns();
            d_ = name_;
            d_.address = address;
            diagnose_address();
            conclude(address_began_ns);
        }
    } else {
        d_ = name_;
        conclude(began_ns);
    }
    if (context_.out.format() == nm::Format::table) {
        for (const nm::TcpDiagnosisStep& step : steps_) context_.out.write(step);
        for (const nm::TcpDiagnosis& diagnosis : diagnoses_) context_.out.write(diagnosis);
    }
    context_.out.end_round();
    return exit_of(diagnoses_);
}

}  // namespace

nm::Exit run_diagnose(const DiagnoseOptions& options, nm::Context& context) {
    nm::check_timeout(options.probe.timeout_ns);
    if (!unescape(options.send))
        throw nm::UserError(nm::Exit::usage,
                            "--send: " + nm::in_quotes(options.send) +
                                " has an unknown escape: \\r \\n \\t \\0 \\\\ \\xHH are known");
    std::vector<nm::Target> targets;
    for (const std::string& text : options.probe.targets)
        targets.push_back(nm::target_of_argument(text, nm::PortRule::required));
    PathProbe path(options.probe);
    nm::drop_capabilities();
    nm::TcpDiagnosisSummary summary;
    nm::Exit exit = nm::Exit::ok;
    for (nm::Target& target : targets) {
        if (nm::stop_requested() || context.out.closed()) break;
        Diagnosis diagnosis(options, context, path, std::move(target));
        const nm::Exit found = diagnosis.run();
        ++summary.targets;
        summary.diagnoses += diagnosis.size();
        summary.wrong += found != nm::Exit::ok;
        exit = nm::worse_of(exit, found);
    }
    summary.ts = nm::now();
    context.out.write(summary);
    return exit;
}

}  // namespace nmtcp
