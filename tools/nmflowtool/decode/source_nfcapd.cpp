#include "decode/source_nfcapd.hpp"

namespace nmflowtool {

StoredCounts& StoredCounts::operator+=(const StoredCounts& from) {
    flows += from.flows;
    other += from.other;
    malformed += from.malformed;
    blocks_malformed += from.blocks_malformed;
    return *this;
}

StoredCounts NfcapdSource::counts() const {
    StoredCounts counts = counts_;
    counts.blocks_malformed += blocks_.malformed();
    return counts;
}

bool NfcapdSource::take(nm::FlowRecord& flow) {
    constexpr std::size_t record_header = 4;
    const std::uint16_t type = records_.u16_le();
    const std::size_t size = records_.u16_le();
    if (!records_.ok() || size < record_header || size - record_header > records_.left()) {
        ++counts_.malformed;
        records_ = {};  // where the next record begins is not known
        return false;
    }
    ++taken_;
    switch (decoder_.read(type, records_.bytes(size - record_header), flow)) {
        case NfcapdRecords::Got::flow:
            ++counts_.flows;
            return true;
        case NfcapdRecords::Got::other:
            ++counts_.other;
            return false;
        case NfcapdRecords::Got::malformed:
            ++counts_.malformed;
            return false;
    }
    return false;
}

bool NfcapdSource::next_block() {
    if (taken_ != announced_) ++counts_.blocks_malformed;
    NfcapdBlock block;
    announced_ = taken_ = 0;
    if (!blocks_.next(block)) return false;
    announced_ = block.records;
    records_ = nm::ByteReader(block.bytes);
    return true;
}

}  // namespace nmflowtool
