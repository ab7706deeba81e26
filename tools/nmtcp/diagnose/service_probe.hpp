// One connection to a service: how long until its first byte. Proof: tests/lab/nmtcp_diagnose.bats.
#pragma once

#include "diagnose/service_requests.hpp"
#include "net/event_loop.hpp"
#include "probe/options.hpp"
#include "record/tcp_diagnosis.hpp"

namespace nmtcp {

struct ServiceAnswer {
    // ok, silent (open, no byte), closed (no byte), failed (no connection), or unknown (nothing was asked and
    // nothing was said)
    nm::StepState state = nm::StepState::failed;
    std::optional<double> first_byte_ms;  // from the request, or from the handshake
    std::uint64_t retrans = 0;            // segments that this end sent again
    std::string reply;                    // the first line, printable
    std::string error;
};

ServiceAnswer ask_service(nm::EventLoop& loop, const nm::ProbeOptions& options, const nm::Endpoint& to,
                          const ServiceRequest& request, std::int64_t timeout_ns);

}  // namespace nmtcp
