// nm-barereceive PORT: what no collector can leave out. Takes datagrams from a UDP port of 127.0.0.1 in
// batches, eight milliseconds' worth at a time, and throws them away. How much CPU that takes says how much of a
// collector's is the kernel's. On SIGTERM prints how many came.
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace {

constexpr std::size_t batch = 64;
constexpr std::size_t room = 2048;

volatile sig_atomic_t stopping = 0;

int open_socket(std::uint16_t port) {
    const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int receive_buffer = 16'000'000;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer, sizeof receive_buffer);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? fd : -1;
}

}  // namespace

int main(int argc, char** argv) {
    const int fd = argc == 2 ? open_socket(static_cast<std::uint16_t>(std::atoi(argv[1]))) : -1;
    if (fd < 0) {
        std::fputs("usage: nm-barereceive PORT, which must be free\n", stderr);
        return 64;
    }
    signal(SIGTERM, [](int) { stopping = 1; });
    static std::array<std::array<std::uint8_t, room>, batch> bytes;
    std::array<iovec, batch> vectors;
    std::array<mmsghdr, batch> messages{};
    for (std::size_t i = 0; i < batch; ++i) {
        vectors[i] = {bytes[i].data(), room};
        messages[i].msg_hdr.msg_iov = &vectors[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    constexpr timespec gather{0, 8'000'000};
    std::uint64_t received = 0;
    while (stopping == 0) {
        pollfd watched{fd, POLLIN, 0};
        poll(&watched, 1, 100);
        nanosleep(&gather, nullptr);
        for (int got = 1; got > 0;) {
            got = recvmmsg(fd, messages.data(), batch, 0, nullptr);
            if (got > 0) received += static_cast<std::uint64_t>(got);
        }
    }
    std::printf("%llu\n", static_cast<unsigned long long>(received));
}
