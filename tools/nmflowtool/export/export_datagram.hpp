// A datagram that is ready to leave.
#pragma once

#include <functional>
#include <optional>

#include "base/clock.hpp"
#include "net/ip.hpp"

namespace nmflowtool {

struct ExportDatagram {
    nm::Time ts;             // the time it is about; a capture file records it
    nm::IpAddress source;    // whose flows these are; unset: ours
    std::uint16_t port = 0;  // the source port, where the source is kept; 0: any
    nm::Bytes payload;
    std::optional<std::uint64_t> flows;  // in it; absent: we did not make it
};

using SendDatagram = std::function<void(const ExportDatagram&)>;

}  // namespace nmflowtool
