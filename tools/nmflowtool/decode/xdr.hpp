// XDR (RFC 4506) on a ByteReader: what sFlow is written in. Everything is a multiple of 4 bytes.
#pragma once

#include <algorithm>
#include <optional>
#include <string>

#include "net/ip.hpp"
#include "wire/byte_reader.hpp"

namespace nmflowtool {

// The bytes behind an opaque<> of this length up to a multiple of 4, which its length does not count (RFC
// 4506 section 4.10). What is missing of them at the very end is forgiven.
inline void xdr_skip_padding(nm::ByteReader& in, std::uint32_t length) {
    if (length % 4 != 0) in.skip(std::min<std::size_t>(4 - length % 4, in.left()));
}

// opaque<>: length, bytes, padding.
inline nm::Bytes xdr_opaque(nm::ByteReader& in) {
    const std::uint32_t length = in.u32();
    const nm::Bytes bytes = in.bytes(length);
    xdr_skip_padding(in, length);
    return bytes;
}

// An opaque<> that holds something to read: samples and structures are such. Not ok when it overruns.
inline nm::ByteReader xdr_body(nm::ByteReader& in) {
    const std::uint32_t length = in.u32();
    const nm::ByteReader body = in.sub(length);
    xdr_skip_padding(in, length);
    return body;
}

inline void xdr_string(nm::ByteReader& in, std::string& out) {
    const nm::Bytes bytes = xdr_opaque(in);
    out.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

// Six bytes, padded to eight.
inline nm::Mac xdr_mac(nm::ByteReader& in) {
    nm::Mac mac;
    const nm::Bytes bytes = in.bytes(8);
    if (in.ok()) std::copy_n(bytes.begin(), 6, mac.bytes.begin());
    return mac;
}

// An address behind its type: 1 IPv4, 2 IPv6, 0 unknown (no bytes follow). False for another type.
inline bool xdr_address(nm::ByteReader& in, nm::IpAddress& ip) {
    const std::uint32_t type = in.u32();
    if (type > 2) return false;
    if (type != 0) ip = nm::IpAddress::from_bytes(in.bytes(type == 1 ? 4 : 16));
    return in.ok();
}

// An address of which all bytes are zero stands for none.
inline bool is_zero(const nm::IpAddress& ip) {
    return std::ranges::all_of(ip.bytes, [](std::uint8_t byte) { return byte == 0; });
}

}  // namespace nmflowtool
