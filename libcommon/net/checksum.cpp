#include "net/checksum.hpp"

#include <arpa/inet.h>

namespace nm {

std::uint64_t checksum_add(std::uint64_t sum, Bytes bytes) {
    std::size_t i = 0;
    for (; i + 4 <= bytes.size(); i += 4) {
        std::uint32_t word;
        std::memcpy(&word, bytes.data() + i, 4);
        sum += word;
    }
    if (i == bytes.size()) return sum;
    std::uint32_t tail = 0;
    std::memcpy(&tail, bytes.data() + i, bytes.size() - i);
    return sum + tail;
}

std::uint16_t checksum_finish(std::uint64_t sum) {
    while (sum >> 16 != 0) sum = (sum & 0xFFFF) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
}

std::uint64_t pseudo_header_sum(const IpAddress& from, const IpAddress& to, std::uint8_t proto,
                                std::uint32_t length) {
    std::uint64_t sum = checksum_add(0, {from.bytes.data(), from.size()});
    sum = checksum_add(sum, {to.bytes.data(), to.size()});
    return sum + htonl(length) + htonl(proto);
}

}  // namespace nm
