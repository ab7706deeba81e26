// Collectors at UDP addresses.
#pragma once

#include "base/result.hpp"
#include "export/destinations.hpp"

namespace nmflowtool {

// From an address and port of ours.
nm::Result<std::unique_ptr<Destination>> open_udp_destination(const nm::Endpoint& to);
// From the address of the exporter (needs CAP_NET_RAW). What is of the other family, or has no source, goes
// from ours, and is counted.
nm::Result<std::unique_ptr<Destination>> open_raw_destination(const nm::Endpoint& to);

}  // namespace nmflowtool
