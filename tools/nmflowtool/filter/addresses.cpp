#include "filter/addresses.hpp"

#include "base/text.hpp"
#include "filter/lexer.hpp"

namespace nmflowtool {
namespace {

// Beside the words of our records.
constexpr nm::detail::ProtocolWord more_protocols[] = {
    {3, "ggp"},        {5, "st"},       {7, "cbt"},    {8, "egp"},    {9, "igp"},    {12, "pup"},
    {20, "hmp"},       {22, "xns"},     {27, "rdp"},   {36, "xtp"},   {37, "ddp"},   {42, "sdrp"},
    {45, "idrp"},      {53, "swipe"},   {54, "narp"},  {56, "tlsp"},  {57, "skip"},  {58, "icmpv6"},
    {58, "ipv6-icmp"}, {81, "vmtp"},    {83, "vines"}, {87, "tcf"},   {91, "larp"},  {92, "mtp"},
    {93, "ax.25"},     {94, "os"},      {95, "micp"},  {98, "encap"}, {101, "ifmp"}, {102, "pnni"},
    {105, "scps"},     {108, "ipcomp"}, {109, "snp"},  {113, "pgm"},  {118, "stp"},  {124, "isis"},
    {133, "fc"},       {137, "mpls"},
};

std::optional<WrittenAddress> read_v4(std::string_view text) {
    WrittenAddress written;
    written.bits = 32;
    const auto parts = nm::split(text, '.');
    if (parts.size() > 4) return std::nullopt;
    for (const std::string_view part : parts) {
        const auto byte = nm::parse_number<unsigned>(part);
        if (!byte || *byte > 255) return std::nullopt;
        written.address.low = written.address.low << 8 | *byte;
        written.written_bits += 8;
    }
    written.address.low <<= 32 - written.written_bits;
    return written;
}

std::optional<WrittenAddress> read_v6(std::string_view text) {
    WrittenAddress written;
    written.bits = written.written_bits = 128;
    auto ip = nm::parse_ip(text);
    if (!ip) {
        ip = nm::parse_ip(std::string(text) + "::");
        written.written_bits = 16 * static_cast<unsigned>(nm::split(text, ':').size());
    }
    if (!ip || !ip->is_v6()) return std::nullopt;
    written.address = address_of(*ip);
    return written;
}

}  // namespace

std::optional<WrittenAddress> read_address(std::string_view text) {
    return text.find(':') == std::string_view::npos ? read_v4(text) : read_v6(text);
}

Address128 mask_of(unsigned bits, unsigned length) {
    constexpr std::uint64_t ones = ~std::uint64_t{0};
    const unsigned zeros = bits - length;  // at the end
    if (zeros >= 128) return {0, 0};
    if (zeros >= 64) return {ones << (zeros - 64), 0};
    return {ones, ones << zeros};
}

std::optional<std::uint64_t> read_mac(std::string_view text) {
    const auto parts = nm::split(text, ':');
    if (parts.size() != 6) return std::nullopt;
    std::uint64_t mac = 0;
    for (const std::string_view part : parts) {
        unsigned byte = 0;
        const char* end = part.data() + part.size();
        const auto [stop, error] = std::from_chars(part.data(), end, byte, 16);
        if (error != std::errc() || stop != end || part.size() > 2) return std::nullopt;
        mac = mac << 8 | byte;
    }
    return mac;
}

std::optional<std::uint8_t> read_protocol(std::string_view word) {
    for (const auto& row : nm::detail::protocol_table) {
        if (same_word(row.word, word)) return row.number;
    }
    for (const auto& row : more_protocols) {
        if (same_word(row.word, word)) return row.number;
    }
    return std::nullopt;
}

}  // namespace nmflowtool
