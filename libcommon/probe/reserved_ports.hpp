// Neighbouring source ports that no other program uses or gets, held by sockets that are bound and never
// listen (trap T11): what answers a raw probe from such a port finds no connection, and nobody else's.
#pragma once

#include <cstdint>
#include <vector>

#include "base/unique_fd.hpp"

namespace nm {

class ReservedPorts {
  public:
    // count is a power of two, the first port a multiple of it. type: SOCK_STREAM (TCP) or SOCK_DGRAM (UDP).
    // Throws UserError(os_error) when there are not as many in a row; hint says what the user may do then.
    ReservedPorts(int type, std::uint16_t count, const char* hint);

    std::uint16_t first() const { return first_; }

  private:
    bool hold(int domain, int type, std::uint16_t port);

    std::vector<UniqueFd> held_;
    std::uint16_t first_ = 0;
};

}  // namespace nm
