// Which start of the exporter a datagram belongs to, by the uptime in its header (RFC 3954 section 5.1). What
// an exporter told before it started again is void; but a datagram that comes late from before, or from a
// second exporter behind the same address, voids nothing. Proof: tests/unit/nmflowtool_boot_times_test.cpp.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "decode/template_values.hpp"

namespace nmflowtool {

// When the uptime was zero: by the exporter's clock, which may be set while it runs, and by ours, which tells
// it modulo 2^32 ms only, as an uptime wraps after so long.
struct BootTime {
    std::int64_t by_exporter_ms = 0;
    std::uint32_t by_receiver_ms = 0;
    std::uint32_t uptime_ms = 0;  // of the datagram that told it

    bool operator==(const BootTime&) const = default;
};

class BootTimes {
  public:
    enum class Seen : std::uint8_t {
        current,    // of the latest start
        restarted,  // of a start that was not seen before
        other,      // of an earlier one
        returned,   // of an earlier one, which is the current one again: several in a row were of it
    };

    // is_behind: the datagram's number lies behind those seen before. Headers may be wrong about the time:
    // only an uptime or a sequence that went back is a restart.
    Seen see(const ExportClock& clock, nm::Time received, bool is_behind);
    const std::optional<BootTime>& current() const { return current_; }
    // Of the start that is current: another number after each restart.
    std::uint32_t number() const { return number_; }
    // What an earlier run knew, which does not know how far the sequence went.
    void adopt(const BootTime& boot) {
        current_ = boot;
        is_adopted_ = true;
    }

  private:
    std::optional<BootTime> current_;
    std::array<std::optional<BootTime>, 4> earlier_;
    std::uint8_t oldest_ = 0;
    unsigned others_in_a_row_ = 0;
    std::uint32_t number_ = 1;
    bool is_adopted_ = false;
};

}  // namespace nmflowtool
