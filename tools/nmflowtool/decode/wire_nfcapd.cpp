#include "decode/wire_nfcapd.hpp"

#include <algorithm>

namespace nmflowtool {

using namespace nfcapd;

NfcapdRecords::Got NfcapdRecords::read(std::uint16_t type, nm::Bytes body, FlowRecord& flow) {
    switch (type) {
        case record_v3:
            return read_v3(body, flow);
        case common_record:
        case common_record_v0:
            return read_common(type, body, flow);
        case extension_map:
            return read_map(body) ? Got::other : Got::malformed;
        case exporter_info:
            return read_exporter(body) ? Got::other : Got::malformed;
        default:
            return Got::other;
    }
}

// Protocol version (4), address (16), address family (2), number in this file (2), source id (4).
bool NfcapdRecords::read_exporter(nm::Bytes body) {
    constexpr std::uint32_t netflow5 = 5;
    constexpr std::uint16_t family_v4 = 2, family_v6 = 10;
    constexpr std::uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    nm::ByteReader in(body);
    Exporter exporter;
    exporter.has_id = in.u32_le() != netflow5;  // an engine's number is no observation domain
    const nm::Bytes address = in.bytes(16);
    const std::uint16_t family = in.u16_le();
    const std::uint16_t number = in.u16_le();
    exporter.id = in.u32_le();
    if (!in.ok()) return false;
    nm::ByteReader words(address);
    if (family == family_v4) {
        words.skip(8);
        set_v4(exporter.ip, words.u32_le());
    } else if (family == family_v6) {
        const std::uint64_t halves[2] = {words.u64_le(), words.u64_le()};
        set_v6(exporter.ip, halves);
    } else if (std::equal(std::begin(mapped), std::end(mapped), address.begin())) {  // 1.7.8 and newer
        exporter.ip = nm::IpAddress::from_bytes(address.subspan(12));
    } else {
        exporter.ip = nm::IpAddress::from_bytes(address);
    }
    if (number >= exporters_.size()) exporters_.resize(number + std::size_t{1});
    exporters_[number] = exporter;
    return true;
}

void NfcapdRecords::set_exporter(std::uint16_t number, FlowRecord& flow) const {
    if (number >= exporters_.size() || !exporters_[number].ip.is_set()) return;
    flow.exporter = exporters_[number].ip;
    if (exporters_[number].has_id) flow.obs_domain = exporters_[number].id;
}

}  // namespace nmflowtool
