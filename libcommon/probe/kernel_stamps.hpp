// Software time stamps of the kernel (SO_TIMESTAMPING), in nanoseconds of CLOCK_REALTIME.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <cstring>

namespace nm {

// The value of a control message, copied out because it may be unaligned.
template <class T>
T control_value(const cmsghdr* header) {
    T value{};
    std::memcpy(&value, CMSG_DATA(header), sizeof value);
    return value;
}

// The stamp in a control message of type SCM_TIMESTAMPING; 0 when it holds no software stamp.
std::int64_t software_stamp_ns(const cmsghdr* header);

// The receive stamp of the next byte that waits on a socket; 0 when nothing waits or it has none. flags:
// MSG_PEEK leaves the byte there.
std::int64_t next_receive_stamp_ns(int fd, int flags);

// The kernel turns receive stamps on some milliseconds after the first socket asks for them, and packets
// until then have none: waits until a datagram on loopback has one, or 20 ms where loopback is down.
void await_receive_stamps();

// How much longer than the monotonic time around them the time between two stamps may be: CLOCK_REALTIME may
// be slewed by up to 500 ppm against CLOCK_MONOTONIC's reading.
inline std::int64_t bracket_slack_ns(std::int64_t bracket_ns) {
    return bracket_ns / 2000 + 2'000;
}

}  // namespace nm
