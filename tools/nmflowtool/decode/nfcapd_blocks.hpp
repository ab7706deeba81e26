// The container of nfdump's files, layouts 1 (nfdump 1.6) and 2 (1.7): a header, then blocks of records, each
// packed on its own. Blocks come unpacked; a block that cannot be unpacked or is of no known kind is skipped
// and counted. A file that is still being written has no count of blocks yet and is read as far as it goes; a
// closed one must be as its header says, and what is there of it is read in any case. Layout: nfdump's own
// description in nffile.h of 1.6 and nffileV2.h of 1.7. Proof: tests/cli/nmflowtool_input.bats (against
// nfdump's output), tests/cli/nmflowtool_nfcapd.bats, tests/fuzz/fuzz_nfcapd.cpp.
#pragma once

#include "base/byte_window.hpp"

namespace nmflowtool {

struct NfcapdBlock {
    std::uint32_t records = 0;  // as its header says
    nm::Bytes bytes;            // unpacked records, valid until the next block is read
};

class NfcapdBlocks {
  public:
    enum class Packing : std::uint8_t { none = 0, lzo = 1, bz2 = 2, lz4 = 3, zstd = 4 };

    // Whether a file that begins with these bytes is one of nfdump, of either byte order.
    static bool recognises(nm::Bytes head);
    // Reads the file header. name is for messages.
    static nm::Result<NfcapdBlocks> start(nm::ByteWindow window, const std::string& name);

    // False at the end of the file and ever after, and when it cannot be read further: then problem() says
    // why.
    bool next(NfcapdBlock& block);
    const std::string& problem() const { return problem_; }
    unsigned layout() const { return layout_; }
    std::uint64_t blocks() const { return blocks_; }
    std::uint64_t malformed() const { return malformed_; }
    std::uint64_t offset() const { return window_.file_offset(); }
    std::uint64_t size() const { return window_.file_size(); }

  private:
    explicit NfcapdBlocks(nm::ByteWindow window) : window_(std::move(window)) {}
    nm::Status read_header_v1(const std::string& name);
    nm::Status read_header_v2(const std::string& name);
    struct RawBlock {
        std::uint32_t records = 0;
        std::uint16_t type = 0;
        std::uint16_t flags = 0;
        nm::Bytes bytes;
    };
    bool next_raw(RawBlock& raw);
    bool unpack(nm::Bytes packed, nm::Bytes& unpacked);
    bool is_behind_last() const;
    bool end_of_records();
    bool end_of_file(const std::string& why_early);
    bool stop(const std::string& why);
    bool contradicts_header();

    nm::ByteWindow window_;
    unsigned layout_ = 0;
    Packing packing_ = Packing::none;
    std::uint64_t end_offset_ = 0;       // where the blocks of records end; 0: at the end of the file
    std::uint32_t end_blocks_ = 0;       // how many there are; 0: not told
    std::uint16_t appendix_blocks_ = 0;  // behind them: the name of the source and statistics
    std::uint64_t blocks_ = 0;
    std::uint64_t malformed_ = 0;
    std::unique_ptr<std::uint8_t[]> unpacked_;
    std::size_t room_ = 0;  // of unpacked_
    bool is_done_ = false;
    std::string problem_;
};

}  // namespace nmflowtool
