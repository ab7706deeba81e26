#include "wire/icmp_extension.hpp"

#include "net/checksum.hpp"

namespace nm {
namespace {

constexpr std::size_t legacy_quote = 128;

// RFC 4884 section 8: length (2, counts itself), class (1), c-type (1), payload.
MplsStack read_objects(ByteReader in) {
    constexpr unsigned mpls_stack = 1 << 8 | 1;
    while (in.left() > 0) {
        const std::size_t length = in.u16();
        const unsigned kind = in.u16();
        if (!in.ok() || length < 4) break;
        ByteReader payload = in.sub(length - 4);
        if (!in.ok() || kind != mpls_stack) continue;
        MplsStack stack;
        while (payload.left() >= 4 && stack.count < stack.entries.size())
            stack.entries[stack.count++] = payload.u32();
        return stack;
    }
    return {};
}

// RFC 4884 section 7: version 2 and a checksum over the whole, which 0 leaves out.
bool is_extension(Bytes bytes, bool checksum_needed) {
    ByteReader in(bytes);
    const unsigned version = in.u16() >> 12;
    const unsigned sum = in.u16();
    if (!in.ok() || version != 2) return false;
    return sum == 0 ? !checksum_needed : checksum(bytes) == 0;
}

// RFC 4884 sections 4 and 5: which errors have a length, and where.
bool has_length(Family family, int type) {
    return family == Family::v4 ? type == 3 || type == 11 || type == 12 : type == 1 || type == 3;
}

}  // namespace

MplsStack read_mpls_stack(Family family, int type, ByteReader in) {
    in.skip(2);  // checksum
    const std::uint32_t word = in.u32();
    if (!in.ok() || !has_length(family, type)) return {};
    const std::size_t quote = family == Family::v4 ? (word >> 16 & 0xFF) * 4 : (word >> 24) * 8;
    const bool legacy = quote == 0;
    in.skip(legacy ? legacy_quote : quote);
    if (!in.ok() || !is_extension(in.rest(), legacy)) return {};
    in.skip(4);
    return read_objects(in);
}

}  // namespace nm
