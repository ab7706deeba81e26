#include "file_kind.hpp"

#include <algorithm>

namespace nmflowtool {
namespace {

struct Unreadable {
    std::string_view start;
    std::string_view why;
};
// pcap in both byte orders, of microseconds and nanoseconds; pcapng.
constexpr std::string_view captures[] = {"\xA1\xB2\xC3\xD4", "\xD4\xC3\xB2\xA1", "\xA1\xB2\x3C\x4D",
                                         "\x4D\x3C\xB2\xA1", "\x0A\x0D\x0D\x0A"};

// First bytes of what is often taken for a capture.
constexpr Unreadable unreadable[] = {
    {"{", "these are JSON lines, no capture: filter, top and export read them on stdin, without -r"},
};

}  // namespace

bool is_capture(std::string_view head) {
    return std::ranges::any_of(captures, [&](std::string_view start) { return head.starts_with(start); });
}

std::string_view why_no_capture(nm::Bytes head) {
    const std::string_view text(reinterpret_cast<const char*>(head.data()), head.size());
    for (const Unreadable& row : unreadable) {
        if (text.starts_with(row.start)) return row.why;
    }
    const bool is_none = text.size() >= enough_to_tell_file && !is_capture(text);
    return is_none ? "neither a capture (pcap, pcapng) nor a file of nfdump (nfcapd)" : std::string_view();
}

}  // namespace nmflowtool
