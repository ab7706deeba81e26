#include "diagnose/verdict.hpp"

#include <algorithm>

#include "base/terminal_text.hpp"

namespace nmtcp {
namespace {

using nm::StepState;
using nm::TcpDiagnosis;
using nm::Verdict;

// A SYN/ACK is as quick as an echo reply, from the same kernel or nearly so; beyond this the difference is
// not chance.
constexpr double handshake_times_ping = 3;
constexpr double handshake_over_ping_us = 20'000;

double ms_of(std::int64_t ns) {
    return static_cast<double>(ns) / 1e6;
}

std::string us_text(std::optional<double> us) {
    return us ? ms_text(*us / 1e3) : "unknown time";
}

std::string of_text(std::optional<std::uint64_t> part, std::optional<std::uint64_t> whole) {
    return std::to_string(part.value_or(0)) + " of " + std::to_string(whole.value_or(0));
}

bool is(const std::optional<StepState>& state, StepState wanted) {
    return state == wanted;
}

std::string where(const TcpDiagnosis& d) {
    return nm::to_string(nm::Endpoint{d.address, d.port});
}

std::string ping_words(const TcpDiagnosis& d) {
    if (is(d.ping_state, StepState::ok)) return "pings are answered in " + us_text(d.ping_rtt_p50_us);
    if (is(d.ping_state, StepState::lossy))
        return of_text(d.ping_received, d.ping_sent) + " pings are answered";
    if (is(d.ping_state, StepState::unreachable)) return "pings get " + d.ping_error;
    if (is(d.ping_state, StepState::silent)) return "pings are not answered either";
    return "pings could not be tried";
}

bool has_path(const TcpDiagnosis& d) {
    return d.ping_received.value_or(0) > 0;
}

// The best that is known of the time there and back.
std::optional<double> path_us(const TcpDiagnosis& d) {
    if (d.ping_rtt_p50_us && d.handshake_p50_us) return std::min(*d.ping_rtt_p50_us, *d.handshake_p50_us);
    return d.ping_rtt_p50_us ? d.ping_rtt_p50_us : d.handshake_p50_us;
}

void say(TcpDiagnosis& d, Verdict verdict, std::string reason) {
    d.verdict = verdict;
    d.reason = std::move(reason);
}

// Handshakes that did not come up at all. False when they did.
bool judge_no_handshake(TcpDiagnosis& d) {
    switch (d.handshake_state.value_or(StepState::ok)) {
        case StepState::failed:
            say(d, Verdict::local, "this host cannot send to " + where(d) + ": " + d.handshake_error);
            return true;
        case StepState::unreachable:
            say(d, Verdict::network, where(d) + " cannot be reached: " + d.handshake_error);
            return true;
        case StepState::silent:
            if (has_path(d))
                say(d, Verdict::network,
                    "SYNs to " + where(d) + " get no answer although " + ping_words(d) +
                        ": a filter drops them, or the host has no room for connections");
            else if (is(d.ping_state, StepState::unreachable))
                say(d, Verdict::network,
                    where(d) + " cannot be reached: " + ping_words(d) + ", SYNs no answer");
            else
                say(d, Verdict::network,
                    "nothing comes back from " + where(d) + ", " + ping_words(d) +
                        ": the host is down, or the way there is cut or filtered");
            return true;
        case StepState::closed:
            say(d, Verdict::service,
                "nothing listens on " + where(d) + ": the host answers in " + us_text(d.handshake_p50_us) +
                    ", with a reset");
            return true;
        default:
            return false;
    }
}

bool judge_path(TcpDiagnosis& d, const Limits& limits) {
    if (is(d.handshake_state, StepState::lossy)) {
        if (d.handshakes_closed.value_or(0) > 0) {
            say(d, Verdict::service, of_text(d.handshakes_closed, d.handshakes) + " connections are refused");
            return true;
        }
        std::string lost;
        if (d.handshakes_lost.value_or(0) > 0)
            lost = of_text(d.handshakes_lost, d.handshakes) + " handshakes are lost";
        else if (d.handshakes_rejected.value_or(0) > 0)
            lost = of_text(d.handshakes_rejected, d.handshakes) +
                   " handshakes are rejected: " + d.handshake_error;
        else
            lost = std::to_string(d.syn_retrans.value_or(0)) + " SYNs had to be sent again";
        say(d, Verdict::network, lost + ", " + ping_words(d));
        return true;
    }
    if (const auto us = path_us(d); us && *us * 1e3 > static_cast<double>(limits.rtt_ns)) {
        say(d, Verdict::network,
            "the way to " + where(d) + " and back takes " + us_text(us) + ", more than " +
                ms_text(ms_of(limits.rtt_ns)));
        return true;
    }
    if (is(d.handshake_state, StepState::slow)) {
        say(d, Verdict::network,
            "handshakes take " + us_text(d.handshake_p50_us) + " although " + ping_words(d) +
                ": SYNs are held up or lost on the way or by the host");
        return true;
    }
    return false;
}

bool judge_service(TcpDiagnosis& d) {
    const std::string accepts = where(d) + " accepts connections in " + us_text(d.handshake_p50_us);
    const bool sent_again = d.service_retrans.value_or(0) > 0;
    switch (d.service_state.value_or(StepState::ok)) {
        case StepState::silent:
            if (d.large_ping_sent.value_or(0) > 0 && d.large_ping_received.value_or(0) == 0 && has_path(d))
                say(d, Verdict::network,
                    "small packets pass but those of " + std::to_string(*d.large_ping_bytes) +
                        " bytes do not, and no byte of the service comes: large packets are dropped on the "
                        "way");
            else if (sent_again)
                say(d, Verdict::network, accepts + ", but what is sent then has to be sent again");
            else
                say(d, Verdict::service, accepts + ", but no byte of it comes");
            return true;
        case StepState::closed:
            say(d, Verdict::service, accepts + ", and closes them without a byte");
            return true;
        case StepState::failed:
            say(d, Verdict::service, where(d) + " fails: " + d.service_error);
            return true;
        case StepState::slow:
            say(d, sent_again ? Verdict::network : Verdict::service,
                accepts + ", but the first byte takes " + ms_text(d.first_byte_p50_ms.value_or(0)) +
                    (sent_again ? " because packets are lost" : ""));
            return true;
        default:
            return false;
    }
}

std::string good_words(const TcpDiagnosis& d) {
    std::string words = "handshakes take " + us_text(d.handshake_p50_us);
    if (d.first_byte_p50_ms) words += ", the first byte " + ms_text(*d.first_byte_p50_ms);
    if (is(d.service_state, StepState::unknown)) words += "; the service was not asked anything";
    if (is(d.ping_state, StepState::silent)) words += "; pings are filtered";
    if (is(d.ping_state, StepState::lossy))
        words += "; " + ping_words(d) + ", which is a limit on pings, as no handshake is lost";
    return words;
}

nm::Exit exit_of(const TcpDiagnosis& d) {
    if (d.verdict == Verdict::none) return nm::Exit::ok;
    if (d.verdict == Verdict::local) return nm::Exit::unsent;
    if (!d.address.is_set()) return nm::Exit::unresolved;
    if (is(d.handshake_state, StepState::closed)) return nm::Exit::closed;
    const bool told_by_ping =
        is(d.handshake_state, StepState::silent) && is(d.ping_state, StepState::unreachable);
    return told_by_ping || is(d.handshake_state, StepState::unreachable) ? nm::Exit::unreachable
                                                                         : nm::Exit::no;
}

}  // namespace

std::string ms_text(double ms) {
    std::string text = nm::short_ms(ms * 1e6);
    if (text.find('.') != std::string::npos) {  // in a sentence: 200 ms, not 200.0 ms
        text.erase(text.find_last_not_of('0') + 1);
        if (text.ends_with('.')) text.pop_back();
    }
    return text + " ms";
}

StepState judge_ping(const TcpDiagnosis& d, const Limits& limits) {
    const std::uint64_t sent = d.ping_sent.value_or(0), received = d.ping_received.value_or(0);
    if (received == 0) {
        if (sent == 0) return d.ping_error.empty() ? StepState::unknown : StepState::failed;
        return d.ping_error.empty() ? StepState::silent : StepState::unreachable;
    }
    if (received < sent) return StepState::lossy;
    return d.ping_rtt_p50_us.value_or(0) * 1e3 > static_cast<double>(limits.rtt_ns) ? StepState::slow
                                                                                    : StepState::ok;
}

StepState judge_handshake(const TcpDiagnosis& d, const Limits& limits) {
    const std::uint64_t open = d.handshakes_open.value_or(0), closed = d.handshakes_closed.value_or(0);
    const std::uint64_t lost = d.handshakes_lost.value_or(0), rejected = d.handshakes_rejected.value_or(0);
    if (open == 0) {
        if (closed > 0) return StepState::closed;
        if (rejected > 0) return StepState::unreachable;
        return lost > 0 ? StepState::silent : StepState::failed;
    }
    if (closed + lost + rejected + d.syn_retrans.value_or(0) > 0) return StepState::lossy;
    const double us = d.handshake_p50_us.value_or(0);
    const bool slower_than_ping =
        d.ping_rtt_p50_us && us > *d.ping_rtt_p50_us * handshake_times_ping + handshake_over_ping_us;
    return slower_than_ping || us * 1e3 > static_cast<double>(limits.rtt_ns) ? StepState::slow
                                                                             : StepState::ok;
}

bool is_first_byte_slow(const TcpDiagnosis& d, const Limits& limits) {
    return d.first_byte_p50_ms.value_or(0) - path_us(d).value_or(0) / 1e3 > ms_of(limits.first_byte_ns);
}

void judge(TcpDiagnosis& d, const Limits& limits) {
    if (!d.address.is_set()) {
        say(d, Verdict::name, d.target + " does not resolve: " + d.resolve_error);
        return;
    }
    if (judge_no_handshake(d) || judge_path(d, limits) || judge_service(d)) return;
    if (d.resolve_ms && *d.resolve_ms > ms_of(limits.resolve_ns)) {
        say(d, Verdict::name,
            d.target + " takes " + ms_text(*d.resolve_ms) + " to resolve, the rest is well");
        return;
    }
    say(d, Verdict::none, "nothing is wrong: " + good_words(d));
}

nm::Exit exit_of(std::span<const TcpDiagnosis> addresses) {
    const bool can_send = std::any_of(addresses.begin(), addresses.end(),
                                      [](const TcpDiagnosis& d) { return d.verdict != Verdict::local; });
    nm::Exit exit = nm::Exit::ok;
    for (const TcpDiagnosis& d : addresses) {
        if (d.verdict != Verdict::local || !can_send) exit = nm::worse_of(exit, exit_of(d));
    }
    return exit;
}

}  // namespace nmtcp
