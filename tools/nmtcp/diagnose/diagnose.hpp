// nmtcp diagnose HOST:PORT: is it the network? The name is resolved; each of its addresses is pinged,
// handshakes are made, the service is asked for its first byte; the verdict of an address says who is at
// fault, its record holds the evidence.
#pragma once

#include "diagnose/verdict.hpp"
#include "ping/ping.hpp"

namespace nmtcp {

struct DiagnoseOptions {
    DiagnoseOptions() {
        probe.count = 10;
        probe.interval_ns = 50 * nm::ns_per_ms;
        probe.addresses = nm::AddressChoice::all;
    }

    PingOptions probe;  // targets, count, interval, timeout, source, method: of pings and handshakes
    Limits limits;
    std::int64_t service_timeout_ns = 5 * nm::ns_per_s;
    std::uint64_t tries = 3;  // connections to the service
    std::string http_path;    // one of these four at most; else the port decides
    bool http = false;
    bool tls = false;
    std::string send;
    bool expect_banner = false;
};

nm::Exit run_diagnose(const DiagnoseOptions& options, nm::Context& context);

}  // namespace nmtcp
