// Records of nmtcp diagnose: is it the network, the service, the name, this host, or nothing?
#pragma once

#include "record/tcp_probe.hpp"

namespace nm {

enum class Verdict : std::uint8_t { none, network, service, name, local };
template <>
inline constexpr std::array<std::string_view, 5> enum_words<Verdict> = {"none", "network", "service", "name",
                                                                        "local"};

// What one step showed.
enum class StepState : std::uint8_t { ok, slow, lossy, silent, closed, unreachable, failed, unknown };
template <>
inline constexpr std::array<std::string_view, 8> enum_words<StepState> = {
    "ok", "slow", "lossy", "silent", "closed", "unreachable", "failed", "unknown"};

enum class DiagnosisStep : std::uint8_t { resolve, ping, handshake, service, large_ping };
template <>
inline constexpr std::array<std::string_view, 5> enum_words<DiagnosisStep> = {"resolve", "ping", "handshake",
                                                                              "service", "large_ping"};

struct TcpDiagnosisStep {
    Time ts;
    std::string target;
    IpAddress address;
    std::uint16_t port = 0;
    DiagnosisStep step = DiagnosisStep::resolve;
    StepState state = StepState::unknown;
    std::optional<double> time_ms;
    std::string detail;
};

template <>
inline constexpr auto describe<TcpDiagnosisStep> = record(
    "tcp.diagnosis.step", 1, "one step of nmtcp diagnose",
    field("ts", &TcpDiagnosisStep::ts, Role::time, "end of the step"),
    field("target", &TcpDiagnosisStep::target, Role::tag, "host as the user wrote it"),
    field("port", &TcpDiagnosisStep::port, Role::tag, "TCP port"),
    field("step", &TcpDiagnosisStep::step, Role::tag, "resolve, ping, handshake, service or large_ping")
        .column(),
    field("address", &TcpDiagnosisStep::address, Role::tag, "address that was probed").column(),
    field("state", &TcpDiagnosisStep::state, Role::text,
          "ok, slow, lossy (some of several), silent, closed, unreachable, failed, or unknown (could"
          " not be tried)")
        .column(),
    field("time_ms", &TcpDiagnosisStep::time_ms, Role::value, "how long it took, the median of several",
          Unit::ms)
        .column(),
    field("detail", &TcpDiagnosisStep::detail, Role::text, "the step in words").column());

struct TcpDiagnosis {
    Time ts;
    std::string target;
    IpAddress address;
    std::uint16_t port = 0;
    Verdict verdict = Verdict::none;
    std::string reason;
    std::optional<double> resolve_ms;
    std::optional<std::uint64_t> addresses;
    std::string resolve_error;

    std::optional<StepState> ping_state;
    std::optional<std::uint64_t> ping_sent, ping_received;
    std::optional<double> ping_rtt_min_us, ping_rtt_p50_us, ping_rtt_max_us;
    std::string ping_error;

    std::optional<StepState> handshake_state;
    std::optional<std::uint64_t> handshakes, handshakes_open, handshakes_closed, handshakes_lost,
        handshakes_rejected, handshakes_unsent, syn_retrans;
    std::optional<double> handshake_min_us, handshake_p50_us, handshake_max_us;
    std::string handshake_error;
    std::optional<std::uint32_t> mss;
    SocketKind socket = SocketKind::none;

    std::string protocol;
    std::optional<StepState> service_state;
    std::optional<std::uint64_t> service_tries, service_retrans;
    std::optional<double> first_byte_min_ms, first_byte_p50_ms, first_byte_max_ms;
    std::string reply, service_error;

