#include "probe/reserved_ports.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <string>

#include "base/random.hpp"
#include "base/result.hpp"
#include "net/ip.hpp"
#include "net/socket_option.hpp"

namespace nm {

bool ReservedPorts::hold(int domain, int type, std::uint16_t port) {
    UniqueFd fd(::socket(domain, type | SOCK_CLOEXEC, 0));
    if (!fd) return domain == AF_INET6;  // no IPv6 here: nothing to reserve
    if (domain == AF_INET6) set_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1);
    sockaddr_storage address;
    const std::uint8_t any[16] = {};
    const socklen_t length =
        to_sockaddr(domain == AF_INET ? IpAddress::v4(any) : IpAddress::v6(any), port, address);
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), length) != 0) return false;
    held_.push_back(std::move(fd));
    return true;
}

ReservedPorts::ReservedPorts(int type, std::uint16_t count, const char* hint) {
    constexpr int tries = 200;
    for (int attempt = 0; attempt < tries; ++attempt) {
        const auto draw = random_number<std::uint16_t>();
        first_ = static_cast<std::uint16_t>((32'768 + draw % 28'000) & ~(count - 1));
        held_.clear();
        bool free = true;
        for (std::uint16_t i = 0; free && i < count; ++i) {
            const auto port = static_cast<std::uint16_t>(first_ + i);
            free = hold(AF_INET, type, port) && hold(AF_INET6, type, port);
        }
        if (free) return;
    }
    throw UserError(Exit::os_error,
                    "no " + std::to_string(count) + " free source ports in a row: " + std::string(hint));
}

}  // namespace nm
