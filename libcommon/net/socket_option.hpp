// setsockopt for what is a number, and for the name of an interface. errno tells what went wrong.
#pragma once

#include <sys/socket.h>

#include <string_view>

namespace nm {

inline bool set_option(int fd, int level, int name, int value) {
    return ::setsockopt(fd, level, name, &value, sizeof value) == 0;
}

// Packets of the socket leave through this interface only; an empty name changes nothing.
inline bool bind_to_interface(int fd, std::string_view interface) {
    return interface.empty() || ::setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface.data(),
                                             static_cast<socklen_t>(interface.size())) == 0;
}

}  // namespace nm
