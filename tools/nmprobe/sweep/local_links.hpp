// What this host's own links mean for a sweep: which addresses are reached by ARP or neighbour discovery, how
// many of those may be asked for at once, which are no hosts, and which are ours.
#pragma once

#include <cstddef>
#include <string>

#include "sweep/address_set.hpp"

namespace nmprobe {

struct LocalLinks {
    AddressSet on_link;   // behind ARP or neighbour discovery
    AddressSet no_hosts;  // network and broadcast addresses of the links
    AddressSet own;
    // Neighbours that may be unresolved at once: half of the kernel's table
    // (net.ipv4.neigh.default.gc_thresh3), which all others on this host share.
    std::size_t neighbour_limit = 512;

    // interface: the only one that is used, or empty.
    static LocalLinks read(const std::string& interface);
};

// Addresses that are never hosts: 0.0.0.0/8, multicast of both families, 240.0.0.0/4, ::.
AddressSet reserved_addresses();

}  // namespace nmprobe
