#include "decode/protocol.hpp"

#include <algorithm>

#include "base/clock.hpp"

namespace nmflowtool {
namespace {

using nm::ExportProtocol;

struct Version {
    std::uint16_t number;
    ExportProtocol protocol;
};
// NetFlow and IPFIX begin with 16 bits of version.
constexpr Version netflow_versions[] = {
    {9, ExportProtocol::netflow9}, {10, ExportProtocol::ipfix},   {5, ExportProtocol::netflow5},
    {1, ExportProtocol::netflow1}, {7, ExportProtocol::netflow7}, {8, ExportProtocol::netflow8},
};

// Versions without templates: what a datagram of them is made of (Cisco's formats; nfdump refuses more
// records).
struct FixedFormat {
    std::uint16_t version;
    std::size_t header_bytes;
    std::size_t record_bytes;
    std::uint16_t most_records;
};
constexpr FixedFormat fixed_formats[] = {{1, 16, 52, 24}, {5, 24, 48, 30}, {7, 24, 52, 28}};

// As the message of a TFTP error: printable, and a zero at the end (RFC 1350 section 5).
bool is_text(nm::Bytes bytes) {
    const auto is_printable = [](std::uint8_t byte) { return byte >= 0x20 && byte < 0x7F; };
    return !bytes.empty() && bytes.back() == 0 &&
           std::ranges::all_of(bytes.first(bytes.size() - 1), is_printable);
}

// STUN (RFC 8489 section 5), TFTP and DNS can begin like an old NetFlow. That has as many records as it
// counts. Where its count lies, or a capture cut it, the count is one that the format allows or the records
// are whole, and there are fewer than 10^9 nanoseconds.
bool is_other_protocol(std::uint16_t version, nm::Bytes payload) {
    constexpr std::uint32_t stun_cookie = 0x2112A442;
    const auto format = std::ranges::find(fixed_formats, version, &FixedFormat::version);
    if (format == std::end(fixed_formats)) return false;
    nm::ByteReader in(payload);
    in.skip(2);
    const std::uint16_t count = in.u16();
    const std::uint32_t uptime = in.u32();
    in.skip(4);
    const std::uint32_t nanoseconds = in.u32();
    const bool is_count = count > 0 && count <= format->most_records;
    if (!in.ok() || payload.size() < format->header_bytes) return !is_count || is_text(payload.subspan(4));
    const std::size_t body = payload.size() - format->header_bytes;
    if (body == count * format->record_bytes) return false;
    const bool is_whole = body > 0 && body % format->record_bytes == 0;
    return uptime == stun_cookie || nanoseconds >= nm::ns_per_s || !(is_whole || is_count);
}

}  // namespace

// sFlow begins with 32 bits of version.
std::optional<ExportProtocol> protocol_of(nm::Bytes payload) {
    nm::ByteReader in(payload);
    const std::uint16_t first = in.u16();
    const std::uint16_t second = in.u16();
    if (!in.ok()) return std::nullopt;
    if (first == 0) {
        if (second == 5) return ExportProtocol::sflow5;
        if (second == 2 || second == 4) return ExportProtocol::sflow_old;
        return std::nullopt;
    }
    for (const Version& version : netflow_versions) {
        if (version.number == first && !is_other_protocol(first, payload)) return version.protocol;
    }
    return std::nullopt;
}

bool is_netflow(ExportProtocol protocol) {
    switch (protocol) {
        case ExportProtocol::netflow1:
        case ExportProtocol::netflow5:
        case ExportProtocol::netflow7:
        case ExportProtocol::netflow9:
        case ExportProtocol::ipfix:
            return true;
        default:
            return false;
    }
}

bool is_sflow(ExportProtocol protocol) {
    return protocol == ExportProtocol::sflow5 || protocol == ExportProtocol::sflow_old;
}

}  // namespace nmflowtool
