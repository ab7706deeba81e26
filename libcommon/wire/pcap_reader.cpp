#include "wire/pcap_reader.hpp"

#include <algorithm>

#include "app/signals.hpp"

namespace nm {
namespace {

// Larger than any snap length in use: a length beyond it is a corrupt file, not a reason to allocate.
constexpr std::size_t max_block = 16 * 1024 * 1024;
constexpr std::size_t max_interfaces = 65536;

// draft-ietf-opsawg-pcap section 4: the magic number tells byte order and time unit.
constexpr std::uint32_t magic_us = 0xA1B2C3D4;
constexpr std::uint32_t magic_ns = 0xA1B23C4D;
constexpr std::size_t classic_header = 24;
constexpr std::size_t classic_record_header = 16;

// draft-ietf-opsawg-pcapng section 4: block types.
constexpr std::uint32_t section_header_block =
    0x0A0D0D0A;  // a palindrome: readable before the order is known
constexpr std::uint32_t byte_order_magic = 0x1A2B3C4D;
constexpr std::uint32_t interface_block = 1;
constexpr std::uint32_t old_packet_block = 2;
constexpr std::uint32_t simple_packet_block = 3;
constexpr std::uint32_t enhanced_packet_block = 6;
constexpr std::uint16_t option_tsresol = 9;
constexpr std::uint16_t option_tsoffset = 14;

// if_tsresol: a power of ten, or of two when the top bit is set. Zero when it does not fit 64 bits.
std::uint64_t units_per_second(std::uint8_t resolution) {
    const unsigned exponent = resolution & 0x7Fu;
    if (resolution & 0x80u) return exponent < 64 ? std::uint64_t{1} << exponent : 0;
    if (exponent > 19) return 0;
    std::uint64_t units = 1;
    for (unsigned i = 0; i < exponent; ++i) units *= 10;
    return units;
}

}  // namespace

Result<PcapReader> PcapReader::open(const std::string& path) {
    Result<ByteWindow> window = ByteWindow::open(path);
    if (!window) return window.error();
    return start(std::move(*window), path == "-" ? "stdin" : path);
}

Result<PcapReader> PcapReader::over(Bytes file) {
    return start(ByteWindow::over(file), "capture");
}

Result<PcapReader> PcapReader::start(ByteWindow window, const std::string& name) {
    PcapReader reader(std::move(window));
    if (!reader.window_.fill(classic_header)) {
        const std::string& problem = reader.window_.problem();
        return Error{problem.empty() ? Exit::bad_data : reader.window_.problem_exit(),
                     name + ": " + (problem.empty() ? "too short for a capture file" : problem)};
    }
    ByteReader in(reader.window_.unread().first(classic_header));
    const std::uint32_t magic = in.u32_le();
    if (magic == section_header_block) {
        reader.block_format_ = true;
        return reader;
    }
    reader.swapped_ = magic == __builtin_bswap32(magic_us) || magic == __builtin_bswap32(magic_ns);
    const std::uint32_t native = reader.swapped_ ? __builtin_bswap32(magic) : magic;
    if (native != magic_us && native != magic_ns) {
        return Error{Exit::bad_data, name + ": not a pcap or pcapng file"};
    }
    in.skip(12);  // version, time zone, accuracy
    reader.classic_.snap_length = reader.u32(in);
    reader.classic_.link_type =
        reader.u32(in) & 0xFFFF;  // the high bits tell the length of a frame check sum
    reader.classic_.units_per_s = native == magic_ns ? 1'000'000'000 : 1'000'000;
    reader.window_.consume(classic_header);
    return reader;
}

// Ends the reading. What is left in the window cannot be trusted.
bool PcapReader::stop(const std::string& why) {
    if (problem_.empty()) problem_ = why + " at byte " + std::to_string(window_.offset());
    window_.close();
    return false;
}

// The file has no more bytes: its end when none is left over, unless reading failed.
bool PcapReader::end_inside(const char* what) {
    if (!window_.problem().empty()) return stop(window_.problem());
    if (window_.left() == 0 || stop_requested()) return false;
    return stop(std::string("the file ends inside ") + what);
}

bool PcapReader::next(CapturedPacket& packet) {
    return block_format_ ? next_block(packet) : next_classic(packet);
}

bool PcapReader::next_classic(CapturedPacket& packet) {
    if (!window_.fill(classic_record_header)) return end_inside("a packet header");
    ByteReader in(window_.unread().first(classic_record_header));
    const std::uint32_t seconds = u32(in);
    const std::uint32_t fraction = u32(in);
    const std::uint32_t captured = u32(in);
    packet.wire_length = u32(in);
    if (captured > max_block) return stop("corrupt packet length " + std::to_string(captured));
    if (!window_.fill(classic_record_header + captured)) return end_inside("a packet");
    window_.consume(classic_record_header);
    packet.ts.ns =
        seconds * ns_per_s +
        (classic_.units_per_s == 1'000'000 ? std::int64_t{fraction} * ns_per_us : std::int64_t{fraction});
    packet.link_type = classic_.link_type;
    packet.bytes = window_.consume(captured);
    return true;
}

bool PcapReader::next_block(CapturedPacket& packet) {
    constexpr std::size_t frame = 12;  // type, length before, length after
    for (;;) {
        if (!window_.fill(frame)) return end_inside("a block header");
        ByteReader head(window_.unread().first(frame));
        const std::uint32_t type = u32(head);
        if (type == section_header_block) {
            if (!read_section()) return false;
            continue;
        }
        const std::uint32_t length = u32(head);
        if (length < frame || length % 4 != 0 || length > max_block) {
            return stop("corrupt block length " + std::to_string(length));
        }
        if (!window_.fill(length)) return end_inside("a block");
        const Bytes block = window_.consume(length);
        if (section_unknown_) continue;
        ByteReader body(block.subspan(8, length - frame));
        switch (type) {
            case interface_block:
                if (!read_interface(body)) return false;
                break;
            case enhanced_packet_block:
                return read_enhanced_packet(body, packet);
            case old_packet_block:
                return read_old_packet(body, packet);
            case simple_packet_block:
                return read_simple_packet(body, packet);
            default:
                break;  // names, statistics, custom and unknown blocks carry no packet
        }
    }
}

// A section brings its own byte order and its own interfaces.
bool PcapReader::read_section() {
    constexpr std::size_t shortest = 28;
    if (!window_.fill(shortest)) return end_inside("a section header");
    ByteReader in(window_.unread().first(shortest));
    in.skip(4);
    const std::uint32_t length_le = in.u32_le();
    const std::uint32_t magic = in.u32_le();
    if (magic != byte_order_magic && magic != __builtin_bswap32(byte_order_magic)) {
        return stop("section header without a byte order");
    }
    swapped_ = magic != byte_order_magic;
    const std::uint32_t length = swapped_ ? __builtin_bswap32(length_le) : length_le;
    const unsigned major = u16(in), minor = u16(in);
    if (length < shortest || length % 4 != 0 || length > max_block)
        return stop("corrupt section header length");
    if (!window_.fill(length)) return end_inside("a section header");
    window_.consume(length);
    interfaces_.clear();
    section_unknown_ = major != 1;
    if (section_unknown_ && problem_.empty()) {
        problem_ = "a section of pcapng version " + std::to_string(major) + "." + std::to_string(minor) +
                   " was passed over";
    }
    return true;
}

bool PcapReader::read_interface(ByteReader body) {
    Interface interface;
    interface.link_type = u16(body);
    u16(body);  // reserved
    interface.snap_length = u32(body);
    if (!body.ok()) return stop("interface block too short");
    if (interfaces_.size() >= max_interfaces) return stop("too many interfaces");
    while (body.left() >= 4) {
        const std::uint16_t code = u16(body);
        const std::uint16_t length = u16(body);
        ByteReader value = body.sub(length);
        body.skip(std::min<std::size_t>((4u - length % 4u) % 4u, body.left()));
        if (!body.ok() || code == 0) break;
        if (code == option_tsresol && length == 1) interface.units_per_s = units_per_second(value.u8());
        if (code == option_tsoffset && length == 8) {
            const std::uint64_t first = u32(value), second = u32(value);
            interface.offset_s =
                static_cast<std::int64_t>(swapped_ ? first << 32 | second : second << 32 | first);
        }
    }
    if (interface.units_per_s == 0) return stop("time resolution out of range");
    interfaces_.push_back(interface);
    return true;
}

Time PcapReader::time_of(const Interface& interface, std::uint64_t units) const {
    const std::uint64_t seconds = units / interface.units_per_s;
    // The 64 bits of a long double's mantissa keep microseconds and nanoseconds exact.
    const auto fraction = static_cast<long double>(units % interface.units_per_s);
    const auto fraction_ns =
        static_cast<std::int64_t>(fraction * 1e9L / static_cast<long double>(interface.units_per_s));
    std::int64_t whole_s = 0;
    std::int64_t ns = 0;
    // A time that does not fit 64-bit nanoseconds (year 2262) is told as unset.
    if (__builtin_add_overflow(static_cast<std::int64_t>(seconds), interface.offset_s, &whole_s) ||
        __builtin_mul_overflow(whole_s, ns_per_s, &ns) || __builtin_add_overflow(ns, fraction_ns, &ns)) {
        return {};
    }
    return {ns};
}

bool PcapReader::read_enhanced_packet(ByteReader body, CapturedPacket& packet) {
    const std::uint32_t id = u32(body);
    const std::uint64_t high = u32(body), low = u32(body);
    const std::uint32_t captured = u32(body);
    packet.wire_length = u32(body);
    packet.bytes = body.bytes(captured);
    if (!body.ok()) return stop("packet block too short");
    if (id >= interfaces_.size()) return stop("packet of an unknown interface");
    packet.link_type = interfaces_[id].link_type;
    packet.ts = time_of(interfaces_[id], high << 32 | low);
    return true;
}

bool PcapReader::read_old_packet(ByteReader body, CapturedPacket& packet) {
    const std::uint16_t id = u16(body);
    u16(body);  // drops
    const std::uint64_t high = u32(body), low = u32(body);
    const std::uint32_t captured = u32(body);
    packet.wire_length = u32(body);
    packet.bytes = body.bytes(captured);
    if (!body.ok()) return stop("packet block too short");
    if (id >= interfaces_.size()) return stop("packet of an unknown interface");
    packet.link_type = interfaces_[id].link_type;
    packet.ts = time_of(interfaces_[id], high << 32 | low);
    return true;
}

bool PcapReader::read_simple_packet(ByteReader body, CapturedPacket& packet) {
    packet.wire_length = u32(body);
    if (interfaces_.empty()) return stop("packet of an unknown interface");
    const Interface& interface = interfaces_.front();
    std::size_t captured = packet.wire_length;
    if (interface.snap_length > 0) captured = std::min<std::size_t>(captured, interface.snap_length);
    packet.bytes = body.bytes(captured);
    if (!body.ok()) return stop("packet block too short");
    packet.link_type = interface.link_type;
    packet.ts = {};
    return true;
}

}  // namespace nm
