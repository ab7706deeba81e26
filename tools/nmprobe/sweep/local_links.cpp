#include "sweep/local_links.hpp"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <bit>
#include <fstream>
#include <memory>

namespace nmprobe {
namespace {

std::size_t neighbour_table_size() {
    constexpr std::size_t kernel_default = 1024;
    std::size_t smallest = kernel_default;
    for (const char* family : {"ipv4", "ipv6"}) {  // other namespaces share it without seeing it
        std::ifstream file("/proc/sys/net/" + std::string(family) + "/neigh/default/gc_thresh3");
        std::size_t size = 0;
        if (file >> size) smallest = std::min(smallest, size);
    }
    return smallest;
}

unsigned mask_length(const sockaddr& mask, unsigned bits) {
    // The family of a netmask is not always set: its bytes are where an address has them.
    sockaddr_storage copy{};
    std::copy_n(reinterpret_cast<const char*>(&mask), bits == 32 ? sizeof(sockaddr_in) : sizeof(sockaddr_in6),
                reinterpret_cast<char*>(&copy));
    copy.ss_family = bits == 32 ? AF_INET : AF_INET6;
    const AddressKey key = AddressKey::of(nm::IpAddress::from_sockaddr(reinterpret_cast<sockaddr&>(copy)));
    return static_cast<unsigned>(std::popcount(key.high) + std::popcount(key.low));
}

void add_interface(LocalLinks& links, const ifaddrs& entry) {
    const nm::IpAddress address = nm::IpAddress::from_sockaddr(*entry.ifa_addr);
    if (!address.is_set()) return;
    const AddressKey own = AddressKey::of(address);
    links.own.add({own, own});
    if (entry.ifa_netmask == nullptr) return;
    AddressSpan span =
        AddressSpan::of(nm::make_prefix(address, mask_length(*entry.ifa_netmask, address.bits())));
    span.first.zone = span.last.zone = address.zone;
    const bool has_ends = address.is_v4() && span.size() > 2;
    if (has_ends) {
        links.no_hosts.add({span.first, span.first});
        links.no_hosts.add({span.last, span.last});
    }
    constexpr unsigned no_neighbours = IFF_LOOPBACK | IFF_NOARP | IFF_POINTOPOINT;
    if ((entry.ifa_flags & no_neighbours) == 0) links.on_link.add(span);
}

}  // namespace

LocalLinks LocalLinks::read(const std::string& interface) {
    LocalLinks links;
    ifaddrs* list = nullptr;
    if (::getifaddrs(&list) == 0) {
        const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(list, ::freeifaddrs);
        for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
            if (entry->ifa_addr != nullptr && (interface.empty() || interface == entry->ifa_name))
                add_interface(links, *entry);
        }
    }
    for (AddressSet* set : {&links.on_link, &links.no_hosts, &links.own}) set->normalise();
    links.neighbour_limit = std::max<std::size_t>(neighbour_table_size() / 2, 16);
    return links;
}

AddressSet reserved_addresses() {
    AddressSet set;
    for (const char* prefix : {"0.0.0.0/8", "224.0.0.0/4", "240.0.0.0/4", "::/128", "ff00::/8"})
        set.add(AddressSpan::of(*nm::parse_prefix(prefix)));
    set.normalise();
    return set;
}

}  // namespace nmprobe
