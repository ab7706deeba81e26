// One datagram as a source hands it to a decoder. The bytes belong to the source until it reads on.
#pragma once

#include "base/clock.hpp"
#include "net/ip.hpp"
#include "wire/byte_reader.hpp"

namespace nmflowtool {

struct Datagram {
    nm::Time ts;  // received, or captured
    nm::IpAddress sender;
    nm::Bytes payload;
    std::uint16_t sender_port = 0;
};

}  // namespace nmflowtool
