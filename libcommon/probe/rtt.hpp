// The round-trip time of a packet from the stamps of the kernel, where they can be believed.
// Proof: tests/lab/ledger.bats (the clock steps, stamps are lost).
#pragma once

#include "probe/flight.hpp"
#include "probe/kernel_stamps.hpp"
#include "record/probe_icmp.hpp"

namespace nm {

struct RttReading {
    std::int64_t ns = 0;
    TsSource source = TsSource::mono;
};

// Both kernel stamps (CLOCK_REALTIME; 0: none) if they fit into the monotonic bracket around them; a clock
// step between them, or a stamp of another packet, does not (trap T16).
inline RttReading read_rtt(std::int64_t sent_mono_ns, std::int64_t tx_ns, std::int64_t rx_ns,
                           std::int64_t now_ns) {
    const std::int64_t bracket_ns = now_ns - sent_mono_ns;
    const std::int64_t kernel_ns = rx_ns - tx_ns;
    const bool stamped = rx_ns != 0 && tx_ns != 0;
    if (stamped && kernel_ns >= 0 && kernel_ns <= bracket_ns + bracket_slack_ns(bracket_ns))
        return {kernel_ns, TsSource::kernel};
    return {bracket_ns, TsSource::mono};
}

inline RttReading read_rtt(const InFlight& entry, std::int64_t rx_ns, std::int64_t now_ns) {
    return read_rtt(entry.sent_mono_ns, entry.is_stamped() ? entry.tx_ns() : 0, rx_ns, now_ns);
}

}  // namespace nm
