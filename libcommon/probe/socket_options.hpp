// What the user's options say about any probing socket of a family.
#pragma once

#include "probe/options.hpp"
#include "probe/stamp_socket.hpp"

namespace nm {

// The --source address if it is of this family, else unset. Throws UserError(usage) when it is no address.
IpAddress source_address(const ProbeOptions& options, Family family);

// Everything but type, protocol, filter and checksum.
StampSocketOptions socket_options(const ProbeOptions& options, Family family, std::size_t largest_packet);

}  // namespace nm
