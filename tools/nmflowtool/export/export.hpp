// nmflowtool export: flow records and samples, from lines, captures or sockets, to NetFlow v5, v9, IPFIX or
// sFlow.
#pragma once

#include "export/destinations.hpp"
#include "export/exporter.hpp"
#include "flow_input.hpp"

namespace nmflowtool {

struct ExportOptions {
    InputOptions input;
    ExportAs as = ExportAs::netflow9;
    DestinationOptions destinations;
    std::uint64_t mtu = 1500;
    std::uint64_t template_datagrams = 100;
    std::int64_t template_ns = 30 * nm::ns_per_s;
    bool vlan_as_dst_as = false;
};

nm::Exit run_export(const ExportOptions& options, nm::Context& context);

}  // namespace nmflowtool
