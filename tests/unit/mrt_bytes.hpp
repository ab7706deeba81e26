// MRT files made by hand for the tests of nmbgp.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_source.hpp"
#include "net/ip.hpp"

namespace nmbgp {

inline std::string unhex(std::string_view text) {
    std::string out;
    std::string digits;
    for (const char c : text) {
        if (c == ' ') continue;
        digits += c;
        if (digits.size() < 2) continue;
        out += static_cast<char>(std::stoi(digits, nullptr, 16));
        digits.clear();
    }
    return out;
}

inline std::string big_endian(std::uint64_t value, unsigned width) {
    std::string out;
    while (width-- > 0) out += static_cast<char>(value >> (8 * width));
    return out;
}

// A file that holds these bytes until the test ends.
inline std::string write_file(std::string_view bytes) {
    std::string path = testing::TempDir() + "nmbgp_test_XXXXXX";
    const int fd = ::mkstemp(path.data());
    EXPECT_EQ(::write(fd, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    ::close(fd);
    return path;
}

inline nm::FileSource source_of(std::string_view bytes) {
    const std::string path = write_file(bytes);
    auto source = nm::FileSource::open(path);
    ::unlink(path.c_str());
    return std::move(source).value_or_throw();
}

inline const std::string attribute_origin_igp = "40010100";
// An AS_PATH of one sequence of 4-byte numbers.
inline std::string attribute_path(const std::string& members_hex) {
    constexpr char digits[] = "0123456789abcdef";
    const std::size_t count = unhex(members_hex).size() / 4;  // below 16
    const std::size_t length = 2 + 4 * count;
    return std::string("4002") + digits[length >> 4] + digits[length & 15] + "020" + digits[count] +
           members_hex;
}

class MrtBytes {
  public:
    struct PeerText {
        std::string ip;
        std::uint32_t as;
    };
    struct Route {
        unsigned peer;
        std::string attributes_hex;
        std::uint32_t path_id = 0;
    };

    void record(unsigned type, unsigned subtype, std::string_view body) {
        bytes += big_endian(1'700'000'000, 4) + big_endian(type, 2) + big_endian(subtype, 2) +
                 big_endian(body.size(), 4) + std::string(body);
    }
    void peers(const std::vector<PeerText>& peers) {
        std::string body = unhex("0a000001 0000") + big_endian(peers.size(), 2);
        for (const PeerText& peer : peers) {
            const nm::IpAddress ip = *nm::parse_ip(peer.ip);
            body += (ip.is_v6() ? unhex("03 00000000") : unhex("02 00000000")) + text_of(ip, ip.size()) +
                    big_endian(peer.as, 4);
        }
        record(13, 1, body);
    }
    void rib(const std::string& prefix, const std::vector<Route>& routes, bool add_path = false) {
        const nm::Prefix parsed = *nm::parse_prefix(prefix);
        std::string body = big_endian(0, 4) + big_endian(parsed.length, 1) +
                           text_of(parsed.address, (parsed.length + 7u) / 8) + big_endian(routes.size(), 2);
        for (const Route& route : routes) {
            const std::string attributes = unhex(route.attributes_hex);
            body += big_endian(route.peer, 2) + big_endian(1'600'000'000, 4) +
                    (add_path ? big_endian(route.path_id, 4) : "") + big_endian(attributes.size(), 2) +
                    attributes;
        }
        record(13, (parsed.address.is_v4() ? 2 : 4) + (add_path ? 6u : 0u), body);
    }
    nm::FileSource source() const { return source_of(bytes); }

    std::string bytes;

  private:
    static std::string text_of(const nm::IpAddress& ip, std::size_t size) {
        return {reinterpret_cast<const char*>(ip.bytes.data()), size};
    }
};

}  // namespace nmbgp
