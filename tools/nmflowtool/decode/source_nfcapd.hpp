// Flow records out of nfdump's files, block by block. What is no flow is counted; what is broken spoils its
// own block at most. Proof: tests/cli/nmflowtool_input.bats, tests/fuzz/fuzz_nfcapd.cpp.
#pragma once

#include "decode/nfcapd_blocks.hpp"
#include "decode/wire_nfcapd.hpp"

namespace nmflowtool {

struct StoredCounts {
    std::uint64_t flows = 0;
    std::uint64_t other = 0;             // records that are no flows: exporters, samplers, statistics
    std::uint64_t malformed = 0;         // records
    std::uint64_t blocks_malformed = 0;  // cannot be unpacked, or hold other than they announce

    StoredCounts& operator+=(const StoredCounts& from);
};

class NfcapdSource {
  public:
    explicit NfcapdSource(NfcapdBlocks blocks) : blocks_(std::move(blocks)) {}

    // False at the end of the file; problem() says why when that came too early.
    bool next(nm::FlowRecord& flow) {
        for (;;) {
            while (records_.left() > 0) {
                if (take(flow)) return true;
            }
            if (!next_block()) return false;
        }
    }
    // The MPLS stack of the flow that next() gave.
    std::span<const std::uint32_t> labels() const { return decoder_.labels(); }
    const std::string& problem() const { return blocks_.problem(); }
    StoredCounts counts() const;
    std::uint64_t offset() const { return blocks_.offset(); }
    std::uint64_t size() const { return blocks_.size(); }

  private:
    bool take(nm::FlowRecord& flow);
    bool next_block();

    NfcapdBlocks blocks_;
    NfcapdRecords decoder_;
    nm::ByteReader records_;       // the unread ones of the block
    std::uint32_t announced_ = 0;  // records of the block, and those that came
    std::uint32_t taken_ = 0;
    StoredCounts counts_;
};

}  // namespace nmflowtool
