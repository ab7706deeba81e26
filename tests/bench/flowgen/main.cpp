// nm-flowgen PROTOCOL RECORDS [--distinct] >FILE          a pcap file
// nm-flowgen PROTOCOL RECORDS [--distinct] --to PORT [--rate DATAGRAMS_PER_S] [--seconds S]
//     the same datagrams to a UDP port of 127.0.0.1, over and over for S seconds; prints "datagrams records".
// PROTOCOL: netflow5, netflow9, ipfix, sflow.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "datagrams.hpp"

namespace {

using namespace flowgen;

struct Options {
    std::string protocol;
    std::uint64_t records = 0;
    bool distinct = false;
    std::uint16_t port = 0;
    double rate = 20'000;
    double seconds = 0;
};

std::unique_ptr<Encoder> encoder_of(const std::string& protocol) {
    if (protocol == "netflow5") return make_netflow5();
    if (protocol == "netflow9") return make_netflow9();
    if (protocol == "ipfix") return make_ipfix();
    if (protocol == "sflow") return make_sflow();
    return nullptr;
}

double now_s() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

template <class Number>
void host_order(std::string& out, Number value) {
    out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void write_pcap(const std::vector<Datagram>& datagrams, std::uint16_t port) {
    std::string out;
    host_order<std::uint32_t>(out, 0xA1B2C3D4);
    host_order<std::uint32_t>(out, 2 | 4 << 16);
    for (const std::uint32_t word : {0u, 0u, 65535u, 1u}) host_order(out, word);
    std::uint32_t number = 0;
    for (const Datagram& datagram : datagrams) {
        std::vector<std::uint8_t> frame(12, 2);
        const std::size_t size = datagram.bytes.size();
        Bytes bytes(frame);
        bytes.u16(0x0800).u8(0x45).u8(0).u16(28 + size).u32(0).u8(64).u8(17).u16(0);
        bytes.u32(0x0A000001u + datagram.exporter).u32(0x0A0000FE).u16(40'000).u16(port).u16(8 + size).u16(0);
        bytes.raw(datagram.bytes.data(), size);
        host_order<std::uint32_t>(out, export_time_s + number / 20'000);
        host_order<std::uint32_t>(out, number % 20'000 * 50);
        host_order(out, static_cast<std::uint32_t>(frame.size()));
        host_order(out, static_cast<std::uint32_t>(frame.size()));
        out.append(reinterpret_cast<const char*>(frame.data()), frame.size());
        ++number;
        if (out.size() > 1u << 20) {
            std::fwrite(out.data(), 1, out.size(), stdout);
            out.clear();
        }
    }
    std::fwrite(out.data(), 1, out.size(), stdout);
}

// Adds to the sequence number what one round over all datagrams adds for its exporter.
void step_sequences(std::vector<Datagram>& datagrams, const Encoder& encoder,
                    const std::uint32_t (&steps)[exporters]) {
    for (Datagram& datagram : datagrams) {
        std::uint8_t* at = datagram.bytes.data() + encoder.sequence_offset();
        std::uint32_t wire = 0;
        std::memcpy(&wire, at, sizeof wire);
        wire = htonl(ntohl(wire) + steps[datagram.exporter]);
        std::memcpy(at, &wire, sizeof wire);
    }
}

int send_all(std::vector<Datagram>& datagrams, const Encoder& encoder, const Options& options) {
    constexpr std::size_t batch = 32;
    const int fd = ::socket(AF_INET, SOCK_DGRAM, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(options.port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || ::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) return 71;
    std::uint32_t steps[exporters] = {};
    for (const Datagram& datagram : datagrams)
        steps[datagram.exporter] += encoder.counts_records() ? datagram.records : 1;
    std::uint64_t sent = 0, records = 0;
    const double began = now_s();
    do {
        for (std::size_t at = 0; at < datagrams.size();) {
            while (now_s() < began + static_cast<double>(sent) / options.rate) {
            }
            mmsghdr messages[batch] = {};
            iovec vectors[batch];
            const std::size_t count = std::min(batch, datagrams.size() - at);
            for (std::size_t i = 0; i < count; ++i) {
                vectors[i] = {datagrams[at + i].bytes.data(), datagrams[at + i].bytes.size()};
                messages[i].msg_hdr.msg_iov = &vectors[i];
                messages[i].msg_hdr.msg_iovlen = 1;
            }
            const int done = ::sendmmsg(fd, messages, static_cast<unsigned>(count), 0);
            if (done <= 0) continue;
            for (int i = 0; i < done; ++i) records += datagrams[at + static_cast<std::size_t>(i)].records;
            at += static_cast<std::size_t>(done);
            sent += static_cast<std::uint64_t>(done);
            if (options.seconds > 0 && now_s() - began >= options.seconds) break;
        }
        step_sequences(datagrams, encoder, steps);
    } while (now_s() - began < options.seconds);
    std::printf("%llu %llu\n", static_cast<unsigned long long>(sent),
                static_cast<unsigned long long>(records));
    ::close(fd);
    return 0;
}

bool parse(int argc, char** argv, Options& options) {
    if (argc < 3) return false;
    options.protocol = argv[1];
    options.records = std::strtoull(argv[2], nullptr, 10);
    for (int i = 3; i < argc; ++i) {
        const std::string option = argv[i];
        if (option == "--distinct") {
            options.distinct = true;
        } else if (i + 1 == argc) {
            return false;
        } else if (option == "--to") {
            options.port = static_cast<std::uint16_t>(std::atoi(argv[++i]));
        } else if (option == "--rate") {
            options.rate = std::atof(argv[++i]);
        } else if (option == "--seconds") {
            options.seconds = std::atof(argv[++i]);
        } else {
            return false;
        }
    }
    return options.records > 0;
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    if (!parse(argc, argv, options)) {
        std::fputs("nm-flowgen: usage: PROTOCOL RECORDS [--distinct] [--to PORT] [--rate N] [--seconds S]\n",
                   stderr);
        return 64;
    }
    const auto encoder = encoder_of(options.protocol);
    if (!encoder) return 64;
    Traffic traffic(options.distinct);
    std::vector<Datagram> datagrams;
    for (std::uint64_t made = 0; made < options.records; made += datagrams.back().records) {
        const std::uint64_t left = options.records - made;
        datagrams.push_back(
            encoder->next(traffic, static_cast<std::uint32_t>(std::min<std::uint64_t>(left, 1000))));
    }
    if (options.port != 0) return send_all(datagrams, *encoder, options);
    write_pcap(datagrams, options.protocol == "sflow" ? 6343 : 2055);
    return 0;
}
