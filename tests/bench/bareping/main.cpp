// nm-bareping TARGETS: what no ping can leave out. One echo request to each of so many addresses
// of 10.99.0.0/16, in batches, with both kernel stamps taken from the socket and thrown away; no names, no
// state, no records. How fast this loop is says how much of a tool's time is the kernel's. Prints how many
// answered.
#include <linux/net_tstamp.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

constexpr std::uint32_t network = 10U << 24 | 99U << 16;
constexpr std::size_t send_batch = 64;
constexpr std::size_t receive_batch = 256;
constexpr std::uint32_t window = 16'384;
constexpr std::uint16_t identifier = 0x1234;

// Room for a batch of messages of up to 256 bytes with as much control data.
template <std::size_t count>
struct Rooms {
    std::array<std::array<std::uint8_t, 256>, count> bytes{};
    std::array<std::array<std::uint8_t, 256>, count> control{};
    std::array<sockaddr_in, count> names{};
    std::array<iovec, count> vectors{};
    std::array<mmsghdr, count> messages{};

    explicit Rooms(std::size_t length) {
        for (std::size_t i = 0; i < count; ++i) {
            vectors[i] = {bytes[i].data(), length};
            messages[i].msg_hdr.msg_name = &names[i];
            messages[i].msg_hdr.msg_namelen = sizeof names[i];
            messages[i].msg_hdr.msg_iov = &vectors[i];
            messages[i].msg_hdr.msg_iovlen = 1;
        }
    }
    int receive(int fd, int flags) {
        for (std::size_t i = 0; i < count; ++i) {
            messages[i].msg_hdr.msg_namelen = sizeof names[i];
            messages[i].msg_hdr.msg_control = control[i].data();
            messages[i].msg_hdr.msg_controllen = control[i].size();
        }
        return recvmmsg(fd, messages.data(), count, flags | MSG_DONTWAIT, nullptr);
    }
};

std::uint16_t checksum(const std::uint8_t* bytes, std::size_t size) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i + 1 < size; i += 2) {
        std::uint16_t word;
        std::memcpy(&word, bytes + i, 2);
        sum += word;
    }
    sum = (sum >> 16) + (sum & 0xFFFF);
    return static_cast<std::uint16_t>(~(sum + (sum >> 16)));
}

int open_socket() {
    const int fd = socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_ICMP);
    const int receive_buffer = 64 << 20, send_buffer = 4 << 20, small = IP_PMTUDISC_PROBE;
    const int stamps = SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE |
                       SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_OPT_TSONLY | SOF_TIMESTAMPING_OPT_ID;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer, sizeof receive_buffer);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &send_buffer, sizeof send_buffer);
    setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &small, sizeof small);
    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &stamps, sizeof stamps);
    return fd;
}

// The same addresses as paths.addresses().
std::uint32_t address_of(std::uint32_t target) {
    return network | (target / 254) << 8 | (target % 254 + 1);
}

std::uint32_t send_some(int fd, Rooms<send_batch>& out, std::uint32_t first, std::uint32_t wanted) {
    for (std::uint32_t i = 0; i < wanted; ++i) {
        out.names[i].sin_family = AF_INET;
        out.names[i].sin_addr.s_addr = htonl(address_of(first + i));
        icmphdr header{};
        header.type = ICMP_ECHO;
        header.un.echo.id = htons(identifier);
        header.un.echo.sequence = htons(static_cast<std::uint16_t>(first + i));
        std::memcpy(out.bytes[i].data(), &header, sizeof header);
        header.checksum = checksum(out.bytes[i].data(), out.vectors[i].iov_len);
        std::memcpy(out.bytes[i].data(), &header, sizeof header);
    }
    const int sent = sendmmsg(fd, out.messages.data(), wanted, 0);
    return sent > 0 ? static_cast<std::uint32_t>(sent) : 0;
}

// Packets of the socket that are echo replies: those to others come as well, and our own requests where the
// far end is in this namespace.
std::uint32_t replies_in(const Rooms<receive_batch>& in, int count) {
    std::uint32_t replies = 0;
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
        const std::size_t header = (in.bytes[i][0] & 15U) * 4U;
        if (in.bytes[i][header] == ICMP_ECHOREPLY) ++replies;
    }
    return replies;
}

}  // namespace

int main(int argc, char** argv) {
    const std::uint32_t targets = argc == 2 ? static_cast<std::uint32_t>(std::atoi(argv[1])) : 0;
    if (targets == 0) {
        std::fputs("usage: nm-bareping TARGETS\n", stderr);
        return 64;
    }
    const int fd = open_socket();
    if (fd < 0) {
        std::perror("nm-bareping: socket");
        return 77;
    }
    static Rooms<send_batch> out(64);
    static Rooms<receive_batch> in(256);
    std::uint32_t sent = 0, answered = 0;
    const time_t last = time(nullptr) + 10;
    while (answered < targets && time(nullptr) < last) {
        const std::uint32_t left = targets - sent, room = window - (sent - answered);
        const std::uint32_t wanted = left < room ? left : room;
        const bool sends = wanted > 0;
        if (sends) sent += send_some(fd, out, sent, wanted < send_batch ? wanted : send_batch);
        const int received = in.receive(fd, 0);
        if (received > 0) answered += replies_in(in, received);
        const int stamps = in.receive(fd, MSG_ERRQUEUE);
        pollfd watched{fd, POLLIN, 0};
        if (!sends && received <= 0 && stamps <= 0) poll(&watched, 1, 10);
    }
    std::printf("answered %u\n", answered);
}
