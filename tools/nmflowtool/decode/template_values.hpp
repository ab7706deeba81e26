// What the bytes of a single element say.
#pragma once

#include <algorithm>
#include <limits>

#include "base/clock.hpp"
#include "decode/elements.hpp"
#include "wire/byte_reader.hpp"

namespace nmflowtool {

// What turns uptimes into times: of the header of the datagram that holds the record.
struct ExportClock {
    std::uint32_t uptime_ms = 0;
    std::uint32_t unix_s = 0;
    std::uint32_t unix_ns = 0;  // beside unix_s, up to version 7

    nm::Time export_time() const { return {unix_s * nm::ns_per_s + unix_ns}; }
    // The uptime is 32 bits and wraps after 49.7 days; the signed difference is right on both sides of it.
    nm::Time at(std::uint32_t uptime) const {
        const auto since_ms = static_cast<std::int32_t>(uptime - uptime_ms);
        return {export_time().ns + since_ms * nm::ns_per_ms};
    }
};

inline bool is_zero(nm::Bytes bytes) {
    return std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; });
}

// The common widths as single loads; others byte by byte.
inline std::uint64_t read_number(nm::ByteReader& in, std::size_t width) {
    switch (width) {
        case 1:
            return in.u8();
        case 2:
            return in.u16();
        case 4:
            return in.u32();
        case 8:
            return in.u64();
        default:
            return in.uint(width);
    }
}

// NTP format: seconds since 1900 and a binary fraction; microseconds ignore the lowest 11 bits.
inline nm::Time from_ntp(std::uint64_t ntp, bool micro) {
    constexpr std::int64_t to_1970_s = 2'208'988'800;
    const auto seconds = static_cast<std::int64_t>(ntp >> 32) - to_1970_s;
    const std::uint64_t fraction = ntp & (micro ? 0xFFFFF800u : 0xFFFFFFFFu);
    return {seconds * nm::ns_per_s + static_cast<std::int64_t>(fraction * 1'000'000'000 >> 32)};
}

// Unset for a zero, and for a time beyond the years we can write.
inline nm::Time time_from(std::uint64_t value, Meaning meaning) {
    constexpr auto latest_s =
        static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max() / nm::ns_per_s);
    switch (meaning) {
        case Meaning::epoch_s:
            return value < latest_s ? nm::Time{static_cast<std::int64_t>(value) * nm::ns_per_s} : nm::Time{};
        case Meaning::epoch_ms:
            return value / 1000 < latest_s ? nm::Time{static_cast<std::int64_t>(value) * nm::ns_per_ms}
                                           : nm::Time{};
        case Meaning::epoch_us:
        case Meaning::epoch_ns:
            return value != 0 ? from_ntp(value, meaning == Meaning::epoch_us) : nm::Time{};
        default:
            return {};
    }
}

// Whether an element of this meaning can have this width; anything else is passed over, not guessed at.
bool width_fits(Meaning meaning, std::size_t width);

// RFC 7011 section 7: the length before a variable-length value, one byte or 255 and two.
inline std::size_t read_variable_length(nm::ByteReader& in) {
    const std::size_t length = in.u8();
    return length == 255 ? in.u16() : length;
}

// Text ends at its first zero byte: NetFlow v9 pads with them.
inline std::string_view text_of(nm::Bytes bytes) {
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return text.substr(0, text.find('\0'));
}

}  // namespace nmflowtool
