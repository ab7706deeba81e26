// Capture files: what a collector at the end of the wire would have captured.
#pragma once

#include "base/result.hpp"
#include "export/destinations.hpp"

namespace nmflowtool {

// port: the destination port in the file.
nm::Result<std::unique_ptr<Destination>> open_pcap_destination(const std::string& path, std::uint16_t port);

}  // namespace nmflowtool
