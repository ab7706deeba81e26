#include "wire_mrt.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>

#include "app/signals.hpp"

namespace nmbgp {

namespace {

using nm::ByteReader;
using nm::Bytes;

constexpr std::size_t header_size = 12;
constexpr std::size_t read_size = 128 * 1024;
// The largest RIB record that can exist holds 65535 entries; real ones stay below 1 MiB.
constexpr std::size_t longest_body = 64 * 1024 * 1024;

struct TypeName {
    unsigned type;
    const char* name;
};

constexpr TypeName type_names[] = {
    {0, "NULL"},         {1, "START"},   {2, "DIE"},         {3, "I_AM_DEAD"},      {4, "PEER_DOWN"},
    {5, "BGP"},          {6, "RIP"},     {7, "IDRP"},        {8, "RIPNG"},          {9, "BGP4PLUS"},
    {10, "BGP4PLUS_01"}, {11, "OSPFv2"}, {12, "TABLE_DUMP"}, {13, "TABLE_DUMP_V2"}, {16, "BGP4MP"},
    {17, "BGP4MP_ET"},   {32, "ISIS"},   {33, "ISIS_ET"},    {48, "OSPFv3"},        {49, "OSPFv3_ET"},
};

const char* find_type_name(unsigned type) {
    const auto* row = std::ranges::find(type_names, type, &TypeName::type);
    return row == std::end(type_names) ? nullptr : row->name;
}

nm::Time seconds(std::uint32_t value) {
    return {std::int64_t{value} * nm::ns_per_s};
}

}  // namespace

std::string mrt_type_name(unsigned type) {
    const char* name = find_type_name(type);
    return name != nullptr ? name : "type " + std::to_string(type);
}

bool is_mrt_type(unsigned type) {
    return find_type_name(type) != nullptr;
}

MrtReader::MrtReader(nm::FileSource source) : source_(std::move(source)), buffer_(2 * read_size) {}

bool MrtReader::have(std::size_t wanted) {
    while (last_ - first_ < wanted) {
        if (first_ > 0) {
            std::memmove(buffer_.data(), buffer_.data() + first_, last_ - first_);
            last_ -= first_;
            first_ = 0;
        }
        if (buffer_.size() - last_ < read_size) buffer_.resize(buffer_.size() * 2);
        auto count = source_.read({buffer_.data() + last_, read_size});
        if (!count) {
            error_ = count.error();
            failed_ = true;
            return false;
        }
        if (*count == 0) return false;
        last_ += *count;
    }
    return true;
}

MrtReader::Step MrtReader::fail(const std::string& what) {
    if (!failed_) error_ = {nm::Exit::bad_data, what};
    error_.message = "byte " + std::to_string(offset_) + ": " + error_.message;
    failed_ = true;
    return Step::failed;
}

MrtReader::Step MrtReader::next(MrtRecord& out) {
    if (!have(header_size)) {
        if (!failed_ && (first_ == last_ || nm::stop_requested())) return Step::end;
        return fail("the file ends inside the header of a record");
    }
    ByteReader header(Bytes{buffer_.data() + first_, header_size});
    out.offset = offset_;
    out.ts = seconds(header.u32());
    out.type = header.u16();
    out.subtype = header.u16();
    const std::size_t length = header.u32();
    if (length > longest_body) return fail("a record of " + std::to_string(length) + " bytes is not MRT");
    if (!have(header_size + length)) {
        if (nm::stop_requested()) return Step::end;
        const std::size_t there = last_ - first_ - header_size;
        return fail("the file ends inside a record: " + std::to_string(there) + " of " +
                    std::to_string(length) + " bytes are there");
    }
    out.body = Bytes{buffer_.data() + first_ + header_size, length};
    first_ += header_size + length;
    offset_ += header_size + length;
    return Step::record;
}

std::optional<std::vector<Peer>> decode_peer_index(Bytes body) {
    constexpr unsigned is_v6 = 1;
    constexpr unsigned is_as4 = 2;
    ByteReader in(body);
    in.skip(4);         // the collector's BGP identifier
    in.skip(in.u16());  // the name of the view
    std::vector<Peer> peers(in.u16());
    for (Peer& peer : peers) {
        const unsigned type = in.u8();
        in.skip(4);  // the peer's BGP identifier
        const nm::IpAddress ip = nm::IpAddress::from_bytes(in.bytes((type & is_v6) != 0 ? 16 : 4));
        peer.as = (type & is_as4) != 0 ? in.u32() : in.u16();
        const bool is_local =
            peer.as == 0 && std::ranges::all_of(ip.bytes, [](auto byte) { return byte == 0; });
        if (!is_local) peer.ip = ip;
    }
    if (!in.ok() || in.left() > 0) return std::nullopt;
    return peers;
}

namespace {

struct RibForm {
    unsigned subtype;
    nm::Family family;
    bool add_path;
};

// RFC 6396 section 4.3.2, RFC 8050 section 4.
constexpr RibForm rib_forms[] = {
    {2, nm::Family::v4, false},
    {4, nm::Family::v6, false},
    {8, nm::Family::v4, true},
    {10, nm::Family::v6, true},
};

const RibForm* find_form(unsigned subtype) {
    const auto* form = std::ranges::find(rib_forms, subtype, &RibForm::subtype);
    return form == std::end(rib_forms) ? nullptr : form;
}

// RFC 4271 section 4.3: the length in bits, then as few bytes as hold them; what lies beyond has no meaning.
nm::Prefix read_prefix(ByteReader& in, nm::Family family) {
    const unsigned length = in.u8();
    const Bytes bytes = in.bytes((length + 7) / 8);
    nm::IpAddress ip;
    ip.family = family;
    if (!in.ok() || length > ip.bits()) return {};
    std::ranges::copy(bytes, ip.bytes.begin());
    return nm::make_prefix(ip, length);
}

}  // namespace

bool RibReader::reads(unsigned subtype) {
    return find_form(subtype) != nullptr;
}

std::optional<RibReader> RibReader::decode(unsigned subtype, Bytes body) {
    const RibForm& form = *find_form(subtype);
    RibReader reader;
    reader.in_ = ByteReader(body);
    reader.in_.skip(4);  // sequence number
    reader.prefix_ = read_prefix(reader.in_, form.family);
    reader.entries_left_ = reader.in_.u16();
    reader.add_path_ = form.add_path;
    if (!reader.in_.ok() || !reader.prefix_.is_set()) return std::nullopt;
    return reader;
}

bool RibReader::next(RibEntry& out) {
    if (entries_left_ == 0) {
        damaged_ = damaged_ || in_.left() > 0;
        return false;
    }
    --entries_left_;
    out.peer_index = in_.u16();
    out.originated = seconds(in_.u32());
    out.path_id.reset();
    if (add_path_) out.path_id = in_.u32();
    out.attributes = in_.bytes(in_.u16());
    if (in_.ok()) return true;
    entries_left_ = 0;
    damaged_ = true;
    return false;
}

}  // namespace nmbgp
