// From evidence to verdict: which of name, network, service or this host is at fault, and one sentence why.
// Proof: tests/unit/nmtcp_diagnose_test.cpp, tests/lab/nmtcp_diagnose.bats.
#pragma once

#include <span>

#include "base/result.hpp"
#include "record/tcp_diagnosis.hpp"

namespace nmtcp {

struct Limits {
    std::int64_t resolve_ns = 500 * nm::ns_per_ms;
    std::int64_t rtt_ns = 300 * nm::ns_per_ms;
    std::int64_t first_byte_ns = 500 * nm::ns_per_ms;
};

// The states of the steps follow from their figures; each is set where its step was made.
nm::StepState judge_ping(const nm::TcpDiagnosis& d, const Limits& limits);
nm::StepState judge_handshake(const nm::TcpDiagnosis& d, const Limits& limits);
// The time that the service itself takes: without the way there and back.
bool is_first_byte_slow(const nm::TcpDiagnosis& d, const Limits& limits);

// Sets verdict and reason.
void judge(nm::TcpDiagnosis& d, const Limits& limits);

// What is wrong with the addresses of one service. One that this host has no way to is no fault as long as
// another can be tried: most hosts have one family only.
nm::Exit exit_of(std::span<const nm::TcpDiagnosis> addresses);

// "0.04 ms", "812 ms".
std::string ms_text(double ms);

}  // namespace nmtcp