    std::optional<std::uint64_t> large_ping_bytes, large_ping_sent, large_ping_received;
    std::optional<double> duration_ms;
};

template <>
inline constexpr auto describe<TcpDiagnosis> = record(
    "tcp.diagnosis", 1, "where the fault of a TCP service lies, with the evidence; one for each address",
    field("ts", &TcpDiagnosis::ts, Role::time, "end of the diagnosis"),
    field("target", &TcpDiagnosis::target, Role::tag, "host as the user wrote it").column(),
    field("address", &TcpDiagnosis::address, Role::tag, "address that was probed").column(),
    field("port", &TcpDiagnosis::port, Role::tag, "TCP port").column(),
    field("verdict", &TcpDiagnosis::verdict, Role::text,
          "network, service, name, local (this host cannot send), or none: nothing is wrong")
        .column(),
    field("reason", &TcpDiagnosis::reason, Role::text, "the verdict in one sentence").column(),
    field("resolve_ms", &TcpDiagnosis::resolve_ms, Role::value, "time to resolve the name", Unit::ms),
    field("addresses", &TcpDiagnosis::addresses, Role::value, "addresses that the name has"),
    field("resolve_error", &TcpDiagnosis::resolve_error, Role::text, "why the name has no address"),
    field("ping_state", &TcpDiagnosis::ping_state, Role::text,
          "echo requests: ok, lossy, silent (may be filtered), unreachable, failed, or unknown (not allowed"
          " here)"),
    field("ping_sent", &TcpDiagnosis::ping_sent, Role::value, "echo requests sent", Unit::packets),
    field("ping_received", &TcpDiagnosis::ping_received, Role::value, "echo requests answered",
          Unit::packets),
    field("ping_rtt_min_us", &TcpDiagnosis::ping_rtt_min_us, Role::value, "shortest round-trip time",
          Unit::us),
    field("ping_rtt_p50_us", &TcpDiagnosis::ping_rtt_p50_us, Role::value, "median round-trip time", Unit::us),
    field("ping_rtt_max_us", &TcpDiagnosis::ping_rtt_max_us, Role::value, "longest round-trip time",
          Unit::us),
    field("ping_error", &TcpDiagnosis::ping_error, Role::text, "the last error: who said what"),
    field("handshake_state", &TcpDiagnosis::handshake_state, Role::text,
          "TCP handshakes: ok, slow (the path is not), lossy, silent, closed (reset), unreachable, failed"),
    field("handshakes", &TcpDiagnosis::handshakes, Role::value, "handshakes begun", Unit::packets),
    field("handshakes_open", &TcpDiagnosis::handshakes_open, Role::value, "answered by SYN/ACK",
          Unit::packets),
    field("handshakes_closed", &TcpDiagnosis::handshakes_closed, Role::value, "answered by RST",
          Unit::packets),
    field("handshakes_lost", &TcpDiagnosis::handshakes_lost, Role::value, "without an answer", Unit::packets),
    field("handshakes_rejected", &TcpDiagnosis::handshakes_rejected, Role::value, "answered by an ICMP error",
          Unit::packets),
    field("handshakes_unsent", &TcpDiagnosis::handshakes_unsent, Role::value,
          "that this host could not send, or whose answer it lost", Unit::packets),
    field("syn_retrans", &TcpDiagnosis::syn_retrans, Role::value,
          "SYNs that the kernel sent again (connect); such handshakes have no valid time (Karn)",
          Unit::packets),
    field("handshake_min_us", &TcpDiagnosis::handshake_min_us, Role::value,
          "shortest time from SYN to SYN/ACK or RST", Unit::us),
    field("handshake_p50_us", &TcpDiagnosis::handshake_p50_us, Role::value, "median time", Unit::us),
    field("handshake_max_us", &TcpDiagnosis::handshake_max_us, Role::value, "longest time", Unit::us),
    field("handshake_error", &TcpDiagnosis::handshake_error, Role::text, "the last error: who said what"),
    field("mss", &TcpDiagnosis::mss, Role::text, "maximum segment size that the last SYN/ACK offered",
          Unit::bytes),
    field("socket", &TcpDiagnosis::socket, Role::text, "how the handshakes were made: raw or connect"),
    field("protocol", &TcpDiagnosis::protocol, Role::text,
          "what was asked of the service, such as http, tls or banner"),
    field("service_state", &TcpDiagnosis::service_state, Role::text,
          "first byte: ok, slow, silent, closed (without a byte), failed, or unknown (nothing known to ask)"),
    field("service_tries", &TcpDiagnosis::service_tries, Role::value, "connections made for it"),
    field("service_retrans", &TcpDiagnosis::service_retrans, Role::value,
          "segments that this end sent again on them", Unit::packets),
    field("first_byte_min_ms", &TcpDiagnosis::first_byte_min_ms, Role::value,
          "shortest time from the request, or the handshake where the service speaks first, to the first"
          " byte",
          Unit::ms),
    field("first_byte_p50_ms", &TcpDiagnosis::first_byte_p50_ms, Role::value, "median time", Unit::ms),
    field("first_byte_max_ms", &TcpDiagnosis::first_byte_max_ms, Role::value, "longest time", Unit::ms),
    field("reply", &TcpDiagnosis::reply, Role::text, "the first words of the service, where it sent any"),
    field("service_error", &TcpDiagnosis::service_error, Role::text, "how the last connection failed"),
    field("large_ping_bytes", &TcpDiagnosis::large_ping_bytes, Role::value,
          "size of packets as large as the service's, sent when it was silent", Unit::bytes),
    field("large_ping_sent", &TcpDiagnosis::large_ping_sent, Role::value, "such echo requests sent",
          Unit::packets),
    field("large_ping_received", &TcpDiagnosis::large_ping_received, Role::value, "of them answered",
          Unit::packets),
    field("duration_ms", &TcpDiagnosis::duration_ms, Role::value, "length of the diagnosis of this address",
          Unit::ms));

struct TcpDiagnosisSummary {
    Time ts;
    std::uint64_t targets = 0;
    std::uint64_t diagnoses = 0;
    std::uint64_t wrong = 0;
};

template <>
inline constexpr auto describe<TcpDiagnosisSummary> =
    record("tcp.diagnosis.summary", 1, "the whole run of nmtcp diagnose",
           field("ts", &TcpDiagnosisSummary::ts, Role::time, "end of the run"),
           field("targets", &TcpDiagnosisSummary::targets, Role::value, "services diagnosed").column(),
           field("diagnoses", &TcpDiagnosisSummary::diagnoses, Role::value,
                 "diagnoses made: one for each address, or for a name without one")
               .column(),
           field("wrong", &TcpDiagnosisSummary::wrong, Role::value, "services with a fault").column());

}  // namespace nm
