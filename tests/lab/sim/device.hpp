// The TUN device: packets that the kernel routes into it are read, what is written seems to arrive from it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bytes.hpp"

namespace netsim {

struct DeviceOptions {
    std::string name = "sim0";
    std::vector<std::string> addresses;  // ADDR/LEN of the host's side
    std::vector<std::string> routes;     // more prefixes behind the device
    std::string mtu = "1500";
    std::string queue = "100000";  // packets the kernel holds while we are busy
};

class Device {
  public:
    explicit Device(const DeviceOptions& options);  // throws std::system_error, std::runtime_error
    ~Device();
    Device(const Device&) = delete;
    Device& operator=(const Device&) = delete;

    int fd() const { return fd_; }
    std::optional<View> read(std::span<std::uint8_t> buffer) const;  // absent: nothing waits
    int write(View packet) const;                                    // 0 or errno
    std::uint64_t dropped() const;  // packets that the kernel could not queue for us

  private:
    std::string name_;
    int fd_;
};

}  // namespace netsim
