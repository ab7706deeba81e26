#include "decode/nfcapd_blocks.hpp"

#include <bzlib.h>
#include <lz4.h>
#include <lzo/lzo1x.h>
#include <zstd.h>

#include <algorithm>

#include "app/signals.hpp"

namespace nmflowtool {
namespace {

constexpr std::uint16_t magic = 0xA50C;
constexpr std::size_t header_v1 = 140 + 136;  // the file header, then the statistics of the file
constexpr std::size_t header_v2 = 40;
constexpr std::size_t block_header = 12;
// nfdump writes blocks of at most 5 MiB; a longer one is a corrupt file, not a reason to allocate.
constexpr std::size_t max_block = 16 * 1024 * 1024;
constexpr std::size_t first_room = 2 * 1024 * 1024;
constexpr std::uint16_t flag_block_not_packed = 1;

// The kinds of blocks, by layout. nfdump 1.7 packs files of 1.6 anew and leaves their blocks as they are.
struct BlockKind {
    unsigned layout;
    std::uint16_t type;
    bool is_of_records;
};
constexpr BlockKind block_kinds[] = {
    {1, 2, true},   // records
    {1, 3, false},  // histograms
    {1, 4, false},  // catalog of the file's blocks
    {2, 2, true},   // records as of 1.6
    {2, 3, true},   // records
    {2, 4, false},  // arrays of other programs
};

const BlockKind* kind_of(unsigned layout, std::uint16_t type) {
    for (const BlockKind& kind : block_kinds) {
        if (kind.layout == layout && kind.type == type) return &kind;
    }
    return nullptr;
}

// Layout 1: which bit of the file's flags stands for which packing.
struct FlagOfPacking {
    std::uint32_t flag;
    NfcapdBlocks::Packing packing;
};
constexpr FlagOfPacking flags_v1[] = {{0x01, NfcapdBlocks::Packing::lzo},
                                      {0x08, NfcapdBlocks::Packing::bz2},
                                      {0x10, NfcapdBlocks::Packing::lz4}};

// Each returns the unpacked size, 0 for damage.
using Unpack = std::size_t (*)(nm::Bytes packed, std::uint8_t* out, std::size_t room);

std::size_t unpack_lzo(nm::Bytes packed, std::uint8_t* out, std::size_t room) {
    lzo_uint size = room;
    return lzo1x_decompress_safe(packed.data(), packed.size(), out, &size, nullptr) == LZO_E_OK ? size : 0;
}

std::size_t unpack_bz2(nm::Bytes packed, std::uint8_t* out, std::size_t room) {
    auto size = static_cast<unsigned>(room);
    char* in = const_cast<char*>(reinterpret_cast<const char*>(packed.data()));  // only read
    const int result = BZ2_bzBuffToBuffDecompress(reinterpret_cast<char*>(out), &size, in,
                                                  static_cast<unsigned>(packed.size()), 0, 0);
    return result == BZ_OK ? size : 0;
}

std::size_t unpack_lz4(nm::Bytes packed, std::uint8_t* out, std::size_t room) {
    const int size =
        LZ4_decompress_safe(reinterpret_cast<const char*>(packed.data()), reinterpret_cast<char*>(out),
                            static_cast<int>(packed.size()), static_cast<int>(room));
    return size > 0 ? static_cast<std::size_t>(size) : 0;
}

std::size_t unpack_zstd(nm::Bytes packed, std::uint8_t* out, std::size_t room) {
    const std::size_t size = ZSTD_decompress(out, room, packed.data(), packed.size());
    return ZSTD_isError(size) ? 0 : size;
}

// In the order of NfcapdBlocks::Packing.
constexpr Unpack unpackers[] = {nullptr, unpack_lzo, unpack_bz2, unpack_lz4, unpack_zstd};

}  // namespace

bool NfcapdBlocks::recognises(nm::Bytes head) {
    nm::ByteReader in(head);
    const std::uint16_t first = in.u16_le();
    return in.ok() && (first == magic || first == __builtin_bswap16(magic));
}

nm::Result<NfcapdBlocks> NfcapdBlocks::start(nm::ByteWindow window, const std::string& name) {
    NfcapdBlocks blocks(std::move(window));
    if (!blocks.window_.fill(4))
        return nm::Error{nm::Exit::bad_data, name + ": too short for an nfcapd file"};
    nm::ByteReader in(blocks.window_.unread());
    if (in.u16_le() != magic) {
        return nm::Error{
            nm::Exit::bad_data,
            name + ": an nfcapd file of a big-endian machine, which only such a machine can read"};
    }
    blocks.layout_ = in.u16_le();
    if (blocks.layout_ != 1 && blocks.layout_ != 2) {
        return nm::Error{nm::Exit::bad_data, name + ": an nfcapd file of layout " +
                                                 std::to_string(blocks.layout_) +
                                                 "; this version reads 1 (nfdump 1.6) and 2 (nfdump 1.7)"};
    }
    const nm::Status header = blocks.layout_ == 1 ? blocks.read_header_v1(name) : blocks.read_header_v2(name);
    if (!header) return header.error();
    if (blocks.packing_ == Packing::lzo && lzo_init() != LZO_E_OK) {
        return nm::Error{nm::Exit::os_error, name + ": the LZO library does not start"};
    }
    return blocks;
}

nm::Status NfcapdBlocks::read_header_v1(const std::string& name) {
    if (!window_.fill(header_v1)) {
        return nm::Error{nm::Exit::bad_data, name + ": the file ends inside its header"};
    }
    nm::ByteReader in(window_.consume(header_v1));
    in.skip(4);
    const std::uint32_t flags = in.u32_le();
    end_blocks_ = in.u32_le();
    for (const FlagOfPacking& row : flags_v1) {
        if ((flags & row.flag) != 0) packing_ = row.packing;
    }
    return nm::Done{};
}

nm::Status NfcapdBlocks::read_header_v2(const std::string& name) {
    if (!window_.fill(header_v2)) {
        return nm::Error{nm::Exit::bad_data, name + ": the file ends inside its header"};
    }
    nm::ByteReader in(window_.consume(header_v2));
    in.skip(16);  // magic, layout, nfdump version, time of creation
    const std::uint8_t packing = in.u8();
    const std::uint8_t encryption = in.u8();
    appendix_blocks_ = in.u16_le();
    in.skip(4);  // creator
    end_offset_ = in.u64_le();
    in.skip(4);  // block size
    end_blocks_ = in.u32_le();
    if (encryption != 0) return nm::Error{nm::Exit::bad_data, name + ": the file is encrypted"};
    if (packing >= std::size(unpackers)) {
        return nm::Error{nm::Exit::bad_data,
                         name + ": packed in an unknown way (" + std::to_string(packing) + ")"};
    }
    packing_ = static_cast<Packing>(packing);
    return nm::Done{};
}

// Ends the reading. What is left cannot be trusted.
bool NfcapdBlocks::stop(const std::string& why) {
    problem_ = why + " at byte " + std::to_string(window_.offset());
    window_.close();
    return false;
}

bool NfcapdBlocks::contradicts_header() {
    problem_ = "its header tells of " + std::to_string(end_blocks_) + " blocks";
    if (end_offset_ != 0) problem_ += " up to byte " + std::to_string(end_offset_);
    problem_ += ", there are " + std::to_string(blocks_) + " up to byte " + std::to_string(window_.offset());
    window_.close();
    return false;
}

// The header tells the end in two ways: where they differ, the later one is the end.
bool NfcapdBlocks::is_behind_last() const {
    return end_offset_ != 0 && blocks_ >= end_blocks_ && window_.offset() >= end_offset_;
}

// What follows the blocks of records is no longer of interest, but a file that was cut lacks it.
bool NfcapdBlocks::end_of_records() {
    is_done_ = true;
    if (blocks_ != end_blocks_ || window_.offset() != end_offset_) return contradicts_header();
    RawBlock raw;
    for (; appendix_blocks_ > 0 && problem_.empty(); --appendix_blocks_) {
        if (!next_raw(raw)) return end_of_file("the file ends inside its appendix");
    }
    return false;
}

// A file that is still being written may end anywhere between two blocks; one that was closed tells how many
// there are.
bool NfcapdBlocks::end_of_file(const std::string& why_early) {
    if (!problem_.empty()) return false;
    if (!window_.problem().empty()) return stop(window_.problem());
    if (nm::stop_requested()) return false;
    if (!why_early.empty()) return stop(why_early);
    if (window_.left() > 0) return stop("the file ends inside a block header");
    const bool is_closed = end_blocks_ != 0 || end_offset_ != 0;
    if (!is_closed) return false;
    const bool is_as_told = blocks_ == end_blocks_ && (layout_ == 1 || window_.offset() == end_offset_);
    return is_as_told ? false : contradicts_header();
}

// The next block as it lies in the file: of one that the file ends inside, what is there, and then problem()
// is set.
bool NfcapdBlocks::next_raw(RawBlock& raw) {
    if (!window_.fill(block_header)) return false;
    nm::ByteReader in(window_.unread().first(block_header));
    raw.records = in.u32_le();
    const std::size_t size = in.u32_le();
    raw.type = in.u16_le();
    raw.flags = in.u16_le();
    if (size > max_block) return stop("corrupt block length " + std::to_string(size));
    if (!window_.fill(block_header + size)) {
        if (nm::stop_requested()) return false;
        problem_ = (window_.problem().empty() ? "the file ends inside a block" : window_.problem()) +
                   " at byte " + std::to_string(window_.offset());
    }
    window_.consume(block_header);
    raw.bytes = window_.consume(std::min(size, window_.left()));
    return true;
}

bool NfcapdBlocks::next(NfcapdBlock& block) {
    while (problem_.empty() && !is_done_) {
        if (is_behind_last()) return end_of_records();
        RawBlock raw;
        if (!next_raw(raw)) return end_of_file({});
        ++blocks_;
        const BlockKind* kind = kind_of(layout_, raw.type);
        if (kind == nullptr) ++malformed_;
        if (kind == nullptr || !kind->is_of_records) continue;
        block = {raw.records, raw.bytes};
        if (packing_ == Packing::none || (raw.flags & flag_block_not_packed) != 0) return true;
        if (!problem_.empty()) return false;  // what is packed is whole or nothing
        if (unpack(raw.bytes, block.bytes)) return true;
        ++malformed_;
    }
    return false;
}

bool NfcapdBlocks::unpack(nm::Bytes packed, nm::Bytes& unpacked) {
    // A block does not tell its unpacked size: what does not fit may fit into more.
    for (;;) {
        const std::size_t size =
            room_ > 0 ? unpackers[static_cast<std::size_t>(packing_)](packed, unpacked_.get(), room_) : 0;
        unpacked = {unpacked_.get(), size};
        if (size > 0) return true;
        if (room_ == max_block) return false;
        room_ = room_ == 0 ? first_room : room_ * 2;
        unpacked_ = std::make_unique_for_overwrite<std::uint8_t[]>(room_);
    }
}

}  // namespace nmflowtool
