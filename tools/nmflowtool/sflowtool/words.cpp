#include "sflowtool/words.hpp"

#include "base/hex.hpp"
#include "decode/xdr.hpp"

namespace nmflowtool {

std::string local_time(std::time_t seconds, const char* format) {
    std::tm broken{};
    localtime_r(&seconds, &broken);
    char text[64];
    return {text, std::strftime(text, sizeof text, format, &broken)};
}

std::string tag_text(std::uint32_t number) {
    return std::to_string(number >> 12) + ':' + std::to_string(number & 0xFFFu);
}

std::string mac_text(const std::optional<nm::Mac>& mac) {
    std::string text;
    if (mac) nm::append_hex(text, mac->bytes);
    return text.empty() ? "000000000000" : text;
}

std::string address_text(const nm::IpAddress& ip) {
    if (!ip.is_set()) return "-";
    if (ip.is_v4()) return to_string(ip);
    std::string text;
    for (std::size_t at = 0; at < ip.bytes.size(); at += 2) {
        if (at > 0) text += ':';
        nm::append_hex(text, nm::Bytes(ip.bytes).subspan(at, 2));
    }
    return text;
}

std::string dashed_hex(nm::Bytes bytes, bool upper) {
    const char* digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    std::string text;
    text.reserve(bytes.size() * 3);
    for (const std::uint8_t byte : bytes) {
        if (!text.empty()) text += '-';
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

}  // namespace nmflowtool
