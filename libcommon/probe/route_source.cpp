#include "probe/route_source.hpp"

#include <sys/socket.h>

#include "net/socket_option.hpp"
#include "probe/socket_options.hpp"

namespace nm {

RouteSource::RouteSource(const ProbeOptions& options, Family family)
    : given_(source_address(options, family)),
      asking_(::socket(family == Family::v4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    bind_to_interface(asking_.get(), options.interface);
}

IpAddress RouteSource::to(const IpAddress& target) const {
    if (given_.is_set()) return given_;
    const std::uint8_t any[16] = {};
    constexpr std::uint16_t discard_port = 9;
    sockaddr_storage address;
    socklen_t length = to_sockaddr(target, discard_port, address);
    if (::connect(asking_.get(), reinterpret_cast<const sockaddr*>(&address), length) != 0)
        return target.is_v4() ? IpAddress::v4(any) : IpAddress::v6(any);
    length = sizeof address;
    ::getsockname(asking_.get(), reinterpret_cast<sockaddr*>(&address), &length);
    IpAddress source = IpAddress::from_sockaddr(reinterpret_cast<const sockaddr&>(address));
    source.zone = 0;
    return source;
}

}  // namespace nm
