// Records of nmprobe http.
#pragma once

#include "record/value.hpp"

namespace nm {

// What became of a request: a good answer, one that leads on, one that was not expected, or none.
enum class HttpState : std::uint8_t {
    ok,
    redirect,
    unexpected_status,
    unexpected_body,
    closed,
    unreachable,
    timeout,
    tls_failed,
    no_reply,
    cut,
    too_large,
    too_many_redirects,
    bad_reply,
    error
};
template <>
inline constexpr std::array<std::string_view, 14> enum_words<HttpState> = {
    "ok",        "redirect",    "unexpected_status", "unexpected_body",
    "closed",    "unreachable", "timeout",           "tls_failed",
    "no_reply",  "cut",         "too_large",         "too_many_redirects",
    "bad_reply", "error"};

// Where a request was when its time was over.
enum class HttpPhase : std::uint8_t { none, connect, tls, request, first_byte, transfer };
template <>
inline constexpr std::array<std::string_view, 6> enum_words<HttpPhase> = {
    "", "connect", "tls", "request", "first_byte", "transfer"};

struct HttpProbe {
    Time ts;
    std::string target;
    std::uint64_t hop = 0;
    std::string url;
    Labels labels;
    std::uint64_t round = 0;
    std::uint64_t seq = 0;
    HttpState state = HttpState::error;
    HttpPhase phase = HttpPhase::none;
    std::optional<std::uint64_t> status;
    std::string http_version;
    IpAddress address;
    std::optional<std::uint16_t> port;
    std::string family;
    std::optional<bool> reused;
    std::optional<double> resolve_ms, connect_ms, tls_ms, request_ms, first_byte_ms, transfer_ms, total_ms;
    std::optional<double> chain_ms;
    std::optional<std::uint64_t> redirects;
    std::optional<std::uint64_t> bytes;
    std::optional<std::uint64_t> header_bytes;
    std::string content_type;
    std::string tls_version;
    std::string tls_cipher;
    Time cert_not_after;
    std::optional<double> cert_days_left;
    std::string location;
    std::string error;
};

template <>
inline constexpr auto describe<HttpProbe> = record(
    "probe.http", 1, "one request of a target: each redirect is a request of its own with its own times",
    field("ts", &HttpProbe::ts, Role::time, "when its last byte came, or it failed"),
    field("target", &HttpProbe::target, Role::tag, "URL as the user wrote it").column(),
    field("hop", &HttpProbe::hop, Role::tag, "0 for the target's own URL, then one more for each redirect")
        .column(),
    field("url", &HttpProbe::url, Role::text, "URL of this request"),
    field("labels", &HttpProbe::labels, Role::tag, "the target's labels, each under its own key"),
    field("round", &HttpProbe::round, Role::text, "number of the round, from 0, with --every"),
    field("seq", &HttpProbe::seq, Role::text, "number of the probe within the round, from 0"),
    field(
        "state", &HttpProbe::state, Role::text,
        "ok, redirect (followed by the next record), unexpected_status, unexpected_body, closed (connection "
        "refused), unreachable, timeout, tls_failed, no_reply (closed or reset without an answer), cut (in "
        "the middle of the answer), too_large, too_many_redirects, bad_reply (no sound HTTP), error")
        .column(),
    field("phase", &HttpProbe::phase, Role::text,
          "what the time was over in: connect, tls, request, first_byte or transfer"),
    field("status", &HttpProbe::status, Role::value, "status code of the answer").column(),
    field("http_version", &HttpProbe::http_version, Role::text, "1.0, 1.1, 2 or 3"),
    field("address", &HttpProbe::address, Role::text, "address that was asked").column(),
    field("port", &HttpProbe::port, Role::text, "TCP port"),
    field("family", &HttpProbe::family, Role::text, "ipv4 or ipv6"),
    field("reused", &HttpProbe::reused, Role::text,
          "true when the connection was there already: then it has no connect_ms and tls_ms"),
    field("resolve_ms", &HttpProbe::resolve_ms, Role::value, "time to resolve the name; none for an address",
          Unit::ms)
        .column(),
    field("connect_ms", &HttpProbe::connect_ms, Role::value,
          "time of the TCP handshake, as the kernel measured it unless a SYN was repeated", Unit::ms)
        .column(),
    field("tls_ms", &HttpProbe::tls_ms, Role::value, "time of the TLS handshake", Unit::ms).column(),
    field("request_ms", &HttpProbe::request_ms, Role::value, "time to send the request with its body",
          Unit::ms),
    field("first_byte_ms", &HttpProbe::first_byte_ms, Role::value,
          "time from the request sent to the first byte of the answer", Unit::ms)
        .column(),
    field("transfer_ms", &HttpProbe::transfer_ms, Role::value,
          "time from the first to the last byte of the answer", Unit::ms)
        .column(),
    field("total_ms", &HttpProbe::total_ms, Role::value, "all of this request, from its name on", Unit::ms)
        .column(),
    field("chain_ms", &HttpProbe::chain_ms, Role::value,
          "all of the target, redirects included; with its last request", Unit::ms),
    field("redirects", &HttpProbe::redirects, Role::value, "redirects followed; with its last request"),
    field("bytes", &HttpProbe::bytes, Role::value, "bytes of body, before decoding", Unit::bytes),
    field("header_bytes", &HttpProbe::header_bytes, Role::value, "bytes of headers", Unit::bytes),
    field("content_type", &HttpProbe::content_type, Role::text, "media type of the answer"),
    field("tls_version", &HttpProbe::tls_version, Role::text, "such as TLSv1.3"),
    field("tls_cipher", &HttpProbe::tls_cipher, Role::text, "cipher suite"),
    field("cert_not_after", &HttpProbe::cert_not_after, Role::text, "when the server's certificate expires"),
    field("cert_days_left", &HttpProbe::cert_days_left, Role::value,
          "days until then, below 0 when they are over"),
    field("location", &HttpProbe::location, Role::text, "where a redirect leads to"),
    field("error", &HttpProbe::error, Role::text, "what went wrong, in words").column());

// The end of a run of nmprobe http.
struct HttpSummary {
    Time ts;
    std::uint64_t probes = 0;
    std::uint64_t ok = 0;
    std::uint64_t unexpected = 0;
    std::uint64_t closed = 0;
    std::uint64_t unreachable = 0;
    std::uint64_t timeout = 0;
    std::uint64_t tls_failed = 0;
    std::uint64_t no_reply = 0;
    std::uint64_t errors = 0;
    std::uint64_t unresolved = 0;
    std::uint64_t unfinished = 0;
    std::uint64_t redirects = 0;
    std::uint64_t bytes = 0;
    std::uint64_t rejected_lines = 0;
    std::uint64_t rounds = 0;
    std::optional<double> rate_rps;
    std::optional<double> duration_ms;
};

template <>
inline constexpr auto describe<HttpSummary> = record(
    "probe.http.summary", 1, "the whole run; probes is the sum of ok to unfinished",
    field("ts", &HttpSummary::ts, Role::time, "end of the run"),
    field("probes", &HttpSummary::probes, Role::value,
          "probes of a target, each with its redirects; an address each with --addresses all")
        .column(),
    field("ok", &HttpSummary::ok, Role::value, "ended as expected").column(),
    field("unexpected", &HttpSummary::unexpected, Role::value, "another status or body than expected")
        .column(),
    field("closed", &HttpSummary::closed, Role::value, "refused by the server's host").column(),
    field("unreachable", &HttpSummary::unreachable, Role::value, "no way to the server").column(),
    field("timeout", &HttpSummary::timeout, Role::value, "not done in time").column(),
    field("tls_failed", &HttpSummary::tls_failed, Role::value, "no TLS, or a certificate that does not hold"),
    field("no_reply", &HttpSummary::no_reply, Role::value, "connection closed without an answer"),
    field("errors", &HttpSummary::errors, Role::value, "any other failure").column(),
    field("unresolved", &HttpSummary::unresolved, Role::value, "names without an address").column(),
    field("unfinished", &HttpSummary::unfinished, Role::value, "under way when the run was stopped"),
    field("redirects", &HttpSummary::redirects, Role::value, "redirects followed").column(),
    field("bytes", &HttpSummary::bytes, Role::value, "bytes of all bodies", Unit::bytes),
    field("rejected_lines", &HttpSummary::rejected_lines, Role::value, "malformed lines of input"),
    field("rounds", &HttpSummary::rounds, Role::value, "rounds begun"),
    field("rate_rps", &HttpSummary::rate_rps, Role::value, "probes begun per second").column(),
    field("duration_ms", &HttpSummary::duration_ms, Role::value, "length of the run", Unit::ms).column());

}  // namespace nm
