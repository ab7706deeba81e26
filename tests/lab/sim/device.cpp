#include "device.hpp"

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>

namespace netsim {
namespace {

void run_ip(std::vector<std::string> words) {
    words.insert(words.begin(), "ip");
    std::vector<char*> argv;
    std::string text;
    for (std::string& word : words) {
        argv.push_back(word.data());
        text += (text.empty() ? "" : " ") + word;
    }
    argv.push_back(nullptr);
    pid_t child = 0;
    const int error = posix_spawnp(&child, "ip", nullptr, nullptr, argv.data(), environ);
    if (error != 0) throw std::system_error(error, std::generic_category(), text);
    int status = 0;
    if (waitpid(child, &status, 0) != child || status != 0) throw std::runtime_error(text + ": failed");
}

bool is_v6(const std::string& text) {
    return text.find(':') != std::string::npos;
}

}  // namespace

Device::Device(const DeviceOptions& options)
    : name_(options.name), fd_(::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC)) {
    if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "open /dev/net/tun");
    try {
        ifreq request{};
        request.ifr_flags = IFF_TUN | IFF_NO_PI;
        if (name_.size() >= sizeof request.ifr_name) throw std::runtime_error(name_ + ": name too long");
        std::memcpy(request.ifr_name, name_.data(), name_.size());
        if (::ioctl(fd_, TUNSETIFF, &request) != 0) {
            throw std::system_error(errno, std::generic_category(), "create device " + name_);
        }
        run_ip({"link", "set", "dev", name_, "addrgenmode", "none"});
        run_ip({"link", "set", "dev", name_, "mtu", options.mtu, "txqueuelen", options.queue, "up"});
        for (const std::string& address : options.addresses) {
            std::vector<std::string> words{"address", "add", address, "dev", name_};
            if (is_v6(address)) words.emplace_back("nodad");
            run_ip(std::move(words));
        }
        for (const std::string& prefix : options.routes) {
            run_ip({is_v6(prefix) ? "-6" : "-4", "route", "add", prefix, "dev", name_});
        }
    } catch (...) {
        ::close(fd_);
        throw;
    }
}

Device::~Device() {
    ::close(fd_);
}

std::optional<View> Device::read(std::span<std::uint8_t> buffer) const {
    const ssize_t size = ::read(fd_, buffer.data(), buffer.size());
    if (size > 0) return View(buffer).first(static_cast<std::size_t>(size));
    // EIO: the device is set down for now, which a test may do on purpose.
    if (errno == EAGAIN || errno == EINTR || errno == EIO) return std::nullopt;
    throw std::system_error(errno, std::generic_category(), "read " + name_);
}

int Device::write(View packet) const {
    return ::write(fd_, packet.data(), packet.size()) < 0 ? errno : 0;
}

std::uint64_t Device::dropped() const {
    std::ifstream in("/proc/self/net/dev");
    std::string line;
    while (std::getline(in, line)) {
        const std::size_t colon = line.find(':');
        const std::size_t start = line.find_first_not_of(' ');
        if (colon == std::string::npos || line.substr(start, colon - start) != name_) continue;
        std::istringstream fields(line.substr(colon + 1));
        std::uint64_t value = 0;
        // 8 receive columns, then transmitted bytes, packets, errors, dropped.
        for (int column = 0; column < 12; ++column) fields >> value;
        return value;
    }
    return 0;
}

}  // namespace netsim
