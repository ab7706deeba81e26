#include "as_path.hpp"

#include <charconv>

namespace nmbgp {

namespace {

struct SegmentKind {
    unsigned hops_per_segment;
    unsigned hops_per_member;
    bool names_origin;
    char open;  // 0: bare
    char separator;
    char close;
};

// By segment type: AS_SET 1, AS_SEQUENCE 2, AS_CONFED_SEQUENCE 3, AS_CONFED_SET 4.
constexpr SegmentKind kinds[] = {
    {},
    {1, 0, false, '{', ',', '}'},
    {0, 1, true, 0, ' ', 0},
    {0, 0, false, '(', ' ', ')'},
    {0, 0, false, '[', ',', ']'},
};

const SegmentKind* kind_of(unsigned type) {
    return type >= 1 && type < std::size(kinds) ? &kinds[type] : nullptr;
}

void append_number(std::string& out, std::uint32_t value) {
    char text[10];
    out.append(text, std::to_chars(text, text + sizeof text, value).ptr);
}

}  // namespace

std::optional<AsPath> AsPath::decode(nm::Bytes bytes) {
    AsPath path;
    path.segments_ = bytes;
    nm::ByteReader in(bytes);
    while (in.left() > 0) {
        const SegmentKind* kind = kind_of(in.u8());
        const unsigned count = in.u8();
        const nm::Bytes members = in.bytes(std::size_t{4} * count);
        if (!in.ok() || kind == nullptr || count == 0) return std::nullopt;
        path.length_ += kind->hops_per_segment + kind->hops_per_member * count;
        path.origin_as_.reset();
        if (kind->names_origin) path.origin_as_ = nm::ByteReader(members.last(4)).u32();
    }
    return path;
}

void AsPath::append_text(std::string& out) const {
    nm::ByteReader in(segments_);
    for (bool first_segment = true; in.left() > 0; first_segment = false) {
        const SegmentKind& kind = *kind_of(in.u8());
        const unsigned count = in.u8();
        if (!first_segment) out += ' ';
        if (kind.open != 0) out += kind.open;
        for (unsigned i = 0; i < count; ++i) {
            if (i > 0) out += kind.separator;
            append_number(out, in.u32());
        }
        if (kind.close != 0) out += kind.close;
    }
}

}  // namespace nmbgp
